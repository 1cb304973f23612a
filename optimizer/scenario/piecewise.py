"""A quantity over the time of a plan, straight between two moments: what changes of it act on, exactly."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from optimizer.arrays import F
from optimizer.market.grid import Grid
from optimizer.market.timeseries import naive_utc

Window = tuple[float, float]  # seconds since the plan's beginning
_SECOND = np.timedelta64(1, "s")


def seconds_after(grid: Grid, moments: pd.DatetimeIndex) -> F:
    """Seconds from the plan's beginning to UTC moments, (n,)."""
    return np.asarray((naive_utc(moments) - naive_utc(grid.starts)[0]) / _SECOND, dtype=np.float64)


@dataclass(frozen=True)
class Piecewise:
    """Straight pieces between ``edges``, seconds since the plan's beginning, (n + 1,); values at their ends, (n,) each.

    >>> import pandas as pd
    >>> hours = pd.date_range("2026-02-11", periods=2, freq="h", tz="UTC")
    >>> two = Grid(hours, np.ones(2), "UTC")
    >>> price = Piecewise.of(two, np.array([10.0, 30.0]))
    >>> price.changed((1800.0, np.inf), lambda piece: piece.scaled(2.0)).mean(two).tolist()
    [15.0, 60.0]
    """

    edges: F
    left: F
    right: F

    @classmethod
    def of(cls, grid: Grid, values: F) -> Piecewise:
        """A quantity that is the same over each interval of a grid."""
        return cls(np.append(0.0, seconds_after(grid, grid.ends)), values, values)

    def mean(self, grid: Grid) -> F:
        """The mean over each interval of the grid it was made of, (n_intervals,); exact where nothing was changed."""
        edges = np.append(0.0, seconds_after(grid, grid.ends))
        first = np.searchsorted(self.edges, edges[:-1])
        lengths = np.diff(self.edges)
        owner = np.searchsorted(edges, self.edges[:-1], side="right") - 1
        share = lengths / np.add.reduceat(lengths, first)[owner]
        middle = self.left + (self.right - self.left) / 2.0
        return np.asarray(np.add.reduceat(middle * share, first), dtype=np.float64)

    def cut(self, moments: F) -> Piecewise:
        """The same with edges at these moments too."""
        inner = moments[(moments > self.edges[0]) & (moments < self.edges[-1])]
        edges = np.union1d(self.edges, inner)
        piece = np.searchsorted(self.edges, edges[:-1], side="right") - 1
        begin, slope = self.edges[piece], (self.right - self.left)[piece] / np.diff(self.edges)[piece]
        ends_whole = edges[1:] == self.edges[piece + 1]
        right = np.where(ends_whole, self.right[piece], self.left[piece] + slope * (edges[1:] - begin))
        return Piecewise(edges, self.left[piece] + slope * (edges[:-1] - begin), right)

    def changed(self, window: Window, change: Callable[[Piecewise], Piecewise]) -> Piecewise:
        """The same with what lies in the window changed."""
        whole = self.cut(np.array(window))
        first, stop = np.searchsorted(whole.edges, np.clip(window, whole.edges[0], whole.edges[-1]))
        if first >= stop:
            return self
        inner = change(Piecewise(whole.edges[first : stop + 1], whole.left[first:stop], whole.right[first:stop]))
        return Piecewise(
            np.concatenate([whole.edges[:first], inner.edges, whole.edges[stop + 1 :]]),
            np.concatenate([whole.left[:first], inner.left, whole.left[stop:]]),
            np.concatenate([whole.right[:first], inner.right, whole.right[stop:]]),
        )

    def scaled(self, factor: float) -> Piecewise:
        """Times a factor."""
        return Piecewise(self.edges, self.left * factor, self.right * factor)

    def shifted(self, by: float) -> Piecewise:
        """So much more."""
        return Piecewise(self.edges, self.left + by, self.right + by)

    def level(self, value: float) -> Piecewise:
        """The same value all the time."""
        return self._with(lambda values: np.full_like(values, value))

    def capped(self, cap: float) -> Piecewise:
        """At most so much; a piece that crosses the cap is cut there."""
        return self._cut_at(cap)._with(lambda values: np.minimum(values, cap))

    def raised(self, floor: float) -> Piecewise:
        """At least so much; a piece that crosses the floor is cut there."""
        return self._cut_at(floor)._with(lambda values: np.maximum(values, floor))

    def times(self, other: Piecewise) -> Piecewise:
        """The product; straight between the edges of both, which is exact where one of them is level."""
        mine, theirs = self.cut(other.edges), other.cut(self.edges)
        return Piecewise(mine.edges, mine.left * theirs.left, mine.right * theirs.right)

    def over(self, other: Piecewise) -> Piecewise:
        """The quotient; straight between the edges of both."""
        mine, theirs = self.cut(other.edges), other.cut(self.edges)
        return Piecewise(mine.edges, mine.left / theirs.left, mine.right / theirs.right)

    def through(self, moments: F, values: F, *, hold: bool) -> Piecewise:
        """Replaced by what runs through points, level before the first and after the last; held between, or a line."""
        whole = self.cut(moments)
        if not hold:
            return Piecewise(
                whole.edges, np.interp(whole.edges[:-1], moments, values), np.interp(whole.edges[1:], moments, values)
            )
        point = np.maximum(np.searchsorted(moments, whole.edges[:-1], side="right") - 1, 0)
        return Piecewise(whole.edges, values[point], values[point])

    def _with(self, change: Callable[[F], F]) -> Piecewise:
        return Piecewise(self.edges, change(self.left), change(self.right))

    def _cut_at(self, level: float) -> Piecewise:
        crosses = (self.left - level) * (self.right - level) < 0
        share = (level - self.left[crosses]) / (self.right - self.left)[crosses]
        return self.cut(self.edges[:-1][crosses] + share * np.diff(self.edges)[crosses])
