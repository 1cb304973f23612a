"""Sets that follow from the numbers: look-back windows and outages."""

from __future__ import annotations

import numpy as np

from optimizer.arrays import Bool
from optimizer.engine.language import AnySet, Float, Int, LabelSet, Map, RangeSet

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


def look_back(start: Int) -> RangeSet:
    """The look-back windows as a ragged set of intervals, the interval itself included."""
    stop = np.broadcast_to(np.arange(1, start.shape[1] + 1), start.shape)
    return RangeSet("INTERVALS", ("GROUPS", "INTERVALS"), start, stop)


def outages(fallen_out: Float, windows: tuple[Int, Int], binds: tuple[Bool, Bool]) -> tuple[dict[str, AnySet], Float]:
    """Where machines fall out of service, and how many units.

    fallen_out: (groups, intervals) units that fall out as an interval begins; windows: first intervals of those of
    minimum on and off times; binds: (groups,) where these times bind at all. Returns the sets OUTAGES, OUTAGES_AT,
    OUTAGES_IN_ON_WINDOW, OUTAGES_IN_OFF_WINDOW and their maps, those of the rows that begin with an outage within a
    window, and the units lost.
    """
    on_start, off_start = windows
    group, interval = np.nonzero(fallen_out)
    count = np.zeros(fallen_out.size + 1, dtype=np.int64)
    np.cumsum(fallen_out.ravel() > 0, out=count[1:])
    flat = np.arange(fallen_out.size).reshape(fallen_out.shape)
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
    until = count[flat + 1]
    sets |= _since(("ON_SINCE", "STARTS_SINCE", "OUTAGES_AFTER_START"), (group, interval), on_start, binds[0], until)
    sets |= _since(("OFF_SINCE", "STOPS_SINCE", "OUTAGES_AFTER_STOP"), (group, interval), off_start, binds[1], until)
    return sets, fallen_out[group, interval]


def _since(
    names: tuple[str, str, str], outage: tuple[Int, Int], start: Int, binds: Bool, until: Int
) -> dict[str, AnySet]:
    """A row for each outage and each interval from it on whose window holds it: what was switched since, and the
    outages after it.

    names: of the set of rows, of the switches and of the outages. outage: group and interval of each. start, until:
    (groups, intervals), a window's first interval, and one past the last outage that has happened by then.
    """
    rows, switches, later = names
    group, interval = outage
    each = np.arange(start.shape[1])
    holds = (start[group] <= interval[:, None]) & (each >= interval[:, None]) & binds[group][:, None]
    first, at = np.nonzero(holds)
    return {
        rows: LabelSet(tuple(range(len(first)))),
        f"group_of_{rows.lower()}": Map("GROUPS", (rows,), group[first]),
        f"interval_of_{rows.lower()}": Map("INTERVALS", (rows,), at),
        switches: RangeSet("INTERVALS", (rows,), interval[first], at + 1),
        later: RangeSet("OUTAGES", (rows,), first + 1, until[group[first], at]),
    }
