"""ERCOT's own price workbooks: a sheet per month, hours ending, the repeated hour flagged.

"Hour Ending" 24:00 ends the day, and "Repeated Hour Flag" Y marks the second of the two hours that
begin at 01:00 on the autumn day. Real-time workbooks count hours and quarter hours instead.
Source: ERCOT, "Historical DAM Load Zone and Hub Prices" (NP4-180-ER) and "Historical RTM Load Zone
and Hub Prices" (NP6-785-ER).
"""

from __future__ import annotations

from dataclasses import replace
from io import BytesIO
from typing import Any

import numpy as np
import pandas as pd

from optimizer.errors import InputError
from optimizer.market.readers.choose import chosen
from optimizer.market.readers.content import OLE, ZIP
from optimizer.market.readers.numbers import numbers_of
from optimizer.market.readers.raw import Ask, RawSeries
from optimizer.market.readers.sizes import refuse_large_workbook
from optimizer.market.readers.table import Table, snake
from optimizer.market.readers.times import localised

_ZONE = "America/Chicago"  # ERCOT publishes in Central Prevailing Time, wherever the farm is
_DATE, _REPEATED, _PRICE = "delivery_date", "repeated_hour_flag", "settlement_point_price"
_PLACES = ("settlement_point", "settlement_point_name")
_TYPE = "settlement_point_type"


def recognises(content: bytes) -> bool:
    """Any Excel workbook; ``read`` says so where it is not ERCOT's."""
    return content.startswith((ZIP, OLE))


def read(content: bytes, ask: Ask) -> RawSeries:
    """The prices of one settlement point, all sheets together. Lines count within a sheet."""
    parts = [_of_sheet(name, rows, ask) for name, rows in _sheets(content, ask) if len(rows) > 1]
    if not parts:
        raise ask.error("is a workbook without rows")
    table = Table(
        pd.concat([part.frame for part in parts], ignore_index=True),
        np.concatenate([part.lines for part in parts]),
        1,
    )
    place = next(name for name in _PLACES if name in table.frame.columns)
    table = chosen(table, (place,), ask.spec.location, "location", ask)
    if _TYPE in table.frame.columns:
        table = chosen(table, (_TYPE,), ask.spec.market, "market", ask)
    begins, hours = _local_starts(table, ask)
    second = (table.frame[_REPEATED].astype("str").str.strip().str.upper() == "Y").to_numpy(dtype=bool)
    central = replace(ask, spec=ask.spec.model_copy(update={"timezone": _ZONE}))
    starts = localised(begins, table.lines, central, second=second)
    values = numbers_of(table, _PRICE, ask)
    return RawSeries(starts, None, values, table.lines, str(table.frame[place].iloc[0]), hours)


def _sheets(content: bytes, ask: Ask) -> list[tuple[str, list[list[Any]]]]:
    try:
        from python_calamine import CalamineWorkbook
    except ImportError:
        raise ask.error("is an Excel workbook, which needs python-calamine: pip install python-calamine") from None
    if content.startswith(OLE):
        raise ask.error("is a workbook of Excel 97 (.xls), which does not tell how large it is; save it as .xlsx")
    try:
        refuse_large_workbook(content, ask)
        book = CalamineWorkbook.from_filelike(BytesIO(content))
        return [(name, book.get_sheet_by_name(name).to_python()) for name in book.sheet_names]
    except InputError:
        raise
    except Exception as error:  # calamine's own errors come in many kinds
        raise ask.error(f"is not a workbook that can be read: {str(error)[:200]}") from None


def _of_sheet(name: str, rows: list[list[Any]], ask: Ask) -> Table:
    columns = [snake(cell) for cell in rows[0]]
    needed = {_DATE, _REPEATED, _PRICE}
    hours = {"hour_ending"} if "hour_ending" in columns else {"delivery_hour", "delivery_interval"}
    missing = sorted((needed | hours) - set(columns))
    if missing or not any(place in columns for place in _PLACES):
        told = ", ".join(missing) or _PLACES[0]
        raise ask.error(f"sheet {name}: is not a workbook of ERCOT prices: it has no column {told}", path=f"[{name}]")
    frame = pd.DataFrame(rows[1:], columns=columns, dtype=object)
    lines = np.arange(2, len(rows) + 1, dtype=np.int64)
    filled = (frame[_DATE].notna() & (frame[_DATE] != "")).to_numpy(dtype=bool)
    return Table(frame[filled], lines[filled], 1)


def _local_starts(table: Table, ask: Ask) -> tuple[pd.DatetimeIndex, float]:
    """Interval starts on the Central clock, and the length of an interval in hours."""
    frame = table.frame
    dates = frame[_DATE].astype("str")
    days = pd.to_datetime(dates, format="%m/%d/%Y", errors="coerce")
    if days.isna().any():
        days = days.fillna(pd.to_datetime(dates, format="ISO8601", errors="coerce"))
    if "hour_ending" in frame.columns:
        ending = pd.to_numeric(frame["hour_ending"].astype("str").str.extract(r"^(\d{1,2}):00", expand=False))
        hours, begin = 1.0, ending - 1.0
    else:
        quarter = pd.to_numeric(frame["delivery_interval"], errors="coerce") - 1.0
        hours, begin = 0.25, pd.to_numeric(frame["delivery_hour"], errors="coerce") - 1.0 + quarter / 4.0
    bad = np.flatnonzero((days.isna() | begin.isna() | (begin < 0) | (begin >= 24)).to_numpy())
    if len(bad):
        shown = ", ".join(str(cell) for cell in frame.iloc[bad[0]])
        raise ask.error(f"a row has no date and hour ({shown[:80]}), {len(bad)} such rows", int(table.lines[bad[0]]))
    return pd.DatetimeIndex(days + pd.to_timedelta(begin, unit="h")).as_unit("us"), hours
