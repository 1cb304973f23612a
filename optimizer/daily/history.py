"""Every run of the job, and prices as they turned out, in an SQLite file: each entry whole or not there."""

from __future__ import annotations

import hashlib
import sqlite3
import zlib
from collections.abc import Iterable
from dataclasses import dataclass
from enum import IntEnum
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from optimizer.daily.record import Record, record_of
from optimizer.errors import CurtailError, InputError

F = NDArray[np.float64]
FORM = 1
_TABLES = """
CREATE TABLE IF NOT EXISTS runs (
    number INTEGER PRIMARY KEY, logged TEXT NOT NULL, seconds REAL, at TEXT NOT NULL, status TEXT NOT NULL,
    exit_code INTEGER NOT NULL, message TEXT NOT NULL, run TEXT, start INTEGER, end INTEGER, planned_usd REAL,
    inputs TEXT, digest TEXT, record BLOB
);
CREATE INDEX IF NOT EXISTS runs_by_start ON runs (start, number);
CREATE TABLE IF NOT EXISTS prices (
    start INTEGER PRIMARY KEY, end INTEGER NOT NULL, usd_per_mwh REAL NOT NULL, rank INTEGER NOT NULL
);
"""
_COLUMNS = "number, logged, seconds, at, status, exit_code, message, run, start, end, planned_usd, inputs"
_NOTED = (
    "INSERT INTO prices VALUES (?, ?, ?, ?) ON CONFLICT (start) DO UPDATE SET "
    "end = excluded.end, usd_per_mwh = excluded.usd_per_mwh, rank = excluded.rank WHERE excluded.rank >= rank"
)
_WAIT_S = 30.0  # for somebody who reads


class Rank(IntEnum):
    """How much a price is worth: of the same moment the higher stays."""

    FORESEEN = 0  # the series that plans are made on
    SETTLED = 1  # daily.settled_prices
    FED = 2  # a feed


@dataclass(frozen=True)
class Run:
    """One entry of the log. Times of the schedule are seconds since 1970; None for a run that handed none out."""

    number: int
    logged: str
    seconds: float | None
    at: str
    status: str
    exit_code: int
    message: str
    run: str | None
    start: int | None
    end: int | None
    planned_usd: float | None
    inputs: str | None


@dataclass(frozen=True)
class Prices:
    """Energy prices as they turned out: UTC seconds, [start, end), USD/MWh, each (rows,), by start."""

    starts: NDArray[np.int64]
    ends: NDArray[np.int64]
    usd_per_mwh: F

    def __len__(self) -> int:
        return len(self.starts)


NO_PRICES = Prices(np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int64), np.zeros(0))


class History:
    """The log of a state folder. Raises CurtailError where the file cannot be used."""

    def __init__(self, path: Path, *, reading: bool = False) -> None:
        self.path = path
        try:
            if reading and not path.is_file():
                raise InputError(f"{path.parent} holds no history: no run has been made with this --state")
            self._file = sqlite3.connect(path, timeout=_WAIT_S, isolation_level=None)
            form = self._file.execute("PRAGMA user_version").fetchone()[0]
            if form not in (0, FORM):
                raise CurtailError(f"{path}: is of another version of curtail (form {form}, not {FORM})")
            if not reading:
                self._file.execute("PRAGMA journal_mode=WAL")
                self._file.execute("PRAGMA synchronous=FULL")
                self._file.executescript(f"BEGIN IMMEDIATE; {_TABLES} PRAGMA user_version={FORM}; COMMIT;")
        except sqlite3.Error as error:
            raise self._cannot(error) from None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._file.close()

    def _cannot(self, error: sqlite3.Error) -> CurtailError:
        advice = ""
        if isinstance(error, sqlite3.DatabaseError) and not isinstance(error, sqlite3.OperationalError):
            advice = "; move it away, and the next run begins a new one"
        elif error.sqlite_errorname.startswith(("SQLITE_IOERR", "SQLITE_FULL")):
            advice = "; make room on the disk, the next run goes on from here"
        return CurtailError(f"{self.path}: the history cannot be used: {error}{advice}")

    def add(
        self,
        *,
        logged: str,
        seconds: float | None,
        at: str,
        status: str,
        exit_code: int,
        message: str,
        record: Record | None = None,
        text: str = "",
        inputs: str | None = None,
    ) -> None:
        """Log a run; ``text`` is that of its ``record``, where it has handed one out."""
        handed_out: tuple[Any, ...] = (None,) * 4
        kept: tuple[str | None, bytes | None] = (None, None)
        if record is not None:
            handed_out = (record.name, _seconds(record.start), _seconds(record.end), record.planned_usd)
            kept = (_digest(text), zlib.compress(text.encode(), 9))
        values = (logged, seconds, at, status, exit_code, message, *handed_out, inputs, *kept)
        try:
            self._file.execute(
                f"INSERT INTO runs ({_COLUMNS.removeprefix('number, ')}, digest, record) "  # noqa: S608  # no input
                "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                values,
            )
        except sqlite3.Error as error:
            raise self._cannot(error) from None

    def has(self, record: Record, text: str) -> bool:
        """Whether the last entry of a record's run is of this very text."""
        found = self._rows("SELECT digest FROM runs WHERE run = ? ORDER BY number DESC LIMIT 1", (record.name,))
        return bool(found) and found[0][0] == _digest(text)

    def before(self, moment: pd.Timestamp) -> Record | None:
        """The newest schedule that begins no later than a moment."""
        query = "SELECT record, run FROM runs WHERE record IS NOT NULL AND start <= ? ORDER BY start DESC, number DESC"
        found = self._rows(query + " LIMIT 1", (_seconds(moment),))
        return self._record(*found[0]) if found else None

    def _record(self, packed: bytes, run: str) -> Record:
        try:
            return record_of(zlib.decompress(packed).decode(), f"{self.path}: {run}")
        except (zlib.error, ValueError):
            raise CurtailError(f"{self.path}: the record of {run} is damaged") from None

    def runs(self) -> list[Run]:
        """Every run in the order in which they were made."""
        return [Run(*row) for row in self._rows(f"SELECT {_COLUMNS} FROM runs ORDER BY number")]  # noqa: S608  # no input

    def schedules(self, since: int = 0) -> list[tuple[int, Record]]:
        """The schedules handed out that begin at or after a moment, by their start, with the number of their run.

        Of those that begin at the same moment the last.
        """
        query = (
            "SELECT max(number), record, run FROM runs WHERE record IS NOT NULL AND start >= ? "
            "GROUP BY start ORDER BY start"
        )
        return [(number, self._record(packed, run)) for number, packed, run in self._rows(query, (since,))]

    def first_start(self) -> int | None:
        """When the earliest schedule begins."""
        found: list[tuple[int | None]] = self._rows("SELECT min(start) FROM runs")
        return found[0][0]

    def note_prices(self, rows: Iterable[tuple[int, int, float]], rank: Rank) -> None:
        """Keep prices as they turned out, (start, end, USD/MWh); later news of the same start and rank goes before."""
        try:
            self._file.execute("BEGIN IMMEDIATE")
            try:
                self._file.executemany(_NOTED, ((*row, int(rank)) for row in rows))
            except BaseException:
                self._file.execute("ROLLBACK")
                raise
            self._file.execute("COMMIT")
        except sqlite3.Error as error:
            raise self._cannot(error) from None

    def prices(self, since: int, until: int = 2**62, *, least: Rank = Rank.FORESEEN) -> Prices:
        """Prices of at least a rank that hold somewhere in [since, until)."""
        query = "SELECT start, end, usd_per_mwh FROM prices WHERE end > ? AND start < ? AND rank >= ? ORDER BY start"
        rows = self._rows(query, (since, until, int(least)))
        if not rows:
            return NO_PRICES
        starts, ends, usd = zip(*rows, strict=True)
        return Prices(np.array(starts, dtype=np.int64), np.array(ends, dtype=np.int64), np.array(usd))

    def _rows(self, query: str, values: tuple[Any, ...] = ()) -> list[Any]:
        try:
            return self._file.execute(query, values).fetchall()
        except sqlite3.Error as error:
            raise self._cannot(error) from None


def _seconds(moment: pd.Timestamp) -> int:
    return int(moment.timestamp())


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
