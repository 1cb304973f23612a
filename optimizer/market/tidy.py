"""The judge of a series: order, repeats, overlaps, range and gaps, and the fills a farm file asks for."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from optimizer.arrays import F
from optimizer.errors import Fault, InputError
from optimizer.market.gaps import GapRows, Gaps, Times, days_back
from optimizer.market.grid import Grid
from optimizer.market.readers.local import first_moments, most_common_step
from optimizer.market.readers.raw import Ask, RawSeries, listed
from optimizer.market.timeseries import Limits, TimeSeries, clock, naive_utc

_DAY = np.timedelta64(1, "D")


def tidy(raw: RawSeries, values: F, ask: Ask, within: Grid | None, limits: Limits, whole: bool = True) -> TimeSeries:
    """A TimeSeries of the rows that matter to ``within`` (all rows when None).

    ``values`` are the raw values in the farm's units. Raises InputError with all faults found:
    disorder, duplicates, overlaps, values out of range, and, where it is to be ``whole``, gaps.
    """
    ask = replace(ask, files=raw.files)
    at_time, at_value = replace(ask, column_of=raw.time_at), replace(ask, column_of=raw.value_at)
    rows, step = _in_order(raw, values, at_time)
    window = reach = (rows.starts[0], rows.ends.max())
    if within is not None:
        window = naive_window(within)
        rows = rows.take(_near(rows.starts, reaching(window, ask)))
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
        rows = GapRows(rows.starts, np.minimum(rows.ends, np.append(rows.starts[1:], rows.ends[-1:])),
                     rows.values, rows.lines, rows.place)  # fmt: skip
    elif ask.spec.holds_until_next:
        rows = GapRows(
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
    gaps = Gaps(rows, (first, last), window, step)
    starts, ends, numbers, fills, open_gaps = gaps.filled(ask)
    faults += listed(ask, range(len(open_gaps) * whole), lambda i: gaps.fault_at(open_gaps[i], ask), "gaps")
    if faults:
        raise InputError(faults)
    utc = [pd.DatetimeIndex(times).tz_localize("UTC") for times in (starts, ends)]
    begin, end = (pd.Timestamp(time).tz_localize("UTC") for time in reach)
    return TimeSeries(utc[0], utc[1], numbers, raw.name, fills, ask.file, (begin, end), raw.currency)


def naive_window(grid: Grid) -> tuple[np.datetime64, np.datetime64]:
    """Start and end of a grid, naive UTC."""
    return naive_utc(grid.starts)[0], naive_utc(grid.ends)[-1]


def reaching(window: tuple[np.datetime64, np.datetime64], ask: Ask) -> tuple[np.datetime64, np.datetime64]:
    """The window with what rows of it may be filled from: the same hour of days before, one of them of 25 hours."""
    return window[0] - np.timedelta64(24 * days_back(ask) + 2, "h"), window[1]


def _in_order(raw: RawSeries, values: F, ask: Ask) -> tuple[GapRows, np.timedelta64]:
    """Rows sorted by start, with an end each; and the usual length of an interval."""
    times = naive_utc(raw.starts)
    known = np.flatnonzero(~np.isnat(times))
    if not len(known):
        raise ask.error(f"{raw.name}: has no rows")
    place = known[np.argsort(times[known], kind="stable")]
    times = times[place]
    if raw.ends is not None:
        starts, ends = times, naive_utc(raw.ends)[place]
        backward = np.flatnonzero(ends <= starts)
        if len(backward):

            def fault_at(i: int) -> tuple[int, str]:
                return int(raw.lines[place[i]]), "the interval ends before it starts"

            raise InputError(listed(ask, backward, fault_at, "such intervals"))
        step = _most_common(ends - starts)
    else:
        step = most_common_step(raw.starts).to_timedelta64().astype("timedelta64[us]")
        if ask.spec.holds_until_next and len(times) > 1:
            step = np.median(np.diff(times))  # a retarget comes after two weeks, give or take
        if raw.hours is not None:
            step = np.timedelta64(round(raw.hours * 3600), "s").astype("timedelta64[us]")
        starts = times - step if raw.at_ends else times
        ends = times if raw.at_ends else _next(times, step, ask.zone)
    return GapRows(starts, ends, values[place], raw.lines[place], place), step


def _next(starts: Times, step: np.timedelta64, zone: str) -> Times:
    """Starts one step later; a day's step from the beginnings of local days is a day of 23, 24 or 25 hours."""
    if step != _DAY:
        return starts + step
    days = pd.DatetimeIndex(starts).tz_localize("UTC").tz_convert(zone).tz_localize(None).normalize()
    if not (naive_utc(first_moments(days, zone)) == starts).all():
        return starts + step
    return naive_utc(first_moments(days + pd.Timedelta(days=1), zone))


def _near(starts: Times, window: tuple[np.datetime64, np.datetime64]) -> slice:
    """Rows of the window and the neighbours on both sides."""
    low = int(np.searchsorted(starts, window[0])) - 1
    high = int(np.searchsorted(starts, window[1])) + 1
    return slice(min(max(low, 0), len(starts) - 1), max(high, 1))


def _disorder(rows: GapRows, ask: Ask) -> list[Fault]:
    if ask.spec.disorder == "sort" or (np.diff(rows.place) > 0).all():
        return []
    in_file = np.argsort(rows.place)
    times = rows.starts[in_file]
    back = np.flatnonzero(times[1:] < times[:-1]) + 1

    def fault_at(i: int) -> tuple[int, str]:
        pair = f"{clock(times[i], ask.zone)} comes after {clock(times[i - 1], ask.zone)}"
        return int(rows.lines[in_file[i]]), f"{pair}: rows are out of order; sort them, or say `disorder: sort`"

    return listed(ask, back, fault_at, "rows out of order")


def _out_of_range(rows: GapRows, ask: Ask, limits: Limits) -> list[Fault]:
    bad = np.flatnonzero(limits.broken_by(rows.values) & np.isfinite(rows.values))

    def fault_at(i: int) -> tuple[int, str]:
        return int(rows.lines[i]), f"must be {limits} (got {rows.values[i]:g} at {clock(rows.starts[i], ask.zone)})"

    return listed(ask, bad, fault_at, "values out of range")


def _duplicates(rows: GapRows, ask: Ask) -> list[Fault]:
    again = np.flatnonzero(rows.starts[1:] == rows.starts[:-1]) + 1

    def fault_at(i: int) -> tuple[int, str]:
        what = f"{clock(rows.starts[i], ask.zone)} comes again, {rows.values[i]:g}"
        earlier = f"after {rows.values[i - 1]:g} on line {rows.lines[i - 1]}"
        return int(rows.lines[i]), f"{what} {earlier}; say which counts with `duplicates`: first, last or mean"

    return listed(ask, again, fault_at, "duplicates")


def _merged(rows: GapRows, how: str) -> GapRows:
    first = np.flatnonzero(np.append(True, rows.starts[1:] != rows.starts[:-1]))
    merged = rows.take(first)
    if how == "last":
        merged = rows.take(np.append(first[1:], len(rows.starts)) - 1)
    if how == "mean":
        sizes = np.diff(np.append(first, len(rows.starts)))
        mean = np.add.reduceat(rows.values, first) / sizes
        merged = GapRows(merged.starts, merged.ends, mean, merged.lines, merged.place)
    return merged


def _overlaps(rows: GapRows, ask: Ask) -> list[Fault]:
    into = np.flatnonzero(rows.ends[:-1] > rows.starts[1:]) + 1

    def fault_at(i: int) -> tuple[int, str]:
        earlier = f"the interval on line {rows.lines[i - 1]} ends, {clock(rows.ends[i - 1], ask.zone)}"
        return int(rows.lines[i]), f"{clock(rows.starts[i], ask.zone)} begins before {earlier}"

    return listed(ask, into, fault_at, "overlaps")


def _most_common(lengths: NDArray[np.timedelta64]) -> np.timedelta64:
    sizes, counts = np.unique(lengths, return_counts=True)
    return np.timedelta64(sizes[int(np.argmax(counts))])
