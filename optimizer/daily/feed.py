"""A price feed: a folder that files arrive in, or an HTTP address. What cannot be read is counted and told.

The address comes from the command line or the environment only. Nothing but http and https is asked.
"""

from __future__ import annotations

import hashlib
import http.client
import time
import urllib.error
import urllib.request
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Protocol
from urllib.parse import urlsplit

from optimizer.daily.feed_rows import Batch, joined, rows_in
from optimizer.errors import InputError

MOST_BYTES = 5_000_000
TIMEOUT_S = 10.0  # without a byte
DEADLINE_S = 30.0  # for all of them
_CHUNK = 65_536
_KINDS = (".csv", ".json")


class Feed(Protocol):
    """Where prices come from."""

    def read(self, zone: str, now: datetime, minutes: float) -> Batch:
        """What has come since the last reading; ``minutes`` is the length of a row that does not tell its own."""


def feed_of(place: str) -> Feed:
    """The feed at an address or in a folder. Raises InputError for anything else."""
    if "://" in place:
        if urlsplit(place).scheme not in ("http", "https") or not urlsplit(place).netloc:
            raise InputError(f"--prices {shown(place)}: must be a folder, or an address with http or https")
        return UrlFeed(place)
    if not Path(place).is_dir():
        raise InputError(f"--prices {place}: there is no such folder")
    return FolderFeed(Path(place))


def shown(address: str) -> str:
    """An address without what may be secret in it.

    >>> shown("https://me:pass@prices.example/now?key=secret")
    'https://prices.example/now'
    """
    parts = urlsplit(address)
    return f"{parts.scheme}://{parts.hostname or ''}{parts.path}"


@dataclass
class FolderFeed:
    """CSV and JSON files in a folder, in the order of their names; each is read again when it has changed."""

    folder: Path
    _seen: dict[str, tuple[int, int]] = field(default_factory=dict)

    def read(self, zone: str, now: datetime, minutes: float) -> Batch:
        """The rows of files that are new or have changed."""
        batches = []
        try:
            files = sorted(path for path in self.folder.iterdir() if path.suffix.lower() in _KINDS)
        except OSError as error:
            return Batch((), (f"{self.folder}: {error.strerror}",), 1)
        for path in files:
            if path.name.startswith("."):
                continue
            try:
                state = path.stat()
                mark = (state.st_mtime_ns, state.st_size)
                if self._seen.get(path.name) == mark:
                    continue
                with path.open("rb") as file:
                    content = file.read(MOST_BYTES + 1)
            except OSError as error:
                batches.append(Batch((), (f"{path.name}: {error.strerror}",), 1))
                continue
            self._seen[path.name] = mark
            batches.append(rows_in(content, path.name, zone, now, minutes, MOST_BYTES))
        return joined(batches)


@dataclass
class UrlFeed:
    """What an address answers."""

    address: str
    _seen: str = ""

    def read(self, zone: str, now: datetime, minutes: float) -> Batch:
        """The rows of the answer, where it is another than the last."""
        name = shown(self.address)
        try:
            content = self._answer()
        except (OSError, http.client.HTTPException, ValueError) as error:
            reason = str(getattr(error, "reason", None) or error)
            code = f"{error.code} " if isinstance(error, urllib.error.HTTPError) else ""
            return Batch((), (f"{name}: {code}{self._without_secrets(reason)}",), 1)
        digest = hashlib.sha256(content).hexdigest()
        if digest == self._seen:
            return joined([])
        self._seen = digest
        return rows_in(content, name, zone, now, minutes, MOST_BYTES)

    def _without_secrets(self, reason: str) -> str:
        parts = urlsplit(self.address)
        for secret in (self.address, parts.netloc.rpartition("@")[0], parts.password, parts.query, parts.fragment):
            reason = reason.replace(secret, "...") if secret else reason
        return reason

    def _answer(self) -> bytes:
        opener = urllib.request.OpenerDirector()
        for handler in (
            urllib.request.ProxyHandler,
            urllib.request.UnknownHandler,
            urllib.request.HTTPHandler,
            urllib.request.HTTPSHandler,
            urllib.request.HTTPDefaultErrorHandler,
            urllib.request.HTTPRedirectHandler,
            urllib.request.HTTPErrorProcessor,
        ):
            opener.add_handler(handler())
        request = urllib.request.Request(self.address, headers={"User-Agent": "curtail"})  # noqa: S310  # see feed_of
        ends, parts, size = time.monotonic() + DEADLINE_S, [], 0
        with opener.open(request, timeout=TIMEOUT_S) as answer:
            while size <= MOST_BYTES and (part := answer.read1(_CHUNK)):
                parts.append(part)
                size += len(part)
                if time.monotonic() > ends:
                    raise TimeoutError(f"the answer took longer than {DEADLINE_S:g} s")
        return b"".join(parts)
