"""Sets that follow from the numbers: look-back windows and outages."""

from __future__ import annotations

import numpy as np

from optimizer.lp.language import AnySet, Float, Int, LabelSet, Map, RangeSet

_SLACK_HOURS = 1e-9


def window_starts(start_hour: Float, hours_back: Float) -> Int:
    """For each group and interval, the first interval that began less than ``hours_back`` before it.

    start_hour: (n_intervals,), hours since the plan began, rising. hours_back: (n_groups,). Returns (groups,
    intervals).

    >>> window_starts(np.array([0.0, 1.0, 2.0, 3.0]), np.array([2.0])).tolist()
    [[0, 0, 1, 2]]
    """
    earliest = start_hour[None, :] - hours_back[:, None] + _SLACK_HOURS
    return np.searchsorted(start_hour, earliest, side="right").astype(np.int64).clip(max=np.arange(len(start_hour)))


def window(start: Int) -> RangeSet:
    """The look-back windows as a ragged set of intervals, the interval itself included."""
    stop = np.broadcast_to(np.arange(1, start.shape[1] + 1), start.shape)
    return RangeSet("INTERVALS", ("GROUPS", "INTERVALS"), start, stop)


def outages(available: Float, before: Float, on_start: Int, off_start: Int) -> tuple[dict[str, AnySet], Float]:
    """Where availability falls, and by how many units.

    available: (groups, intervals) units; before: (groups,) units in service just before the plan that may be lost in
    its first interval; on_start, off_start: first intervals of the minimum-time windows.
    Returns the sets OUTAGES, OUTAGES_AT, OUTAGES_IN_ON_WINDOW, OUTAGES_IN_OFF_WINDOW, their maps, and the units lost.
    """
    fall = np.maximum(np.concatenate([before[:, None], available[:, :-1]], axis=1) - available, 0.0)
    group, interval = np.nonzero(fall)
    count = np.zeros(fall.size + 1, dtype=np.int64)
    np.cumsum(fall.ravel() > 0, out=count[1:])
    flat = np.arange(fall.size).reshape(fall.shape)
    first_of_group = flat[:, :1]
    over = ("GROUPS", "INTERVALS")
    sets: dict[str, AnySet] = {
        "OUTAGES": LabelSet(tuple(range(len(group)))),
        "group_of_outage": Map("GROUPS", ("OUTAGES",), group),
        "interval_of_outage": Map("INTERVALS", ("OUTAGES",), interval),
        "OUTAGES_AT": RangeSet("OUTAGES", over, count[flat], count[flat + 1]),
        "OUTAGES_IN_ON_WINDOW": RangeSet("OUTAGES", over, count[first_of_group + on_start], count[flat + 1]),
        "OUTAGES_IN_OFF_WINDOW": RangeSet("OUTAGES", over, count[first_of_group + off_start], count[flat + 1]),
    }
    return sets, fall[group, interval]
