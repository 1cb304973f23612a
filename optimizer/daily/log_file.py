"""The SQLite file behind the history: whole, or set aside and begun anew. A run that writes it is never stopped by it.

Where the file can be neither used nor set aside (a full disk, somebody else's lock), a run works on a copy in memory of
what it needs: it plans as ever, and says that it was not logged.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TypeVar

from optimizer.daily.aside import set_aside
from optimizer.errors import CurtailError, InputError

T = TypeVar("T")
HISTORY = "history.sqlite"  # in a state folder
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
CREATE TABLE IF NOT EXISTS settled (
    number INTEGER PRIMARY KEY, ends INTEGER NOT NULL, told TEXT NOT NULL, digest TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS settled_by_end ON settled (ends);
"""
# What a schedule came to rests on the prices of its hours, on when the next one began, and on those before it
_NO_LONGER = (
    "DELETE FROM settled WHERE ends > new.start "
    "AND (SELECT record IS NOT NULL FROM runs WHERE runs.number = settled.number)"
)
_TRIGGERS = "".join(
    f"CREATE TRIGGER IF NOT EXISTS {name} AFTER {event} BEGIN {_NO_LONGER}; END;\n"
    for name, event in (
        ("run_handed_out", "INSERT ON runs WHEN new.record IS NOT NULL"),
        ("price_came", "INSERT ON prices"),
        ("price_changed", "UPDATE ON prices"),
    )
)
COLUMNS = "number, logged, seconds, at, status, exit_code, message, run, start, end, planned_usd, inputs"  # of a `Run`
_LOOKS = (
    f"SELECT {COLUMNS}, digest, record FROM runs LIMIT 0",  # noqa: S608  # no input
    "SELECT start, end, usd_per_mwh, rank FROM prices LIMIT 0",
    "SELECT number, ends, told, digest FROM settled LIMIT 0",
)
_COPIED = (
    "INSERT INTO prices SELECT * FROM kept.prices ORDER BY start DESC LIMIT 5000",
    "INSERT INTO runs SELECT * FROM kept.runs WHERE record IS NOT NULL ORDER BY number DESC LIMIT 50",
)
_BESIDE = ("-wal", "-shm", "-journal")
_DAMAGED = (sqlite3.SQLITE_ERROR, sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_MISMATCH, sqlite3.SQLITE_NOTADB)
_DAMAGED_READING = (sqlite3.SQLITE_IOERR_SHORT_READ,)
_WAIT_S = 5.0  # for somebody who writes
_WAIT_COPYING_S = 0.1


_SQLITE = (sqlite3.Error, UnicodeDecodeError)  # the latter where its own message quotes a damaged file


class _DamagedError(Exception):
    """The file is there and is no history."""


class LogFile:
    """The file opened for a run, which never fails for it, or for ``reading``, which raises CurtailError.

    ``trouble`` says what is wrong with it.
    """

    def __init__(self, path: Path, *, reading: bool = False) -> None:
        self.path, self.reading = path, reading
        self.trouble: list[str] = []
        if reading and not path.exists():
            raise InputError(f"{path.parent} holds no history: no run has been made with this --state")
        self.fresh = False  # begun anew: nothing was there that could be read
        self.in_memory = False  # lost with this run
        try:
            self._file = self._opened()
        except (_DamagedError, *_SQLITE) as error:
            self._file = self._otherwise(error)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._file.close()

    def work(self, on: Callable[[sqlite3.Connection], T]) -> T:
        """Do something with the file; with a new one, where it turns out to be damaged, or with one in memory."""
        try:
            return on(self._file)
        except _SQLITE as error:
            self._file = self._otherwise(error)
        try:
            return on(self._file)
        except _SQLITE as error:
            self._file = self._in_memory(error)
        return on(self._file)

    def check(self) -> None:
        """Look through the whole file, so that what is damaged is not met in the middle of a run."""
        verdict = self.work(lambda file: file.execute("PRAGMA quick_check(1)").fetchone()[0])
        if verdict != "ok":
            self._file = self._otherwise(_DamagedError(verdict))

    def note(self, line: str) -> None:
        """Say something once."""
        if line not in self.trouble:
            self.trouble.append(line)

    def _opened(self) -> sqlite3.Connection:
        for path in (self.path, *self._beside()):
            if os.path.lexists(path) and not path.is_file():
                raise _DamagedError(f"{path.name} is no file")
        file = _connected(str(self.path), _WAIT_S)
        try:
            form = file.execute("PRAGMA user_version").fetchone()[0]
            if form not in (0, FORM):
                raise _DamagedError(f"it is of another version of curtail (form {form}, not {FORM})")
            if form == 0 and file.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]:
                raise _DamagedError("it is a database of something else")
            if self.reading:
                with suppress(*_SQLITE):
                    _prepare(file)  # what was settled is kept where it may be written
            else:
                self.fresh = self.fresh or form == 0
                file.execute("PRAGMA journal_mode=WAL")
                file.execute("PRAGMA synchronous=FULL")
                _prepare(file)
        except BaseException:
            file.close()
            raise
        return file

    def _otherwise(self, error: Exception) -> sqlite3.Connection:
        """What to go on with after a failure."""
        if self.reading:
            raise CurtailError(f"{self.path}: the history cannot be read: {error}") from None
        with suppress(AttributeError):
            self._file.close()
        if not _is_damage(error):
            return self._in_memory(error)
        for path in (self.path, *self._beside()):
            if os.path.lexists(path):
                beside = self._beside() if path == self.path else ()
                self.note(set_aside(path, f"the history cannot be used: {error}", beside=beside))
        self.fresh = True
        try:
            return self._opened()
        except (_DamagedError, *_SQLITE) as again:
            return self._in_memory(again)

    def _in_memory(self, error: Exception) -> sqlite3.Connection:
        """An empty history, with what can still be read of the latest runs and prices."""
        full = getattr(error, "sqlite_errorname", "").startswith(("SQLITE_IOERR", "SQLITE_FULL"))
        advice = "; make room on the disk" if full else ""
        self.note(f"{self.path}: the history cannot be used: {error}; this run plans without writing it{advice}")
        with suppress(AttributeError):
            self._file.close()
        self.in_memory = True
        file = _connected(":memory:", _WAIT_COPYING_S)
        _prepare(file)
        with suppress(*_SQLITE):
            file.execute("ATTACH ? AS kept", (f"{self.path.absolute().as_uri()}?mode=ro",))
            for copied in _COPIED:
                file.execute(copied)
        with suppress(*_SQLITE):
            file.execute("DETACH kept")
        return file

    def _beside(self) -> list[Path]:
        return [self.path.with_name(self.path.name + end) for end in _BESIDE]


def _connected(name: str, wait: float) -> sqlite3.Connection:
    file = sqlite3.connect(
        Path(name).absolute().as_uri() if name != ":memory:" else name, timeout=wait, isolation_level=None, uri=True
    )
    file.text_factory = lambda text: text.decode("utf-8", "replace")
    return file


def _prepare(file: sqlite3.Connection) -> None:
    """Make the tables where they are missing. Raises sqlite3.Error where they are others."""
    try:
        _look(file)
    except sqlite3.OperationalError:
        file.executescript(f"BEGIN IMMEDIATE; {_TABLES} {_TRIGGERS} PRAGMA user_version={FORM}; COMMIT;")
        _look(file)


def _look(file: sqlite3.Connection) -> None:
    for look in _LOOKS:
        file.execute(look)


def _is_damage(error: Exception) -> bool:
    """Whether a failure says that the file is no history, rather than that it cannot be reached now."""
    code: Any = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_OK)
    return isinstance(error, _DamagedError | UnicodeDecodeError) or code in _DAMAGED_READING or code & 0xFF in _DAMAGED


@contextmanager
def whole(file: sqlite3.Connection) -> Iterator[None]:
    """All that is written inside, or nothing of it."""
    file.execute("BEGIN IMMEDIATE")
    try:
        yield
    except BaseException:
        with suppress(sqlite3.Error):
            file.execute("ROLLBACK")
        raise
    file.execute("COMMIT")
