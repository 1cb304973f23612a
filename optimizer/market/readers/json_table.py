"""JSON as a table: a list of rows, columns side by side, or either of them within an object that says more."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pandas as pd

from optimizer.market.readers.column_names import squeezed
from optimizer.market.readers.raw import Ask, names
from optimizer.market.readers.sizes import refuse_many_cells
from optimizer.market.readers.table import RawTable

_MOST_DIGITS = 300  # an integer of more is beyond every number


def recognises(content: bytes) -> bool:
    """Anything that begins as a list or an object does."""
    return content.removeprefix(b"\xef\xbb\xbf").lstrip()[:1] in (b"{", b"[")


def json_table(content: bytes, ask: Ask) -> RawTable:
    """The rows count as lines from 1. Raises InputError for what holds no table, or several."""
    try:
        data = json.loads(content.decode("utf-8-sig"), parse_int=_integer)
    except (ValueError, RecursionError) as error:
        raise ask.error(f"is broken JSON: {str(error)[:200]}") from None
    metadata = (
        {squeezed(key): str(value) for key, value in data.items() if _is_plain(value)} if isinstance(data, dict) else {}
    )
    rows = _rows(data, ask)
    columns = list(dict.fromkeys(key for row in rows for key in row))
    refuse_many_cells(ask, len(rows), len(columns))
    if not columns:
        raise ask.error("is JSON with rows that hold nothing")
    frame = pd.DataFrame({str(key): pd.Series([_cell(row.get(key)) for row in rows]) for key in columns})
    for column in frame.columns:
        if not pd.api.types.is_numeric_dtype(frame[column].dtype):
            frame[column] = frame[column].astype("str").where(frame[column].notna())
    return RawTable(frame, np.arange(1, len(frame) + 1, dtype=np.int64), 1, metadata=metadata)


def _rows(data: Any, ask: Ask) -> list[dict[str, Any]]:
    """The rows of a list, or of the one list or the columns that an object holds, however deep."""
    if isinstance(data, list) and data and all(isinstance(row, dict) for row in data):
        return [_flat(row) for row in data]
    if not isinstance(data, dict):
        raise ask.error("is JSON, but holds no list of rows")
    tables = {key: value for key, value in data.items() if isinstance(value, list) and value}
    columns = {key: value for key, value in tables.items() if not any(isinstance(cell, dict | list) for cell in value)}
    if len(columns) > 1 and len({len(value) for value in columns.values()}) == 1:
        return [dict(zip(columns, cells, strict=True)) for cells in zip(*columns.values(), strict=True)]
    of_rows = [key for key, value in tables.items() if all(isinstance(row, dict) for row in value)]
    times = [key for key in of_rows if len(tables[key]) == max(len(tables[one]) for one in of_rows)]
    if len(times) == 1:
        return _rows(tables[times[0]], ask)
    inner = [
        value for value in data.values() if isinstance(value, dict) and any(isinstance(v, list) for v in value.values())
    ]
    if not of_rows and len(inner) == 1:
        return _rows(inner[0], ask)
    raise ask.error(f"is JSON, but holds not one table; its keys are {names(data)}")


def _flat(row: dict[str, Any]) -> dict[str, Any]:
    """A row with the cells of a section within it beside its own."""
    flat: dict[str, Any] = {}
    for key, value in row.items():
        flat |= {str(name): cell for name, cell in value.items()} if isinstance(value, dict) else {str(key): value}
    return flat


def _cell(value: Any) -> Any:
    return value if _is_plain(value) else None


def _is_plain(value: Any) -> bool:
    return isinstance(value, str | int | float) and not isinstance(value, bool)


def _integer(digits: str) -> float:
    return int(digits) if len(digits) <= _MOST_DIGITS else float("inf")
