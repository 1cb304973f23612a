"""EIA's wholesale-market CSVs: title lines, then hubs side by side, times of interval ends in UTC.

Source: U.S. Energy Information Administration, wholesale electricity market data downloads
(columns "UTC Timestamp (Interval Ending)", "West LMP", ...).
"""

from __future__ import annotations

from dataclasses import replace

import pandas as pd

from optimizer.market.readers.numbers import numbers_of
from optimizer.market.readers.raw import Ask, RawSeries, names
from optimizer.market.readers.table import Table, column_named, snake
from optimizer.market.readers.times import times_of

_UTC_END = "utc_timestamp_interval_ending"
_PRICE = "_lmp"


def recognises(table: Table) -> bool:
    """The UTC column by its name."""
    return any(snake(column) == _UTC_END for column in table.frame.columns)


def read(table: Table, ask: Ask) -> RawSeries:
    """One hub; ``location`` is "West" or "West LMP"."""
    columns = {snake(column): str(column) for column in table.frame.columns}
    price = _price_column(table, columns, ask)
    ends = columns[_UTC_END]
    if table.frame[ends].isna().any():
        row = int(table.frame[ends].isna().to_numpy().argmax())
        raise table.asking(ask, ends).error(f"{ends}: the row has no time", int(table.lines[row]))
    # The column is UTC by its title, though its cells carry no offset.
    utc = replace(ask, spec=ask.spec.model_copy(update={"timezone": "UTC"}))
    times = times_of(table.frame[ends], table.lines, table.asking(utc, ends))
    values = numbers_of(table, price, ask)
    hours = _hours(table, columns)
    time_at, value_at = table.place(ends), table.place(price)
    return RawSeries(times, None, values, table.lines, price, hours, True, time_at, value_at)


def _price_column(table: Table, columns: dict[str, str], ask: Ask) -> str:
    if ask.spec.value_column is not None:
        return column_named(table, ask.spec.value_column, ask, "value_column")
    prices = {name: column for name, column in columns.items() if name.endswith(_PRICE)}
    held = [column.removesuffix(" LMP") for column in prices.values()]
    if ask.spec.location is None:
        if len(prices) == 1:
            return next(iter(prices.values()))
        raise ask.error(f"holds several locations, {names(held)}; name one as `location`", table.header_line)
    wanted = snake(ask.spec.location).removesuffix(_PRICE) + _PRICE
    if wanted in prices:
        return prices[wanted]
    raise ask.error(f"holds no location {ask.spec.location!r}; it holds {names(held)}", table.header_line)


def _hours(table: Table, columns: dict[str, str]) -> float | None:
    """Length of an interval, from the local beginning and ending of the first row."""
    local = [column for name, column in columns.items() if name.startswith("local_timestamp")]
    begin = [column for column in local if "beginning" in snake(column)]
    end = [column for column in local if "ending" in snake(column)]
    if len(begin) != 1 or len(end) != 1:
        return None
    first = pd.to_datetime(table.frame[[begin[0], end[0]]].iloc[0], format="ISO8601", errors="coerce")
    length = first[end[0]] - first[begin[0]]
    hours = float(length / pd.Timedelta(hours=1)) if not pd.isna(length) else 0.0
    return hours if hours > 0 else None
