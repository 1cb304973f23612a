"""Any table as a series: of one place and market, its times told by a layout or by the names of columns."""

from __future__ import annotations

import re
from dataclasses import replace

import numpy as np
import pandas as pd

from optimizer.market.readers import clocks
from optimizer.market.readers.choose import chosen, markets_in, refuse_other_kinds
from optimizer.market.readers.column_names import OFFSETS, fixed, squeezed, zone_in, zone_of_title
from optimizer.market.readers.columns import ClockColumns, clock_of, holds_times, is_date_only, value_column
from optimizer.market.readers.currency import refuse_other_units
from optimizer.market.readers.layouts import PUBLISHED, Layout
from optimizer.market.readers.local import most_common_step
from optimizer.market.readers.numbers import numbers_of
from optimizer.market.readers.raw import Ask, RawSeries
from optimizer.market.readers.table import RawTable
from optimizer.market.readers.times import times_of

_AN_HOUR = re.compile(r"(?:he|hour|h|hourending)?0?(\d{1,2})(?:00)?")  # HE 1, Hour 01, 1, 01:00
_RANGE = r"^(.*\S)\s+-\s+(\S.*)$"
_NAMED_HOURS = {"HOURLY": 1.0, "15_MIN": 0.25, "5_MIN": 1 / 12}  # how markets of gridstatus's old layout are named


def read(table: RawTable, ask: Ask) -> RawSeries:
    """The rows of one series. Raises located InputErrors."""
    columns = {squeezed(column) for column in table.frame.columns}
    layout = next((one for one in PUBLISHED if one.fits(columns)), None)
    table, ask = _unfolded(table, ask), _zoned(table, layout, ask)
    table, place = chosen(table, layout, ask)
    clock = clock_of(table, layout, ask)
    value = value_column(_without(table, clock), layout, clock, ask, places=place is not None)
    _refuse_idle_keys(place is not None, table, layout, ask)
    currency = refuse_other_units(table, value, ask, layout.currency if layout is not None else "")
    for column in clock.columns:
        require_every_time(table, column, ask)
    starts, ends, at_ends = _times(table, clock, layout, ask)
    dates_alone = bool(clock.start) and clock.start != clock.end and is_date_only(table.frame[clock.start])
    refuse_other_kinds(table, starts, [*clock.columns, value], ask, dates_alone=dates_alone)
    name = value if place is None else f"{value} at {place}"
    shown = clock.start or clock.end or clock.hour or clock.period or clock.time
    time_at, value_at = table.place(shown), table.place(value)
    hours = _hours(table, clock, layout) if ends is None else None
    numbers = numbers_of(table, value, ask)
    raw = RawSeries(starts, ends, numbers, table.lines, name, hours, at_ends, time_at, value_at, currency=currency)
    return clocks.once_for_both(raw, in_zone_of(table, shown, ask).zone) if ask.spec.repeated_hour == "once" else raw


def require_every_time(table: RawTable, column: str, ask: Ask) -> None:
    """Raises InputError where a row has no time."""
    missing = np.flatnonzero(table.frame[column].isna().to_numpy())
    if len(missing):
        count = f" (and {len(missing) - 1} more rows)" if len(missing) > 1 else ""
        raise table.asking(ask, column).error(f"{column}: the row has no time{count}", int(table.lines[missing[0]]))


def _zoned(table: RawTable, layout: Layout | None, ask: Ask) -> Ask:
    """The question with what a layout or the lines above the header say of times."""
    zone = layout.zone if layout is not None else None
    zone = zone or next((zone_there for line in table.titles if (zone_there := zone_of_title(line))), None)
    offset, named = table.metadata.get("utcoffsetseconds", ""), table.metadata.get("timezone")
    if re.fullmatch(r"-?\d{1,5}", offset) and int(offset) % 3600 == 0:
        zone = fixed(int(offset) // 3600)
    elif named:
        zone = named
    if zone is not None:
        ask = ask.in_zone(
            zone, layout.name if layout is not None and zone == layout.zone else "the lines above the header"
        )
    if layout is not None and layout.dates is not None and ask.spec.date_order is None:
        ask = replace(ask, spec=ask.spec.model_copy(update={"date_order": layout.dates}))
    return ask


def _unfolded(table: RawTable, ask: Ask) -> RawTable:
    """Hours across columns under one another; a date above the header becomes a column."""
    hours = {
        str(column): int(match[1]) for column in table.frame.columns if (match := _AN_HOUR.fullmatch(squeezed(column)))
    }
    if len(hours) < 23 or sorted(hours.values()) != list(range(1, len(hours) + 1)):
        return table
    rest = [column for column in table.frame.columns if str(column) not in hours]
    frame = table.frame
    dates = [column for column in rest if holds_times(frame[column])]
    if len(dates) == 1:
        frame, rest = frame.rename(columns={dates[0]: "Date"}), ["Date" if c == dates[0] else c for c in rest]
    else:
        dates = [match[0] for line in table.titles if (match := re.search(r"\d{1,4}[-/.]\d{1,2}[-/.]\d{1,4}", line))]
        if len(set(dates)) != 1:
            raise ask.error("has hours side by side, but neither a column nor one line above with their date")
        frame = frame.assign(Date=dates[0])
        rest = [*rest, "Date"]
    long = frame.reset_index(drop=True).melt(rest, list(hours), "Hour Ending", "Price", ignore_index=False)
    lines = np.asarray(table.lines)[long.index.to_numpy()]
    long["Hour Ending"] = long["Hour Ending"].map(hours)
    filled = long["Price"].notna().to_numpy()  # an hour that a day does not have is empty
    long, lines = long[filled], lines[filled]
    order = np.lexsort((long["Hour Ending"].to_numpy(), lines))
    return replace(table, frame=long.reset_index(drop=True).iloc[order], lines=lines[order], places=None)


def _without(table: RawTable, clock: ClockColumns) -> RawTable:
    return replace(
        table, frame=table.frame.drop(columns=[name for name in clock.columns if name in table.frame.columns])
    )


def _refuse_idle_keys(places: bool, table: RawTable, layout: Layout | None, ask: Ask) -> None:
    """Raise InputError for a key of the farm file that would do nothing."""
    by_component = layout is not None and bool(layout.component)
    if ask.spec.location is not None and not places and ask.spec.value_column is not None and not by_component:
        raise ask.error("holds no column of locations, so that `location` does nothing beside `value_column`; say one")
    if ask.spec.market is not None and not markets_in(table):
        raise ask.error(f"holds no column of markets, so that `market: {ask.spec.market}` does nothing; remove it")


def _times(
    table: RawTable, clock: ClockColumns, layout: Layout | None, ask: Ask
) -> tuple[pd.DatetimeIndex, pd.DatetimeIndex | None, bool]:
    """Starts and, where the table has both, ends; whether what stands for starts are ends."""
    if clock.hour or clock.period or clock.dates:
        return clocks.starts_of(table, clock, layout, ask), None, False
    if clock.start and clock.start == clock.end:
        begins = table.frame[clock.start].astype("str").str.extract(_RANGE)[0].fillna(table.frame[clock.start])
        spans = replace(table, frame=table.frame.assign(**{clock.start: begins}))
        return _column(spans, clock.start, ask), None, False
    if not clock.start:
        return _column(table, clock.end, ask, ends=True), None, True
    starts = _column(table, clock.start, ask)
    step = most_common_step(starts)
    at_ends = layout is not None and step < pd.Timedelta(minutes=layout.ends_below)
    if clock.end and not table.frame[clock.end].isna().any():
        return starts, _column(table, clock.end, ask, ends=True), False
    return starts, None, at_ends


def _column(table: RawTable, column: str, ask: Ask, *, ends: bool = False) -> pd.DatetimeIndex:
    cells = table.frame[column]
    letters = next(
        (name for name in table.frame.columns if squeezed(name) in ("timezone", "timezoneabbreviation")), None
    )
    if letters is not None and table.frame[letters].isin(list(OFFSETS)).all():
        cells = cells.astype("str") + " " + table.frame[letters].astype("str")
    return times_of(cells, table.lines, in_zone_of(table, column, ask), local_ends=ends)


def in_zone_of(table: RawTable, column: str, ask: Ask) -> Ask:
    """The question about a column, in the zone that its name says."""
    asked = table.asking(ask, column)
    zone = zone_in(column)
    return asked if zone is None else asked.in_zone(zone, f"the name of the column {column}")


def _hours(table: RawTable, clock: ClockColumns, layout: Layout | None) -> float | None:
    """The length of an interval where the table tells it: by hours and periods, or by how its market is named."""
    if clock.hour:
        return 1.0 / clocks.parts_of(table, clock, layout)
    if clock.start and clock.start == clock.end:
        return _span(table.frame[clock.start])
    if clock.period:
        return clocks.minutes_of(table, clock, layout) / 60.0
    market = next((column for column in table.frame.columns if squeezed(column) == "market"), None)
    if market is None:
        return None
    label = str(table.frame[market].iloc[0])
    return next((length for tail, length in _NAMED_HOURS.items() if label.endswith(tail)), None)


def _span(cells: pd.Series) -> float | None:
    """Hours from the beginning to the end of most ranges in a column, on the clock."""
    both = cells.astype("str").str.extract(
        r"(\d{1,2}):(\d{2})(?::\d{2})?[^\d]*-.*?(\d{1,2}):(\d{2})(?::\d{2})?[^\d:]*$"
    )
    numbers = both.apply(pd.to_numeric, errors="coerce").dropna()
    if numbers.empty:
        return None
    minutes = (60 * (numbers[2] - numbers[0]) + numbers[3] - numbers[1]) % (24 * 60)
    return float(minutes.mode().iloc[0]) / 60.0 or 24.0
