"""What a reader is asked and what it answers, before anybody judged gaps, order or range."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd

from optimizer.arrays import F, Int
from optimizer.config.base import File
from optimizer.errors import Fault, InputError
from optimizer.outside import printable

Lines = Int
LINES = 1_000_000_000  # more than a file has: the lines of the i-th of several files begin at i times as many
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

    ``column_of`` places the cells that are being judged, ``files`` are the names of several that lines are of.
    ``file_zone`` is the zone that the file gives for times without an offset, ``within`` the time that matters, naive
    UTC, all where it is None.
    """

    file: str
    spec: File
    timezone: str
    column_of: Column = first_column
    files: tuple[str, ...] = ()
    file_zone: str | None = None
    within: tuple[np.datetime64, np.datetime64] | None = None

    @property
    def zone(self) -> str:
        """Zone of times without an offset."""
        return self.file_zone or self.spec.timezone or self.timezone

    def in_zone(self, zone: str, who: str) -> Ask:
        """The same question for times that are on this clock. Raises InputError where the farm file says another."""
        if self.spec.timezone not in (None, zone):
            message = (
                f"times are on the clock of {zone} by {who}; remove `timezone: {self.spec.timezone}` in the farm file"
            )
            raise self.error(message)
        try:
            ZoneInfo(zone)
        except (ValueError, OSError, KeyError):
            raise self.error(f"times are on the clock of {zone!r} by {who}, which is none") from None
        return replace(self, file_zone=zone)

    def fault(self, message: str, line: int = 1, path: str = "") -> Fault:
        """A fault in a line of the file, at the cell being judged."""
        file = self.files[line // LINES] if self.files else self.file
        return Fault(file, line % LINES, self.column_of(line), path, message)

    def error(self, message: str, line: int = 1, path: str = "") -> InputError:
        """An error of one fault."""
        return InputError([self.fault(message, line, path=path)])


@dataclass(frozen=True)
class RawSeries:
    """Rows as they stand in the file, in its order; NaN where a value is missing.

    Every array has shape (n_rows,). ``starts`` and ``ends`` are UTC; ``ends`` is None where the
    file has none, and then ``hours`` may say how long every interval is. ``lines`` are the rows'
    lines in the file, in those of ``files`` where there are several. With ``at_ends`` the times in ``starts`` are ends
    of their intervals. ``time_at`` and ``value_at`` place a row's cells in its line. A start that is not told, far from
    the time that matters, is NaT. ``currency`` is that of a publisher who does not tell it, where no rate is given.
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
    files: tuple[str, ...] = ()
    currency: str = ""


def listed(ask: Ask, rows: Sequence[int] | Lines, fault_at: Callable[[int], tuple[int, str]], noun: str) -> list[Fault]:
    """The first faults, and one more line that counts the rest; ``fault_at`` is a row's line and message.

    Only what is shown is put into words: a file may hold millions.
    """
    faults = [fault_at(int(row)) for row in rows[:SHOWN]]
    shown = [ask.fault(message, line) for line, message in faults]
    if len(rows) > SHOWN:
        more = f"and {len(rows) - SHOWN:,} more {noun}, {len(rows):,} in all"
        last = max(line for line, _ in faults)
        shown.append(replace(ask.fault(more, last), column=ask.column_of(last) + 1))  # sorted behind those it counts
    return shown


def names(values: Iterable[object], most: int = 20) -> str:
    """A list for people: ``a, b, c and 12 more``."""
    texts = [str(value) for value in values]
    tail = f" and {len(texts) - most} more" if len(texts) > most else ""
    return ", ".join(printable(text[:60]) for text in texts[:most]) + tail
