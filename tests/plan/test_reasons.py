"""Why machines are off: an example for each reason there is. A machine draws one MW and earns one USD per hour."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pyomo.environ as pyo
import pytest

from optimizer.accounts.conditions import Conditions
from optimizer.accounts.reasons import Reason, reasons
from optimizer.plan.formulation import FAMILIES, ITEM_OF, PARAMETERS
from optimizer.plan.items import ITEMS
from optimizer.plan.planning import Plan, plan_conditions
from optimizer.plan.tables import strike_sheet
from tests.farms import call, conditions, farm, group, outage, running
from tests.plan.test_checker import at

PAYS, DEAR = 0.4, 3.0


OUTAGE = (outage("06:00", "07:00", 3),)
SELLS = {"available_mw": 4.0, "export_limit_mw": 4.0, "export_price_usd_per_mwh": 2.0}

# in each of these a machine earns 1 USD/MWh, and power costs 0.4 before the charge
DEMAND = {"name": "demand", "usd_per_mw": 0.75, "expected_peak_mw": 0.0}
TIER = {"name": "tier", "above_mwh_per_month": 6.0, "adds_usd_per_mwh": 0.75}
MONTHLY = {"months": (2,), "count": 1, "per": "month", "interval_minutes": 60, "source": "made up for a test"}
PEAK = {"name": "peak", "rule": MONTHLY, "usd_per_mw_year": 1.5, "probability": 0.0}
SUPPLIER = {"name": "supplier", "limit_mw": 6.5, "price_usd_per_mwh": 0.25}


def so_far(**bill: Any) -> dict[str, Any]:
    return {"state": {"bill": bill}}


SOLD = {"name": "block", "mw": 4.0, "price_usd_per_mwh": 0.5, "resale": {}}

PAID_CALL = (call("07:00", "08:00", None, payment={"usd_per_mwh": 0.9, "baseline_mw": 10.0}),)

# reason -> conditions, and machines off for it, per interval
EXAMPLES: dict[Reason, tuple[Conditions, list[float]]] = {
    Reason.OUTAGE: (conditions(farm(group(outages=OUTAGE)), [PAYS, PAYS]), [3, 0]),
    Reason.PRICE: (conditions(farm(), [PAYS, DEAR]), [0, 10]),
    Reason.RESALE: (
        conditions(farm(energy={"blocks": (SOLD,)}, site={"auxiliary_load_mw": 0.5}), [PAYS, DEAR]),
        [0, 10],
    ),
    # 4 MW are billed anyway; one more pays 0.6 USD in the hour that pays and costs 0.75
    Reason.DEMAND_CHARGE: (
        conditions(farm(energy={"demand": (DEMAND,)}, **so_far(peaks_mw={"demand": 4.0})), [PAYS, DEAR]),
        [6, 0],
    ),
    Reason.COINCIDENT_PEAK: (
        conditions(farm(energy={"coincident_peaks": (PEAK,)}), [PAYS] * 2, probability={"peak": [0.0, 0.5]}),
        [0, 10],
    ),
    # 6 MWh below the tier, and the second hour is the dearer one
    Reason.ENERGY_TIER: (
        conditions(farm(energy={"tiers": (TIER,)}), [PAYS, 0.45], start="2026-02-28 22:00Z"),
        [4, 10],
    ),
    Reason.EVENT: (conditions(farm(events=(call("07:00", "08:00", 4.0),)), [PAYS] * 3), [0, 6, 0]),
    Reason.EVENT_PAYMENT: (conditions(farm(events=PAID_CALL), [PAYS] * 3), [0, 10, 0]),
    Reason.IMPORT_LIMIT: (conditions(farm(limit_mw=6.0), [PAYS]), [4]),
    Reason.PORTFOLIO_SHARE: (conditions(farm(site={"portfolio_share": {"import_mw": 7.0}}), [PAYS]), [3]),
    Reason.RAMP: (
        conditions(farm(site={"ramp_up_mw_per_hour": 3.0}, state={"grid_import_mw": 2.0}), [PAYS] * 3),
        [5, 2, 0],
    ),
    # in the second hour power is too dear to buy, and the 4 MW generated sell for twice what hash earns
    Reason.EXPORT: (conditions(farm(energy={"onsite": SELLS}), [PAYS, DEAR]), [0, 10]),
    Reason.COLD_START: (
        conditions(farm(group(minimum_start_temperature_c=-5.0), **running(4)), [PAYS] * 2, temperature=[-9.0, 0.0]),
        [6, 0],
    ),
    Reason.START_RATE: (conditions(farm(group(starts_per_hour=4.0), **running(0)), [PAYS] * 3), [6, 2, 0]),
    Reason.STARTS_PER_DAY: (
        conditions(farm(group(starts_per_day=0.5), **running(10, starts_today=2)), [DEAR, PAYS]),
        [0, 7],
    ),
    Reason.MINIMUM_OFF: (
        conditions(farm(group(minimum_off_hours=2.0), **running(6, stopped=at("05:30", 4))), [PAYS] * 3),
        [4, 4, 0],
    ),
    Reason.MINIMUM_ON: (
        conditions(farm(group(minimum_on_hours=3.0), **running(0)), [0.5, 1.5, 1.5]),
        [10, 0, 0],
    ),
    Reason.RESTART_COST: (
        conditions(farm(group(wear_usd_per_start=0.75), **running(0)), [0.5, DEAR]),
        [10, 0],
    ),
    Reason.ANNOUNCED: (
        conditions(
            farm(
                replanning={"forecast": {"kind": "persistence"}, "frozen_intervals": 1},
                state={"groups": {"G": {"running": 4}}, "announced": {"G": {"normal": (4,)}}},
            ),
            [PAYS, PAYS],
        ),
        [6, 0],
    ),
    Reason.WHOLE_UNITS: (conditions(farm(group(units=8, units_switched_together=4), limit_mw=6.0), [PAYS]), [2]),
}


def told(plan: Plan) -> dict[Reason, list[float]]:
    """Machines of the first group off per interval, by reason."""
    return {reason: [round(n, 6) for n in counts[0].tolist()] for reason, counts in plan.explanation.off.items()}


@pytest.mark.parametrize("reason", EXAMPLES)
def test_an_example_of_the_reason(reason: Reason) -> None:
    c, off = EXAMPLES[reason]
    assert told(plan_conditions(c)).get(reason) == off


def test_machines_off_for_different_reasons_at_once() -> None:
    """Three of ten are out of service, six make way for a call that leaves one; the next hour is dear for all."""
    both = group(outages=OUTAGE)
    c = conditions(farm(both, events=(call("06:00", "07:00", 1.0),)), [PAYS, DEAR])
    assert told(plan_conditions(c)) == {Reason.OUTAGE: [3, 0], Reason.EVENT: [6, 0], Reason.PRICE: [0, 10]}


def test_machines_wait_for_power_generated_here_that_better_ones_take() -> None:
    """4 MW generated, power too dear to buy: the machines with more hash take it, the others have none to spare."""
    own = {"onsite": {"available_mw": 4.0}}
    c = conditions(farm(group("G"), group("better", 4, th=2_000.0), energy=own), [DEAR])
    assert told(plan_conditions(c)) == {Reason.EXPORT: [10]}


def test_power_generated_here_that_costs_more_than_hash_earns_is_a_matter_of_price() -> None:
    own = {"available_mw": 4.0, "cost_usd_per_mwh": 1.5, "export_limit_mw": 4.0, "export_price_usd_per_mwh": 2.0}
    c = conditions(farm(energy={"onsite": own}), [DEAR])
    assert told(plan_conditions(c)) == {Reason.PRICE: [10]}


def no_more_than_six_megawatts(m: Any) -> None:
    m.own_limit = pyo.Constraint(m.INTERVALS, rule=lambda m, t: m.grid_import[t] <= 6.0)


def no_more_than_six_machines(m: Any) -> None:
    m.own_limit = pyo.Constraint(m.INTERVALS, rule=lambda m, t: m.units_on["G", "normal", t] <= 6.0)


def test_machines_stopped_since_an_outage_rest_for_their_minimum_time() -> None:
    """Four machines fall out, then the six others stop in the dear hour: of the ten the six rest on."""
    out = ({"start": "2026-02-11 07:00", "end": "2026-02-11 08:00", "units": 4},)
    busy = group(minimum_off_hours=3.0, outages=out)
    plan = plan_conditions(conditions(farm(busy, limit_mw=6.0, **running(6)), [PAYS, PAYS, DEAR, PAYS]))
    assert plan.explanation.off[Reason.MINIMUM_OFF].tolist() == [[0, 0, 0, 6]]


@pytest.mark.parametrize("extend", [no_more_than_six_megawatts, no_more_than_six_machines])
def test_a_constraint_of_the_users_own_is_a_reason(extend: Any) -> None:
    plan = plan_conditions(conditions(farm(), [PAYS, DEAR]), extend=extend)
    assert told(plan) == {Reason.EXTENSION: [4, 0], Reason.PRICE: [0, 10]}
    assert plan.dispatch.units_on["G", "normal"].tolist() == [6, 0]


def test_so_is_one_on_starts() -> None:
    def four_starts_at_a_time(model: Any) -> None:
        model.slow = pyo.Constraint(model.INTERVALS, rule=lambda m, t: m.units_started["G", t] <= 4)

    plan = plan_conditions(conditions(farm(**running(0)), [PAYS] * 3), extend=four_starts_at_a_time)
    assert told(plan) == {Reason.EXTENSION: [6, 2, 0]}


def test_every_reason_has_an_example() -> None:
    """Those that several mechanisms share have theirs here, one's own has it among the mechanism's tests."""
    shared = {*EXAMPLES, Reason.EXTENSION, Reason.SAFE_POSTURE}
    told_of = "".join(file.read_text() for file in Path("tests/mechanisms").rglob("test_*.py"))
    assert shared <= set(reasons())
    assert all(f'"{reason}"' in told_of for reason in set(reasons()) - shared)


def test_what_rules_say_of_themselves() -> None:
    """An item has one title and one reason, whichever rules charge for it; what is soft is priced by a parameter."""
    assert all(ITEMS[item.name] == item and item.reason in (None, *reasons()) for item in ITEM_OF.values())
    assert {f.soft for f in FAMILIES} <= {None, *(p.name for p in PARAMETERS)}


def test_a_reason_for_each_group_by_its_own_strike() -> None:
    """At 0.8 USD/MWh the weaker group does not pay; the stronger one would, but the call leaves room for five."""
    weak, strong = group("weak", 3, th=500.0), group("strong", 8)
    plan = plan_conditions(conditions(farm(weak, strong, events=(call("06:00", "07:00", 5.0),)), [0.8]))
    off = {reason: counts[:, 0].tolist() for reason, counts in plan.explanation.off.items()}
    assert off == {Reason.PRICE: [3, 0], Reason.EVENT: [0, 3]}
    assert plan.explanation.strike[:, 0].tolist() == pytest.approx([0.5, 1.0])
    assert plan.explanation.marginal_price.tolist() == pytest.approx([1.0])
    items = {name: values.tolist() for name, values in plan.explanation.items.items() if values.any()}
    assert items == {"energy": pytest.approx([0.8]), "event_cap": pytest.approx([0.2])}


def test_inside_a_block_that_is_kept_no_price_should_stop_a_machine() -> None:
    """At 3 USD/MWh six machines run on a block of 6.5 MW; the sheet of a controller says so until it is used up."""
    kept = {**SOLD, "mw": 6.5, "resale": None}
    c = conditions(farm(group(units=6), energy={"blocks": (kept,)}), [DEAR, PAYS])
    (row,) = strike_sheet(c, plan_conditions(c).explanation)
    assert row.stop_above.tolist() == [float("inf"), float("inf")]


def test_only_a_mode_that_pays_at_the_suppliers_price_is_left_alone_beside_spot() -> None:
    """A supplier at 0.75 feeds both machines at 3 USD/MWh: one that earns 1 USD/MWh runs on whatever the price does.

    The weak one earns 0.5: less than the supplier asks, so it stops above 0.5. Where spot at 0.4 is the next MWh, both
    go by their strikes.
    """
    weak, strong = group("weak", 2, th=500.0), group("strong", 2)
    supplier = {"name": "supplier", "limit_mw": 6.0, "price_usd_per_mwh": 0.75}
    c = conditions(farm(weak, strong, energy={"supplies": (supplier,)}), [DEAR, PAYS])
    plan = plan_conditions(c)
    sheet = {row.group: row.stop_above.tolist() for row in strike_sheet(c, plan.explanation)}
    assert sheet == {"weak": pytest.approx([0.5, 0.5]), "strong": [float("inf"), pytest.approx(1.0)]}
    assert plan.explanation.items["energy"].tolist() == pytest.approx([0.75, 0.4])


def test_beyond_the_suppliers_limit_spot_decides_again() -> None:
    """Six machines on a supplier of 6.5 MW do not care for the price; ten would need spot, at 0.4 USD/MWh."""
    few, many = (conditions(farm(group(units=n), energy={"supplies": (SUPPLIER,)}), [PAYS]) for n in (6, 10))
    (row,) = strike_sheet(few, plan_conditions(few).explanation)
    assert row.stop_above.tolist() == [float("inf")]
    (row,) = strike_sheet(many, plan_conditions(many).explanation)
    assert row.stop_above.tolist() == pytest.approx([1.0])


def test_inside_a_kept_block_only_modes_that_pay_on_top_of_the_charges_run_on() -> None:
    """Power in the block costs nothing more, adders do: at 0.75 USD/MWh of adders the weak machines stop at once."""
    weak, strong = group("weak", 2, th=500.0), group("strong", 2)
    kept = {**SOLD, "mw": 6.5, "resale": None}
    c = conditions(farm(weak, strong, energy={"blocks": (kept,), "adders_usd_per_mwh": 0.75}), [DEAR])
    sheet = {row.group: row.stop_above.tolist() for row in strike_sheet(c, plan_conditions(c).explanation)}
    assert sheet == {"weak": pytest.approx([-0.25]), "strong": [float("inf")]}


@pytest.mark.parametrize(
    ("resale", "stop"),
    [
        ({"fee_usd_per_mwh": 0.75}, [1.75, 1.75, 1.75]),
        ({"cap_usd_per_mwh": 0.8}, [float("inf"), 1.0, float("inf")]),
        ({"fee_usd_per_mwh": 0.25, "cap_usd_per_mwh": 0.8}, [float("inf")] * 3),
        ({"fee_usd_per_mwh": 0.25, "cap_usd_per_mwh": 2.0}, [1.25] * 3),
    ],
)
def test_on_a_block_that_is_resold_a_machine_stops_by_what_resale_pays(
    resale: dict[str, float], stop: list[float]
) -> None:
    """At 1.5, 0.4 and 3 USD/MWh a machine that earns 1 stops where the price less the fee, at most the cap, exceeds 1.

    At 0.4 without a fee power from the block and spot cost the same, and the sheet cannot tell them apart.
    """
    c = conditions(farm(group(units=6), energy={"blocks": ({**SOLD, "mw": 8.0, "resale": resale},)}), [1.5, 0.4, DEAR])
    plan = plan_conditions(c)
    (row,) = strike_sheet(c, plan.explanation)
    assert row.stop_above.tolist() == pytest.approx(stop)
    runs = plan.dispatch.units_on["G", "normal"] > 0
    assert (runs == (row.stop_above >= c.market.energy_price_usd_per_mwh)).all()


def test_of_two_blocks_that_are_resold_the_one_that_feeds_the_next_machine_says_when_to_stop() -> None:
    """At 1.5 USD/MWh six machines take 3 MW that bring 0.8 less 0.25 and 3 of 6 MW that bring the price less 0.75."""
    blocks = (
        {**SOLD, "name": "free", "mw": 6.0, "resale": {"fee_usd_per_mwh": 0.75}},
        {**SOLD, "name": "capped", "mw": 3.0, "resale": {"fee_usd_per_mwh": 0.25, "cap_usd_per_mwh": 0.8}},
    )
    c = conditions(farm(group(units=6), energy={"blocks": blocks}), [1.5])
    (row,) = strike_sheet(c, plan_conditions(c).explanation)
    assert row.stop_above.tolist() == pytest.approx([1.75])


def test_a_charge_is_taken_off_the_price_to_stop_above() -> None:
    """At half a chance of a peak of 1.5 USD/MW power may cost 0.25 USD/MWh, not 1."""
    c = conditions(farm(energy={"coincident_peaks": (PEAK,)}), [0.1, 0.1], probability={"peak": [0.0, 0.5]})
    plan = plan_conditions(c)
    (row,) = strike_sheet(c, plan.explanation)
    assert row.stop_above.tolist() == pytest.approx([1.0, 0.25])
    assert plan.explanation.items["coincident_peak"].tolist() == pytest.approx([0.0, 0.75])


def test_the_strike_sheet_where_nothing_is_drawn() -> None:
    """With every machine off and nothing else to feed, the price to stop above is the strike all the same."""
    c = conditions(farm(group(units=6)), [DEAR, PAYS])
    (row,) = strike_sheet(c, plan_conditions(c).explanation)
    assert row.stop_above.tolist() == pytest.approx([1.0, 1.0])


def test_what_whole_containers_leave_no_room_for_is_not_said_to_be_a_restart() -> None:
    """By hand, of 6.5 MW: a container of six at 0.95 USD earns more than five single machines at 1 USD, beside which
    it has no room. In fractions all five run; starting them would cost nothing.
    """
    boxes = group("boxes", 6, th=950.0, units_switched_together=6)
    plan = plan_conditions(conditions(farm(group("singles", 5), boxes, limit_mw=6.5), [0.0]))
    assert {reason: off.tolist() for reason, off in plan.explanation.off.items()} == {Reason.WHOLE_UNITS: [[5], [0]]}


def test_a_peak_above_a_floor_and_one_held_up_later_are_told_by_their_charges() -> None:
    """Half a chance of 4 USD/MW beyond 2 MW is 2 USD for 1 of hash; so is 0.25 USD/MW now and seven times later."""
    rule = {"months": (2,), "count": 1, "per": "month", "interval_minutes": 60, "source": "made up for a test"}
    peak = {"name": "P", "rule": rule, "usd_per_mw_year": 4.0, "minimum_mw": 2.0, "probability": 0.0}
    floored = conditions(farm(energy={"coincident_peaks": (peak,)}), [0.0], probability={"P": [0.5]})
    ratchet = {"share": 1.0, "months": 7, "first_month": "2026-02"}
    charge = {**DEMAND, "usd_per_mw": 0.25, "ratchet": ratchet, "expected_peaks_mw": 2.0}
    held = conditions(farm(energy={"demand": (charge,)}, state={"bill": {"peaks_mw": {"demand": 2.0}}}), [0.0])
    for c, item, reason in (
        (floored, "coincident_peak", Reason.COINCIDENT_PEAK),
        (held, "demand_charge", Reason.DEMAND_CHARGE),
    ):
        plan = plan_conditions(c)
        assert plan.explanation.off[reason].tolist() == [[8.0]]
        assert plan.explanation.items[item].tolist() == pytest.approx([1.0])
