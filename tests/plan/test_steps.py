"""No plan switches fewer machines than a group's smallest step, where limits allow it."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given

from optimizer.accounts.conditions import Conditions
from optimizer.plan.actions import switches
from optimizer.plan.checker import check
from optimizer.plan.planning import plan_conditions
from tests.farms import conditions, farm, farms, group
from tests.sampling import examples

FALLING = np.array([9.0, 8.7, 8.6, 8.4, 3.0, 3.0])  # MW that may be imported


def units(step: int, limit: np.ndarray) -> list[float]:
    built = farm(group("hall", 100, watts=1e5, smallest_step=step))
    c = conditions(built, [0.1] * len(limit), import_limit_mw=limit)
    plan = plan_conditions(c)
    assert not check(c, plan.dispatch)
    return plan.dispatch.running(c.farm.fleet[0]).tolist()


def test_small_changes_under_a_falling_limit_become_one() -> None:
    assert units(1, FALLING) == [90, 87, 86, 84, 30, 30]
    assert units(10, FALLING) == [84, 84, 84, 84, 30, 30]


def test_a_limit_goes_before_a_step_and_a_slow_slide_is_no_single_stretch() -> None:
    assert units(10, np.array([9.0, 8.5, 8.0, 7.5])) == [85, 85, 75, 75]


def test_what_it_costs_is_in_the_gap_and_the_optimum_stays_proved() -> None:
    """Nine machine-hours of 0.1 MW that earn 10 USD/MWh and cost 0.1."""
    built = farm(group("hall", 100, watts=1e5, smallest_step=10))
    plan = plan_conditions(conditions(built, [0.1] * 6, import_limit_mw=FALLING))
    assert plan.method.endswith("in steps")
    assert plan.proved
    assert plan.rounding_gap_usd == pytest.approx((6 + 3 + 2) * (1 - 0.01))


@examples(10)
@given(farms())
def test_steps_break_no_rule_and_switch_no_more(c: Conditions) -> None:
    fleet = tuple(one.model_copy(update={"smallest_step": 5}) for one in c.farm.fleet)
    stepped = Conditions(c.farm.model_copy(update={"fleet": fleet}), c.market, c.state)
    plain, plan = plan_conditions(c), plan_conditions(stepped)
    assert not check(stepped, plan.dispatch)
    assert plan.settled.profit <= plain.settled.profit + 1e-6 * (1 + abs(plain.settled.profit))
    few = [sum(one.units < 5 for one in switches(of.conditions, of.dispatch)) for of in (plan, plain)]
    assert few[0] <= few[1]
