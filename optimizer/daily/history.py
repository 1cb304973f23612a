"""Every run of the job, prices as they turned out, and what became of the plans, in an SQLite file."""

from __future__ import annotations

import hashlib
import sqlite3
import zlib
from collections.abc import Iterable, Iterator
from math import isfinite
from typing import TYPE_CHECKING, Any, get_type_hints

import numpy as np

from optimizer.daily.entries import Entry, RunEntry
from optimizer.daily.log_file import COLUMNS, LogFile, whole
from optimizer.daily.prices import NO_PRICES, Prices, Rank
from optimizer.errors import CurtailError

if TYPE_CHECKING:
    import pandas as pd

    from optimizer.daily.record import Record

MOST_PRICES = 400 * 24 * 12  # 400 days of five minutes
MOST_RECORDS = 10_000  # a year of hours; of older runs what they came to is kept
SETTLED_FORM = 1  # of what is kept of schedules; of another it is reckoned anew
MOST_MESSAGE = 4_000  # characters
_LAST = 7_258_118_400  # the end of the year 2199, seconds since 1970
_TIMED = f"typeof(start) = 'integer' AND typeof(end) = 'integer' AND start >= 0 AND start < end AND end < {_LAST}"
_HANDED_OUT = f"typeof(run) = 'text' AND {_TIMED}"
_MOST_TRIED = 50  # records, where the newest are damaged
_NOTED = (
    "INSERT INTO prices VALUES (?, ?, ?, ?) ON CONFLICT (start) DO UPDATE SET "
    "end = excluded.end, usd_per_mwh = excluded.usd_per_mwh, rank = excluded.rank WHERE excluded.rank >= rank "
    "AND (excluded.end, excluded.usd_per_mwh, excluded.rank) IS NOT (end, usd_per_mwh, rank)"
)
_PRICES = (
    "SELECT start, end, usd_per_mwh FROM prices WHERE end > ? AND start < ? AND rank >= ? "  # noqa: S608  # no input
    f"AND {_TIMED} AND typeof(usd_per_mwh) = 'real' AND abs(usd_per_mwh) < 1e9 ORDER BY start"
)
_OLD_PRICES = "DELETE FROM prices WHERE start < (SELECT start FROM prices ORDER BY start DESC LIMIT 1 OFFSET ?)"
_OLD_RECORDS = (
    "UPDATE runs SET record = NULL WHERE record IS NOT NULL AND number < "
    "(SELECT number FROM runs WHERE record IS NOT NULL ORDER BY number DESC LIMIT 1 OFFSET ?) "
    "AND (number IN (SELECT number FROM settled) "
    "OR EXISTS (SELECT 1 FROM runs AS later WHERE later.start = runs.start AND later.number > runs.number))"
)


_TYPES = get_type_hints(RunEntry)


class History(LogFile):
    """The log of a state folder. Entries that are damaged are left out, and `trouble` says so."""

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
        """Log a run; ``text`` is that of its ``record``, where it has handed one out. What is too old is forgotten."""
        handed_out: tuple[Any, ...] = (None,) * 4
        kept: tuple[str | None, bytes | None] = (None, None)
        if record is not None:
            handed_out = (record.name, _seconds(record.start), _seconds(record.end), record.planned_usd)
            kept = (_digest(text), zlib.compress(text.encode(), 9))
        values = (logged, seconds, at, status, exit_code, message[:MOST_MESSAGE], *handed_out, inputs, *kept)
        query = (
            f"INSERT INTO runs ({COLUMNS.removeprefix('number, ')}, digest, record) "  # noqa: S608  # no input
            "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
        )

        def written(file: sqlite3.Connection) -> None:
            with whole(file):
                file.execute(query, values)
                file.execute(_OLD_PRICES, (MOST_PRICES - 1,))
                file.execute(_OLD_RECORDS, (MOST_RECORDS - 1,))

        self.work(written)

    def has(self, record: Record, text: str) -> bool:
        """Whether the last entry of a record's run is of this very text."""
        rows = self._rows("SELECT digest FROM runs WHERE run = ? ORDER BY number DESC LIMIT 1", (record.name,))
        return bool(rows) and rows[0][0] == _digest(text)

    def before(self, moment: pd.Timestamp) -> Record | None:
        """The newest schedule that begins no later than a moment."""
        schedule = self._first_readable("start <= ? ORDER BY start DESC, number DESC", (_seconds(moment),))
        return None if schedule is None else schedule[0]

    def last(self) -> tuple[Record, str] | None:
        """The schedule that was handed out last, and its text."""
        return self._first_readable("1 ORDER BY number DESC", ())

    def _first_readable(self, which: str, values: tuple[Any, ...]) -> tuple[Record, str] | None:
        query = f"SELECT number FROM runs WHERE record IS NOT NULL AND {_HANDED_OUT} AND {which} LIMIT ?"  # noqa: S608  # no input
        for (number,) in self._rows(query, (*values, _MOST_TRIED)):
            schedule = self._written(number)
            if schedule is not None:
                return schedule
        return None

    def record(self, number: int) -> Record | None:
        """The schedule of a run; None where it is damaged or kept no longer."""
        schedule = self._written(number)
        return None if schedule is None else schedule[0]

    def _written(self, number: int) -> tuple[Record, str] | None:
        from optimizer.daily.record import record_of  # what has become of old runs is read without their records

        rows = self._rows("SELECT run, start, digest, record FROM runs WHERE number = ?", (number,))
        if not rows or rows[0][3] is None:
            return None
        run, start, digest, packed = rows[0]
        where = f"{self.path}: the record of {run}"
        try:
            text = zlib.decompress(packed).decode()
            if _digest(text) != digest:
                raise ValueError
            record = record_of(text, where)
            if _seconds(record.start) != start:
                raise ValueError
        except (zlib.error, ValueError, TypeError):
            self.note(f"{where} is damaged and left out")
            return None
        except CurtailError as error:
            self.note(f"{error}; left out")
            return None
        return record, text

    def runs(self) -> list[RunEntry]:
        """Every run in the order in which they were made."""
        runs = []
        for row in self._rows(f"SELECT {COLUMNS} FROM runs ORDER BY number"):  # noqa: S608  # no input
            if all(isinstance(value, kind) for value, kind in zip(row, _TYPES.values(), strict=True)) and all(
                isfinite(value) for value in row if isinstance(value, float)
            ):
                runs.append(RunEntry(*row))
            else:
                self.note(f"{self.path}: run {row[0]} is damaged and left out")
        return runs

    def entries(self, since: int = 0) -> list[Entry]:
        """The schedules handed out from a moment on, by their start; of those that begin together the last."""
        query = (
            "SELECT max(number), run, start, end FROM runs "  # noqa: S608  # no input
            f"WHERE start >= ? AND {_HANDED_OUT} GROUP BY start ORDER BY start"
        )
        return [Entry(*row) for row in self._rows(query, (since,))]

    def schedules(self) -> Iterator[tuple[int, Record]]:
        """The records of all `entries` that still have one, with the number of their run."""
        for entry in self.entries():
            record = self.record(entry.number)
            if record is not None:
                yield entry.number, record

    def first_start(self) -> int | None:
        """When the earliest schedule begins."""
        rows: list[tuple[int | None]] = self._rows(f"SELECT min(start) FROM runs WHERE {_HANDED_OUT}")  # noqa: S608  # no input
        return rows[0][0]

    def last_end(self) -> int | None:
        """When the latest schedule has run out."""
        rows: list[tuple[int | None]] = self._rows(f"SELECT max(end) FROM runs WHERE {_HANDED_OUT}")  # noqa: S608  # no input
        return rows[0][0]

    def settled_until(self) -> int:
        """The start of the latest schedule of which it is kept what became of it."""
        query = "SELECT start FROM runs WHERE number = (SELECT number FROM settled ORDER BY ends DESC LIMIT 1)"
        rows = self._rows(query)
        return rows[0][0] if rows and isinstance(rows[0][0], int) else 0

    def settled(self, since: int = 0) -> dict[int, tuple[int, str]]:
        """What became of schedules that ended after a moment, as far as it is kept: by number, the end and a text."""
        return {
            number: (ends, text)
            for number, ends, text, digest in self._rows(
                "SELECT number, ends, told, digest FROM settled WHERE ends > ?", (since,)
            )
            if isinstance(ends, int) and isinstance(text, str) and _settled_digest(number, ends, text) == digest
        }

    def version(self) -> int:
        """A number that changes when another program has written the file."""
        return int(self._rows("PRAGMA data_version")[0][0])

    def keep_settled(self, rows: Iterable[tuple[int, int, str]], version: int) -> None:
        """Keep what became of schedules, (number, ends, told), unless the file has changed since that `version`."""
        values = [(number, ends, text, _settled_digest(number, ends, text)) for number, ends, text in rows]

        def written(file: sqlite3.Connection) -> None:
            with whole(file):
                if file.execute("PRAGMA data_version").fetchone()[0] == version:
                    file.executemany("INSERT OR REPLACE INTO settled VALUES (?, ?, ?, ?)", values)

        if values:
            self.work(written)

    def note_prices(self, rows: Iterable[tuple[int, int, float]], rank: Rank) -> None:
        """Keep prices as they turned out, (start, end, USD/MWh); later news of the same start and rank goes before.

        Raises CurtailError where they are lost with this run.
        """
        values = [(*row, int(rank)) for row in rows]

        def written(file: sqlite3.Connection) -> None:
            with whole(file):
                file.executemany(_NOTED, values)

        self.work(written)
        if self.in_memory:
            raise CurtailError(f"prices as they turned out cannot be kept: {self.trouble[-1]}")

    def prices(self, since: int, until: int = 2**62, *, least: Rank = Rank.FORESEEN) -> Prices:
        """Prices of at least a rank that hold somewhere in [since, until)."""
        rows = self._rows(_PRICES, (since, until, int(least)))
        if not rows:
            return NO_PRICES
        starts, ends, usd = zip(*rows, strict=True)
        return Prices(np.array(starts, dtype=np.int64), np.array(ends, dtype=np.int64), np.array(usd))

    def _rows(self, query: str, values: tuple[Any, ...] = ()) -> list[Any]:
        return self.work(lambda file: file.execute(query, values).fetchall())


def _seconds(moment: pd.Timestamp) -> int:
    return int(moment.timestamp())


def _settled_digest(number: int, ends: int, text: str) -> str:
    return _digest(f"{SETTLED_FORM} {number} {ends} {text}")


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
