"""Numbers for a page's JSON: rounded, sent once, runs of equal values folded, and long plans averaged."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from optimizer.arrays import F
from optimizer.market.grid import Grid

MOST_POINTS = 1_000  # per series; more than a screen is wide, and what keeps a page small


def packed(values: F, decimals: int) -> Any:
    """A series as a JSON list, or as ``{"runs": [value, count, ...]}`` where that is shorter; null where nothing is.

    >>> packed(np.array([1.04, 2.0]), 1), packed(np.array([5.0, 5, 5, 5, 6]), 0), packed(np.array([1.0, np.nan]), 0)
    ([1, 2], {'runs': [5, 4, 6, 1]}, [1, None])
    """
    rounded = np.round(values, decimals) + 0.0
    edges = np.flatnonzero(np.diff(rounded, prepend=np.nan))
    known = (None if math.isnan(value) else value for value in rounded.tolist())
    whole = [int(value) if value is not None and value == int(value) else value for value in known]
    if 3 * len(edges) >= 2 * len(whole):
        return whole
    counts = np.diff(edges, append=len(whole)).tolist()
    return {"runs": [entry for i, n in zip(edges.tolist(), counts, strict=True) for entry in (whole[i], n)]}


def decimals_of(largest: float) -> int:
    """Decimals that keep four figures of the largest value.

    >>> decimals_of(48.2), decimals_of(0.35), decimals_of(0.0)
    (2, 4, 2)
    """
    return 2 if largest <= 0 else min(max(3 - math.floor(math.log10(largest)), 0), 6)


def script_json(data: Any) -> str:
    r"""JSON that may stand inside a script element, whatever names it holds.

    >>> print(script_json({"name": "</script>"}))
    {"name":"\u003c/script\u003e"}
    """
    text = json.dumps(data, separators=(",", ":"), allow_nan=False)
    return text.replace("&", "\\u0026").replace("<", "\\u003c").replace(">", "\\u003e")


@dataclass(frozen=True)
class Bins:
    """The intervals of a chart: the plan's own, or hours or days of a long plan.

    ``first`` holds each bin's first interval, ``hours`` the lengths of the plan's intervals, ``kind`` what a bin is.
    """

    first: NDArray[np.intp]
    hours: F
    kind: str

    def mean(self, values: F) -> F:
        """Means over time, (..., intervals) to (..., bins)."""
        if len(self.first) == len(self.hours):
            return values
        return np.asarray(np.add.reduceat(values * self.hours, self.first, axis=-1) / self.lengths)

    @property
    def lengths(self) -> F:
        """Hours of each bin."""
        return np.asarray(np.add.reduceat(self.hours, self.first), dtype=np.float64)


def bins_of(grid: Grid, most: int = MOST_POINTS) -> Bins:
    """The finest of intervals, hours and days that has at most so many points; days in any case.

    >>> import pandas as pd
    >>> grid = Grid(pd.date_range("2026-02-11", periods=8760, freq="h", tz="UTC"), np.ones(8760), "UTC")
    >>> len(bins_of(grid).first), bins_of(grid).kind
    (365, 'daily')
    """
    if len(grid) <= most:
        return Bins(np.arange(len(grid)), grid.hours, "interval")
    hour = grid.starts.floor("h")
    hourly = np.flatnonzero(np.append(True, hour[1:] != hour[:-1]))
    if len(hourly) <= most:
        return Bins(hourly, grid.hours, "hourly")
    return Bins(np.flatnonzero(np.diff(grid.day_of_interval, prepend=-1)), grid.hours, "daily")
