"""What binds the farm now, read by itself: calls, the programs they count in, the site's limits, telephone calls.

A call is obeyed whatever else is wrong: each is read and judged alone, from the part of the farm file that holds it.
What cannot be read is said at every run, and what was last read of it stays in force.
"""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter

from optimizer.config.clock import to_utc
from optimizer.config.farm import Farm
from optimizer.config.site import Site
from optimizer.daily.aside import set_aside
from optimizer.daily.folder import INPUTS, MOST_BYTES, StateFolder
from optimizer.daily.read_alone import readable, right_of, zone_in
from optimizer.daily.site_alone import site_of
from optimizer.errors import CurtailError, InputError
from optimizer.files.outputs import write_text
from optimizer.mechanisms.calls.config import Event, Program
from optimizer.outside import read_regular

CALLS, KEPT = "calls.yaml", "orders.json"
_TELEPHONE = "telephone"
_MOST_BYTES = 5_000_000
_NOT_IN_FORCE = (
    "is not in force as long as it is wrong, but for the calls and site limits that can be read in it; "
    "calls that were read before stay in force beside them"
)


@dataclass(frozen=True)
class Orders:
    """What binds now. ``telephone`` are calls of the state folder; ``messages`` what could not be read."""

    events: tuple[Event, ...]
    programs: tuple[Program, ...]
    site: Site
    telephone: tuple[Event, ...] = ()
    messages: tuple[str, ...] = ()

    def over(self, farm: Farm) -> Farm:
        """The farm under these orders; a telephone call keeps its name beside one of the file that has it too."""
        names = {event.name for event in self.events}
        telephone = (
            event.model_copy(update={"name": f"{event.name} (telephone)"}) if event.name in names else event
            for event in self.telephone
        )
        return farm.model_copy(
            update={Event.KEY: (*self.events, *telephone), Program.KEY: self.programs, "site": self.site}
        )


_SECTIONS: dict[str, TypeAdapter[Any]] = {
    "events": TypeAdapter(tuple[Event, ...]),
    "programs": TypeAdapter(tuple[Program, ...]),
    "site": TypeAdapter(Site),
    "telephone": TypeAdapter(tuple[Event, ...]),
}


def orders_now(farm_file: Path, folder: Path, farm: Farm | None, last: Farm | None) -> Orders | None:
    """The orders in force. ``farm`` is the farm file where it could be read as a whole, ``last`` that of the schedule.

    What was read without fault is kept in the state folder for the time when it cannot be. None where nothing was ever
    read.
    """
    damaged = _damaged_aside(folder)
    before = _kept(folder) or (None if last is None else _of_schedule(folder, last, farm))
    if farm is not None:
        orders = Orders(_fixed(farm.sections(Event), farm.timezone), farm.sections(Program), farm.site)
    elif before is None:
        return None
    else:
        orders = _by_themselves(farm_file, before, "UTC" if last is None else last.timezone)
    zone = next((one.timezone for one in (farm, last) if one is not None), "UTC")
    calls, messages = telephone_now(folder, zone, () if before is None else before.telephone)
    orders = replace(orders, telephone=calls, messages=(*damaged, *orders.messages, *messages))
    _keep(folder, orders)
    return orders


def next_unheeded(folder: Path, heeded: Sequence[Event], now: datetime) -> datetime | None:
    """When the first hard call binds that a schedule does not reckon with, such as one ahead of its notice, UTC."""
    known = _kept(folder)
    if known is None:
        return None
    there = {(event.start, event.end, event.cut) for event in heeded}
    binds = (
        event.start + timedelta(minutes=event.respond_minutes)
        for event in (*known.events, *known.telephone)
        if not (event.voluntary or event.soft or (event.start, event.end, event.cut) in there)
        and event.start.tzinfo is not None
        and event.end > now
    )
    return min(binds, default=None)


def telephone_calls(folder: Path, zone: str) -> tuple[tuple[Event, ...], tuple[str, ...]]:
    """The calls of a state folder, and what cannot be read of them. Raises InputError where none of it can."""
    path = folder / CALLS
    if not path.exists():
        return (), ()
    document, unread = readable(path)
    if not isinstance(document.data, dict) or not isinstance(document.data.get("events"), tuple):
        lacking = [document.fault((), "must hold the list `events`; `curtail call` writes it")]
        raise InputError("\n".join(unread) if unread else lacking)
    read, messages = right_of(document, zone)
    return read.events, (*unread, *messages)


def telephone_now(folder: Path, zone: str, old: Sequence[Event]) -> tuple[tuple[Event, ...], tuple[str, ...]]:
    """The telephone calls that stand: those of the state folder, and the ``old`` ones where not all of it can be read.

    And what cannot be read.
    """
    try:
        calls, messages = telephone_calls(folder, zone)
    except InputError as error:
        calls, messages = (), (str(error),)
    if old and not (folder / CALLS).exists():  # `curtail call --cancel` leaves an empty list, never no file
        messages = (f"{CALLS}: there is no such file any more",)
    if messages:
        calls = _and_old(calls, old)
        messages = (*messages, f"{CALLS}: the calls that were last read stay in force beside those that can be read")
    return calls, messages


def last_telephone(folder: Path) -> tuple[Event, ...]:
    """The telephone calls that were last read: those kept, where that is lost those of the run in force."""
    kept = _kept(folder)
    return (_telephone_of_run(folder) or ()) if kept is None else kept.telephone


def telephone_inputs(calls: Sequence[Event]) -> dict[str, Any]:
    """What ``inputs.json`` says of the telephone calls that a run is under."""
    return {_TELEPHONE: _SECTIONS[_TELEPHONE].dump_python(tuple(calls), mode="json", exclude_defaults=True)}


def _telephone_of_run(folder: Path) -> tuple[Event, ...] | None:
    """The telephone calls that the run in force is under; None where it does not say."""
    try:
        written = json.loads(read_regular(StateFolder(folder).latest / INPUTS, MOST_BYTES))[_TELEPHONE]
        calls: tuple[Event, ...] = _SECTIONS[_TELEPHONE].validate_json(json.dumps(written))
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return None
    return calls


def _of_schedule(folder: Path, last: Farm, farm: Farm | None) -> Orders:
    """What the schedule in force is under: its calls of the farm file, and those that came by telephone.

    Where its run does not say which those are, they are the ones that the farm file does not have.
    """
    events = _fixed(last.sections(Event), last.timezone)
    telephone = _telephone_of_run(folder)
    if telephone is None:
        telephone = () if farm is None else _others(events, _fixed(farm.sections(Event), farm.timezone))
    return Orders(_others(events, telephone), last.sections(Program), last.site, telephone)


def _others(events: Sequence[Event], known: Sequence[Event]) -> tuple[Event, ...]:
    """The calls that ask for something else than those that are known."""
    asked = {(event.start, event.end, event.cut) for event in known}
    return tuple(event for event in events if (event.start, event.end, event.cut) not in asked)


def _by_themselves(farm_file: Path, before: Orders, zone: str) -> Orders:
    """What of a farm file that is wrong somewhere can be read of its calls and its site."""
    document, messages = readable(farm_file)
    zone = zone_in(document, zone)
    read, wrong = right_of(document, zone)
    names = {program.name for program in read.programs}
    return Orders(
        _and_old(_fixed(read.events, zone), before.events),
        (*read.programs, *(program for program in before.programs if program.name not in names)),
        site_of(document, before.site),
        messages=(*messages, *wrong, f"{farm_file.name} {_NOT_IN_FORCE}"),
    )


def _fixed(events: Sequence[Event], zone: str) -> tuple[Event, ...]:
    """Calls whose times say the same on every clock: a schedule that is kept may be on another than the file of now."""

    def there(time: datetime) -> datetime:
        return to_utc(time, zone)

    return tuple(
        event.model_copy(
            update={
                "start": there(event.start),
                "end": there(event.end),
                "notice": None if event.notice is None else there(event.notice),
                "excused": tuple(
                    stretch.model_copy(update={"start": there(stretch.start), "end": there(stretch.end)})
                    for stretch in event.excused
                ),
            }
        )
        for event in events
    )


def _and_old(events: Sequence[Event], before: Sequence[Event]) -> tuple[Event, ...]:
    """Calls that can be read, and of those before the ones that they do not replace."""
    names = {event.name for event in events}
    return (*events, *(event for event in before if event.name not in names))


def _kept(folder: Path) -> Orders | None:
    try:
        data = json.loads(read_regular(folder / KEPT, _MOST_BYTES))
        return Orders(**{key: kind.validate_json(json.dumps(data[key])) for key, kind in _SECTIONS.items()})
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return None


def _damaged_aside(folder: Path) -> tuple[str, ...]:
    """What was kept and cannot be read is set aside, and said."""
    if _kept(folder) is not None or not os.path.lexists(folder / KEPT):
        return ()
    because = "what was last read of calls cannot be read: those of the schedule in force go on"
    return (set_aside(folder / KEPT, because),)


def _keep(folder: Path, orders: Orders) -> None:
    """Keep what was read; a state folder that cannot be written is told elsewhere."""
    kept = {
        key: kind.dump_python(getattr(orders, key), mode="json", exclude_defaults=True)
        for key, kind in _SECTIONS.items()
    }
    text = json.dumps(kept) + "\n"
    try:
        if read_regular(folder / KEPT, _MOST_BYTES).decode("utf-8") == text:
            return
    except (OSError, ValueError):
        pass
    try:
        write_text(folder / KEPT, text)
    except CurtailError:
        return
