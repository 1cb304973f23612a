"""What binds the farm now, read by itself: calls, the programs they count in, the site's limits, telephone calls.

A call is obeyed whatever else is wrong: each is read and judged alone, from the part of the farm file that holds it.
What cannot be read is said at every run, and what was last read of it stays in force.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter, ValidationError

from optimizer.config.base import Section
from optimizer.config.consistency import faults_of_the_whole
from optimizer.config.events import Event
from optimizer.config.farm import Farm
from optimizer.config.files import read_document, read_text
from optimizer.config.located import faults_of
from optimizer.config.programs import Program
from optimizer.config.site import Site
from optimizer.config.yaml12 import Document, parse
from optimizer.errors import CurtailError, InputError
from optimizer.outputs import write_file

CALLS, KEPT = "calls.yaml", "orders.json"
_NOT_IN_FORCE = (
    "is not in force as long as it is wrong, but for the calls and site limits that can be read in it; "
    "calls that were read before stay in force beside them"
)
_TOP = re.compile(r"^(?:events|programs|site)\s*:", re.MULTILINE)
_NEXT = re.compile(r"^[^\s#-]", re.MULTILINE)  # where the next section begins


@dataclass(frozen=True)
class Orders:
    """What binds now. ``telephone`` are calls of the state folder; ``said`` what could not be read."""

    events: tuple[Event, ...]
    programs: tuple[Program, ...]
    site: Site
    telephone: tuple[Event, ...] = ()
    said: tuple[str, ...] = ()

    def over(self, farm: Farm) -> Farm:
        """The farm under these orders; a telephone call keeps its name beside one of the file that has it too."""
        names = {event.name for event in self.events}
        told = (
            event.model_copy(update={"name": f"{event.name} (telephone)"}) if event.name in names else event
            for event in self.telephone
        )
        return farm.model_copy(update={"events": (*self.events, *told), "programs": self.programs, "site": self.site})


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
    before = _kept(folder) or (None if last is None else Orders(last.events, last.programs, last.site))
    if farm is not None:
        found = Orders(farm.events, farm.programs, farm.site)
    elif before is None:
        return None
    else:
        found = _by_themselves(farm_file, before, "UTC" if last is None else last.timezone)
    zone = next((one.timezone for one in (farm, last) if one is not None), "UTC")
    found = _with_telephone(found, folder, before, zone)
    if farm is not None or before is None:
        _keep(folder, found)
    return found


def telephone_calls(folder: Path, zone: str) -> tuple[tuple[Event, ...], tuple[str, ...]]:
    """The calls of a state folder, and what cannot be read of them. Raises InputError where none of it can."""
    path = folder / CALLS
    if not path.exists():
        return (), ()
    document = read_document(path)
    if not isinstance(document.data, dict) or not isinstance(document.data.get("events"), tuple):
        raise InputError([document.fault((), "must hold the list `events`; `curtail call` writes it")])
    read, said = _right_of(document, zone)
    return read.events, said


def _with_telephone(found: Orders, folder: Path, before: Orders | None, zone: str) -> Orders:
    old = () if before is None else before.telephone
    try:
        calls, said = telephone_calls(folder, zone)
    except InputError as error:
        calls, said = (), (str(error),)
    if said:
        calls = _and_old(calls, old)
        said = (*said, f"{CALLS}: the calls that were last read stay in force beside those that can be read")
    return replace(found, telephone=calls, said=(*found.said, *said))


class _Read(Section):
    """The sections of a farm file that are read by themselves."""

    events: tuple[Event, ...] = ()
    programs: tuple[Program, ...] = ()
    site: Site | None = None


def _by_themselves(farm_file: Path, before: Orders, zone: str) -> Orders:
    """What of a farm file that is wrong somewhere can be read of its calls and its site."""
    document, said = _readable(farm_file)
    read, wrong = _right_of(document, zone)
    names = {program.name for program in read.programs}
    return Orders(
        _and_old(read.events, before.events),
        (*read.programs, *(program for program in before.programs if program.name not in names)),
        before.site if read.site is None else read.site,
        said=(*said, *wrong, f"{farm_file.name} {_NOT_IN_FORCE}"),
    )


def _readable(farm_file: Path) -> tuple[Document, tuple[str, ...]]:
    """A farm file, or where it is no YAML as a whole those of its sections that are."""
    try:
        return read_document(farm_file), ()
    except InputError as error:
        said = [str(error)]
    data: dict[str, Any] = {}
    try:
        text = read_text(farm_file)
    except InputError:
        text = ""
    for top in _TOP.finditer(text):
        end = _NEXT.search(text, top.end())
        blank = "\n" * text.count("\n", 0, top.start())  # faults keep their lines
        try:
            data |= parse(blank + text[top.start() : None if end is None else end.start()], str(farm_file)).data
        except InputError:
            said.append(f"{farm_file.name}: the section {top.group().rstrip(': ')} cannot be read")
    return Document(str(farm_file), data, {}, {}, {}), tuple(said)


def _right_of(document: Document, zone: str) -> tuple[_Read, tuple[str, ...]]:
    """The calls, programs and site of a document that are right by themselves, and what is wrong with the others."""
    data = document.data if isinstance(document.data, dict) else {}
    data = {key: data[key] for key in _Read.model_fields if data.get(key) is not None}
    said: list[str] = []
    while True:
        try:
            read = _Read.model_validate(data)
            break
        except ValidationError as error:
            said += [str(fault) for fault in faults_of(error, _Read, document)]
            data = _without(data, {detail["loc"][:2] for detail in error.errors()})
    whole = {"timezone": zone, "events": read.events, "programs": read.programs}
    bad = {path[1]: (path, message) for path, message in faults_of_the_whole(whole) if path[:1] == ("events",)}
    right = []
    for i, event in enumerate(read.events):
        path, message = bad.get(i, ((), ""))
        if path[2:] == ("program",):
            event = event.model_copy(update={"program": None})
            message = f"{message}; the call binds without the limits of its program"
        if message:
            said.append(f'event "{event.name}": {message}')
        if not message or path[2:] == ("program",):
            right.append(event)
    return read.model_copy(update={"events": tuple(right)}), tuple(said)


def _without(data: dict[str, Any], wrong: set[tuple[Any, ...]]) -> dict[str, Any]:
    """Data without the entries of lists, or the whole values, that are wrong."""
    kept = {}
    for key, value in data.items():
        if isinstance(value, tuple) and (key,) not in wrong:
            kept[key] = tuple(entry for i, entry in enumerate(value) if (key, i) not in wrong)
        elif not any(path[0] == key for path in wrong):
            kept[key] = value
    return kept


def _and_old(events: Sequence[Event], before: Sequence[Event]) -> tuple[Event, ...]:
    """Calls that can be read, and of those before the ones that they do not replace."""
    names = {event.name for event in events}
    return (*events, *(event for event in before if event.name not in names))


def _kept(folder: Path) -> Orders | None:
    try:
        data = json.loads((folder / KEPT).read_text(encoding="utf-8"))
        return Orders(**{key: kind.validate_json(json.dumps(data[key])) for key, kind in _SECTIONS.items()})
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _keep(folder: Path, orders: Orders) -> None:
    """Keep what was read; a state folder that cannot be written is told elsewhere."""
    kept = {
        key: kind.dump_python(getattr(orders, key), mode="json", exclude_defaults=True)
        for key, kind in _SECTIONS.items()
    }
    text = json.dumps(kept) + "\n"
    try:
        if (folder / KEPT).read_text(encoding="utf-8") == text:
            return
    except (OSError, ValueError):
        pass
    try:
        write_file(folder / KEPT, partial(_fill, text=text))
    except CurtailError:
        return


def _fill(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8")
