"""One call as its source tells it, and the checks that every message passes: its age, its times, its numbers."""

from __future__ import annotations

import hashlib
import json
import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from pydantic import BaseModel

from optimizer.config.base import FIRST_YEAR, LAST_YEAR
from optimizer.errors import CurtailError

MOST_MW = 1e5
MOST_BYTES = 1_000_000
LATE = timedelta(minutes=5)  # a message that is older is told
EARLY = timedelta(minutes=1)  # one from so far ahead of our clock is not obeyed
_LEVELS = range(4)
_PLAIN = re.compile(r"[A-Za-z0-9_.:#-]{1,40}")
Cut = dict[str, Any]  # as an event of a farm file has it


class MessageError(CurtailError):
    """A message that is not obeyed; its text says why."""


class UnheardError(CurtailError):
    """A source that cannot be heard; the text tells no secret."""


@dataclass(frozen=True)
class Signal:
    """A call. ``version`` rises with each change; without ``end`` it holds until it is released; without ``cut`` it is.

    ``published`` is the source's own time, where it tells one. ``answered`` is the answer that its source has: the
    version, and whether we are in.
    """

    id: str
    version: float
    start: datetime
    end: datetime | None
    cut: Cut | None
    published: datetime | None = None
    opted_out: bool = False
    answered: str = ""

    @property
    def answer(self) -> str:
        """What its source is to be told.

        >>> Signal("a", 3, datetime(2026, 2, 11, tzinfo=UTC), None, None).answer
        '3 in'
        """
        return f"{self.version:g} {'out' if self.opted_out else 'in'}"

    @property
    def name(self) -> str:
        """What the call is called, fit for a farm file.

        >>> now = datetime(2026, 2, 11, tzinfo=UTC)
        >>> Signal("a-1", 0, now, None, None).name, len(Signal("../../etc", 0, now, None, None).name)
        ('a-1', 12)
        """
        if _PLAIN.fullmatch(self.id) and self.id[0].isalnum():
            return self.id
        return hashlib.sha256(self.id.encode("utf-8", "replace")).hexdigest()[:12]


def parsed(message: bytes | str, most: int = MOST_BYTES) -> Any:
    """JSON of a bounded length, in which no number is infinite and no key stands twice. Raises MessageError."""
    if len(message) > most:
        raise MessageError(f"is longer than {most:,} bytes")

    def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        section = dict(pairs)
        if len(section) != len(pairs):
            raise MessageError("has a key twice")
        return section

    def refuse(_: str) -> float:
        raise MessageError("has a number that is none")

    try:
        return json.loads(message, object_pairs_hook=once, parse_constant=refuse)
    except (ValueError, RecursionError):
        raise MessageError("is not JSON") from None


def quantity(value: Any, what: str, least: float = 0.0, most: float = MOST_MW) -> float:
    """A finite number in a range. Raises MessageError.

    >>> quantity(3, "mw")
    3.0
    """
    try:
        value = value if isinstance(value, bool) or not isinstance(value, int) else float(value)
    except OverflowError:
        value = math.inf
    if not isinstance(value, float) or not math.isfinite(value):
        raise MessageError(f"{what} is not a number")
    if not least <= value <= most:
        raise MessageError(f"{what} must be from {least:g} to {most:g} (got {value:g})")
    return value


def cut_of_level(value: Any, levels: Sequence[BaseModel]) -> Cut | None:
    """What a SIMPLE level from 0 to 3 asks for; one without a meaning of its own is a full stop. Raises MessageError.

    >>> cut_of_level(2, ()), cut_of_level(0, ())
    ({'form': 'full_stop'}, None)
    """
    level = quantity(value, "SIMPLE", most=_LEVELS[-1])
    if level not in _LEVELS:
        raise MessageError(f"SIMPLE has no level {level:g}")
    if level == 0:
        return None
    if level > len(levels):
        return {"form": "full_stop"}  # more than is asked for, never less
    return levels[int(level) - 1].model_dump(exclude_none=True)


def moment(value: Any, what: str) -> datetime:
    """A time with an offset. Raises MessageError.

    >>> moment("2026-02-11T12:00:00Z", "start").isoformat()
    '2026-02-11T12:00:00+00:00'
    """
    if isinstance(value, str) and len(value) <= 40:
        try:
            value = datetime.fromisoformat(value)
        except ValueError:
            value = None
    if not isinstance(value, datetime) or value.tzinfo is None:
        raise MessageError(f"{what} is not a time with an offset, such as 2026-02-11T12:00:00Z")
    if not FIRST_YEAR < value.year < LAST_YEAR:
        raise MessageError(f"{what} lies in the year {value.year}")
    return value.astimezone(UTC)


def ordered(start: datetime, end: datetime | None) -> None:
    """Raise MessageError where a call ends before it starts."""
    if end is not None and end <= start:
        raise MessageError("ends before it starts")


def text(value: Any, what: str, most: int = 200) -> str:
    """A text that is not empty. Raises MessageError."""
    if isinstance(value, int) and not isinstance(value, bool):
        value = str(value)
    if not isinstance(value, str) or not 0 < len(value) <= most:
        raise MessageError(f"{what} is not a text of at most {most} signs")
    if any("\ud800" <= sign <= "\udfff" for sign in value):
        raise MessageError(f"{what} is broken Unicode")  # it could be written down and never read again
    return value
