"""When a change of the market holds, in seconds since the plan's beginning."""

from __future__ import annotations

from datetime import datetime

import numpy as np
import pandas as pd

from optimizer.arrays import F
from optimizer.config.document import Keys
from optimizer.errors import InputError
from optimizer.market.grid import Grid
from optimizer.scenario.courses import Spike
from optimizer.scenario.parts import Course, Timed
from optimizer.scenario.piecewise import Window, seconds_after
from optimizer.scenario.placed import Placed
from optimizer.scenario.times import DayTime, stands_for

_SECONDS_PER_MINUTE = 60.0
REPLACING = ("set", "series", "shape", "path")  # verbs after which nothing is left of what was before


def seconds(placed: Placed, moment: datetime | DayTime, path: Keys, grid: Grid) -> float:
    """Seconds from the plan's beginning to a moment of a change."""
    resolved = placed.time(moment, path, grid.starts[0].to_pydatetime(), grid.timezone)
    return float(seconds_after(grid, pd.DatetimeIndex([pd.Timestamp(resolved)]).as_unit("us"))[0])


def points(placed: Placed, change: Course, grid: Grid) -> F:
    """Seconds of the points of a change, (points,). Raises InputError where they do not rise on the farm's clock."""
    key, _ = change.operation
    moments = [seconds(placed, point.at, (key, i, "at"), grid) for i, point in enumerate(getattr(change, key))]
    back = [i for i in range(1, len(moments)) if moments[i] <= moments[i - 1]]
    if back:
        raise InputError(placed.fault((key, i, "at"), "is not after the point before it") for i in back)
    return np.array(moments)


def window(placed: Placed, change: Timed, grid: Grid) -> Window:
    """When a change holds. Raises InputError where it ends before it begins."""
    begin, end = -np.inf, np.inf
    if isinstance(change, Course):
        _, verb = change.operation
        if verb in ("shape", "path"):
            moments = points(placed, change, grid)
            begin, end = moments[0], moments[-1] if verb == "shape" else np.inf
    if change.begin is not None:
        begin = seconds(placed, change.begin, ("from",), grid)
    if change.to is not None:
        end = seconds(placed, change.to, ("to",), grid)
        if end <= begin:
            raise placed.refuse(("to",), f"ends at {change.to}, which is not after its beginning")
    if isinstance(change, Course) and isinstance(spike := getattr(change, change.operation[0]), Spike):
        at = seconds(placed, spike.at, ("spike", "at"), grid)
        begin, end = max(begin, at), min(end, at + spike.minutes * _SECONDS_PER_MINUTE)
    return float(begin), float(end)


def window_of(placed: Placed, lasts: str, grid: Grid) -> Window:
    """From the start of a section that a change holds to its end."""
    moments = ((key, getattr(getattr(placed.change, lasts), key)) for key in ("start", "end"))
    begin, end = (seconds(placed, stands_for(moment) or moment, (lasts, key), grid) for key, moment in moments)
    return begin, end


def within(limits: Window, grid: Grid) -> Window | None:
    """The part of a window that lies in the plan; None where there is none."""
    begin, end = max(limits[0], 0.0), min(limits[1], float(seconds_after(grid, grid.ends[-1:])[0]))
    return (begin, end) if begin < end else None


def covers_all(windows: list[Window], grid: Grid) -> bool:
    """Whether windows leave nothing of the plan out."""
    reached, end = 0.0, float(seconds_after(grid, grid.ends[-1:])[0])
    for begin, stop in sorted(windows):
        if begin <= reached:
            reached = max(reached, stop)
    return reached >= end
