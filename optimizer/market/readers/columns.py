"""Which columns of a table hold its times and its values, by what the farm file says, by a layout, by their names."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import pandas as pd

from optimizer.market.readers.column_names import squeezed, zone_in
from optimizer.market.readers.layouts import Layout
from optimizer.market.readers.numbers import share_of_numbers
from optimizer.market.readers.raw import Ask, names
from optimizer.market.readers.table import RawTable, column_named
from optimizer.market.readers.times import are_unix_times, looks_like_a_time

Called = Callable[[str | Sequence[str]], str]  # the first column of one of these names, empty where there is none
_PROBED_ROWS = 50
# Where several columns hold times, the first of these names is taken, without what they say of a zone.
_STARTS = (
    *("intervalstart", "intervalstarttime", "datetimebeginning", "deliverystart", "start", "starttime"),
    *("starttimestamp", "time", "datetime", "timestamp", "date"),
)
_DATES = (
    *("date", "deliverydate", "localdate", "operatingdate", "operatingday", "operday", "oprdt", "tradedate"),
    *("settlementdate", "day"),
)
_HOURS = (
    *("he", "hourending", "hourend", "hrending", "hrend", "deliveryhour", "hour", "hournumber", "localhour"),
    *("hourbeginning", "hourbegin", "hourstart", "hb"),
)
_PERIODS = ("period", "settlementperiod", "periodid", "periodnumber")
_PARTS = ("deliveryinterval", "interval", "intervalnumber", "quarter")
_PRICES = ("lmp", "spp", "price", "settlementpointprice", "marketprice", "lbmpmwhr")
_OTHER_PARTS = re.compile("congestion|loss|energycomponent|marginalcost|publish|version|priority|latitude|longitude")
_RANGE = r"^(.*\S)\s+-\s+(\S.*)$"
_PAIRS = (("starttime", "endtime"), ("start", "end"), ("beginning", "ending"), ("begin", "end"), ("von", "bis"))


@dataclass(frozen=True)
class ClockColumns:
    """The columns of a table's times, empty where it has none of the kind.

    start and end of intervals, either of which may be all there is; or a date with the time of day, the hour or the
    period. ``dates`` may be year, month and day apart, ``parts`` those of an hour in column ``part``.
    """

    start: str = ""
    end: str = ""
    dates: tuple[str, ...] = ()
    time: str = ""
    hour: str = ""
    part: str = ""
    period: str = ""

    @property
    def columns(self) -> list[str]:
        """All of them."""
        return [
            name for name in (self.start, self.end, *self.dates, self.time, self.hour, self.part, self.period) if name
        ]


def clock_of(table: RawTable, layout: Layout | None, ask: Ask) -> ClockColumns:
    """The columns of times. Raises InputError where they cannot be told."""
    by_name = {squeezed(column): str(column) for column in reversed(table.frame.columns)}

    def one(known: str | Sequence[str]) -> str:
        return next(
            (by_name[name] for name in (known.split() if isinstance(known, str) else known) if name in by_name), ""
        )

    if ask.spec.time_column is not None:
        named = column_named(table, ask.spec.time_column, ask, "time_column")
        if squeezed(named) in _DATES and is_date_only(table.frame[named]) and (apart := _apart(table, one, (named,))):
            return apart
        if ask.spec.time_is == "end":
            return ClockColumns(end=named)
        return ClockColumns(start=named, end=_paired_end(table, named))
    if layout is not None and (layout.start or layout.end):
        return ClockColumns(one(layout.start), one(layout.end))
    if layout is not None and not layout.date and (both := one(layout.hour)):
        return ClockColumns(hour=both)
    if layout is not None and layout.date:
        dates = tuple(by_name[name] for name in layout.date.split())
        part = one(_PARTS) if layout.parts > 1 else ""
        return ClockColumns(dates=dates, hour=one(layout.hour), period=one(layout.period), part=part)
    return _deduced(table, one, ask)


def _deduced(table: RawTable, one: Called, ask: Ask) -> ClockColumns:
    columns = [str(column) for column in table.frame.columns]
    ranges = [column for column in columns if _holds_ranges(table.frame[column])]
    if len(ranges) == 1 and not _is_time_of_day(table.frame[ranges[0]]):
        return ClockColumns(start=ranges[0], end=ranges[0])
    likely = [column for column in columns if holds_times(table.frame[column])]
    whole = [column for column in likely if not _is_time_of_day(table.frame[column])]
    dates = tuple(column for column in whole if squeezed(column) in _DATES and is_date_only(table.frame[column]))
    if len(dates) == 1 and len(whole) == 1 and (apart := _apart(table, one, dates)):
        return apart
    parts = tuple(one([name]) for name in ("year", "month", "day"))
    if not whole and all(parts) and (apart := _apart(table, one, parts)):
        return apart
    if not whole and (stamped := [column for column in columns if _is_date_and_hour(table.frame[column])]):
        return ClockColumns(hour=stamped[0])
    whole = whole or [column for column in columns if are_unix_times(table.frame[column])]
    start = _first_by_name(whole) if len(whole) > 1 else "".join(whole)
    if start:
        ends = "ending" in squeezed(start) or "intervalend" in squeezed(start)
        if "time_is" in ask.spec.model_fields_set:
            ends = ask.spec.time_is == "end"
        return ClockColumns(end=start) if ends else ClockColumns(start=start, end=_paired_end(table, start))
    if whole:
        message = f"has several columns of times, {names(whole)}; name one as time_column"
        raise ask.error(message, table.header_line)
    message = f"has no column of times such as 2026-02-11T06:00-06:00; its columns are {names(columns)}"
    raise ask.error(message, table.header_line)


def _apart(table: RawTable, one: Called, dates: tuple[str, ...]) -> ClockColumns | None:
    """A date with the time of day, hour or period in another column."""
    hour, period = one(_HOURS), one(_PERIODS)
    times = [str(column) for column in table.frame.columns if column != hour and _is_time_of_day(table.frame[column])]
    if len(times) == 1 and not hour:
        return ClockColumns(dates=dates, time=times[0])
    if hour:
        part = one(_PARTS)
        return ClockColumns(dates=dates, hour=hour, part=part if part != hour else "")
    return ClockColumns(dates=dates, period=period) if period else None


def _first_by_name(columns: list[str]) -> str:
    """The first of several columns of times by its name; in UTC where it comes in several zones."""
    bases = [
        (column, re.sub("(utc|gmt|local|cet|ept)$", "", squeezed(re.sub(r"\(.*\)", "", column)))) for column in columns
    ]
    for name in _STARTS:
        fits = [column for column, base in bases if base == name]
        utc = [column for column in fits if zone_in(column) == "UTC"]
        whole = utc or [column for column in fits if "local" not in squeezed(column)] or fits
        if len(whole) == 1:
            return whole[0]
    return ""


def value_column(table: RawTable, layout: Layout | None, clock: ClockColumns, ask: Ask, *, places: bool) -> str:
    """The column of values: named, called like the location, of the layout, or the only one with numbers."""
    by_component = layout is not None and bool(layout.component)
    if ask.spec.value_column is not None and not by_component:
        return column_named(table, ask.spec.value_column, ask, "value_column")
    by_name = {squeezed(column): str(column) for column in reversed(table.frame.columns)}
    numeric = [
        str(column) for column in table.frame.columns
        if str(column) not in clock.columns and _holds_numbers(table.frame[column])
    ]  # fmt: skip
    if ask.spec.location is not None and not places:
        wanted = squeezed(ask.spec.location)
        fits = [column for column in numeric if squeezed(column) in (wanted, f"{wanted}lmp")]
        if len(fits) == 1:
            return fits[0]
        message = f"has no column for the location {ask.spec.location!r}; its columns of numbers are {names(numeric)}"
        raise ask.error(message, table.header_line)
    for name in layout.value.split() if layout is not None else ():
        if name in by_name:
            return by_name[name]
    prices = [by_name[name] for name in _PRICES if by_name.get(name) in numeric]
    if len(numeric) == 1 or (prices and (places or (len(prices) == 1 and not _side_by_side(numeric, prices)))):
        return numeric[0] if len(numeric) == 1 else prices[0]
    if not numeric and (called := [by_name[name] for name in _PRICES if name in by_name]):
        return called[0]
    if not numeric:
        raise ask.error(f"has no column of numbers; its columns are {names(table.frame.columns)}", table.header_line)
    message = f"has several columns of numbers, {names(numeric)}; name one as value_column"
    raise ask.error(message, table.header_line)


def _side_by_side(numeric: list[str], prices: list[str]) -> bool:
    """Whether other columns of numbers may be meant as well as the one called a price."""
    return any(column not in prices and not _OTHER_PARTS.search(squeezed(column)) for column in numeric)


def holds_times(cells: pd.Series) -> bool:
    """Whether a column begins with a time."""
    if pd.api.types.is_datetime64_any_dtype(cells.dtype):
        return True
    if pd.api.types.is_numeric_dtype(cells.dtype):
        return False
    first = cells.dropna()
    return len(first) > 0 and looks_like_a_time(first.iloc[0])


def _first(cells: pd.Series, form: str) -> bool:
    """Whether the first cells of a column are of a form."""
    if pd.api.types.is_numeric_dtype(cells.dtype) or pd.api.types.is_datetime64_any_dtype(cells.dtype):
        return False
    text = cells.dropna().iloc[:_PROBED_ROWS].astype("str").str.strip()
    return len(text) > 0 and bool(text.str.fullmatch(form).all())


def _is_time_of_day(cells: pd.Series) -> bool:
    return _first(cells, r"\d{1,2}:\d{2}(?::\d{2})?(?: ?[APap][Mm])?(?:\s*-\s*\d{1,2}:\d{2}(?::\d{2})?)?")


def is_date_only(cells: pd.Series) -> bool:
    """Whether a column of times holds dates alone, or nothing but midnights."""
    if pd.api.types.is_datetime64_any_dtype(cells.dtype):
        return bool((pd.DatetimeIndex(cells) == pd.DatetimeIndex(cells).normalize()).all())
    return (
        not cells.dropna()
        .astype("str")
        .str.extract(r"[ T](\d{1,2}:.*)$", expand=False)
        .str.contains("[1-9]", na=False)
        .any()
    )


def _is_date_and_hour(cells: pd.Series) -> bool:
    return _first(cells, r"\d{1,4}[-/.]\d{1,2}[-/.]\d{1,4} \d{1,2}[*Xx]?")


def _holds_ranges(cells: pd.Series) -> bool:
    return _first(cells, r".*\d.*\s-\s.*\d.*")


def _holds_numbers(cells: pd.Series) -> bool:
    if pd.api.types.is_bool_dtype(cells.dtype) or pd.api.types.is_datetime64_any_dtype(cells.dtype):
        return False
    probe = cells.dropna().iloc[:_PROBED_ROWS]
    if pd.api.types.is_numeric_dtype(cells.dtype):
        return len(probe) > 0
    return len(probe) > 0 and share_of_numbers(probe.astype("str").str.strip()) >= 0.5


def _paired_end(table: RawTable, start: str) -> str:
    """The column of ends that goes with a column of starts, by its name."""
    name = squeezed(start)
    for old, new in _PAIRS:
        if old in name:
            fits = [str(column) for column in table.frame.columns if squeezed(column) == name.replace(old, new)]
            return fits[0] if len(fits) == 1 and holds_times(table.frame[fits[0]]) else ""
    return ""
