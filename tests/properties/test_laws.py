"""Laws that hold whatever the farm: they compare the optima of a farm and of a changed copy."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from optimizer.accounts.conditions import Conditions
from tests.farms import call, farms
from tests.properties.changes import best_profit, doubled, halved, size, unpaid, with_farm, with_market, without

CLOSE = 1e-9


def the_same(one: float, two: float, c: Conditions) -> None:
    assert one == pytest.approx(two, rel=CLOSE, abs=CLOSE * size(c))


def no_more(lower: float, higher: float, c: Conditions) -> None:
    assert lower <= higher + CLOSE * size(c)


@given(farms(), st.data())
def test_dearer_power_never_raises_profit(c: Conditions, data: st.DataObject) -> None:
    """Of a farm that has none to sell: the owner of a block may gain from a higher price."""
    c = without(c, "blocks")
    rise = np.array([data.draw(st.sampled_from([0.0, 1.0, 37.5])) for _ in range(len(c.grid))])
    dearer = with_market(c, energy_price_usd_per_mwh=c.market.energy_price_usd_per_mwh + rise)
    no_more(best_profit(dearer), best_profit(c), c)


@given(farms())
def test_dearer_hash_never_lowers_profit_of_machines_that_start_at_once(c: Conditions) -> None:
    quick = without(c, "restart_minutes", "cold_restart")
    dearer = with_market(quick, hashprice_usd_per_ph_day=1.5 * c.market.hashprice_usd_per_ph_day)
    no_more(best_profit(quick), best_profit(dearer), c)


@given(farms(), st.sampled_from([0.125, 1.0, 100.0]))
def test_a_higher_import_limit_never_lowers_profit(c: Conditions, more_mw: float) -> None:
    wider = with_market(c, import_limit_mw=c.market.import_limit_mw + more_mw)
    no_more(best_profit(c), best_profit(wider), c)


@given(farms())
def test_twice_the_farm_earns_twice_as_much(c: Conditions) -> None:
    """Staged starts and the minimum against frost count whole machines, so twice as many is not twice the number."""
    smooth = without(c, "starts_per_hour", "freeze_protection", "outages")
    the_same(best_profit(doubled(smooth)), 2.0 * best_profit(smooth), c)


@given(farms())
def test_the_order_of_the_groups_does_not_matter(c: Conditions) -> None:
    turned = with_farm(c, lambda data: data.update(fleet=tuple(reversed(data["fleet"]))))
    the_same(best_profit(turned), best_profit(c), c)


@given(farms())
def test_halving_every_interval_changes_nothing(c: Conditions) -> None:
    """Where nothing goes by the number of intervals, by what part of one a call or an outage touches, or by when in an
    interval a machine starts before it gets too cold to, or so cold that its restart takes longer.
    """
    plain = without(
        c,
        "starts_per_hour",
        "minimum_on_hours",
        "minimum_off_hours",
        "ramp_up_mw_per_hour",
        "outages",
        "events",
        "minimum_start_temperature_c",
        "cold_restart",
    )

    def whole_days(data: dict[str, Any]) -> None:
        for charge in data["energy"]["demand"]:
            charge["when"] = None  # a part of an interval in a window counts as all of it

    plain = with_farm(plain, whole_days)
    the_same(best_profit(halved(plain)), best_profit(plain), c)


@given(farms(), st.integers(1, 20))
def test_more_machines_never_lower_profit(c: Conditions, more: int) -> None:
    """Machines that draw nothing when off and need no protection from frost."""
    free = without(c, "standby_w", "freeze_protection")

    def grow(data: dict[str, Any]) -> None:
        data["fleet"][-1]["units"] += more

    no_more(best_profit(free), best_profit(with_farm(free, grow)), c)


@given(farms())
def test_a_rule_never_raises_profit(c: Conditions) -> None:
    """Taking a coupling out of the farm file can only help; but what events pay is no rule."""
    c = unpaid(c)
    profit = best_profit(c)
    for key in ("minimum_on_hours", "minimum_off_hours", "starts_per_day", "starts_per_hour", "wear_usd_per_start",
                "minimum_start_temperature_c", "freeze_protection", "ramp_up_mw_per_hour", "events"):  # fmt: skip
        no_more(profit, best_profit(without(c, key)), c)
    charges = {"tiers": ("tier_mwh",), "coincident_peaks": (), "minimum_bill_usd_per_month": (),
               "demand": ("peaks_mw", "past_peaks_mw")}  # fmt: skip
    for key, metered in charges.items():
        if key == "demand":  # what is owed of it counts towards a minimum bill, and goes with it
            c = without(c, "minimum_bill_usd_per_month")
            profit = best_profit(c)
        no_more(profit, best_profit(without(c, key, *metered)), c)


@given(farms())
def test_a_call_above_full_load_changes_nothing(c: Conditions) -> None:
    empty = call("06:00", "23:59", 1e5, "empty")
    called = with_farm(c, lambda data: data.update(events=(*data["events"], empty)))
    the_same(best_profit(called), best_profit(c), c)


@given(farms())
def test_a_call_that_is_excused_or_exceeds_its_program_changes_nothing(c: Conditions) -> None:
    paid = {"cut": {"form": "full_stop"}, "payment": {"usd_per_mwh": 1e3, "baseline_mw": 1e5}}
    stop = call("06:00", "23:59", name="none", **paid)
    whole = ({"start": stop["start"], "end": stop["end"]},)
    for nothing in ({"excused": whole}, {"program": "none"}):
        called = with_farm(
            c,
            lambda data, nothing=nothing: data.update(
                events=(*data["events"], {**stop, **nothing}),
                programs=(*data["programs"], {"name": "none", "calls_per_season": 0}),
            ),
        )
        the_same(best_profit(called), best_profit(c), c)


@given(farms())
def test_a_payment_never_lowers_profit_where_the_baseline_is_no_limit(c: Conditions) -> None:
    """Nor does a dearer one, nor one for more megawatts."""
    profits = []
    for usd, most in ((1.0, 0.5), (20.0, 0.5), (20.0, 8.0), (60.0, None)):
        payment = {"usd_per_mwh": usd, "baseline_mw": 1e5, "most_mw": most}
        offer = {"name": "offer", "start": "2026-02-11 06:15", "end": "2026-02-11 08:00", "voluntary": True}
        offered = with_farm(
            c, lambda data, offer=offer, payment=payment: data.update(events=({**offer, "payment": payment},))
        )
        profits.append(best_profit(offered))
    bare = with_farm(c, lambda data: data.update(events=()))
    for lower, higher in itertools.pairwise([best_profit(bare), *profits]):
        no_more(lower, higher, bare)


@given(farms())
def test_an_outage_of_no_machines_changes_nothing(c: Conditions) -> None:
    empty = {"start": "2026-02-11 07:00", "end": "2026-02-11 09:00", "units": 0}

    def add(data: dict[str, Any]) -> None:
        for machines in data["fleet"]:
            machines["outages"] = (*machines["outages"], empty)

    the_same(best_profit(with_farm(c, add)), best_profit(c), c)


@given(farms())
def test_conditions_are_not_changed_by_planning(c: Conditions) -> None:
    before = c.farm.model_dump(), c.market.energy_price_usd_per_mwh.tolist(), c.units_available.tolist()
    best_profit(c)
    assert before == (
        c.farm.model_dump(),
        c.market.energy_price_usd_per_mwh.tolist(),
        c.units_available.tolist(),
    )
