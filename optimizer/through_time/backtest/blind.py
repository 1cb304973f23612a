"""A plan made once a day on day-ahead prices: executed as it is, or as a strike sheet against the price that comes."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from optimizer.arrays import F
from optimizer.config.horizon import Step
from optimizer.plan.items import PLAIN_ITEMS
from optimizer.plan.planning import Plan
from optimizer.through_time.knowledge import Knowledge
from optimizer.through_time.policies import Followed
from optimizer.through_time.policies.rules import strike_wish
from optimizer.through_time.policies.walk import walked
from optimizer.through_time.replanning import Stepper
from optimizer.through_time.step import Planner, chained, step

_LONGEST_DAY = 25.0  # hours


def day_ahead(k: Knowledge, *, sheet: bool) -> Followed:
    """Planned anew at every local midnight from what was published by then; no price of the day itself is seen.

    With ``sheet`` a group runs wherever its strike price is above the observed price plus what else the plan says a
    MWh costs then: charges, events, limits.
    """
    prices = k.prices
    if prices is not None:  # what the day itself brings is not looked at
        prices = replace(prices, lag=max(prices.lag, 1), half_life_intervals=0.0, fitted=())
    farm = k.actual.farm
    intervals = (Step(minutes=farm.horizon.intervals[0].minutes, hours=_LONGEST_DAY), Step(minutes=60))
    reach = max(farm.horizon.hours, _LONGEST_DAY)
    fine = farm.horizon.model_copy(update={"intervals": intervals, "hours": reach})
    known = replace(k, prices=prices, actual=replace(k.actual, farm=farm.model_copy(update={"horizon": fine})))
    stepper, state, planner, pieces = Stepper(known), k.actual.state, Planner(), []
    surcharge = np.zeros(len(k.grid))
    firsts = [int(np.searchsorted(k.grid.day_of_interval, day)) for day in range(len(k.grid.days))]
    for first, stop in zip(firsts, [*firsts[1:], len(k.grid)], strict=True):
        followed, state = step(stepper.conditions(first, state), k.actual, first, stop, planner)
        pieces.append(followed)
        surcharge[first:stop] = _surcharge(planner.latest)[: stop - first]
    return walked(k.actual, strike_wish(k.observed, surcharge)) if sheet else chained(pieces)


def _surcharge(plan: Plan) -> F:
    """What one more MWh costs beside energy, adders and losses, USD/MWh, (intervals,)."""
    others = [usd for name, usd in plan.explanation.items.items() if name not in PLAIN_ITEMS]
    total: F = np.sum([np.zeros(len(plan.grid)), *others], axis=0)
    return total
