"""Results on disk as they arrive: an SQLite file, each site whole or not there."""

from __future__ import annotations

import pickle
import sqlite3
import zlib
from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path

from optimizer.errors import CurtailError
from optimizer.files.results import opened
from optimizer.portfolio.coupling import Coupled
from optimizer.portfolio.work import SitePlan

_TABLES = """
CREATE TABLE IF NOT EXISTS coupled (one INTEGER PRIMARY KEY CHECK (one = 0), found BLOB NOT NULL);
CREATE TABLE IF NOT EXISTS sites (site INTEGER PRIMARY KEY, outcome BLOB NOT NULL);
CREATE TABLE IF NOT EXISTS days (
    site INTEGER, day INTEGER, piece BLOB NOT NULL, state TEXT NOT NULL, PRIMARY KEY (site, day)
);
CREATE TABLE IF NOT EXISTS files (site INTEGER, name TEXT, content BLOB NOT NULL, PRIMARY KEY (site, name));
"""


@dataclass(frozen=True)
class SiteDay:
    """A day of a site's schedule as it was executed, as bytes, and the state after it."""

    site: int
    piece: bytes
    state: str


class PortfolioStore:
    """The results of one portfolio. Raises InputError for a file of another, CurtailError where it cannot write."""

    def __init__(self, path: Path, digest: str) -> None:
        self.path = path
        self._file = opened(path, _TABLES, digest, "the farms, their markets, the portfolio")

    def close(self) -> None:
        """Let go of the file."""
        self._file.close()

    def keep(self, coupling: Coupled) -> None:
        """Keep what couples the sites."""
        self._write([("INSERT OR REPLACE INTO coupled VALUES (0, ?)", (pickle.dumps(coupling),))])

    @property
    def coupled(self) -> Coupled | None:
        """What was kept of that."""
        with closing(self._file.execute("SELECT found FROM coupled")) as rows:
            row = rows.fetchone()
        return None if row is None else pickle.loads(row[0])  # noqa: S301 - our own file

    def add(self, outcome: SitePlan) -> None:
        """Keep a site's plan and files: all of it or, whatever happens meanwhile, nothing."""
        bare = pickle.dumps(replace(outcome, files={}))
        rows: list[tuple[str, tuple[object, ...]]] = [
            (
                "INSERT OR REPLACE INTO files VALUES (?, ?, ?)",
                (outcome.site, name, _packed(content)),
            )
            for name, content in outcome.files.items()
        ]
        self._write([*rows, ("INSERT OR REPLACE INTO sites VALUES (?, ?)", (outcome.site, bare))])

    def add_day(self, day: int, made: SiteDay) -> None:
        """Keep a day of a site that is re-planned."""
        row = (made.site, day, made.piece, made.state)
        self._write([("INSERT OR REPLACE INTO days VALUES (?, ?, ?, ?)", row)])

    def days(self, day: int) -> dict[int, str]:
        """The states after a day, of the sites that have it."""
        with closing(self._file.execute("SELECT site, state FROM days WHERE day = ?", (day,))) as rows:
            return dict(rows.fetchall())

    def pieces(self, site: int) -> Iterator[bytes]:
        """The days of a site in their order."""
        with closing(self._file.execute("SELECT piece FROM days WHERE site = ? ORDER BY day", (site,))) as rows:
            yield from (piece for (piece,) in rows)

    def _write(self, rows: list[tuple[str, tuple[object, ...]]]) -> None:
        try:
            with self._file:
                for statement, values in rows:
                    self._file.execute(statement, values)
        except sqlite3.Error as error:
            raise CurtailError(f"{self.path}: cannot be written: {error}; the same command goes on from here") from None

    def outcomes(self) -> list[SitePlan]:
        """The sites' plans there are, in their order, without their files."""
        with closing(self._file.execute("SELECT outcome FROM sites ORDER BY site")) as rows:
            return [pickle.loads(row[0]) for row in rows]  # noqa: S301 - our own file

    def files(self, names: Mapping[int, str], beside: Mapping[str, str]) -> Files:
        """The files of all sites, in folders of these names, read one at a time, and those ``beside`` the folders."""
        return Files(self._file, names, beside)


class Files(Mapping[str, str | bytes]):
    """Files in the folders of their sites, each read when it is asked for, and files beside the folders."""

    def __init__(self, file: sqlite3.Connection, names: Mapping[int, str], beside: Mapping[str, str]) -> None:
        self._file, self._beside = file, beside
        with closing(file.execute("SELECT site, name FROM files ORDER BY site, name")) as rows:
            self._at = {f"{names[site]}/{name}": (site, name) for site, name in rows}

    def __getitem__(self, name: str) -> str | bytes:
        if name in self._beside:
            return self._beside[name]
        with closing(
            self._file.execute("SELECT content FROM files WHERE site = ? AND name = ?", self._at[name])
        ) as rows:
            return zlib.decompress(rows.fetchone()[0])

    def __iter__(self) -> Iterator[str]:
        yield from self._beside
        yield from self._at

    def __len__(self) -> int:
        return len(self._beside) + len(self._at)


def _packed(content: str | bytes) -> bytes:
    return zlib.compress(content.encode() if isinstance(content, str) else content)
