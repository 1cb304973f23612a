"""Results on disk as they arrive: an SQLite file, each chunk whole or not there."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import closing
from pathlib import Path

from optimizer.ensemble.work import ScenarioResult
from optimizer.errors import CurtailError
from optimizer.files.results import opened

_TABLES = """
CREATE TABLE IF NOT EXISTS outcomes (
    number INTEGER PRIMARY KEY, failure TEXT, figures BLOB NOT NULL, lines BLOB NOT NULL, running BLOB NOT NULL
);
"""


class EnsembleStore:
    """The results of one study. Raises InputError for a file of another study, CurtailError where it cannot write."""

    def __init__(self, path: Path, digest: str) -> None:
        self.path = path
        self._file = opened(path, _TABLES, digest, "the farm, its market, the ensemble")

    def close(self) -> None:
        """Let go of the file."""
        self._file.close()

    def add(self, outcomes: Iterable[ScenarioResult]) -> None:
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

    def outcomes(self, scenarios: int) -> Iterator[ScenarioResult]:
        """All outcomes below ``scenarios``, by number."""
        query = "SELECT number, failure, figures, lines, running FROM outcomes WHERE number < ? ORDER BY number"
        with closing(self._file.execute(query, (scenarios,))) as rows:
            for row in rows:
                yield ScenarioResult(*row)
