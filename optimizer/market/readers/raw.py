"""What a reader is asked and what it answers, before anybody judged gaps, order or range."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from optimizer.config.base import SeriesFile
from optimizer.errors import Fault, InputError

F = NDArray[np.float64]
Lines = NDArray[np.int64]
SHOWN = 10  # faults of one kind that a message lists before it only counts


@dataclass(frozen=True)
class Ask:
    """A file to read and what the farm file says about it; ``file`` is the name people see."""

    file: str
    spec: SeriesFile
    timezone: str

    @property
    def zone(self) -> str:
        """Zone of times without an offset."""
        return self.spec.timezone or self.timezone

    def fault(self, message: str, line: int = 1, column: int = 1, path: str = "") -> Fault:
        """A fault at a place in the file."""
        return Fault(self.file, line, column, path, message)

    def error(self, message: str, line: int = 1, path: str = "") -> InputError:
        """An error of one fault."""
        return InputError([self.fault(message, line, path=path)])


@dataclass(frozen=True)
class RawSeries:
    """Rows as they stand in the file, in its order; NaN where a value is missing.

    Every array has shape (n_rows,). ``starts`` and ``ends`` are UTC; ``ends`` is None where the
    file has none, and then ``hours`` may say how long every interval is. ``lines`` are the rows'
    lines in the file. With ``at_ends`` the times in ``starts`` are ends of their intervals.
    """

    starts: pd.DatetimeIndex
    ends: pd.DatetimeIndex | None
    values: F
    lines: Lines
    name: str
    hours: float | None = None
    at_ends: bool = False


def listed(ask: Ask, faults: Sequence[tuple[int, str]], noun: str) -> list[Fault]:
    """The first faults, each a (line, message), and one more line that counts the rest."""
    shown = [ask.fault(message, line) for line, message in faults[:SHOWN]]
    if len(faults) > SHOWN:
        more = f"and {len(faults) - SHOWN:,} more {noun}, {len(faults):,} in all"
        shown.append(ask.fault(more, max(line for line, _ in faults[:SHOWN]), 2))
    return shown


def names(values: Iterable[object], most: int = 20) -> str:
    """A list for people: ``a, b, c and 12 more``."""
    texts = [str(value) for value in values]
    tail = f" and {len(texts) - most} more" if len(texts) > most else ""
    return ", ".join(text[:60] for text in texts[:most]) + tail
