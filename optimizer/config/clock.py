"""A time on a farm's clock to UTC. The two hours a year that need care are refused, not guessed."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo


@lru_cache(maxsize=64)
def zone_of(name: str) -> ZoneInfo:
    """The zone of that name; raises ValueError for a name that no zone has."""
    try:
        return ZoneInfo(name)
    except (ValueError, OSError, KeyError):
        raise ValueError("is not a time zone such as America/Chicago") from None


def to_utc(local: datetime, zone: str) -> datetime:
    """UTC of a time; one without an offset is on the clock of ``zone``.

    Raises ValueError, with a sentence that says what to write, for a time the clock skips or shows twice.

    >>> to_utc(datetime(2026, 2, 11, 6), "America/Chicago")
    datetime.datetime(2026, 2, 11, 12, 0, tzinfo=datetime.timezone.utc)
    >>> to_utc(datetime(2026, 3, 8, 2, 30), "America/Chicago")
    Traceback (most recent call last):
    ValueError: 2026-03-08 02:30 does not exist in America/Chicago: the clock skips it; write 01:30 or 03:30
    """
    if local.tzinfo is not None:
        return local.astimezone(UTC)
    clock = zone_of(zone)
    first = local.replace(tzinfo=clock, fold=0)
    second = local.replace(tzinfo=clock, fold=1)
    early, late = first.astimezone(UTC), second.astimezone(UTC)
    if early == late:
        return early
    text = f"{local:%Y-%m-%d %H:%M}"
    if early.astimezone(clock).replace(tzinfo=None) == local:
        options = " or ".join(f'"{local:%Y-%m-%d %H:%M}{_offset(time)}"' for time in (first, second))
        raise ValueError(f"{text} comes twice in {zone}: add the offset, {options}")
    options = " or ".join(f"{time.astimezone(clock):%H:%M}" for time in (late, early))
    raise ValueError(f"{text} does not exist in {zone}: the clock skips it; write {options}")


def utc_of(value: Any, zone: Any) -> datetime | None:
    """A time in UTC; None where it is none, or told already."""
    time = time_of(value)
    try:
        return None if time is None else to_utc(time, zone)
    except (ValueError, TypeError, OverflowError):
        return None


def time_of(value: Any) -> datetime | None:
    """A time or the text of one; None for anything else."""
    if isinstance(value, str):
        try:
            value = datetime.fromisoformat(value)
        except ValueError:
            return None
    return value if isinstance(value, datetime) else None


def backwards(start: datetime, end: datetime) -> bool:
    """Whether a stretch of time ends by when it starts, where its ends are of one kind and can be compared.

    Moments are compared, not what a clock shows: one that is put back shows an hour twice.

    >>> early, late = (datetime(2026, 11, 1, 1, 50, fold=fold, tzinfo=zone_of("America/Chicago")) for fold in (0, 1))
    >>> backwards(early, late), backwards(late, early), backwards(datetime(2026, 11, 1), early)
    (False, True, False)
    """
    if start.tzinfo is None or end.tzinfo is None:
        return start.tzinfo is end.tzinfo and end <= start
    return end.timestamp() <= start.timestamp()


def _offset(time: datetime) -> str:
    text = f"{time:%z}"
    return f"{text[:3]}:{text[3:5]}"
