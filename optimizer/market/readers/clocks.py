"""Dates with something else in another column: the time of day, the number of the hour that ends, that of a period.

On the days when the clock changes two habits are read. Hours counted as they pass: 23 of them in spring and 25 in
autumn. Or hours by the clock: one left out in spring, and in autumn one given twice, told apart by order, by a flag
such as the DSTFlag of ERCOT, or by a mark of the second one: 02X, 02*, 02:00 DST. Periods are counted as they pass.
"""

from __future__ import annotations

import re
from dataclasses import replace

import numpy as np
import pandas as pd

from optimizer.arrays import Bool, F, Int
from optimizer.errors import InputError
from optimizer.market.readers.column_names import squeezed
from optimizer.market.readers.columns import ClockColumns
from optimizer.market.readers.layouts import Layout
from optimizer.market.readers.local import first_moments, localised, most_common_step
from optimizer.market.readers.raw import Ask, RawSeries, listed
from optimizer.market.readers.table import RawTable
from optimizer.market.readers.times import naive_times_of, times_of
from optimizer.market.timeseries import naive_utc

_FLAGS = ("dstflag", "repeatedhourflag")
# 1, 01, 01:00, HE01, 02X; 1.0 in a column with empty cells
_AN_HOUR = r"(?:HE|Hour)?\s*0*([0-9]{1,2})(?::00(?::00)?|\.0)?\s*([Xx*]|DST)?"
_BY_LENGTH = {23: 60, 24: 60, 25: 60, 46: 30, 48: 30, 50: 30, 92: 15, 96: 15, 100: 15, 276: 5, 288: 5, 300: 5}
_LONGEST_DAY = 25
_HOUR = np.timedelta64(1, "h")


def starts_of(table: RawTable, clock: ClockColumns, layout: Layout | None, ask: Ask) -> pd.DatetimeIndex:
    """UTC starts of a table's rows, shape (n_rows,). Raises InputError."""
    if clock.time:
        return _times_of_day(table, clock, ask)
    if clock.period:
        return _periods(table, clock, layout, ask)
    days, hours = _days_and_hours(table, clock, ask)
    return _hours(days, hours, table, clock, layout, table.asking(ask, clock.hour))


def _times_of_day(table: RawTable, clock: ClockColumns, ask: Ask) -> pd.DatetimeIndex:
    begins = table.frame[clock.time].astype("str").str.extract(r"^\s*([^-]*[^-\s])", expand=False)
    text = _dates(table, clock, ask).strftime("%Y-%m-%d") + " " + _to_24_hours(begins)
    whole = pd.Series(text, index=table.frame.index)
    ends = ask.spec.time_is == "end"
    times = times_of(whole, table.lines, table.asking(ask, clock.time), local_ends=ends)
    if not ends:
        return times
    return times - most_common_step(times)


def once_for_both(raw: RawSeries, zone: str) -> RawSeries:
    """The rows, those of the first of two hours alike a second time where the second has none."""
    length = most_common_step(raw.starts.dropna()) if raw.at_ends else pd.Timedelta(0)
    begins = raw.starts - length
    local = begins.tz_convert(zone).tz_localize(None)
    again = local.tz_localize(zone, ambiguous=np.zeros(len(local), dtype=bool), nonexistent="NaT").tz_convert("UTC")
    apart = np.asarray(again != begins, dtype=np.bool_) & ~np.asarray(again.isna())
    more = np.flatnonzero(apart & ~np.asarray(again.isin(begins)))
    rows = np.append(np.arange(len(begins)), more)
    starts = pd.DatetimeIndex(begins.append(again[more])) + length
    order = np.argsort(naive_utc(starts), kind="stable") if len(more) else np.arange(len(rows))
    rows, starts = rows[order], starts[order].as_unit("us")
    ends = None if raw.ends is None else (raw.ends[rows] + (starts - raw.starts[rows])).as_unit("us")
    return replace(raw, starts=starts, ends=ends, values=raw.values[rows], lines=raw.lines[rows])


def _to_24_hours(text: pd.Series) -> pd.Series:
    twelve = text.str.contains("[APap][Mm]", regex=True)
    if twelve.any():
        parsed = pd.to_datetime(text[twelve].str.replace(" ", ""), format="%I:%M%p", errors="coerce")
        text = text.where(~twelve, parsed.dt.strftime("%H:%M").reindex(text.index))
    return text.str.replace(r"^(\d):", r"0\1:", regex=True)


def _periods(table: RawTable, clock: ClockColumns, layout: Layout | None, ask: Ask) -> pd.DatetimeIndex:
    days, asked = _dates(table, clock, ask), table.asking(ask, clock.period)
    period = _numbers(table, clock.period)
    _refuse(table, clock.period, asked, (period < 1) | (period % 1 != 0), "must be the number of a period, from 1")
    minutes = minutes_of(table, clock, layout)
    if not minutes:
        raise asked.error(f"{clock.period}: reaches to {int(period.max())}, which no day of whole periods has")
    known = days.unique()
    lengths = first_moments(known + pd.Timedelta(days=1), ask.zone) - first_moments(known, ask.zone)
    longest = pd.Series(lengths / pd.Timedelta(minutes=minutes), index=known).reindex(days).to_numpy()
    _refuse(table, clock.period, asked, period > longest, "the day has fewer periods")
    starts = naive_utc(first_moments(days, ask.zone)) + (period.astype(np.int64) - 1) * np.timedelta64(minutes, "m")
    return pd.DatetimeIndex(starts).tz_localize("UTC").as_unit("us")


def minutes_of(table: RawTable, clock: ClockColumns, layout: Layout | None) -> int:
    """How long a period is, by how many a day has; 0 where that is no day."""
    if layout is not None and layout.minutes is not None:
        return layout.minutes
    return _BY_LENGTH.get(int(_numbers(table, clock.period).max()), 0)


def parts_of(table: RawTable, clock: ClockColumns, layout: Layout | None) -> int:
    """Into how many intervals an hour is parted."""
    if not clock.part:
        return 1
    if layout is not None and layout.parts > 1:
        return layout.parts
    return 12 if _numbers(table, clock.part).max() > 4 else 4


def _days_and_hours(table: RawTable, clock: ClockColumns, ask: Ask) -> tuple[pd.DatetimeIndex, pd.Series]:
    """The date of every row and the text of its hour; one cell may hold both."""
    cells = table.frame[clock.hour]
    if clock.dates:
        return _dates(table, clock, ask), cells
    both = cells.astype("str").str.strip().str.extract(r"^(\S+)(?:[ T]+(\S.*))?$")
    asked = table.asking(ask, clock.hour)
    hours = both[1].fillna("00:00")
    midnight = hours.str.fullmatch(r"0?0:00(?::00)?")  # of a workbook's cell: the hour 24 of the day before
    days = naive_times_of(both[0].fillna(""), table.lines, asked).normalize()
    return days - pd.to_timedelta(midnight.to_numpy(dtype=np.int64), unit="D"), hours.where(~midnight, "24")


def _dates(table: RawTable, clock: ClockColumns, ask: Ask) -> pd.DatetimeIndex:
    if len(clock.dates) == 1:
        (date,) = clock.dates
        return naive_times_of(table.frame[date], table.lines, table.asking(ask, date)).normalize()
    parts = [
        table.frame[column].astype("str").str.replace(r"\.0$", "", regex=True).str.zfill(2) for column in clock.dates
    ]
    return naive_times_of(
        pd.concat(parts, axis=1).agg("-".join, axis=1), table.lines, table.asking(ask, clock.dates[0])
    )


def _hours(
    days: pd.DatetimeIndex, cells: pd.Series, table: RawTable, clock: ClockColumns, layout: Layout | None, ask: Ask
) -> pd.DatetimeIndex:
    """UTC starts of the hours in a column, or of their parts, shape (n_rows,)."""
    column = clock.hour
    parts = cells.astype("str").str.strip().str.extract(f"^{_AN_HOUR}$", flags=re.IGNORECASE)
    ending = pd.to_numeric(parts[0], errors="coerce").fillna(-1).to_numpy(dtype=np.int64)
    ending = _as_ends(ending, column, layout, ask)
    _refuse(table, column, ask, (ending < 1) | (ending > _LONGEST_DAY), "must be an hour that ends, 1 to 24")
    known = days.unique()
    lengths = first_moments(known + pd.Timedelta(days=1), ask.zone) - first_moments(known, ask.zone)
    by_day = pd.Series(lengths / pd.Timedelta(hours=1), index=known).reindex(days)
    hours_of_day = np.asarray(by_day.to_numpy(), dtype=np.float64)
    _refuse(table, column, ask, ending > np.maximum(hours_of_day, 24), "the day has 24 hours")
    part = _part(table, clock, layout, ask)
    by_clock = days + pd.to_timedelta(ending - 1, unit="h")
    passing = _counted_as_they_pass(days, ending, hours_of_day, by_clock, ask.zone)
    starts = naive_utc(first_moments(days, ask.zone)) + (ending - 1) * _HOUR + part
    marked = parts[1].notna().to_numpy(dtype=bool)
    rows = np.flatnonzero(~passing)
    second = _flagged(table, marked, rows)
    starts[rows] = naive_utc(localised(by_clock[rows] + part[rows], table.lines[rows], ask, second=second))
    return pd.DatetimeIndex(starts).tz_localize("UTC").as_unit("us")


def _as_ends(hours: Int, column: str, layout: Layout | None, ask: Ask) -> Int:
    """Hours as those that end: a column called only hour may count those that begin, from 0."""
    name = squeezed(column)
    begins = name == "hb" or "begin" in name or "start" in name
    if layout is not None or not (begins or name == "hour") or not len(hours):
        return hours
    begin = bool(hours.min() == 0)
    if begins:
        begin = True
    elif "time_is" in ask.spec.model_fields_set:
        begin = ask.spec.time_is == "start"
    elif begin == (hours.max() == 24):
        range_of = "hours from 0 to 24" if begin else f"hours {hours.min()} to {hours.max()}, which may begin or end"
        raise ask.error(f"{column}: holds {range_of}; say `time_is: start` or `time_is: end` in the farm file")
    return hours + 1 if begin else hours


def _part(table: RawTable, clock: ClockColumns, layout: Layout | None, ask: Ask) -> np.ndarray:
    """How long after its hour begins each row does, shape (n_rows,)."""
    if not clock.part:
        return np.zeros(len(table.frame), dtype="timedelta64[us]")
    parts = parts_of(table, clock, layout)
    number = _numbers(table, clock.part)
    wrong = (number < 1) | (number > parts) | (number % 1 != 0)
    _refuse(table, clock.part, table.asking(ask, clock.part), wrong, f"must be an interval of the hour, 1 to {parts}")
    return (number.astype(np.int64) - 1) * np.timedelta64(3_600_000_000 // parts, "us")


def _numbers(table: RawTable, column: str) -> F:
    """The numbers in a column, 0 for what is none or has no end, shape (n_rows,)."""
    numbers = pd.to_numeric(table.frame[column], errors="coerce").to_numpy(dtype=np.float64, na_value=np.nan)
    return np.asarray(np.nan_to_num(numbers, nan=0.0, posinf=0.0, neginf=0.0), dtype=np.float64)


def _refuse(table: RawTable, column: str, ask: Ask, wrong: Bool, why: str) -> None:
    cells = table.frame[column]

    def fault_at(i: int) -> tuple[int, str]:
        return int(table.lines[i]), f"{column}: {why} (got {str(cells.iloc[i])[:40]!r})"

    if wrong.any():
        raise InputError(listed(ask, np.flatnonzero(wrong), fault_at, "such hours"))


def _counted_as_they_pass(days: pd.DatetimeIndex, ending: Int, hours: F, by_clock: pd.DatetimeIndex, zone: str) -> Bool:
    """Which rows belong to a day whose hours are counted, not read off the clock, shape (n_rows,).

    Such an autumn day has an hour 25; such a spring day has the hour the clock skips, and no hour 24.
    """
    first = np.ones(len(days), dtype=bool)
    skipped = by_clock.tz_localize(zone, ambiguous=first, nonexistent="NaT").isna()
    rows = pd.DataFrame({"last": ending, "skipped": skipped}).groupby(days)
    last, any_skipped = rows["last"].transform("max").to_numpy(), rows["skipped"].transform("any").to_numpy()
    return np.asarray((last == _LONGEST_DAY) | ((hours < 24) & any_skipped & (last < 24)), dtype=bool)


def _flagged(table: RawTable, marked: Bool, rows: Int) -> Bool | None:
    """Which rows are said to be in the second of two hours alike; None where neither a flag nor a mark says so."""
    flag = next((column for column in table.frame.columns if squeezed(column) in _FLAGS), None)
    if flag is None:
        return marked[rows] if marked.any() else None
    text = table.frame[flag].astype("str").str.strip().str.upper()
    return text.isin(("Y", "TRUE", "1")).to_numpy(dtype=bool)[rows]
