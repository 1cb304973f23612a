"""Tables: delimited text, with or without title lines, and Parquet, as a frame with line numbers."""

from __future__ import annotations

import csv
import re
import warnings
from dataclasses import dataclass
from io import BytesIO

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from optimizer.errors import InputError
from optimizer.market.readers.content import HEAD_BYTES
from optimizer.market.readers.raw import Ask, Lines, listed, names

F = NDArray[np.float64]
_DELIMITERS = ",;\t|"
_TEXT_COLUMNS = ("location", "location_id", "location_name", "market")
_NO_NUMBER = {"", "-", "--", "n/a", "na", "nan", "null", "none", "."}


@dataclass(frozen=True)
class Table:
    """A frame without blank rows; ``lines`` holds each row's line in the file, shape (n_rows,)."""

    frame: pd.DataFrame
    lines: Lines
    header_line: int

    def take(self, rows: NDArray[np.bool_]) -> Table:
        """The rows where the mask is true."""
        return Table(self.frame[rows], self.lines[rows], self.header_line)


def snake(name: object) -> str:
    """A column name in one spelling.

    >>> snake(" Interval Start ")
    'interval_start'
    """
    return re.sub(r"[^0-9a-z]+", "_", str(name).strip().lower()).strip("_")


def column_named(table: Table, name: str, ask: Ask, key: str) -> str:
    """The column the farm file means, by exact name or by the same letters; or InputError."""
    columns = [str(column) for column in table.frame.columns]
    for fits in (
        [column for column in columns if column == name],
        [column for column in columns if snake(column) == snake(name)],
    ):
        if len(fits) == 1:
            return fits[0]
    raise ask.error(f"has no column {name!r} ({key}); its columns are {names(columns)}", table.header_line)


def csv_table(content: bytes, ask: Ask) -> Table:
    """A delimited text file; lines above the header that are not of its width are titles."""
    delimiter, above = _layout(content, ask)
    with warnings.catch_warnings():
        warnings.simplefilter("error")  # pandas only warns when rows are longer than the header
        try:
            header = pd.read_csv(
                BytesIO(content),
                sep=delimiter,
                skiprows=above,
                nrows=0,
                index_col=False,
                encoding="utf-8-sig",
                encoding_errors="replace",
            ).columns
            text = {str(column): "str" for column in header if snake(column) in _TEXT_COLUMNS}
            frame = pd.read_csv(
                BytesIO(content), sep=delimiter, skiprows=above, index_col=False, low_memory=False,
                skip_blank_lines=False, encoding="utf-8-sig", encoding_errors="replace", dtype=text,
            )  # fmt: skip
        except (ValueError, OverflowError, Warning, csv.Error) as error:
            line = re.search(r"line (\d+)", str(error))
            reason = str(error).strip().removeprefix("Error tokenizing data. C error: ")
            raise ask.error(f"is not a table: {reason}", int(line[1]) if line else above + 1) from None
    lines = np.arange(len(frame), dtype=np.int64) + above + 2
    filled = ~frame.isna().all(axis=1).to_numpy()
    if not filled.any():
        raise ask.error("has a header but no rows", above + 1)
    return Table(frame[filled], lines[filled], above + 1)


def parquet_table(content: bytes, ask: Ask) -> Table:
    """A Parquet file, through pandas; needs pyarrow. Its rows count as lines from 1."""
    try:
        frame = pd.read_parquet(BytesIO(content), engine="pyarrow")
    except ImportError:
        raise ask.error("is Parquet, which needs pyarrow: pip install 'curtail[parquet]'") from None
    except Exception as error:  # pyarrow's own errors come in many kinds
        raise ask.error(f"is a broken Parquet file: {str(error)[:200]}") from None
    if not isinstance(frame.index, pd.RangeIndex):
        frame = frame.reset_index()
    if not len(frame):
        raise ask.error("has columns but no rows")
    return Table(frame, np.arange(1, len(frame) + 1, dtype=np.int64), 1)


def numbers_of(table: Table, column: str, ask: Ask) -> F:
    """A column as float64, shape (n_rows,); NaN where a cell is empty, InputError where it is text."""
    cells = table.frame[column]
    if pd.api.types.is_numeric_dtype(cells.dtype) and not pd.api.types.is_bool_dtype(cells.dtype):
        return cells.to_numpy(dtype=np.float64, na_value=np.nan)
    text = cells.astype("str").str.strip()
    empty = cells.isna().to_numpy() | text.str.lower().isin(_NO_NUMBER).to_numpy()
    for spelling in (text, text.str.replace(",", ".", regex=False)):
        numbers = pd.to_numeric(spelling, errors="coerce").to_numpy(dtype=np.float64, na_value=np.nan)
        bad = np.flatnonzero(np.isnan(numbers) & ~empty)
        if not len(bad):
            return numbers
    bad = np.flatnonzero(pd.to_numeric(text, errors="coerce").isna().to_numpy() & ~empty)
    faults = [(int(table.lines[i]), f"{column}: is not a number (got {text.iloc[i][:40]!r})") for i in bad]
    raise InputError(listed(ask, faults, f"cells of {column} that are no numbers"))


def _layout(content: bytes, ask: Ask) -> tuple[str, int]:
    """The delimiter and the number of lines above the header."""
    head = content[: 4 * HEAD_BYTES].decode("utf-8-sig", errors="replace").splitlines()
    if len(content) > 4 * HEAD_BYTES:
        head = head[:-1]  # cut in the middle
    for above, line in enumerate(head[:50]):
        following = next((later for later in head[above + 1 :] if later.strip()), None)
        for delimiter in _DELIMITERS:
            width = _width(line, delimiter)
            if width > 1 and (following is None or _width(following, delimiter) == width):
                return delimiter, above
    for above, line in enumerate(head[:50]):
        for delimiter in _DELIMITERS:
            if _width(line, delimiter) > 1:
                return delimiter, above
    shown = head[0][:60] if head else ""
    raise ask.error(f"is not a table with a header and two columns or more (its first line is {shown!r})")


def _width(line: str, delimiter: str) -> int:
    if delimiter not in line:
        return 1
    try:
        return len(next(csv.reader([line], delimiter=delimiter)))
    except (csv.Error, StopIteration):
        return 1
