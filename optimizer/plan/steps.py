"""Schedules that people can follow: changes of fewer machines than a group's smallest step are left out."""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from optimizer.accounts.conditions import Conditions
from optimizer.arrays import Bool, F

_ONE = 0.5  # machines


def rows_of_groups(c: Conditions) -> list[slice]:
    """The points of each group, by position."""
    stops = np.cumsum([0, *(len(group.modes) for group in c.farm.fleet)]).tolist()
    return [slice(first, stop) for first, stop in pairwise(stops)]


def in_steps(c: Conditions, units: F) -> F:
    """Machines on, (points, intervals of the plan), with stretches of small changes made level.

    A stretch holds what differs by less than the group's smallest step and no change of what is in service; all of it
    runs as the interval of it that draws least, so that no limit on what is drawn is exceeded.
    """
    level = units.copy()
    for g, (group, rows) in enumerate(zip(c.farm.fleet, rows_of_groups(c), strict=True)):
        if group.smallest_step > 1:
            watts = np.array([point.power_w - group.standby_w for point in c.points[group.name].values()])
            turns = np.diff(c.units_available[g, : units.shape[1]], prepend=c.units_available[g, 0]) != 0
            level[rows] = _level(units[rows], watts, turns, group.smallest_step)
    return level


def _level(units: F, watts: F, turns: Bool, step: int) -> F:
    """Machines of one group by mode, level in each stretch; ``turns``: where what is in service changes.

    >>> _level(np.array([[90.0, 87.0, 86.0, 40.0]]), np.ones(1), np.zeros(4, dtype=bool), 10)
    array([[86., 86., 86., 40.]])
    """
    level, first, n = units.copy(), 0, units.shape[1]
    for t in range(1, n + 1):
        stretch = units[:, first : t + 1]
        if t < n and not turns[t] and np.ptp(stretch, axis=1).max() < step - _ONE:
            continue
        held = units[:, first:t]
        level[:, first:t] = held[:, [int((watts @ held).argmin())]]
        first = t
    return level
