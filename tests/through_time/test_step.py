"""Re-planning: with nothing new it is the plan; what comes later changes nothing before it is known."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from optimizer.accounts.conditions import Conditions
from optimizer.accounts.flows import grid_import_mw
from optimizer.accounts.reasons import Reason
from optimizer.accounts.settlement import settle
from optimizer.arrays import F
from optimizer.plan.checker import check
from optimizer.plan.planning import plan_conditions
from optimizer.through_time.policies import Followed
from optimizer.through_time.step import replanned
from tests.farms import START, conditions, farm, farms, group
from tests.properties.changes import with_farm, with_market
from tests.sampling import examples


def schedule_of(*args: Any) -> Followed:
    return replanned(*args)[0]


SLOW = group(units=10, restart_minutes=30.0, minimum_on_hours=2.0, minimum_off_hours=2.0, wear_usd_per_start=0.25)


def test_with_nothing_new_re_planning_earns_what_the_plan_earns() -> None:
    """Perfect prices and full look-ahead: planned once, or again at every hour, the profit is the same."""
    random = np.random.default_rng(7)
    c = conditions(farm(SLOW), random.uniform(0.2, 1.8, 24))
    at_once = settle(c, plan_conditions(c).dispatch)
    again = schedule_of(c, lambda _t: c, range(24))
    assert check(c, again) == []
    assert settle(c, again).profit == pytest.approx(at_once.profit, rel=1e-9)


CALL = {"name": "call", "start": "2026-02-11 06:00", "end": "2026-02-11 10:00", "cut": {"form": "to_level", "mw": 4}}


@pytest.mark.parametrize("moments", [[2], [1, 2, 3]])
def test_a_miss_is_charged_once_however_often_the_plan_is_made(moments: list[int]) -> None:
    """By hand: four hours of 0.6 USD repay 2 USD per MW of a miss, so ten machines run and six are charged.

    Charged anew, two hours would not repay it, and six machines would stop for nothing.
    """
    c = conditions(farm(events=({**CALL, "violation_usd_per_mw": 2.0},)), [0.4] * 4)
    schedule = schedule_of(c, lambda _t: c, moments)
    assert schedule.units_on["G", "normal"].tolist() == [10, 10, 10, 10]
    assert settle(c, schedule).profit == pytest.approx(0.6 * 40 - 6 * 2.0)
    assert settle(c, schedule).profit == pytest.approx(plan_conditions(c).settled.profit)


def test_a_worse_miss_later_is_charged_by_what_it_goes_beyond() -> None:
    """By hand: 7 and then 10 MW of machines under a call to 4: 3 MW in the first plan, 3 more in the second."""
    c = conditions(
        farm(events=({**CALL, "violation_usd_per_mw": 0.25},)), [0.0] * 4, availability={"G": [0.7] * 2 + [1.0] * 2}
    )
    first = replanned(c, lambda _t: c, [2])[0]
    assert first.units_on["G", "normal"].tolist() == [7, 7, 10, 10]
    assert settle(c, first).usd["event_miss_penalty"].tolist() == [0, 0, -1.5, 0]
    so_far = with_farm(c, lambda data: data.update(state={"at": START, "missed_mw": {"call": 3.0}}))
    assert settle(so_far, first).lines["event_miss_penalty"] == -0.75


def test_a_spike_that_is_not_known_is_run_into() -> None:
    """By hand: at 06:00 the price is 0, at 07:00 5 USD/MWh where 0 was expected, known when it begins.

    Machines that stop at once earn 10 USD in the first hour and nothing after; an hour's minimum time holds them
    through the spike only where they started just before it.
    """
    known, real = conditions(farm(), [0.0, 0.0, 0.0]), conditions(farm(), [0.0, 5.0, 0.0])
    schedule = schedule_of(real, lambda t: real if t >= 1 else known, [1])
    assert schedule.units_on["G", "normal"].tolist() == [10, 0, 10]
    blind = schedule_of(real, lambda _t: known, [])
    assert settle(real, blind).profit == pytest.approx(30 - 50)


@given(farms(most_groups=2, most_intervals=6), st.integers(1, 5), st.floats(-20, 200))
@examples(40)
def test_what_happens_later_changes_nothing_before_it_is_known(c: Conditions, at: int, price: float) -> None:
    at = min(at, len(c.grid) - 1)
    later = np.arange(len(c.grid)) >= at
    low = float(c.market.energy_price_usd_per_mwh.min())
    other = with_market(
        c, energy_price_usd_per_mwh=np.where(later, max(price, min(low, 0.0)), c.market.energy_price_usd_per_mwh)
    )
    if at == 0:
        return
    one = schedule_of(c, lambda _t: c, [at])
    two = schedule_of(other, lambda t: other if t >= at else c, [at])
    for point, units in one.units_on.items():
        assert units[:at].tolist() == two.units_on[point][:at].tolist()


@given(farms(most_groups=2, most_intervals=6), st.lists(st.integers(1, 5), max_size=3))
@examples(40)
def test_the_seams_of_re_planning_break_no_rule(c: Conditions, moments: list[int]) -> None:
    assert check(c, schedule_of(c, lambda _t: c, moments)) == []


def followed(known: Conditions, real: Conditions) -> Followed:
    """What becomes of a plan where nobody learns that it is otherwise."""
    return replanned(real, lambda _t: known, [])[0]


OWN = {"onsite": {"available_mw": 8.0, "cost_usd_per_mwh": 0.0, "export_price_usd_per_mwh": 0.25, "export_limit_mw": 2}}


def test_on_site_power_follows_the_machines_that_are_there() -> None:
    """By hand: 10 MW of machines take the 8 MW; with 3 in service 3 MW of it are used, 2 are sold, import is zero."""
    site = farm(energy=OWN)
    known = conditions(site, [0.5, 0.5])
    real = conditions(site, [0.5, 0.5], availability={"G": [1.0, 0.3]})
    schedule = followed(known, real)
    assert schedule.onsite_mw.tolist() == pytest.approx([8, 5])
    assert schedule.export_mw.tolist() == pytest.approx([0, 2])
    assert grid_import_mw(real, schedule).tolist() == pytest.approx([2, 0])
    assert check(real, schedule) == []


def test_no_more_is_exported_than_is_generated() -> None:
    """By hand: machines are off at 5 USD/MWh, 2 MW are sold; where 1.5 MW are there, 1.5 MW."""
    site = farm(energy=OWN)
    known = conditions(site, [5.0, 5.0], hashprice=1.0)
    real = conditions(site, [5.0, 5.0], hashprice=1.0, onsite=[8.0, 1.5])
    schedule = followed(known, real)
    assert schedule.export_mw.tolist() == pytest.approx([2, 1.5])
    assert check(real, schedule) == []


def test_suppliers_follow_the_machines_that_are_there() -> None:
    """By hand: 10 MW of the supplier's cheap power; with 4 machines in service no more than 4 MW, nothing sold."""
    site = farm(energy={"supplies": ({"name": "S", "limit_mw": 10.0, "price_usd_per_mwh": 0.25},)})
    known = conditions(site, [0.5, 0.5])
    real = conditions(site, [0.5, 0.5], availability={"G": [1.0, 0.4]})
    schedule = followed(known, real)
    assert schedule["supply_mw"]["S"].tolist() == pytest.approx([10, 4])
    assert settle(real, schedule).flows.spot_mw.tolist() == pytest.approx([0, 0])


def test_nothing_starts_where_it_is_too_cold_to() -> None:
    """By hand: 4 of 10 run before; the cold of the first and third hour is unknown, and 5 USD/MWh stop all in one."""
    cold = group(minimum_start_temperature_c=-5.0)
    site = farm(cold, state={"groups": {"G": {"running": 4}}})
    prices = [0.5, 0.5, 0.5, 5.0, 0.5]
    known = conditions(site, prices, temperature=10.0)
    real = conditions(site, prices, temperature=[-9.0, 0.0, -9.0, 0.0, -9.0])
    schedule = followed(known, real)
    assert schedule.units_on["G", "normal"].tolist() == [4, 10, 10, 0, 0]
    assert schedule.off[Reason.COLD_START].tolist() == [[6, 0, 0, 0, 10]]
    assert check(real, schedule) == []


def test_a_hard_import_limit_sheds_what_earns_least_first_in_whole_containers() -> None:
    """By hand: 14 MW against an unknown limit of 7.5 MW: 4 poor machines go, then two containers of two rich ones."""
    poor, rich = group("P", 4, th=600.0), group("R", 10, units_switched_together=2)
    site = farm(rich, poor)
    known = conditions(site, [0.25, 0.25])
    real = conditions(site, [0.25, 0.25], import_limit=[100.0, 7.5])
    schedule = followed(known, real)
    assert schedule.units_on["P", "normal"].tolist() == [4, 0]
    assert schedule.units_on["R", "normal"].tolist() == [10, 6]
    assert {reason: off.tolist() for reason, off in schedule.off.items()} == {
        Reason.IMPORT_LIMIT: [[0, 4], [0, 4]],
    }
    assert check(real, schedule) == []


def test_the_baseline_of_a_call_that_pays_is_kept_as_its_limit_is() -> None:
    """A call to 9 MW pays below 6: planned with no other load six run; with 2 MW more of it there, four do."""
    paid = {**CALL, "cut": {"form": "to_level", "mw": 9}, "payment": {"usd_per_mwh": 0.01, "baseline_mw": 6}}
    known, real = (conditions(farm(events=(paid,)), [0.4] * 4, auxiliary=mw) for mw in (0.0, 2.0))
    schedule = schedule_of(real, lambda _t: known, [])
    assert schedule.units_on["G", "normal"].tolist() == [4, 4, 4, 4]
    assert schedule.off[Reason.EVENT].tolist() == [[2, 2, 2, 2]]
    assert check(real, schedule) == []


def test_an_import_limit_with_a_price_sheds_nothing() -> None:
    site = farm(site={"import_violation_usd_per_mwh": 9.0})
    known, real = conditions(site, [0.25]), conditions(site, [0.25], import_limit=[7.5])
    assert followed(known, real).units_on["G", "normal"].tolist() == [10]


MODES = {"eco": (750.0, 0.6e6), "low": (500.0, 0.35e6)}


def flashed(*modes: str, **more: Any) -> Conditions:
    """Ten machines with these of their modes, for two hours in the second of which normal does not pay beside eco."""
    return conditions(farm(group(other_modes=MODES, modes=modes), **more), [0.0, 0.7])


def test_a_mode_that_is_gone_runs_in_the_nearest_to_it_by_power() -> None:
    """By hand: normal, then eco at 0.6 MW are planned; without eco, low at 0.35 is nearer to it than normal at 1 MW."""
    known = flashed("normal", "eco", "low")
    assert plan_conditions(known).dispatch.units_on["G", "eco"].tolist() == [0, 10]
    schedule = followed(known, flashed("normal", "low"))
    assert {mode: units.tolist() for (_, mode), units in schedule.units_on.items()} == {
        "normal": [10, 0],
        "low": [0, 10],
    }
    schedule = followed(known, flashed("low"))
    assert schedule.units_on["G", "low"].tolist() == [10, 10]
    assert schedule.off == {}
    assert check(flashed("low"), schedule) == []


def test_a_mode_that_draws_more_than_the_one_planned_keeps_the_hard_limit() -> None:
    """By hand: ten in eco draw 6 of 6.5 MW; as normal they would draw 10, so four are shed."""
    known, real = flashed("eco", limit_mw=6.5), flashed("normal", limit_mw=6.5)
    schedule = followed(known, real)
    assert schedule.units_on["G", "normal"].tolist() == [6, 6]
    assert {reason: off.tolist() for reason, off in schedule.off.items()} == {Reason.IMPORT_LIMIT: [[4, 4]]}
    assert check(real, schedule) == []


NEVER_BROKEN = {
    "units below zero", "units available", "cold start", "import below zero", "import limit", "on-site below zero",
    "on-site generation", "export below zero", "export limit", "export from on-site only", "supply below zero",
    "supplier's limit", "suppliers above import",
}  # fmt: skip


@given(farms(most_groups=2, most_intervals=6), st.data())
@examples(40)
def test_whatever_is_there_no_power_is_made_up_and_hard_limits_hold(known: Conditions, data: st.DataObject) -> None:
    """Machines, on-site power, temperature and a hard import limit may all be other than known."""

    def drawn(low: float, high: float) -> F:
        n = len(known.grid)
        return np.array(data.draw(st.lists(st.floats(low, high), min_size=n, max_size=n)))

    m = known.market
    hard = with_farm(known, lambda farm: farm["site"].pop("import_violation_usd_per_mwh", None))
    real = with_market(
        hard,
        availability={name: share * drawn(0, 1) for name, share in m.availability.items()},
        onsite_available_mw=m.onsite_available_mw * drawn(0, 1),
        temperature_c=drawn(-15, 40),
    )
    room = real.full_load_mw - real.idle_load_mw
    real = with_market(real, import_limit_mw=real.idle_load_mw + room * drawn(0, 1))
    assert NEVER_BROKEN.isdisjoint(breach.rule for breach in check(real, followed(known, real)))


def test_an_outage_at_a_seam_takes_machines_that_a_minimum_time_would_hold() -> None:
    """Two machines may start at 07:00 for two hours at least; at 08:00 one goes out of service, and power costs 4.

    By hand, at once: one starts and the outage takes it: 1 USD in the hour at no cost. Planned again at 08:00 it is the
    same, as the state says that two were in service: else the one would have to run on, at a loss of 3.
    """
    out = ({"start": "2026-02-11 08:00", "end": "2026-02-11 12:00", "units": 1},)
    c = conditions(farm(group(units=2, minimum_on_hours=2.0, outages=out)), [4.0, 0.0, 4.0])
    at_once = settle(c, plan_conditions(c).dispatch).profit
    again = schedule_of(c, lambda _t: c, [1, 2])
    assert check(c, again) == []
    assert settle(c, again).profit == pytest.approx(at_once) == pytest.approx(1.0)
