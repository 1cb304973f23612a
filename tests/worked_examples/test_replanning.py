"""Planning again: a schedule that was announced. A machine draws one MW and earns one USD per hour."""

from __future__ import annotations

from typing import Any

import pytest

from optimizer.accounts.conditions import Conditions
from optimizer.mechanisms.announced.numbers import numbers
from tests.farms import conditions, farm, group, outage
from tests.worked_examples.optimum import optimum, usd

FORECAST = {"kind": "persistence"}


def announced(
    prices: list[float], *, rules: dict[str, Any], told: list[int], hours: list[float] | None = None, **more: Any
) -> Conditions:
    state = {"groups": {"G": {"running": told[0]}}, "announced": {"G": {"normal": tuple(told)}}}
    built = farm(group(**more), replanning={"forecast": FORECAST, **rules}, state=state)
    return conditions(built, prices, **({} if hours is None else {"hours": hours}))


def test_what_was_announced_is_told_over_intervals_of_one_length() -> None:
    """By hand: of three announced, two fall on the quarter hours that the plan begins with."""
    c = announced([0.0] * 3, hours=[0.25, 0.25, 1.0], rules={"change_usd_per_machine": 1.0}, told=[3, 4, 5])
    assert numbers(c)[1]["announced_units"].tolist() == [3.0, 4.0]


def test_frozen_schedule() -> None:
    """Proves that what was announced is kept for as many intervals as are frozen.

    By hand: at 3 USD/MWh a machine loses 2 USD an hour. Ten were announced for three hours, two are frozen: 40 USD are
    lost, then all stop. Without it the optimum would be all off and nothing lost.
    """
    c = announced([3.0, 3.0, 3.0, 3.0], rules={"frozen_intervals": 2}, told=[10, 10, 10])
    assert optimum(c).profit == usd(-40.0)
    assert optimum(c).on() == [10, 10, 0, 0]
    assert optimum(c, "frozen_schedule").profit == usd(0.0)


@pytest.mark.parametrize(("price", "on", "profit"), [(1.0625, 10, -1.25), (1.1875, 0, 0.0)])
def test_fewer_than_announced(price: float, on: int, profit: float) -> None:
    """Proves that machines announced are not stopped for less than a change must be worth.

    By hand: at 1.0625 USD/MWh a machine loses 0.0625 USD an hour, less than 0.125: ten run two hours on, 1.25 USD lost.
    At 1.1875 they lose 0.1875 and stop. The price of a change is no money: what is earned is what is settled. Without
    it the optimum would be all off at either price.
    """
    c = announced([price, price], rules={"change_usd_per_machine": 0.125}, told=[10, 10])
    assert optimum(c).on() == [on, on]
    assert optimum(c).profit == usd(profit)
    assert optimum(c, "fewer_than_announced").on() == [0, 0]


@pytest.mark.parametrize(("price", "on", "profit"), [(0.9375, 4, 0.5), (0.8125, 10, 3.75)])
def test_more_than_announced(price: float, on: int, profit: float) -> None:
    """Proves that machines not announced are not started for less than a change must be worth.

    By hand: at 0.9375 USD/MWh a machine gains 0.0625 USD an hour, less than 0.125: the four announced run, 0.5 USD in
    two hours. At 0.8125 each gains 0.1875: all ten run, 3.75 USD. Without it the optimum would be all ten at either
    price.
    """
    c = announced([price, price], rules={"change_usd_per_machine": 0.125}, told=[4, 4])
    assert optimum(c).on() == [on, on]
    assert optimum(c).profit == usd(profit)
    assert optimum(c, "more_than_announced").on() == [10, 10]


def test_schedule_change() -> None:
    """Proves that the price of changes steers, though it is no money.

    By hand: as in `test_fewer_than_announced`, ten machines keep running at a loss of 0.0625 USD an hour each. Without
    it the optimum would be all off.
    """
    c = announced([1.0625], rules={"change_usd_per_machine": 0.125}, told=[10])
    assert optimum(c).on() == [10]
    assert optimum(c, "schedule_change").on() == [0]


def test_what_an_outage_takes_is_not_held() -> None:
    """Ten were announced, six are in service: nothing is frozen, and at 3 USD/MWh all stop."""
    out = {"outages": (outage("06:00", "08:00", 4),)}
    c = announced([3.0, 3.0], rules={"frozen_intervals": 2}, told=[10, 10], **out)
    assert optimum(c).on() == [0, 0]
