"""A plan made once a day on day-ahead prices: executed as it is, or as a strike sheet against the price that comes."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from optimizer.carry import state_after
from optimizer.config.horizon import Step
from optimizer.planning import Plan, plan_conditions
from optimizer.policies import Followed
from optimizer.policies.rules import strike_wish
from optimizer.policies.walk import walked
from optimizer.replanning.knowledge import Knowledge
from optimizer.replanning.stepping import Stepper
from optimizer.rolling import chained, executed
from optimizer.schedule.items import PLAIN_ITEMS
from optimizer.tail import metered, part_of

F = NDArray[np.float64]
_LONGEST_DAY = 25.0  # hours


def day_ahead(k: Knowledge, *, sheet: bool) -> Followed:
    """Planned anew at every local midnight from what was published by then; no price of the day itself is seen.

    With ``sheet`` a group runs wherever its strike price is above the observed price plus what else the plan says a
    MWh costs then: charges, events, limits.
    """
    prices = k.prices
    if prices is not None:  # what the day itself brings is not looked at
        prices = replace(prices, lag=max(prices.lag, 1), half_life_intervals=0.0)
    farm = k.actual.farm
    step = farm.horizon.intervals[0].minutes
    intervals = (Step(minutes=step, hours=_LONGEST_DAY), Step(minutes=60))
    reach = max(farm.horizon.hours, _LONGEST_DAY)
    fine = farm.horizon.model_copy(update={"intervals": intervals, "hours": reach})
    known = replace(k, prices=prices, actual=replace(k.actual, farm=farm.model_copy(update={"horizon": fine})))
    stepper, state, pieces = Stepper(known), farm.state, []
    surcharge = np.zeros(len(k.grid))
    firsts = [int(np.searchsorted(k.grid.day_of_interval, day)) for day in range(len(k.grid.days))]
    for first, stop in zip(firsts, [*firsts[1:], len(k.grid)], strict=True):
        plan = plan_conditions(stepper.conditions(first, state))
        really = metered(farm.model_copy(update={"state": state}), part_of(k.actual.market, first, stop))
        pieces.append(executed(really, plan))
        state = state_after(really, pieces[-1])
        surcharge[first:stop] = _surcharge(plan)[: stop - first]
    return walked(k.actual, strike_wish(k.observed, surcharge)) if sheet else chained(pieces)


def _surcharge(plan: Plan) -> F:
    """What one more MWh costs beside energy, adders and losses, USD/MWh, (intervals,)."""
    others = [usd for name, usd in plan.explanation.items.items() if name not in PLAIN_ITEMS]
    total: F = np.sum([np.zeros(len(plan.grid)), *others], axis=0)
    return total
