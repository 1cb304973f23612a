"""Calls that come by telephone: written into the state folder, without editing the farm file."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from optimizer.config.clock import to_utc, zone_of
from optimizer.config.events import Event
from optimizer.daily.lock import locked
from optimizer.daily.orders import CALLS, telephone_calls
from optimizer.errors import InputError
from optimizer.outputs import write_text

FORGOTTEN = timedelta(days=40)  # after a call's end
_AMOUNT = re.compile(r"([0-9]+(?:\.[0-9]+)?)\s*(?:MW)?", re.IGNORECASE)
_HOUR = re.compile(r"([01]?[0-9]|2[0-3]):([0-5][0-9])")


def cut_of(to: str | None, by: str | None) -> dict[str, Any]:
    """What is asked for: to a level, by an amount, or ``stop``. Raises InputError.

    >>> cut_of("30MW", None), cut_of("stop", None), cut_of(None, "2.5")
    ({'form': 'to_level', 'mw': 30.0}, {'form': 'full_stop'}, {'form': 'by_amount', 'mw': 2.5})
    """
    if (to is None) == (by is None):
        raise InputError("say what is asked for: --to 30MW, --to stop, or --by 10MW")
    if to is not None and to.strip().lower() in ("stop", "off"):
        return {"form": "full_stop"}
    text = str(to if by is None else by).strip()
    match = _AMOUNT.fullmatch(text)
    if match is None:
        raise InputError(f"{'--to' if by is None else '--by'} {text!r} must be megawatts such as 30MW, or --to stop")
    return {"form": "to_level" if by is None else "by_amount", "mw": float(match[1])}


def moment_of(text: str, now: datetime, zone: str, option: str) -> datetime:
    """A time on the farm's clock: ``now``, an hour of the day that comes next, or a date and time. Raises InputError.

    >>> moment_of("10:00", datetime.fromisoformat("2026-02-11T18:30Z"), "America/Chicago", "--until").isoformat()
    '2026-02-12T10:00:00-06:00'
    """
    clock = zone_of(zone)
    local = now.astimezone(clock)
    if text.strip().lower() == "now":
        return local.replace(microsecond=0)
    hour = _HOUR.fullmatch(text.strip())
    try:
        if hour is None:
            return to_utc(datetime.fromisoformat(text), zone).astimezone(clock)
        today = local.replace(tzinfo=None, hour=int(hour[1]), minute=int(hour[2]), second=0, microsecond=0)
        days = 0 if to_utc(today, zone) > now else 1
        return to_utc(today + timedelta(days=days), zone).astimezone(clock)
    except (ValueError, OverflowError) as error:
        raise InputError(f'{option} {text!r}: must be now, 10:00 or "2026-02-11 10:00" ({error})') from None


def span_of(begins: str, until: str, now: datetime, zone: str) -> tuple[datetime, datetime]:
    """When a call begins and ends. An hour to begin that has just passed is today's where the call is under way by it.

    That is where it ends before that hour comes again: said at 10:00:20, from 10:00 until 12:00 is now, not tomorrow.

    >>> now = datetime.fromisoformat("2026-02-11T16:00:20Z")
    >>> [moment.isoformat() for moment in span_of("10:00", "12:00", now, "America/Chicago")]
    ['2026-02-11T10:00:00-06:00', '2026-02-11T12:00:00-06:00']
    >>> [moment.isoformat() for moment in span_of("14:00", "12:00", now, "America/Chicago")]
    ['2026-02-11T14:00:00-06:00', '2026-02-12T12:00:00-06:00']
    """
    start = moment_of(begins, now, zone, "--from")
    soonest = moment_of(until, now, zone, "--until")
    if _HOUR.fullmatch(begins.strip()) and start.date() > now.astimezone(start.tzinfo).date() and soonest <= start:
        return moment_of(f"{now.astimezone(start.tzinfo):%Y-%m-%d} {start:%H:%M}", now, zone, "--from"), soonest
    return start, moment_of(until, max(now, start), zone, "--until")


def add_call(
    folder: Path,
    zone: str,
    now: datetime,
    cut: dict[str, Any],
    begins: datetime,
    ends: datetime,
    name: str | None = None,
) -> Event:
    """Put a call into a state folder. Raises InputError where it makes no sense or the file there cannot be read."""
    if ends <= now:
        raise InputError(f"--until {ends:%Y-%m-%d %H:%M} is over already")
    with locked(folder, CALLS):
        calls = _there(folder, zone)
        called = name or f"telephone {begins:%Y-%m-%d %H:%M}"
        names = {call.name for call in calls}
        more = (f"{called} ({n})" for n in range(2, len(names) + 3))
        called = called if called not in names else next(other for other in more if other not in names)
        try:
            call = Event.model_validate({"name": called, "start": begins, "end": ends, "cut": cut})
        except ValueError as error:
            raise InputError(f"this call makes no sense: {_plain(error)}") from None
        _write(folder, zone, now, (*calls, call))
    return call


def cancel_calls(folder: Path, zone: str, now: datetime, name: str | None) -> tuple[Event, ...]:
    """End the calls of that name, or all that are not over: those that have begun end now, others never begin.

    Returns them. Raises InputError where there is none.
    """
    with locked(folder, CALLS):
        calls = _there(folder, zone)
        ended = tuple(call for call in calls if (name is None or call.name == name) and to_utc(call.end, zone) > now)
        if not ended:
            there = ", ".join(call.name for call in calls if to_utc(call.end, zone) > now) or "none"
            raise InputError(f"there is no such call to cancel; in force or to come: {there}")
        left = []
        for call in calls:
            if call not in ended:
                left.append(call)
            elif to_utc(call.start, zone) < now:
                stop = now.replace(microsecond=0).astimezone(zone_of(zone))
                left.append(call.model_copy(update={"end": max(stop, call.start + timedelta(seconds=1))}))
        _write(folder, zone, now, left)
    return ended


def _there(folder: Path, zone: str) -> tuple[Event, ...]:
    calls, said = telephone_calls(folder, zone)
    if said:
        raise InputError("\n".join((*said, f"mend {folder / CALLS} first: a new call would lose these")))
    return calls


def _write(folder: Path, zone: str, now: datetime, calls: Sequence[Event]) -> None:
    kept = [call for call in calls if to_utc(call.end, zone) > now - FORGOTTEN]
    data = [call.model_dump(mode="json", exclude_defaults=True) for call in kept]
    lines = "".join(f"  - {json.dumps(call)}\n" for call in data)
    text = f"# written by `curtail call`\nevents:\n{lines}" if lines else "# written by `curtail call`\nevents: []\n"
    write_text(folder / CALLS, text)  # on the disk before the operator is told that it is in force


def _plain(error: ValueError) -> str:
    from pydantic import ValidationError

    if isinstance(error, ValidationError):
        return "; ".join(detail["msg"] for detail in error.errors())
    return str(error)


def called(call: Event, zone: str) -> str:
    """A call in one line, on the farm's clock.

    >>> stop = Event.model_validate({"name": "C", "start": "2026-02-11 06:00", "end": "2026-02-11 09:00",
    ...                              "cut": {"form": "to_level", "mw": 30.0}})
    >>> called(stop, "America/Chicago")
    'C: to 30 MW from 2026-02-11 06:00 until 2026-02-11 09:00'
    """
    cut = {} if call.cut is None else call.cut.model_dump()
    words = {"to_level": "to {mw:g} MW", "by_amount": "by {mw:g} MW", "to_share": "to {share:.0%}"}
    asked = words.get(str(cut.get("form")), "every machine off").format(**cut)
    begins, ends = (to_utc(time, zone).astimezone(zone_of(zone)) for time in (call.start, call.end))
    return f"{call.name}: {asked} from {begins:%Y-%m-%d %H:%M} until {ends:%Y-%m-%d %H:%M}"
