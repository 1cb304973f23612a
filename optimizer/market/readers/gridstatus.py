"""Tables saved from the gridstatus library, old and new layout, and CSVs of its hosted service.

Old: Time, Market, Location, Location Type, LMP. New: Time, Interval Start, Interval End, Location,
Location Type, Market, SPP. Hosted: interval_start_utc, interval_end_utc, market, location, spp.
Source: the library's documentation and files saved with it.
"""

from __future__ import annotations

from optimizer.market.readers.choose import chosen
from optimizer.market.readers.numbers import numbers_of
from optimizer.market.readers.raw import Ask, RawSeries, names
from optimizer.market.readers.table import Table, column_named, snake
from optimizer.market.readers.times import times_of

_STARTS = ("interval_start_utc", "interval_start", "interval_start_local", "time")
_ENDS = {
    "interval_start_utc": "interval_end_utc",
    "interval_start": "interval_end",
    "interval_start_local": "interval_end_local",
}
_LOCATIONS = ("location", "location_id", "location_name")
_PRICES = ("lmp", "spp", "price", "settlement_point_price")
_LABELS = {"market", *_LOCATIONS, "location_type", "location_short_name", "publish_time", "publish_time_utc"}
# How long an interval of a market is, by how the library names its markets: only the old layout needs it.
_HOURS = {"HOURLY": 1.0, "15_MIN": 0.25, "5_MIN": 1 / 12}


def recognises(table: Table) -> bool:
    """Times, and rows labelled by market or location."""
    names_ = _by_snake(table)
    return any(start in names_ for start in _STARTS) and ("market" in names_ or "location" in names_)


def read(table: Table, ask: Ask) -> RawSeries:
    """The rows of one location and market; ``value_column`` may name a column besides the price."""
    columns = _by_snake(table)
    price = _price_column(table, columns, ask)
    label = price
    if "market" in columns:
        table = chosen(table, (columns["market"],), ask.spec.market, "market", ask)
    places = tuple(columns[name] for name in _LOCATIONS if name in columns)
    if places:
        table = chosen(table, places, ask.spec.location, "location", ask)
        label = f"{price} at {table.frame[places[0]].iloc[0]}"
    elif ask.spec.location is not None:
        raise ask.error(f"holds no locations, but `location` is {ask.spec.location!r}", table.header_line)
    start, end = _time_columns(table, columns, ask)
    for name in (start, end):
        if name is not None and table.frame[name].isna().any():
            row = int(table.frame[name].isna().to_numpy().argmax())
            raise table.asking(ask, name).error(f"{name}: the row has no time", int(table.lines[row]))
    at_ends = end is None and ask.spec.time_is == "end"
    starts = times_of(table.frame[start], table.lines, table.asking(ask, start), local_ends=at_ends)
    ends = None
    if end is not None:
        ends = times_of(table.frame[end], table.lines, table.asking(ask, end), local_ends=True)
    hours = None
    if ends is None and "market" in columns:
        market = str(table.frame[columns["market"]].iloc[0])
        hours = next((length for tail, length in _HOURS.items() if market.endswith(tail)), None)
    values = numbers_of(table, price, ask)
    time_at, value_at = table.place(start), table.place(price)
    return RawSeries(starts, ends, values, table.lines, label, hours, at_ends, time_at, value_at)


def _time_columns(table: Table, columns: dict[str, str], ask: Ask) -> tuple[str, str | None]:
    """The columns of starts and, where there is one, of ends; what the farm file names goes first."""
    if ask.spec.time_column is not None:
        start = column_named(table, ask.spec.time_column, ask, "time_column")
        return start, None if ask.spec.time_is == "end" else columns.get(_ENDS.get(snake(start), ""))
    name = next(name for name in _STARTS if name in columns)
    return columns[name], columns.get(_ENDS.get(name, ""))


def _by_snake(table: Table) -> dict[str, str]:
    return {snake(column): str(column) for column in table.frame.columns}


def _price_column(table: Table, columns: dict[str, str], ask: Ask) -> str:
    wanted = ask.spec.value_column
    if wanted is not None:
        return column_named(table, wanted, ask, "value_column")
    for name in _PRICES:
        if name in columns:
            return columns[name]
    others = [
        column for name, column in columns.items()
        if name not in _LABELS and name not in _STARTS and name not in _ENDS.values()
    ]  # fmt: skip
    if len(others) == 1:
        return others[0]
    raise ask.error(f"has no column of prices; name one as value_column: {names(others)}", table.header_line)
