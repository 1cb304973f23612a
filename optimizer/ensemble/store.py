"""Results on disk as they arrive: an SQLite file, each chunk whole or not there."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import closing
from pathlib import Path

from optimizer.ensemble.work import Outcome
from optimizer.errors import CurtailError, InputError

_TABLES = """
CREATE TABLE IF NOT EXISTS study (digest TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS outcomes (
    number INTEGER PRIMARY KEY, failure TEXT, figures BLOB NOT NULL, lines BLOB NOT NULL, running BLOB NOT NULL
);
"""
_WAIT_S = 60.0  # for another writer's chunk


class Store:
    """The results of one study. Raises InputError for a file of another study, CurtailError where it cannot write."""

    def __init__(self, path: Path, digest: str) -> None:
        self.path = path
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._file = sqlite3.connect(path, timeout=_WAIT_S)
            with self._file:
                self._file.executescript(_TABLES)
                found = self._file.execute("SELECT digest FROM study").fetchone()
                if found is None:
                    self._file.execute("INSERT INTO study VALUES (?)", (digest,))
        except (OSError, sqlite3.Error) as error:
            raise CurtailError(f"{path}: cannot be used for results: {error}") from None
        if found is not None and found[0] != digest:
            self.close()
            raise InputError(
                f"{path}: holds results of other inputs: the farm, its market, the ensemble or a version of the "
                "software has changed since. Give another --out, or delete this file to begin anew"
            )

    def close(self) -> None:
        """Let go of the file."""
        self._file.close()

    def add(self, outcomes: Iterable[Outcome]) -> None:
        """Write a chunk: all of it or, whatever happens meanwhile, nothing."""
        rows = [(o.number, o.failure, o.figures, o.lines, o.running) for o in outcomes]
        try:
            with self._file:
                self._file.executemany("INSERT OR IGNORE INTO outcomes VALUES (?, ?, ?, ?, ?)", rows)
        except sqlite3.Error as error:
            raise CurtailError(f"{self.path}: cannot be written: {error}; the same command goes on from here") from None

    def missing(self, scenarios: int) -> list[int]:
        """Numbers below ``scenarios`` that have no outcome yet, in order."""
        with closing(self._file.execute("SELECT number FROM outcomes WHERE number < ?", (scenarios,))) as rows:
            there = {number for (number,) in rows}
        return [number for number in range(scenarios) if number not in there]

    def outcomes(self, scenarios: int) -> Iterator[Outcome]:
        """All outcomes below ``scenarios``, by number."""
        query = "SELECT number, failure, figures, lines, running FROM outcomes WHERE number < ? ORDER BY number"
        with closing(self._file.execute(query, (scenarios,))) as rows:
            for row in rows:
                yield Outcome(*row)
