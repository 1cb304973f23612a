"""An SQLite file that results are kept in as they arrive, and that belongs to one set of inputs."""

from __future__ import annotations

import sqlite3
from pathlib import Path

from optimizer.errors import CurtailError, InputError

_STUDY = "CREATE TABLE IF NOT EXISTS study (digest TEXT NOT NULL);"
_WAIT_S = 60.0  # for another writer


def opened(path: Path, tables: str, digest: str, inputs: str) -> sqlite3.Connection:
    """The file, made with its tables where it is not there yet. ``digest`` tells what its results follow from.

    Raises InputError for a file of another digest, whose message names the ``inputs``, and CurtailError where it cannot
    be used.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        file = sqlite3.connect(path, timeout=_WAIT_S)
        file.execute("PRAGMA journal_mode=WAL")
        with file:
            file.executescript(_STUDY + tables)
            file.execute("INSERT INTO study SELECT ? WHERE NOT EXISTS (SELECT 1 FROM study)", (digest,))
            stored = file.execute("SELECT digest FROM study").fetchone()[0]
    except (OSError, sqlite3.Error) as error:
        raise CurtailError(f"{path}: cannot be used for results: {error}") from None
    if stored != digest:
        file.close()
        raise InputError(
            f"{path}: holds results of other inputs: {inputs} or a version of the software has changed since. Give "
            "another --out, or delete this file to begin anew"
        )
    return file
