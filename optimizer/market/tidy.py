"""The judge of a series: order, repeats, overlaps, range and gaps, and the fills a farm file asks for."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from optimizer.arrays import Bool, F, Int
from optimizer.errors import Fault, InputError
from optimizer.market.grid import Grid
from optimizer.market.readers.raw import Ask, RawSeries, listed
from optimizer.market.readers.times import first_moments, most_common_step
from optimizer.market.timeseries import Fill, Limits, TimeSeries, clock, naive_utc

Times = NDArray[np.datetime64]
_DAY = np.timedelta64(1, "D")
_MOST_FILLED = 1_000_000
_MOST_GAPS = 10_000  # that are filled: a series with more is something else
_REACH_BACK = np.timedelta64(26, "h")  # "same hour the day before", on a day of 25 hours too


@dataclass(frozen=True)
class _Rows:
    """Rows in time's order; ``place`` is where each stood in the file. All of shape (n_rows,)."""

    starts: Times
    ends: Times
    values: F
    lines: Int
    place: Int

    def take(self, which: Bool | Int | slice) -> _Rows:
        return _Rows(self.starts[which], self.ends[which], self.values[which], self.lines[which], self.place[which])


def tidy(raw: RawSeries, values: F, ask: Ask, within: Grid | None, limits: Limits) -> TimeSeries:
    """A TimeSeries of the rows that matter to ``within`` (all rows when None).

    ``values`` are the raw values in the farm's units. Raises InputError with all faults found:
    disorder, duplicates, overlaps, values out of range, and gaps.
    """
    at_time, at_value = replace(ask, column_of=raw.time_at), replace(ask, column_of=raw.value_at)
    rows, step = _in_order(raw, values, at_time)
    window = reach = (rows.starts[0], rows.ends.max())
    if within is not None:
        window = (naive_utc(within.starts)[0], naive_utc(within.ends)[-1])
        rows = rows.take(_near(rows.starts, window))
    faults = _disorder(rows, at_time) + _out_of_range(rows, at_value, limits)
    first, last = rows.starts[0], rows.ends.max()
    rows = rows.take(np.isfinite(rows.values))  # NaN and infinities are gaps
    if not len(rows.values):
        raise ask.error(
            f"{raw.name}: has no numbers in the hours asked for" if within else f"{raw.name}: has no numbers"
        )
    repeats = rows.starts[1:] == rows.starts[:-1]
    if repeats.any():
        if ask.spec.duplicates == "error":
            faults += _duplicates(rows, at_time)
        rows = _merged(rows, ask.spec.duplicates)
    if raw.ends is None and not ask.spec.holds_until_next:
        rows = _Rows(rows.starts, np.minimum(rows.ends, np.append(rows.starts[1:], rows.ends[-1:])),
                     rows.values, rows.lines, rows.place)  # fmt: skip
    elif ask.spec.holds_until_next:
        rows = _Rows(
            rows.starts,
            np.append(rows.starts[1:], max(rows.ends[-1], last)),
            rows.values,
            rows.lines,
            rows.place,
        )
    if ask.spec.holds_on:
        rows.ends[-1] = max(rows.ends[-1], window[1])
        reach = (reach[0], max(reach[1], window[1]))
    faults += _overlaps(rows, at_time)
    gaps = _Gaps(rows, (first, last), window, step)
    starts, ends, numbers, fills, open_gaps = gaps.filled(ask)
    faults += listed(ask, range(len(open_gaps)), lambda i: gaps.told(open_gaps[i], ask), "gaps")
    if faults:
        raise InputError(faults)
    utc = [pd.DatetimeIndex(times).tz_localize("UTC") for times in (starts, ends)]
    begin, end = (pd.Timestamp(time).tz_localize("UTC") for time in reach)
    return TimeSeries(utc[0], utc[1], numbers, raw.name, fills, ask.file, (begin, end))


def _in_order(raw: RawSeries, values: F, ask: Ask) -> tuple[_Rows, np.timedelta64]:
    """Rows sorted by start, with an end each; and the usual length of an interval."""
    if not len(values):
        raise ask.error(f"{raw.name}: has no rows")
    times = naive_utc(raw.starts)
    place = np.argsort(times, kind="stable")
    times = times[place]
    if raw.ends is not None:
        starts, ends = times, naive_utc(raw.ends)[place]
        backward = np.flatnonzero(ends <= starts)
        if len(backward):

            def told(i: int) -> tuple[int, str]:
                return int(raw.lines[place[i]]), "the interval ends before it starts"

            raise InputError(listed(ask, backward, told, "such intervals"))
        step = _most_common(ends - starts)
    else:
        step = most_common_step(raw.starts).to_timedelta64().astype("timedelta64[us]")
        if ask.spec.holds_until_next and len(times) > 1:
            step = np.median(np.diff(times))  # a retarget comes after two weeks, give or take
        if raw.hours is not None:
            step = np.timedelta64(round(raw.hours * 3600), "s").astype("timedelta64[us]")
        starts = times - step if raw.at_ends else times
        ends = times if raw.at_ends else _next(times, step, ask.zone)
    return _Rows(starts, ends, values[place], raw.lines[place], place), step


def _next(starts: Times, step: np.timedelta64, zone: str) -> Times:
    """Starts one step later; a day's step from the beginnings of local days is a day of 23, 24 or 25 hours."""
    if step != _DAY:
        return starts + step
    days = pd.DatetimeIndex(starts).tz_localize("UTC").tz_convert(zone).tz_localize(None).normalize()
    if not (naive_utc(first_moments(days, zone)) == starts).all():
        return starts + step
    return naive_utc(first_moments(days + pd.Timedelta(days=1), zone))


def _near(starts: Times, window: tuple[np.datetime64, np.datetime64]) -> slice:
    """Rows of the window, a day before it, and the neighbours on both sides."""
    low = int(np.searchsorted(starts, window[0] - _REACH_BACK)) - 1
    high = int(np.searchsorted(starts, window[1])) + 1
    return slice(min(max(low, 0), len(starts) - 1), max(high, 1))


def _disorder(rows: _Rows, ask: Ask) -> list[Fault]:
    if ask.spec.disorder == "sort" or (np.diff(rows.place) > 0).all():
        return []
    in_file = np.argsort(rows.place)
    times = rows.starts[in_file]
    back = np.flatnonzero(times[1:] < times[:-1]) + 1

    def told(i: int) -> tuple[int, str]:
        pair = f"{clock(times[i], ask.zone)} comes after {clock(times[i - 1], ask.zone)}"
        return int(rows.lines[in_file[i]]), f"{pair}: rows are out of order; sort them, or say `disorder: sort`"

    return listed(ask, back, told, "rows out of order")


def _out_of_range(rows: _Rows, ask: Ask, limits: Limits) -> list[Fault]:
    bad = np.flatnonzero(limits.broken_by(rows.values) & np.isfinite(rows.values))

    def told(i: int) -> tuple[int, str]:
        return int(rows.lines[i]), f"must be {limits} (got {rows.values[i]:g} at {clock(rows.starts[i], ask.zone)})"

    return listed(ask, bad, told, "values out of range")


def _duplicates(rows: _Rows, ask: Ask) -> list[Fault]:
    again = np.flatnonzero(rows.starts[1:] == rows.starts[:-1]) + 1

    def told(i: int) -> tuple[int, str]:
        what = f"{clock(rows.starts[i], ask.zone)} comes again, {rows.values[i]:g}"
        earlier = f"after {rows.values[i - 1]:g} on line {rows.lines[i - 1]}"
        return int(rows.lines[i]), f"{what} {earlier}; say which counts with `duplicates`: first, last or mean"

    return listed(ask, again, told, "duplicates")


def _merged(rows: _Rows, how: str) -> _Rows:
    first = np.flatnonzero(np.append(True, rows.starts[1:] != rows.starts[:-1]))
    merged = rows.take(first)
    if how == "last":
        merged = rows.take(np.append(first[1:], len(rows.starts)) - 1)
    if how == "mean":
        sizes = np.diff(np.append(first, len(rows.starts)))
        mean = np.add.reduceat(rows.values, first) / sizes
        merged = _Rows(merged.starts, merged.ends, mean, merged.lines, merged.place)
    return merged


def _overlaps(rows: _Rows, ask: Ask) -> list[Fault]:
    into = np.flatnonzero(rows.ends[:-1] > rows.starts[1:]) + 1

    def told(i: int) -> tuple[int, str]:
        earlier = f"the interval on line {rows.lines[i - 1]} ends, {clock(rows.ends[i - 1], ask.zone)}"
        return int(rows.lines[i]), f"{clock(rows.starts[i], ask.zone)} begins before {earlier}"

    return listed(ask, into, told, "overlaps")


class _Gaps:
    """Stretches without a value inside the rows' reach and the window, and how they are filled."""

    def __init__(
        self,
        rows: _Rows,
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
            local = pd.DatetimeIndex(starts).tz_localize("UTC").tz_convert(ask.zone).tz_localize(None)
            day_before = (local - pd.Timedelta(days=1)).tz_localize(
                ask.zone, ambiguous=np.ones(len(local), dtype=bool), nonexistent="shift_forward"
            )
            wanted = naive_utc(day_before.tz_convert("UTC").as_unit("us"))
            row = np.searchsorted(rows.starts, wanted, side="right") - 1
            covered = (row >= 0) & (wanted < rows.ends[np.maximum(row, 0)])
            return np.where(covered, rows.values[np.maximum(row, 0)], np.nan)
        return None

    def _size(self, i: int) -> tuple[float, int]:
        """Hours and intervals of a gap."""
        length = self.finishes[i] - self.begins[i]
        return float(length / np.timedelta64(1, "h")), int(np.ceil(length / self.step))

    def told(self, i: int, ask: Ask) -> tuple[int, str]:
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


def _most_common(lengths: NDArray[np.timedelta64]) -> np.timedelta64:
    sizes, counts = np.unique(lengths, return_counts=True)
    return np.timedelta64(sizes[int(np.argmax(counts))])
