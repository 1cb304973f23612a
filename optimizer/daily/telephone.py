"""Calls that come by telephone: written into the state folder, without editing the farm file."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from optimizer.config.clock import backwards, to_utc, zone_of
from optimizer.config.document import Document
from optimizer.config.located import faults_of
from optimizer.daily.aside import set_aside
from optimizer.daily.lock import locked
from optimizer.daily.orders import CALLS, last_telephone, telephone_now
from optimizer.errors import InputError
from optimizer.files.outputs import write_text
from optimizer.mechanisms.calls.config import Event

FORGOTTEN = timedelta(days=40)  # after a call's end
_HALF_A_DAY = timedelta(hours=12)
_AMOUNT = re.compile(r"([0-9]+(?:\.[0-9]+)?)\s*(?:MW)?", re.IGNORECASE)
_OPTIONS = {"name": "--name", "start": "--from", "end": "--until", "cut.mw": "the amount"}
_HOUR = re.compile(r"([01]?[0-9]|2[0-3]):([0-5][0-9])")


def _silent(_line: str) -> None:
    """Tell nobody."""


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
    """When a call begins and ends. An hour to begin that has passed is the last such where the call is under way by it.

    That is where it ends before that hour comes again: said at 10:00:20, from 10:00 until 12:00 is now, not tomorrow.
    An hour has passed that was today, or last night and is nearer than the next: said at 00:05, 23:50 is of yesterday.

    >>> now = datetime.fromisoformat("2026-02-11T16:00:20Z")
    >>> [moment.isoformat() for moment in span_of("10:00", "12:00", now, "America/Chicago")]
    ['2026-02-11T10:00:00-06:00', '2026-02-11T12:00:00-06:00']
    >>> [moment.isoformat() for moment in span_of("14:00", "12:00", now, "America/Chicago")]
    ['2026-02-11T14:00:00-06:00', '2026-02-12T12:00:00-06:00']
    """
    now = now.astimezone(UTC)
    start = moment_of(begins, now, zone, "--from")
    soonest = moment_of(until, now, zone, "--until")
    passed = start.date() > now.astimezone(start.tzinfo).date() or start.astimezone(UTC) - now > _HALF_A_DAY
    if _HOUR.fullmatch(begins.strip()) and passed and backwards(start, soonest):
        last = start.date() - timedelta(days=1)
        return moment_of(f"{last} {start:%H:%M}", now, zone, "--from"), soonest
    return start, moment_of(until, max(now, start.astimezone(UTC)), zone, "--until")


def add_call(
    folder: Path,
    zone: str,
    now: datetime,
    cut: dict[str, Any],
    begins: datetime,
    ends: datetime,
    name: str | None = None,
    say: Callable[[str], None] = _silent,
) -> Event:
    """Put a call into a state folder, and ``say`` what of the others there cannot be read.

    Raises InputError where it makes no sense.
    """
    if ends <= now:
        raise InputError(f"--until {ends:%Y-%m-%d %H:%M} is over already")
    with locked(folder, CALLS):
        calls, unread = telephone_now(folder, zone, last_telephone(folder))
        its_name = name or f"telephone {begins:%Y-%m-%d %H:%M}"
        names = {call.name for call in calls}
        more = (f"{its_name} ({n})" for n in range(2, len(names) + 3))
        its_name = its_name if its_name not in names else next(other for other in more if other not in names)
        try:
            call = Event.model_validate({"name": its_name, "start": begins, "end": ends, "cut": cut})
        except ValidationError as error:
            raise InputError(f"this call makes no sense: {_plain(error)}") from None
        _replace(folder, zone, now, (*calls, call), unread, say)
    return call


def cancel_calls(
    folder: Path, zone: str, now: datetime, name: str | None, say: Callable[[str], None] = _silent
) -> tuple[Event, ...]:
    """End the calls of that name, or all that are not over: those that have begun end now, others never begin.

    Returns them, and will ``say`` what of the calls there cannot be read. Raises InputError where there is none.
    """
    with locked(folder, CALLS):
        calls, unread = telephone_now(folder, zone, last_telephone(folder))
        ended = tuple(call for call in calls if (name is None or call.name == name) and to_utc(call.end, zone) > now)
        if not ended:
            there = ", ".join(call.name for call in calls if to_utc(call.end, zone) > now) or "none"
            none = f"there is no such call to cancel; in force or to come: {there}"
            raise InputError("\n".join((*unread, none)))
        left = []
        for call in calls:
            if call not in ended:
                left.append(call)
            elif to_utc(call.start, zone) < now:
                stop = max(now.replace(microsecond=0), to_utc(call.start, zone) + timedelta(seconds=1))
                left.append(call.model_copy(update={"start": to_utc(call.start, zone), "end": stop}))
        _replace(folder, zone, now, left, unread, say)
    return ended


def put_calls(
    folder: Path,
    zone: str,
    now: datetime,
    source: str,
    calls: Sequence[Event],
    say: Callable[[str], None] = _silent,
) -> bool:
    """Let these be the calls of a source, which their names begin with, beside all others; whether anything changed."""
    with locked(folder, CALLS):
        there, unread = telephone_now(folder, zone, last_telephone(folder))
        wanted = [*(call for call in there if not call.name.startswith(f"{source} ")), *calls]
        if list(there) == wanted and not unread:
            return False
        _replace(folder, zone, now, wanted, unread, say)
    return True


def _replace(
    folder: Path,
    zone: str,
    now: datetime,
    calls: Sequence[Event],
    unread: Sequence[str],
    say: Callable[[str], None],
) -> None:
    """Write the calls. A file of which something is ``unread`` is set aside, and that is said."""
    for line in unread:
        say(line)
    if unread and os.path.lexists(folder / CALLS):
        say(set_aside(folder / CALLS, "not all of it can be read", until_replaced=True))
    kept = [call for call in calls if to_utc(call.end, zone) > now - FORGOTTEN]
    data = [call.model_dump(mode="json", exclude_defaults=True) for call in kept]
    lines = "".join(f"  - {json.dumps(call)}\n" for call in data)
    text = f"# written by `curtail call`\nevents:\n{lines}" if lines else "# written by `curtail call`\nevents: []\n"
    write_text(folder / CALLS, text)  # on the disk before the operator is told that it is in force


def _plain(error: ValidationError) -> str:
    """What is wrong with a call, in words, by the option that said it."""
    faults = faults_of(error, Event, Document("", {}, {}, {}, {}))
    return "; ".join(f"{_OPTIONS.get(fault.path, fault.path)} {fault.message}" for fault in faults)


def beyond_full_load(cut: dict[str, Any], most_mw: float) -> str | None:
    """A remark on a call for more than a farm draws at most: it may have been meant in kilowatts.

    >>> beyond_full_load({"form": "to_level", "mw": 3000.0}, 16.3)
    '3000 MW is more than the farm draws (16.3 MW): it binds nothing; did you mean 3 MW?'
    >>> beyond_full_load({"form": "by_amount", "mw": 20.0}, 16.3)
    '20 MW is more than the farm draws (16.3 MW): it stops every machine'
    """
    mw = cut.get("mw", 0.0)
    if mw <= most_mw:
        return None
    does = "binds nothing" if cut["form"] == "to_level" else "stops every machine"
    meant = f"; did you mean {mw / 1000:g} MW?" if 10 * most_mw <= mw <= 1000 * most_mw else ""
    return f"{mw:g} MW is more than the farm draws ({most_mw:.4g} MW): it {does}{meant}"


def call_line(call: Event, zone: str) -> str:
    """A call in one line, on the farm's clock.

    >>> stop = Event.model_validate({"name": "C", "start": "2026-02-11 06:00", "end": "2026-02-11 09:00",
    ...                              "cut": {"form": "to_level", "mw": 30.0}})
    >>> call_line(stop, "America/Chicago")
    'C: to 30 MW from 2026-02-11 06:00 until 2026-02-11 09:00'
    """
    cut = {} if call.cut is None else call.cut.model_dump()
    words = {"to_level": "to {mw:g} MW", "by_amount": "by {mw:g} MW", "to_share": "to {share:.0%}"}
    asked = words.get(str(cut.get("form")), "every machine off").format(**cut)
    begins, ends = (to_utc(time, zone).astimezone(zone_of(zone)) for time in (call.start, call.end))
    return f"{call.name}: {asked} from {begins:%Y-%m-%d %H:%M} until {ends:%Y-%m-%d %H:%M}"
