"""Tables: delimited text, with or without title lines, and Parquet, as a frame with the places of its cells."""

from __future__ import annotations

import csv
import re
import warnings
from dataclasses import dataclass, replace
from io import BytesIO

import numpy as np
import pandas as pd

from optimizer.arrays import Bool
from optimizer.errors import InputError
from optimizer.market.readers.content import HEAD_BYTES
from optimizer.market.readers.raw import Ask, Column, Lines, Places, first_column, names
from optimizer.market.readers.sizes import refuse_large_parquet, refuse_large_table

_DELIMITERS = ",;\t|"
_TEXT_COLUMNS = ("location", "location_id", "location_name", "market")


@dataclass(frozen=True)
class Table:
    """A frame without blank rows; ``lines`` holds each row's line in the file, shape (n_rows,).

    ``places`` is None and ``delimiter`` a comma for what is no delimited text.
    """

    frame: pd.DataFrame
    lines: Lines
    header_line: int
    delimiter: str = ","
    places: Places | None = None

    def take(self, rows: Bool) -> Table:
        """The rows where the mask is true."""
        return replace(self, frame=self.frame[rows], lines=self.lines[rows])

    def place(self, column: str) -> Column:
        """Where the cells of a column begin in their lines."""
        return first_column if self.places is None else self.places.of(column)

    def asking(self, ask: Ask, column: str) -> Ask:
        """The same question, with faults placed at the cells of a column."""
        return replace(ask, column_of=self.place(column))


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
    refuse_large_table(content, delimiter, above, ask)
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
            text: dict[str, str] | str = {str(column): "str" for column in header if snake(column) in _TEXT_COLUMNS}
            if ask.spec.decimal == "comma":
                text = "str"  # pandas would take the thousands' point of 1.234 for a decimal point
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
    places = Places(content, delimiter, tuple(str(column) for column in frame.columns))
    return Table(frame[filled], lines[filled], above + 1, delimiter, places)


def parquet_table(content: bytes, ask: Ask) -> Table:
    """A Parquet file, through pandas; needs pyarrow. Its rows count as lines from 1."""
    try:
        flat = refuse_large_parquet(content, ask)
        frame = pd.read_parquet(BytesIO(content), engine="pyarrow", columns=flat)
    except ImportError:
        raise ask.error("is Parquet, which needs pyarrow: pip install 'curtail[parquet]'") from None
    except InputError:
        raise
    except Exception as error:  # pyarrow's own errors come in many kinds
        raise ask.error(f"is a broken Parquet file: {str(error)[:200]}") from None
    if not isinstance(frame.index, pd.RangeIndex):
        frame = frame.reset_index()
    if not len(frame):
        raise ask.error("has columns but no rows")
    return Table(frame, np.arange(1, len(frame) + 1, dtype=np.int64), 1)


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
