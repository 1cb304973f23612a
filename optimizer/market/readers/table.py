"""Tables: delimited text, with or without title lines, and Parquet, as a frame with the places of its cells."""

from __future__ import annotations

import csv
import re
import warnings
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from io import BytesIO

import numpy as np
import pandas as pd

from optimizer.arrays import Bool
from optimizer.errors import InputError
from optimizer.market.readers.preamble import Preamble, cut
from optimizer.market.readers.raw import Ask, Column, Lines, Places, first_column, names
from optimizer.market.readers.sizes import refuse_large_parquet, refuse_large_table

_LABELS = re.compile("location|node|market|region|zone|area|point|hub|name|id|date|time|hour|period|interval|type")


@dataclass(frozen=True)
class RawTable:
    """A frame without blank rows; ``lines`` holds each row's line in the file, shape (n_rows,).

    ``places`` is None and ``delimiter`` a comma for what is no delimited text. ``titles`` are the lines above the
    header, ``metadata`` what a file says of all its rows, by the letters and digits of its names.
    """

    frame: pd.DataFrame
    lines: Lines
    header_line: int
    delimiter: str = ","
    places: Places | None = None
    titles: tuple[str, ...] = ()
    metadata: Mapping[str, str] = field(default_factory=dict)

    def take(self, rows: Bool) -> RawTable:
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


def column_named(table: RawTable, name: str, ask: Ask, key: str) -> str:
    """The column the farm file means, by exact name or by the same letters; or InputError."""
    columns = [str(column) for column in table.frame.columns]
    for fits in (
        [column for column in columns if column == name],
        [column for column in columns if snake(column) == snake(name)],
    ):
        if len(fits) == 1:
            return fits[0]
    raise ask.error(f"has no column {name!r} ({key}); its columns are {names(columns)}", table.header_line)


def csv_table(content: bytes, ask: Ask) -> RawTable:
    """A delimited text file, without the lines above its header and those of its end."""
    content, above = cut(content, ask)
    refuse_large_table(content, above.delimiter, above.lines, ask)
    with warnings.catch_warnings():
        warnings.simplefilter("error")  # pandas only warns when rows are longer than the header
        try:
            frame = _frame(content, above, ask)
        except (ValueError, OverflowError, Warning, csv.Error) as error:
            line = re.search(r"line (\d+)", str(error))
            reason = str(error).strip().removeprefix("Error tokenizing data. C error: ")
            raise ask.error(f"is not a table: {reason}", int(line[1]) if line else above.lines + 1) from None
    lines = np.arange(len(frame), dtype=np.int64) + above.lines + 2
    filled = ~frame.isna().all(axis=1).to_numpy()
    if not filled.any():
        raise ask.error("has a header but no rows", above.lines + 1)
    places = Places(content, above.delimiter, tuple(str(column) for column in frame.columns))
    return RawTable(
        frame[filled], lines[filled], above.lines + 1, above.delimiter, places, above.titles, above.metadata
    )


def _frame(content: bytes, above: Preamble, ask: Ask) -> pd.DataFrame:
    """The rows below the header; labels and times as they are spelt, numbers as pandas reads them."""
    header = pd.read_csv(
        BytesIO(content),
        sep=above.delimiter,
        skiprows=above.lines,
        nrows=0,
        index_col=False,
        encoding="utf-8-sig",
        encoding_errors="replace",
    ).columns
    text: dict[str, str] | str = {str(column): "str" for column in header if _LABELS.search(str(column).lower())}
    if ask.spec.decimal == "comma":
        text = "str"  # pandas would take the thousands' point of 1.234 for a decimal point
    return pd.read_csv(
        BytesIO(content), sep=above.delimiter, skiprows=above.lines, index_col=False, low_memory=False,
        skip_blank_lines=False, encoding="utf-8-sig", encoding_errors="replace", dtype=text,
    )  # fmt: skip


def parquet_table(content: bytes, ask: Ask) -> RawTable:
    """A Parquet file, through pandas; needs pyarrow. Its rows count as lines from 1."""
    try:
        flat = refuse_large_parquet(content, ask)
        frame = pd.read_parquet(BytesIO(content), engine="pyarrow", columns=flat)
    except ImportError:
        raise ask.error("is Parquet, which needs pyarrow: pip install 'curtail[parquet]'") from None
    except (InputError, MemoryError):
        raise
    except Exception as error:  # pyarrow's own errors come in many kinds
        raise ask.error(f"is a broken Parquet file: {str(error)[:200]}") from None
    if not isinstance(frame.index, pd.RangeIndex):
        frame = frame.reset_index()
    if not len(frame):
        raise ask.error("has columns but no rows")
    return RawTable(frame, np.arange(1, len(frame) + 1, dtype=np.int64), 1)
