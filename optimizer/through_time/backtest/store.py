"""What has been replayed so far, on disk: pieces of schedules by rung, place and the state they begin from.

A piece depends on nothing but these three. So whoever has made it, in whatever order, it may be used wherever a replay
comes to the same place in the same state: that is what makes a replay resumable, and parallel with the same answer.
"""

from __future__ import annotations

import hashlib
import io
import json
import sqlite3
from collections.abc import Mapping
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

import numpy as np

from optimizer.accounts.reasons import Reason, reason_of
from optimizer.arrays import F
from optimizer.errors import CurtailError
from optimizer.files.results import opened
from optimizer.through_time.policies import Followed

_OFF = "off"
_TABLES = """
CREATE TABLE IF NOT EXISTS pieces (
    rung TEXT, first INTEGER, begun TEXT, stop INTEGER NOT NULL, schedule BLOB NOT NULL, state TEXT NOT NULL,
    PRIMARY KEY (rung, first, begun)
);
"""


class BacktestStore:
    """The pieces of one backtest. Raises InputError for a file of another, CurtailError where it cannot write."""

    def __init__(self, path: Path, digest: str) -> None:
        self.path = path
        self._file = opened(path, _TABLES, digest, "the farm, its history")

    def close(self) -> None:
        """Let go of the file."""
        self._file.close()

    def put(self, rung: str, first: int, begun: str, stop: int, piece: Followed, state: str) -> None:
        """Keep a piece of a schedule: all of it or, whatever happens meanwhile, nothing."""
        row = (rung, first, _key(begun), stop, packed_schedule(piece), state)
        try:
            with self._file:
                self._file.execute("INSERT OR IGNORE INTO pieces VALUES (?, ?, ?, ?, ?, ?)", row)
        except sqlite3.Error as error:
            raise CurtailError(f"{self.path}: cannot be written: {error}; the same command goes on from here") from None

    def get(self, rung: str, first: int, begun: str) -> tuple[int, Followed, str] | None:
        """The piece that begins there in a state: where it stops, itself, and the state after it."""
        query = "SELECT stop, schedule, state FROM pieces WHERE rung = ? AND first = ? AND begun = ?"
        with closing(self._file.execute(query, (rung, first, _key(begun)))) as rows:
            row = rows.fetchone()
        return None if row is None else (row[0], unpacked(row[1]), row[2])

    def done(self) -> Mapping[str, int]:
        """Intervals kept so far, by rung; those that lie under several states count once."""
        query = "SELECT rung, SUM(stop - first) FROM (SELECT DISTINCT rung, first, stop FROM pieces) GROUP BY rung"
        with closing(self._file.execute(query)) as rows:
            return dict(rows.fetchall())


def _key(state: str) -> str:
    return hashlib.sha256(state.encode()).hexdigest()


def packed_schedule(piece: Followed) -> bytes:
    """A schedule as plain arrays, compressed."""
    series = {(name, label): row for name, rows in piece.table.items() for label, row in rows.items()}
    arrays = {json.dumps(key): row for key, row in series.items()}
    arrays |= {json.dumps((_OFF, str(reason))): counts for reason, counts in piece.off.items()}
    file = io.BytesIO()
    numbered: dict[str, Any] = {str(n): values for n, values in enumerate(arrays.values())}
    np.savez_compressed(file, names=np.array([*arrays, json.dumps(list(piece.table))]), **numbered)
    return file.getvalue()


def unpacked(data: bytes) -> Followed:
    """The schedule that `packed_schedule` made bytes of."""
    off: dict[Reason, F] = {}
    with np.load(io.BytesIO(data), allow_pickle=False) as file:
        *keys, variables = (json.loads(str(name)) for name in file["names"])
        table: dict[str, dict[Any, F]] = {name: {} for name in variables}
        for n, (name, label) in enumerate(keys):
            if name == _OFF:
                off[reason_of(label)] = file[str(n)]
            else:
                table[name][tuple(label) if isinstance(label, list) else label] = file[str(n)]
    return Followed(table, off)


def forget(path: Path) -> None:
    """Remove a store that nobody needs any more, and its folder where nothing else is in it."""
    for name in (path.name, f"{path.name}-wal", f"{path.name}-shm"):
        path.with_name(name).unlink(missing_ok=True)
    with suppress(OSError):
        path.parent.rmdir()
