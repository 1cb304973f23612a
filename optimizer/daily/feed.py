"""A price feed: a folder that files arrive in, or an HTTP address. What cannot be read is counted and told.

The address comes from the command line or the environment only, what it asks of us from the environment only. Nothing
but http and https is asked. Whatever a feed says, reading it ends, and nothing is thrown.
"""

from __future__ import annotations

import hashlib
import os
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import urlsplit

from optimizer.config.daily import FeedRules
from optimizer.daily.feed_address import PASSWORD, USER, credentials, is_address, shown_address, without_secrets
from optimizer.daily.feed_rows import ANY_ROW, CLOCKS_APART, Batch, joined_batches, rows_in, several, unread
from optimizer.daily.feed_text import MOST_ROWS
from optimizer.daily.fetch import StoppedError, fetch
from optimizer.daily.prices import Prices
from optimizer.errors import InputError
from optimizer.outside import NoFileError, open_regular, printable

MOST_BYTES = 5_000_000
DEADLINE_S = 30.0  # for a whole fetch: name, connection, headers, body
READING_S = 5.0  # for the files of a folder; what is left is read at the next look
_KINDS = (".csv", ".json")


@dataclass(frozen=True)
class Heard:
    """What a feed has said: when its last good row came, when the newest of its rows begins, whether it failed last.

    Times are UTC; None before anything came.
    """

    came: datetime | None = None
    newest_start: datetime | None = None
    failed: bool = False


class Feed(Protocol):
    """Where prices come from."""

    heard: Heard

    def read(
        self,
        zone: str,
        now: datetime,
        minutes: float,
        rules: FeedRules = ANY_ROW,
        stopped: Callable[[], bool] = lambda: False,
    ) -> Batch:
        """What has come since the last reading; ``minutes`` is the length of a row that does not tell its own.

        ``rules`` say which rows are believed. Whatever is waited for, reading ends soon after ``stopped`` says so.
        """


def age_of(prices: Prices, now: datetime) -> timedelta | None:
    """How long ago the newest price that has begun did so; None where none has.

    Its start counts, not when it came nor its end: a publisher that repeats itself is silent, and an end may be wrong.

    >>> import numpy as np
    >>> from datetime import UTC
    >>> at = datetime(2026, 2, 11, 6, tzinfo=UTC)
    >>> starts = np.array([int(at.timestamp()), int(at.timestamp()) + 3600])
    >>> age_of(Prices(starts, starts + 3600, np.array([20.0, 30.0])), at + timedelta(minutes=25))
    datetime.timedelta(seconds=1500)
    """
    begun = prices.starts[prices.starts <= now.timestamp()]
    return timedelta(seconds=now.timestamp() - float(begun.max())) if len(begun) else None


def feed_of(place: str, environment: Mapping[str, str] = os.environ) -> Feed:
    """The feed at an address or in a folder. Raises InputError for anything else."""
    if "://" in place:
        if not is_address(place):
            raise InputError(f"--prices {shown_address(place)}: must be a folder, or an address with http or https")
        if "@" in urlsplit(place).netloc:
            raise InputError(
                f"--prices {shown_address(place)}: give name and password as {USER} and {PASSWORD}, not in it"
            )
        return UrlFeed(place, credentials(environment))
    if Path(place).exists() and not Path(place).is_dir():
        raise InputError(f"--prices {printable(place)}: must be a folder, or an address with http or https")
    return FolderFeed(Path(place))  # one that is not there may come yet; a call is obeyed meanwhile, and it is told


@dataclass
class _Listening:
    """What a feed remembers from one reading to the next."""

    heard: Heard = field(default=Heard(), init=False)
    _seen: dict[str, Any] = field(default_factory=dict, init=False)  # what marks a text that need not be read again
    _known: Batch = field(default=Batch((), (), 0), init=False)  # locations and markets that the rows so far named
    _judged: tuple[str, FeedRules] | None = field(default=None, init=False)  # how what was seen was judged
    _clock: float | None = field(default=None, init=False)  # the wall clock less the monotonic one, seconds

    def _begin(self, zone: str, rules: FeedRules, now: datetime) -> None:
        """Read all of it again where rows would be judged otherwise: by other rules, or by another clock."""
        clock = now.timestamp() - time.monotonic()
        jumped = self._clock is not None and abs(clock - self._clock) > CLOCKS_APART.total_seconds()
        if jumped or self._judged != (zone, rules):
            self._seen = {}
        if self._judged != (zone, rules):
            self._known = joined_batches([])
        self._judged, self._clock = (zone, rules), clock

    def _taken(self, name: str, batches: list[Batch], now: datetime) -> Batch:
        """What a reading has brought, all of it or, where it mixes locations or markets, nothing."""
        batch = joined_batches(batches)
        known = joined_batches([replace(self._known, rows=(), refused=(), bad=0, failed=False), batch])
        mixed = several(known)
        if mixed is not None:
            batch = joined_batches(
                [unread(name, mixed), replace(batch, rows=(), locations=frozenset(), markets=frozenset())]
            )
        else:
            self._known = replace(known, rows=())
        if batch.rows:
            last = datetime.fromtimestamp(batch.rows[-1].start, now.tzinfo)
            newest = self.heard.newest_start
            self.heard = Heard(now, last if newest is None else max(last, newest))
        self.heard = replace(self.heard, failed=batch.failed)
        return batch


@dataclass
class FolderFeed(_Listening):
    """CSV and JSON files in a folder, in the order of their names; each is read again when it has changed."""

    folder: Path

    def read(
        self,
        zone: str,
        now: datetime,
        minutes: float,
        rules: FeedRules = ANY_ROW,
        stopped: Callable[[], bool] = lambda: False,
    ) -> Batch:
        """The rows of files that are new or have changed, as many as can be read within a few seconds."""
        self._begin(zone, rules, now)
        ends, batches, count = time.monotonic() + READING_S, [], 0
        try:
            files = [path for path in self.folder.iterdir() if path.suffix.lower() in _KINDS and path.name[:1] != "."]
        except OSError as error:
            files, batches = [], [unread(str(self.folder), error.strerror or str(error))]
        self._seen = {path.name: self._seen[path.name] for path in files if path.name in self._seen}
        for path in sorted(files):
            if stopped() or time.monotonic() > ends or count > MOST_ROWS:
                break
            try:
                content = self._news(path)
            except OSError as error:
                batches.append(unread(path.name, error.strerror or str(error)))
                continue
            if content is not None:
                batches.append(rows_in(content, path.name, zone, now, minutes, MOST_BYTES, rules, whole=False))
                count += len(batches[-1].rows)
        return self._taken(str(self.folder), batches, now)

    def _news(self, path: Path) -> bytes | None:
        """A file's bytes, where it has changed and nobody writes it just now. Raises OSError."""
        mark = _mark(path.stat())
        if self._seen.get(path.name) == mark:
            return None
        try:
            with open_regular(path) as file:
                before = _mark(os.fstat(file.fileno()))
                content = file.read(MOST_BYTES + 1)
                if _mark(os.fstat(file.fileno())) != before:
                    return None  # it is read at the next look
        except NoFileError:
            self._seen[path.name] = mark  # told once
            raise
        self._seen[path.name] = before
        return content


def _mark(state: os.stat_result) -> tuple[int, ...]:
    return state.st_ino, state.st_size, state.st_mtime_ns, state.st_ctime_ns


@dataclass
class UrlFeed(_Listening):
    """What an address answers; ``headers`` go to it and to nobody that it redirects to."""

    address: str
    headers: dict[str, str] = field(default_factory=dict, repr=False)

    def read(
        self,
        zone: str,
        now: datetime,
        minutes: float,
        rules: FeedRules = ANY_ROW,
        stopped: Callable[[], bool] = lambda: False,
    ) -> Batch:
        """The rows of the answer, where it is another than the last."""
        self._begin(zone, rules, now)
        name = shown_address(self.address)
        try:
            answer = fetch(self.address, self.headers, MOST_BYTES, DEADLINE_S, stopped)
        except StoppedError:
            return joined_batches([])
        except (OSError, ValueError) as error:
            return self._taken(name, [unread(name, without_secrets(str(error), self.address, self.headers)[:200])], now)
        digest = hashlib.sha256(answer.body).digest()
        if self._seen.get(name) == digest:
            return self._taken(name, [], now)
        self._seen = {name: digest}
        batch = rows_in(answer.body, name, zone, now, minutes, MOST_BYTES, rules, whole=answer.whole)
        return self._taken(name, [batch], now)
