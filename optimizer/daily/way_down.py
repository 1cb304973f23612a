"""The way down to a call, in steps as fine as later plans take them.

A coarse interval lets import fall by as much as its whole length allows, at once. Plans that are made again see finer
intervals when the call comes near; what they can do by then must be enough. So import is held, before a call, to where
steps of the finest length still lead down in time.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from optimizer.conditions import Conditions
from optimizer.config.events import Event
from optimizer.errors import InfeasibleError
from optimizer.limits import owed_limit
from optimizer.nearest import Obeyed, plan_or_nearest
from optimizer.planning import plan_conditions
from optimizer.schedule.reasons import Reason

F = NDArray[np.float64]


def plan_in_time(c: Conditions) -> Obeyed:
    """The plan that later ones can go on from where a call comes; without a call or a ramp, the plan."""
    held = held_mw(c)
    if not (held < c.market.import_limit_mw).any():
        return plan_or_nearest(c)
    lowered = replace(c.market, import_limit_mw=np.minimum(c.market.import_limit_mw, held))
    try:
        plan = plan_conditions(replace(c, market=lowered))
    except InfeasibleError:
        return plan_or_nearest(c)
    off = dict(plan.explanation.off)
    full = off.pop(Reason.IMPORT_LIMIT, np.zeros_like(plan.explanation.strike))
    ramp = held < c.market.import_limit_mw
    off[Reason.RAMP] = off.get(Reason.RAMP, np.zeros_like(full)) + full * ramp
    off[Reason.IMPORT_LIMIT] = full * ~ramp
    off = {reason: machines for reason, machines in off.items() if machines.any()}
    return Obeyed(replace(plan, conditions=c, explanation=replace(plan.explanation, off=off)))


def held_mw(c: Conditions) -> F:
    """Most import from which steps of the finest length lead down to every hard call, MW, (intervals,); else inf.

    Never less than the fastest fall from the import before the plan.
    """
    ramp, site, hours = c.farm.site.ramp_down_mw_per_hour, c.farm.site, c.grid.hours
    nowhere = np.full(len(hours), np.inf)
    if ramp is None or site.import_violation_usd_per_mwh is not None or any(map(_by_import_limit, c.farm.events)):
        return nowhere
    calls = owed_limit(c).calls_mw
    least = np.maximum(c.idle_load_mw - c.market.onsite_available_mw, 0.0)
    held = nowhere.copy()
    for t in range(len(hours) - 1, 0, -1):
        finest = max(calls[t], least[t]) + ramp * hours.min()
        held[t - 1] = min(finest, max(held[t], least[t]) + ramp * hours[t])
    before = c.farm.state.grid_import_mw
    if before is not None:
        fastest = before - ramp * np.cumsum(hours)
        held = np.maximum(held, np.maximum(fastest, least))
    return held


def _by_import_limit(event: Event) -> bool:
    """Whether a call is reckoned from what the site may import: a lower limit for the search would change the call."""
    parts = (event.payment, event.cut)
    return any(part is not None and getattr(part, "baseline_mw", 0.0) is None for part in parts)
