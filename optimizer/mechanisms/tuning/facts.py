"""How many changes of mode a group has on each day."""

from __future__ import annotations

import numpy as np

from optimizer.accounts.conditions import Conditions
from optimizer.arrays import F
from optimizer.mechanisms.tuning.count import tunings
from optimizer.mechanisms.tuning.state import ChangesMade


def changes_allowed(c: Conditions, g: int) -> F:
    """Changes a group has on each local day, those made before the plan taken off; (days,), inf without a limit."""
    group, days = c.farm.fleet[g], len(c.grid.days)
    tuning = tunings(c).get(group.name)
    if tuning is None or tuning.changes_per_day is None:
        return np.full(days, np.inf)
    first_of_day = np.unique(c.grid.day_of_interval, return_index=True)[1]
    allowed = tuning.changes_per_day * np.maximum.reduceat(c.units_available[g], first_of_day)
    allowed[0] -= c.state.section(ChangesMade).changes_today.get(group.name, 0.0)
    return np.maximum(allowed, 0.0)
