"""Plan and tail in one program: what a schedule does at its end is weighed by what comes after it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Literal

import numpy as np
import pytest

from optimizer.accounts.conditions import Conditions
from optimizer.accounts.settlement import settle
from optimizer.config.state import GroupState
from optimizer.plan.checker import check
from optimizer.plan.planning import Plan, plan_conditions
from optimizer.plan.reading import without_tail
from optimizer.plan.tail import plan_alone, to_the_end
from tests.farms import conditions, farm, group

LAST_HOURS = "2026-02-28 20:00+00:00"
DEMAND = {"demand": ({"name": "D", "usd_per_mw": 0.25},)}
SO_FAR = {"bill": {"peaks_mw": {"D": 10.0}}}


def both(prices: list[float], *, energy: Any = None, **of_group: Any) -> Conditions:
    """The last four hours of a month, of which the first two are planned: ten machines of 1 MW that earn 1 USD/h."""
    built = farm(group(units=10, **of_group), energy=energy or DEMAND, state=SO_FAR)
    return conditions(built, prices, start=LAST_HOURS)


def planned(c: Conditions, units: Literal["rounded", "exact"] = "rounded") -> Plan:
    return plan_conditions(without_tail(c, 2), units=units)


def on(plan: Plan) -> list[float]:
    return [float(units) for units in plan.dispatch.units_on["G", "normal"]]


@pytest.mark.parametrize("units", ["rounded", "exact"])
def test_a_stop_that_the_tail_would_have_to_undo_is_not_made(units: Literal["rounded", "exact"]) -> None:
    """An hour at 2 USD/MWh ends the plan: a machine that stops saves 1 USD and pays 3 to start again in the tail.

    By hand all run through, 0 USD in the plan, 20 in the tail; a plan that sees but the peaks of its tail stops, and
    the four hours earn 10 + 20 - 30.
    """
    plan = planned(both([0.0, 2.0, 0.0, 0.0], wear_usd_per_start=3.0), units)
    assert on(plan) == [10.0, 10.0]
    assert plan.settled.profit == pytest.approx(0.0, abs=1e-9)
    assert plan.objective == pytest.approx(0.0, abs=1e-4)


def test_a_start_that_only_the_tail_repays_is_made() -> None:
    """Machines are off, a start costs 3 USD and pays 1 an hour: two hours do not repay it, four do."""
    c = both([0.0] * 4, wear_usd_per_start=3.0)
    c = replace(c, state=c.state.model_copy(update={"groups": {"G": GroupState(running=0)}}))
    assert on(planned(c)) == [10.0, 10.0]
    alone = without_tail(c, 2)
    assert on(plan_conditions(replace(alone, tail=None))) == [0.0, 0.0]


def test_a_minimum_time_that_ends_in_the_tail_is_reckoned_with() -> None:
    """Who stops for the plan's last hour at 2 USD/MWh rests two: the tail's hour at 0 is lost with it."""
    plan = planned(both([0.0, 2.5, 0.0, 2.0], minimum_off_hours=2.0))
    assert on(plan) == [10.0, 0.0], "1.5 saved in the last hour, 1 lost in the next"
    plan = planned(both([0.0, 1.5, 0.0, 2.0], minimum_off_hours=2.0))
    assert on(plan) == [10.0, 10.0], "0.5 saved in the last hour, 1 lost in the next"


def test_files_and_account_are_those_of_the_plan() -> None:
    """Everything told of a plan holds its own intervals; what the tail does to the peak is no cost of it."""
    energy = {"demand": ({"name": "D", "usd_per_mw": 0.25, "when": None},)}
    c = both([0.5, 0.5, 0.0, 0.0], energy=energy)
    plan = planned(c)
    assert len(plan.grid) == 2
    assert plan.explanation.strike.shape == (1, 2)
    assert plan.explanation.marginal_price.shape == (2,)
    assert {len(values) for values in plan.explanation.items.values()} == {2}
    assert plan.settled.profit == pytest.approx(10.0)
    assert check(plan.conditions, plan.dispatch) == []


def test_plan_and_tail_are_the_market_they_were_cut_from() -> None:
    c = both([1.0, 2.0, 3.0, 4.0])
    head = without_tail(c, 2)
    again = to_the_end(head)
    assert again.planned == 2
    assert head.planned == 2
    assert c.planned == 4
    for name, values in vars(c.market).items():
        if isinstance(values, np.ndarray):
            assert getattr(again.market, name).tolist() == values.tolist()
    assert again.grid.starts.equals(c.grid.starts)
    assert again.grid.hours.tolist() == c.grid.hours.tolist()
    assert plan_alone(again).grid.starts.equals(head.grid.starts)
    assert settle(head, planned(c).dispatch).profit == planned(c).settled.profit
