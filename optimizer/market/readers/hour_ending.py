"""Tables with a date and the number of the hour that ends, 1 to 24, as many US publishers write them.

On the days when the clock changes two habits are read. Hours counted as they pass: 23 of them in spring and 25
in autumn. Or hours by the clock: one left out in spring, and in autumn one given twice, told apart by order or
by a flag of the repeated hour, such as the DSTFlag of ERCOT's price files.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd

from optimizer.arrays import Bool, F, Int
from optimizer.errors import InputError
from optimizer.market.readers.choose import chosen
from optimizer.market.readers.numbers import numbers_of
from optimizer.market.readers.plain import holds_times, require_every_time, value_column
from optimizer.market.readers.raw import Ask, RawSeries, listed
from optimizer.market.readers.table import Table, snake
from optimizer.market.readers.times import first_moments, localised, naive_times_of
from optimizer.market.timeseries import naive_utc

_DATES = ("date", "delivery_date", "deliverydate", "local_date", "operating_date", "operating_day", "oper_day", "day")
_HOURS = ("he", "hour_ending", "hourending", "hour_end", "hr_ending", "hr_end")
_FLAGS = ("dstflag", "dst_flag", "repeated_hour_flag", "repeatedhourflag")
_PLACES = ("location", "settlement_point", "settlementpoint", "settlement_point_name")
_AN_HOUR = r"(?:HE)?\s*0*([0-9]{1,2})(?::00|\.0)?"  # 1, 01, 01:00, HE01; 1.0 in a column with empty cells
_TIME_OF_DAY = r"[ T](\d{1,2}:.*)$"
_LONGEST_DAY = 25


def recognises(table: Table) -> bool:
    """A date without a time of day and an hour, by their names, and no other column of times."""
    date, hour = _column(table, _DATES), _column(table, _HOURS)
    if date is None or hour is None:
        return False
    others = [str(column) for column in table.frame.columns if str(column) not in (date, hour)]
    if not holds_times(table.frame[date]) or any(holds_times(table.frame[column]) for column in others):
        return False
    time_of_day = table.frame[date].astype("str").str.extract(_TIME_OF_DAY, expand=False)
    return not time_of_day.str.contains("[1-9]", regex=True, na=False).any()


def read(table: Table, ask: Ask) -> RawSeries:
    """The values of one location; hours are on the clock of ``ask.zone``."""
    date, hour, place = (_column(table, names) for names in (_DATES, _HOURS, _PLACES))
    assert date is not None, "recognises has seen it"
    assert hour is not None, "recognises has seen it"
    if place is not None:
        table = chosen(table, (place,), ask.spec.location, "location", ask)
        ask = replace(ask, spec=ask.spec.model_copy(update={"location": None}))
    require_every_time(table, date, ask)
    value = value_column(replace(table, frame=table.frame.drop(columns=hour)), ask, date)
    days = naive_times_of(table.frame[date], table.lines, table.asking(ask, date)).normalize()
    starts = _starts(days, table, hour, table.asking(ask, hour))
    numbers = numbers_of(table, value, ask)
    name = value if place is None else f"{value} at {table.frame[place].iloc[0]}"
    time_at, value_at = table.place(hour), table.place(value)
    return RawSeries(starts, None, numbers, table.lines, name, 1.0, False, time_at, value_at)


def _starts(days: pd.DatetimeIndex, table: Table, column: str, ask: Ask) -> pd.DatetimeIndex:
    """UTC starts of the hours in a column, shape (n_rows,)."""
    text = table.frame[column].astype("str").str.strip()
    digits = text.str.extract(f"^{_AN_HOUR}$", expand=False)
    ending = pd.to_numeric(digits, errors="coerce").fillna(0).to_numpy(dtype=np.int64)
    _refuse(table, column, ask, (ending < 1) | (ending > _LONGEST_DAY), "must be an hour that ends, 1 to 24")
    known = days.unique()
    lengths = first_moments(known + pd.Timedelta(days=1), ask.zone) - first_moments(known, ask.zone)
    by_day = pd.Series(lengths / pd.Timedelta(hours=1), index=known).reindex(days)
    hours_of_day = np.asarray(by_day.to_numpy(), dtype=np.float64)
    _refuse(table, column, ask, ending > np.maximum(hours_of_day, 24), "the day has 24 hours")
    by_clock = days + pd.to_timedelta(ending - 1, unit="h")
    passing = _counted_as_they_pass(days, ending, hours_of_day, by_clock, ask.zone)
    starts = naive_utc(first_moments(days, ask.zone)) + (ending - 1) * np.timedelta64(1, "h")
    clock = np.flatnonzero(~passing)
    starts[clock] = naive_utc(localised(by_clock[clock], table.lines[clock], ask, second=_flagged(table, clock)))
    return pd.DatetimeIndex(starts).tz_localize("UTC").as_unit("us")


def _refuse(table: Table, column: str, ask: Ask, wrong: Bool, why: str) -> None:
    cells = table.frame[column]

    def told(i: int) -> tuple[int, str]:
        return int(table.lines[i]), f"{column}: {why} (got {str(cells.iloc[i])[:40]!r})"

    if wrong.any():
        raise InputError(listed(ask, np.flatnonzero(wrong), told, "such hours"))


def _counted_as_they_pass(days: pd.DatetimeIndex, ending: Int, hours: F, by_clock: pd.DatetimeIndex, zone: str) -> Bool:
    """Which rows belong to a day whose hours are counted, not read off the clock, shape (n_rows,).

    Such an autumn day has an hour 25; such a spring day has the hour the clock skips, and no hour 24.
    """
    first = np.ones(len(days), dtype=bool)
    skipped = by_clock.tz_localize(zone, ambiguous=first, nonexistent="NaT").isna()
    rows = pd.DataFrame({"last": ending, "skipped": skipped}).groupby(days)
    last, any_skipped = rows["last"].transform("max").to_numpy(), rows["skipped"].transform("any").to_numpy()
    return np.asarray((last == _LONGEST_DAY) | ((hours < 24) & any_skipped & (last < 24)), dtype=bool)


def _flagged(table: Table, rows: Int) -> Bool | None:
    """Which rows a flag says to be in the second of two hours alike; None where the table has no flag."""
    flag = _column(table, _FLAGS)
    if flag is None:
        return None
    text = table.frame[flag].astype("str").str.strip().str.upper()
    return text.isin(("Y", "TRUE", "1")).to_numpy(dtype=bool)[rows]


def _column(table: Table, names: tuple[str, ...]) -> str | None:
    """The first column of one of these names."""
    by_name = {snake(column): str(column) for column in table.frame.columns}
    return next((by_name[name] for name in names if name in by_name), None)
