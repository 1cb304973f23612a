"""Excel workbooks: their sheets under one another, below the first row that is as wide as what follows."""

from __future__ import annotations

import zipfile
from collections.abc import Sequence
from datetime import date, datetime, time
from io import BytesIO
from typing import Any

import numpy as np
import pandas as pd

from optimizer.errors import InputError
from optimizer.market.readers.column_names import squeezed
from optimizer.market.readers.content import OLE, ZIP
from optimizer.market.readers.raw import Ask, names
from optimizer.market.readers.sizes import refuse_large_workbook
from optimizer.market.readers.table import RawTable

_MOST_ABOVE = 30


def recognises(content: bytes) -> bool:
    """A workbook of Excel, of today or of 1997."""
    if content.startswith(OLE):
        return True
    if not content.startswith(ZIP):
        return False
    try:
        with zipfile.ZipFile(BytesIO(content)) as archive:
            held = {name.lower() for name in archive.namelist()}
    except (zipfile.BadZipFile, ValueError, OSError, NotImplementedError):
        return False
    return "xl/workbook.xml" in held or bool(held & {"xl/workbook.bin", "content.xml", "[content_types].xml"})


def book_table(content: bytes, ask: Ask) -> RawTable:
    """All sheets with the columns of the first together. Lines count within a sheet. Raises InputError."""
    parts = [_of_sheet(rows) for rows in _sheets(content, ask) if len(rows) > 1]
    if not parts:
        raise ask.error("is a workbook without rows")
    first = parts[0].frame.columns
    alike = [part for part in parts if list(map(squeezed, part.frame.columns)) == list(map(squeezed, first))]
    frame = pd.concat([part.frame.set_axis(first, axis=1) for part in alike], ignore_index=True)
    lines = np.concatenate([part.lines for part in alike])
    if not len(frame):
        raise ask.error(f"is a workbook without rows below its header, {names(first)}")
    return RawTable(frame.map(_spelt), lines, parts[0].header_line)


def _spelt(cell: Any) -> Any:
    """A cell as text or number; of a date its day alone where its hour is none."""
    if isinstance(cell, datetime):
        whole = cell if cell.microsecond < 500_000 else cell.replace(microsecond=0) + pd.Timedelta(seconds=1)
        return f"{whole:%Y-%m-%d %H:%M:%S}" if whole.time() != time() else f"{whole:%Y-%m-%d}"
    if isinstance(cell, date):
        return f"{cell:%Y-%m-%d}"
    if isinstance(cell, time):
        return f"{cell:%H:%M}"
    return None if cell == "" else cell


def _of_sheet(rows: Sequence[Sequence[Any]]) -> RawTable:
    wide = [sum(cell not in ("", None) for cell in row) for row in rows[:_MOST_ABOVE]]
    at = next((i for i, width in enumerate(wide[:-1]) if width > 1 and wide[i + 1] >= width - 1), 0)
    columns = [str(cell).strip() or f"Unnamed: {i}" for i, cell in enumerate(rows[at])]
    frame = pd.DataFrame(list(rows[at + 1 :]), columns=columns, dtype=object).replace("", None)
    lines = np.arange(at + 2, len(rows) + 1, dtype=np.int64)
    filled = frame.notna().any(axis=1).to_numpy(dtype=bool)
    kept = [name for name in dict.fromkeys(columns) if columns.count(name) == 1]
    return RawTable(frame.loc[filled, kept], lines[filled], at + 1)


def _sheets(content: bytes, ask: Ask) -> list[list[list[Any]]]:
    try:
        from python_calamine import CalamineWorkbook
    except ImportError:
        raise ask.error("is an Excel workbook, which needs python-calamine: pip install python-calamine") from None
    if content.startswith(OLE):
        raise ask.error("is a workbook of Excel 97 (.xls), which does not tell how large it is; save it as .xlsx")
    try:
        refuse_large_workbook(content, ask)
        book = CalamineWorkbook.from_filelike(BytesIO(content))
        return [book.get_sheet_by_name(name).to_python() for name in book.sheet_names]
    except (InputError, MemoryError):
        raise
    except Exception as error:  # calamine's own errors come in many kinds
        raise ask.error(f"is not a workbook that can be read: {str(error)[:200]}") from None
