"""Stretches of a series without a value, and how a farm file says that they are filled."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from optimizer.arrays import Bool, F, Int
from optimizer.market.readers.raw import Ask
from optimizer.market.timeseries import Fill, clock, naive_utc

Times = NDArray[np.datetime64]
_MOST_FILLED = 1_000_000
_MOST_DAYS = 366
_MOST_GAPS = 10_000  # that are filled: a series with more is something else


@dataclass(frozen=True)
class GapRows:
    """Rows in time's order; ``place`` is where each stood in the file. All of shape (n_rows,)."""

    starts: Times
    ends: Times
    values: F
    lines: Int
    place: Int

    def take(self, which: Bool | Int | slice) -> GapRows:
        """Some of them."""
        return GapRows(self.starts[which], self.ends[which], self.values[which], self.lines[which], self.place[which])


class Gaps:
    """Stretches without a value inside the rows' reach and the window, and how they are filled."""

    def __init__(
        self,
        rows: GapRows,
        reach: tuple[np.datetime64, np.datetime64],
        window: tuple[np.datetime64, np.datetime64],
        step: np.timedelta64,
    ) -> None:
        self.rows, self.step = rows, step
        begins, finishes = np.append(reach[:1], rows.ends), np.append(rows.starts, reach[1:])
        open_ = (finishes > begins) & (finishes > window[0]) & (begins < window[1])
        self.after = np.flatnonzero(open_)  # the row after each gap; the row before is one less
        self.begins, self.finishes = begins[open_], finishes[open_]

    def filled(self, ask: Ask) -> tuple[Times, Times, F, tuple[Fill, ...], list[int]]:
        """Starts, ends and values with the fills put in, the fills, and the numbers of the gaps that stay open."""
        rows = self.rows
        pieces: list[tuple[Times, Times, F]] = [(rows.starts, rows.ends, rows.values)]
        fills: list[Fill] = []
        still_open: list[int] = []
        if ask.spec.fill_gaps == "no" or len(self.after) > _MOST_GAPS:
            return rows.starts, rows.ends, rows.values, (), list(range(len(self.after)))
        for i in range(len(self.after)):
            after, begin, finish = self.after[i], self.begins[i], self.finishes[i]
            hours, count = self._size(i)
            starts = values = None
            if hours <= ask.spec.fill_at_most_hours and count <= _MOST_FILLED:
                starts = np.arange(begin, finish, self.step)
                values = self._values(starts, int(after), ask)
            if starts is None or values is None or not np.isfinite(values).all():
                still_open.append(i)
                continue
            pieces.append((starts, np.append(starts[1:], finish), values))
            utc = [pd.Timestamp(time).tz_localize("UTC") for time in (begin, finish)]
            fills.append(Fill(ask.file, utc[0], utc[1], ask.spec.fill_gaps, len(starts)))
        joined = [np.concatenate(parts) for parts in zip(*pieces, strict=True)]
        order = np.argsort(joined[0], kind="stable")
        return joined[0][order], joined[1][order], joined[2][order], tuple(fills), still_open

    def _values(self, starts: Times, after: int, ask: Ask) -> F | None:
        """Values for intervals that start so, or None where the neighbours they need are missing."""
        rows, method = self.rows, ask.spec.fill_gaps
        if method == "previous" and after > 0:
            return np.full(len(starts), rows.values[after - 1])
        if method == "linear" and 0 < after < len(rows.values):
            since = (starts - rows.starts[after - 1]) / (rows.starts[after] - rows.starts[after - 1])
            return np.asarray(rows.values[after - 1] + since * (rows.values[after] - rows.values[after - 1]))
        if method == "same_hour_day_before":
            return self._days_before(starts, ask)
        return None

    def _days_before(self, starts: Times, ask: Ask) -> F:
        """The value at the same hour of the last day that has one, on the farm's clock; NaN where none has."""
        rows = self.rows
        local = pd.DatetimeIndex(starts).tz_localize("UTC").tz_convert(ask.timezone).tz_localize(None)
        first = np.ones(len(local), dtype=bool)  # of an hour that comes twice
        values = np.full(len(starts), np.nan)
        for days in range(1, days_back(ask) + 1):
            before = (local - pd.Timedelta(days=days)).tz_localize(
                ask.timezone, ambiguous=first, nonexistent="shift_forward"
            )
            wanted = naive_utc(before.tz_convert("UTC").as_unit("us"))
            row = np.maximum(np.searchsorted(rows.starts, wanted, side="right") - 1, 0)
            covered = np.isnan(values) & (wanted >= rows.starts[row]) & (wanted < rows.ends[row])
            values[covered] = rows.values[row[covered]]
        return values

    def _size(self, i: int) -> tuple[float, int]:
        """Hours and intervals of a gap."""
        length = self.finishes[i] - self.begins[i]
        return float(length / np.timedelta64(1, "h")), int(np.ceil(length / self.step))

    def fault_at(self, i: int, ask: Ask) -> tuple[int, str]:
        """The line of a gap that stays open, and why it does."""
        line = int(self.rows.lines[min(int(self.after[i]), len(self.rows.lines) - 1)])
        return line, self._why(self.begins[i], self.finishes[i], *self._size(i), ask)

    def _why(self, begin: np.datetime64, finish: np.datetime64, hours: float, count: int, ask: Ask) -> str:
        size = "1 interval" if count == 1 else f"{count:,} intervals"
        where = f"gap of {size}, {clock(begin, ask.zone)} to {clock(finish, ask.zone)}"
        if ask.spec.fill_gaps == "no":
            return f"{where}; add the rows, or say how to fill with `fill_gaps`"
        if len(self.after) > _MOST_GAPS:
            return f"{where}, is one of more than {_MOST_GAPS:,}, which are never filled"
        if count > _MOST_FILLED:
            return f"{where}, is longer than is ever filled"
        if hours > ask.spec.fill_at_most_hours:
            return f"{where}, is longer than fill_at_most_hours: {ask.spec.fill_at_most_hours:g}"
        return f"{where}, has no neighbours to fill it from by `{ask.spec.fill_gaps}`"


def days_back(ask: Ask) -> int:
    """How many days back a value may come from: as many as a gap may be long."""
    return int(min(np.ceil(ask.spec.fill_at_most_hours / 24.0), _MOST_DAYS))
