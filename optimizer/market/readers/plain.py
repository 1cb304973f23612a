"""Any table with a column of times and a column of numbers, named by the farm file or the only ones."""

from __future__ import annotations

import numpy as np
import pandas as pd

from optimizer.market.readers.numbers import numbers_of, share_of_numbers
from optimizer.market.readers.raw import Ask, RawSeries, names
from optimizer.market.readers.table import Table, column_named, snake
from optimizer.market.readers.times import are_unix_times, looks_like_a_time, times_of

_PROBED_ROWS = 50
# Where several columns hold times, the first of these names is taken.
_START_NAMES = (
    *("interval_start_utc", "interval_start", "start_utc", "start", "interval_start_local", "start_local"),
    *("time_utc", "datetime_utc", "timestamp_utc", "time", "timestamp", "datetime", "date"),
)


def read(table: Table, ask: Ask) -> RawSeries:
    """The column of times and the column of values; ends too, where a column pairs with the starts.

    ``location`` may name a value column (``HB_WEST`` of a wide file). A lone column of times whose
    name says that it ends intervals is read so, unless ``time_is`` says otherwise.
    """
    time_column = _time_column(table, ask)
    values_in = value_column(table, ask, time_column)
    require_every_time(table, time_column, ask)
    at_ends = ask.spec.time_is == "end"
    if "time_is" not in ask.spec.model_fields_set and ask.spec.time_column is None:
        at_ends = "ending" in snake(time_column) or "interval_end" in snake(time_column)
    starts = times_of(table.frame[time_column], table.lines, table.asking(ask, time_column), local_ends=at_ends)
    ends = None
    pair = None if at_ends else _paired_end(table, time_column)
    if pair is not None and not table.frame[pair].isna().any():
        ends = times_of(table.frame[pair], table.lines, table.asking(ask, pair), local_ends=True)
    values = numbers_of(table, values_in, ask)
    time_at, value_at = table.place(time_column), table.place(values_in)
    return RawSeries(starts, ends, values, table.lines, values_in, None, at_ends, time_at, value_at)


def require_every_time(table: Table, column: str, ask: Ask) -> None:
    """Raises InputError where a row has no time."""
    missing = np.flatnonzero(table.frame[column].isna().to_numpy())
    if len(missing):
        count = f" (and {len(missing) - 1} more rows)" if len(missing) > 1 else ""
        raise table.asking(ask, column).error(f"{column}: the row has no time{count}", int(table.lines[missing[0]]))


def _time_column(table: Table, ask: Ask) -> str:
    if ask.spec.time_column is not None:
        return column_named(table, ask.spec.time_column, ask, "time_column")
    columns = [str(column) for column in table.frame.columns]
    likely = [column for column in columns if holds_times(table.frame[column])]
    likely = likely or [column for column in columns if are_unix_times(table.frame[column])]
    if len(likely) == 1:
        return likely[0]
    for name in _START_NAMES:
        fits = [column for column in likely if snake(column) == name]
        if len(fits) == 1:
            return fits[0]
    if likely:
        raise ask.error(f"has several columns of times, {names(likely)}; name one as time_column", table.header_line)
    raise ask.error(
        f"has no column of times such as 2026-02-11T06:00-06:00; its columns are {names(columns)}", table.header_line
    )


def value_column(table: Table, ask: Ask, time_column: str) -> str:
    """The column of values: named, called like the location, or the only one with numbers; else InputError."""
    if ask.spec.value_column is not None:
        return column_named(table, ask.spec.value_column, ask, "value_column")
    numeric = [
        str(column) for column in table.frame.columns
        if str(column) != time_column and _holds_numbers(table.frame[column])
    ]  # fmt: skip
    if ask.spec.location is not None:
        wanted = snake(ask.spec.location)
        fits = [column for column in numeric if snake(column) in (wanted, f"{wanted}_lmp")]
        if len(fits) == 1:
            return fits[0]
        raise ask.error(
            f"has no column for the location {ask.spec.location!r}; its columns of numbers are {names(numeric)}",
            table.header_line,
        )
    if len(numeric) == 1:
        return numeric[0]
    if numeric:
        raise ask.error(
            f"has several columns of numbers, {names(numeric)}; name one as value_column", table.header_line
        )
    raise ask.error(f"has no column of numbers; its columns are {names(table.frame.columns)}", table.header_line)


def holds_times(cells: pd.Series) -> bool:
    """Whether a column begins with a time."""
    if pd.api.types.is_datetime64_any_dtype(cells.dtype):
        return True
    if pd.api.types.is_numeric_dtype(cells.dtype):
        return False
    first = cells.dropna()
    return len(first) > 0 and looks_like_a_time(first.iloc[0])


def _holds_numbers(cells: pd.Series) -> bool:
    if pd.api.types.is_bool_dtype(cells.dtype) or pd.api.types.is_datetime64_any_dtype(cells.dtype):
        return False
    probe = cells.dropna().iloc[:_PROBED_ROWS]
    if pd.api.types.is_numeric_dtype(cells.dtype):
        return len(probe) > 0
    return len(probe) > 0 and share_of_numbers(probe.astype("str").str.strip()) >= 0.5


def _paired_end(table: Table, start_column: str) -> str | None:
    """The column of ends that goes with a column of starts, by its name."""
    name = snake(start_column)
    for old, new in (("start", "end"), ("beginning", "ending"), ("begin", "end")):
        if old in name.split("_"):
            wanted = name.replace(old, new)
            fits = [str(column) for column in table.frame.columns if snake(column) == wanted]
            return fits[0] if len(fits) == 1 and holds_times(table.frame[fits[0]]) else None
    return None
