"""Re-planning: with nothing new it is the plan; what comes later changes nothing before it is known."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from optimizer.conditions import Conditions
from optimizer.planning import plan_conditions
from optimizer.rolling import replanned
from optimizer.schedule.checker import check
from optimizer.settlement.account import Dispatch, settle
from tests.farms import conditions, farm, farms, group
from tests.properties.changes import with_market


def schedule_of(*args: Any) -> Dispatch:
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
@settings(max_examples=40)
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
@settings(max_examples=40)
def test_the_seams_of_re_planning_break_no_rule(c: Conditions, moments: list[int]) -> None:
    assert check(c, schedule_of(c, lambda _t: c, moments)) == []
