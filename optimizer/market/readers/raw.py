"""What a reader is asked and what it answers, before anybody judged gaps, order or range."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

import pandas as pd

from optimizer.arrays import F, Int
from optimizer.config.base import File
from optimizer.errors import Fault, InputError
from optimizer.outside import printable

Lines = Int
SHOWN = 10  # faults of one kind that a message lists before it only counts


Column = Callable[[int], int]  # of a line, counted from 1: the column where the cell in question begins, from 1


def first_column(_: int) -> int:
    """The column of what is no single cell."""
    return 1


@dataclass(frozen=True)
class Places:
    """Where cells begin in a delimited text; nothing is looked up before a fault asks for it."""

    content: bytes
    delimiter: str
    columns: tuple[str, ...]

    @cached_property
    def _lines(self) -> list[bytes]:
        return self.content.removeprefix(b"\xef\xbb\xbf").splitlines()

    def of(self, column: str) -> Column:
        r"""The character, counted from 1, at which a line's cell of this column begins; 1 where there is none.

        >>> places = Places(b'name,price\n"Odessa, TX",40\n', ",", ("name", "price"))
        >>> places.of("price")(2)
        14
        """
        if column not in self.columns:
            return first_column
        before = self.columns.index(column)
        return lambda line: self._begin(line, before)

    def _begin(self, line: int, before: int) -> int:
        if not (before and 0 < line <= len(self._lines)):
            return 1
        quoted = False
        for at, character in enumerate(self._lines[line - 1].decode("utf-8", errors="replace")):
            if character == '"':
                quoted = not quoted
            elif character == self.delimiter and not quoted:
                before -= 1
            if not before:
                return at + 2
        return 1


@dataclass(frozen=True)
class Ask:
    """A file to read and what the farm file says about it; ``file`` is the name people see.

    ``column_of`` places the cells that are being judged.
    """

    file: str
    spec: File
    timezone: str
    column_of: Column = first_column

    @property
    def zone(self) -> str:
        """Zone of times without an offset."""
        return self.spec.timezone or self.timezone

    def fault(self, message: str, line: int = 1, path: str = "") -> Fault:
        """A fault in a line of the file, at the cell being judged."""
        return Fault(self.file, line, self.column_of(line), path, message)

    def error(self, message: str, line: int = 1, path: str = "") -> InputError:
        """An error of one fault."""
        return InputError([self.fault(message, line, path=path)])


@dataclass(frozen=True)
class RawSeries:
    """Rows as they stand in the file, in its order; NaN where a value is missing.

    Every array has shape (n_rows,). ``starts`` and ``ends`` are UTC; ``ends`` is None where the
    file has none, and then ``hours`` may say how long every interval is. ``lines`` are the rows'
    lines in the file. With ``at_ends`` the times in ``starts`` are ends of their intervals. ``time_at``
    and ``value_at`` place a row's cells in its line.
    """

    starts: pd.DatetimeIndex
    ends: pd.DatetimeIndex | None
    values: F
    lines: Lines
    name: str
    hours: float | None = None
    at_ends: bool = False
    time_at: Column = first_column
    value_at: Column = first_column


def listed(ask: Ask, rows: Sequence[int] | Lines, told: Callable[[int], tuple[int, str]], noun: str) -> list[Fault]:
    """The first faults, and one more line that counts the rest; ``told`` is a row's line and message.

    Only what is shown is put into words: a file may hold millions.
    """
    said = [told(int(row)) for row in rows[:SHOWN]]
    shown = [ask.fault(message, line) for line, message in said]
    if len(rows) > SHOWN:
        more = f"and {len(rows) - SHOWN:,} more {noun}, {len(rows):,} in all"
        last = max(line for line, _ in said)
        shown.append(Fault(ask.file, last, ask.column_of(last) + 1, "", more))  # sorted behind those it counts
    return shown


def names(values: Iterable[object], most: int = 20) -> str:
    """A list for people: ``a, b, c and 12 more``."""
    texts = [str(value) for value in values]
    tail = f" and {len(texts) - most} more" if len(texts) > most else ""
    return ", ".join(printable(text[:60]) for text in texts[:most]) + tail
