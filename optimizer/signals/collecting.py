"""Price files fetched from their publishers on a schedule, put whole into folders that farm files read."""

from __future__ import annotations

import asyncio
import os
import re
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from urllib.parse import urlencode

from optimizer.daily.feed_address import shown_address, without_secrets
from optimizer.daily.fetch import StoppedError, fetch
from optimizer.errors import CurtailError
from optimizer.execution.credentials import Credentials
from optimizer.files.outputs import write_file
from optimizer.outside import printable
from optimizer.signals.publishers import AnyPublisher, Entsoe, Ercot, GridStatus
from optimizer.signals.signal import MessageError, parsed

_MOST_BYTES, _DEADLINE_S = 50_000_000, 60.0
_PLAIN = re.compile(r"[^A-Za-z0-9._-]")
_BACK, _AHEAD = timedelta(days=2), timedelta(days=2)
_BEGINNINGS = (b"PK", b"<?xml", b"<Publication", b"{", b"[")  # of what price files are, but for CSV
_REFUSALS = (b"<!doctype", b"<html", b"<acknowledgement_marketdocument")


class Collecting:
    """One publisher and its folder. ``base`` is the folder that ``into`` is relative to; ``wall`` the clock."""

    def __init__(
        self,
        publisher: AnyPublisher,
        base: Path,
        credentials: Credentials,
        wall: Callable[[], datetime],
        say: Callable[[str], None],
    ) -> None:
        self.publisher, self.folder, self.wall, self.say = publisher, base / publisher.into, wall, say
        self.secret = credentials.of(publisher.kind).password.get_secret_value()
        self.news_at = wall()  # when it last brought something new
        self.stopped = False
        self._trouble = ""

    @property
    def silent(self) -> bool:
        """Whether it has brought nothing new for too long."""
        return self.wall() - self.news_at > timedelta(minutes=self.publisher.silent_minutes)

    def look(self) -> None:
        """Fetch what is new; what goes wrong is told once and tried again at the next look."""
        try:
            for name, content in self._news():
                if self._put(name, content):
                    self.news_at = self.wall()
            self._trouble = ""
        except StoppedError:
            return
        except (CurtailError, OSError, ValueError) as error:
            self._tell(f"{self.publisher.name}: nothing could be fetched: {printable(str(error))[:300]}")
            return
        if self.silent:
            self._tell(f"{self.publisher.name}: has brought nothing new since {self.news_at:%Y-%m-%d %H:%M} UTC")

    async def go_on(self) -> None:
        """Look for good."""
        while True:
            await asyncio.to_thread(self.look)
            await asyncio.sleep(self.publisher.every_minutes * 60.0)

    def _tell(self, line: str) -> None:
        if line != self._trouble:
            self._trouble = line
            self.say(line)

    def _got(self, url: str, headers: dict[str, str] | None = None) -> bytes:
        try:
            return fetch(url, headers or {}, _MOST_BYTES, _DEADLINE_S, lambda: self.stopped).body
        except OSError as error:
            reason = without_secrets(str(error), url, headers or {})
            raise CurtailError(f"{shown_address(url)}: {reason[:200]}") from None

    def _news(self) -> Iterator[tuple[str, bytes]]:
        """Files that are new or may be, by their names."""
        publisher, now = self.publisher, self.wall()
        if isinstance(publisher, Ercot):
            yield from self._documents(publisher)
        elif isinstance(publisher, Entsoe):
            day = now.replace(hour=0, minute=0, second=0, microsecond=0)
            begins, ends = (f"{at:%Y%m%d%H%M}" for at in (day - _BACK, day + _AHEAD))
            asked = {
                "securityToken": self.secret,
                "documentType": "A44",
                "in_Domain": publisher.zone,
                "out_Domain": publisher.zone,
                "periodStart": begins,
                "periodEnd": ends,
            }
            yield f"{publisher.name}.xml", self._got(f"{publisher.url}?{urlencode(asked)}")
        elif isinstance(publisher, GridStatus):
            asked = {"start_time": (now - _BACK).isoformat(), "end_time": (now + _AHEAD).isoformat()}
            if publisher.location is not None:
                asked |= {"filter_column": "location", "filter_value": publisher.location}
            yield f"{publisher.name}.json", self._got(f"{publisher.url}?{urlencode(asked)}", {"x-api-key": self.secret})

    def _documents(self, publisher: Ercot) -> Iterator[tuple[str, bytes]]:
        """The newest documents of a report type that are not in the folder yet, oldest first; others are removed."""
        answer = parsed(self._got(publisher.list_url.replace("{report}", str(publisher.report))), _MOST_BYTES)
        try:
            listed = [one["Document"] for one in answer["ListDocsByRptTypeRes"]["DocumentList"]]
            documents = sorted(
                (str(one["PublishDate"]), _PLAIN.sub("_", str(one["ConstructedName"])), str(one["DocID"]))
                for one in listed
                if "xml" not in str(one["FriendlyName"]).lower()
            )[-publisher.newest :]
        except (LookupError, TypeError):
            raise MessageError("the list of documents is not as ERCOT writes it") from None
        kept = {f"{publisher.name}-{name}" for _, name, _ in documents}
        for _, name, number in documents:
            if not (self.folder / f"{publisher.name}-{name}").exists() and number.isdigit():
                yield f"{publisher.name}-{name}", self._got(publisher.document_url.replace("{id}", number))
        for file in self.folder.glob(f"{publisher.name}-*") if kept else ():
            if file.name not in kept:
                file.unlink(missing_ok=True)

    def _put(self, name: str, content: bytes) -> bool:
        """Put a file in place where it says something new. Raises MessageError for what is no price file."""
        begins = content.lstrip()[:500].lower()
        if not begins or any(mark in begins for mark in _REFUSALS):
            raise MessageError(f"{name} is a page or a refusal, no price file; what stood there stays")
        if not content.startswith(_BEGINNINGS) and b"," not in content[:2000]:
            raise MessageError(f"{name} is neither CSV nor JSON, XML or an archive; what stood there stays")
        file = self.folder / name
        if file.exists() and file.read_bytes() == content:
            return False
        write_file(file, partial(_filled, content))
        return True


def _filled(content: bytes, file: Path) -> None:
    with file.open("wb") as out:
        out.write(content)
        out.flush()
        os.fsync(out.fileno())


async def collect(collecting: Sequence[Collecting], once: bool) -> None:
    """Fetch from all publishers, once or for good."""
    if once:
        for one in collecting:
            await asyncio.to_thread(one.look)
        return
    await asyncio.gather(*(one.go_on() for one in collecting))
