"""What binds the farm now, read by itself: calls, the programs they count in, the site's limits, telephone calls.

A call is obeyed whatever else is wrong: each is read and judged alone, from the part of the farm file that holds it.
What cannot be read is said at every run, and what was last read of it stays in force.
"""

from __future__ import annotations

import codecs
import json
import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter, ValidationError

from optimizer.config.base import Section
from optimizer.config.clock import to_utc, zone_of
from optimizer.config.consistency import faults_of_the_whole
from optimizer.config.events import Event
from optimizer.config.farm import Farm
from optimizer.config.files import read_document
from optimizer.config.located import faults_of
from optimizer.config.programs import Program
from optimizer.config.site import Site
from optimizer.config.yaml12 import Document, parse
from optimizer.errors import CurtailError, InputError
from optimizer.outputs import write_text
from optimizer.outside import read_regular

CALLS, KEPT = "calls.yaml", "orders.json"
_MOST_BYTES = 5_000_000
_NOT_IN_FORCE = (
    "is not in force as long as it is wrong, but for the calls and site limits that can be read in it; "
    "calls that were read before stay in force beside them"
)
# What of a call may be wrong while it binds all the same: more than it says, never less
_WITHOUT: dict[str, Any] = {"program": None, "notice": None, "excused": ()}
_MORE = {
    "name": "under another name",
    "program": "without the limits of its program",
    "notice": "as if it had always been known",
    "excused": "without what it excuses",
}
_TOP = re.compile(r"""^["']?(events|programs|site|timezone)["']?\s*:""", re.MULTILINE)
_MERGED = re.compile(r"^(?:<{7}|={7}|>{7}|\|{7})(?: .*)?$", re.MULTILINE)
_NEXT = re.compile(r"^(?:[^\s#-]|---)", re.MULTILINE)  # where the next section begins


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
    before = _kept(folder) or (
        None if last is None else Orders(_fixed(last.events, last.timezone), last.programs, last.site)
    )
    if farm is not None:
        found = Orders(_fixed(farm.events, farm.timezone), farm.programs, farm.site)
    elif before is None:
        return None
    else:
        found = _by_themselves(farm_file, before, "UTC" if last is None else last.timezone)
    zone = next((one.timezone for one in (farm, last) if one is not None), "UTC")
    found = _with_telephone(found, folder, before, zone)
    _keep(folder, found)
    return found


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
    if old and not (folder / CALLS).exists():  # `curtail call --cancel` leaves an empty list, never no file
        said = (f"{CALLS}: there is no such file any more",)
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
    zone = _zone_of(document, zone)
    read, wrong = _right_of(document, zone)
    names = {program.name for program in read.programs}
    return Orders(
        _and_old(_fixed(read.events, zone), before.events),
        (*read.programs, *(program for program in before.programs if program.name not in names)),
        before.site if read.site is None else read.site,
        said=(*said, *wrong, f"{farm_file.name} {_NOT_IN_FORCE}"),
    )


def _zone_of(document: Document, otherwise: str) -> str:
    """The clock of a farm file that is wrong somewhere, where that can be read."""
    zone = document.data.get("timezone") if isinstance(document.data, dict) else None
    try:
        zone_of(zone)
    except (ValueError, TypeError):
        return otherwise
    return str(zone)


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


def _readable(farm_file: Path) -> tuple[Document, tuple[str, ...]]:
    """A farm file, or where it is no YAML as a whole, or has a section twice, what of its sections can be read."""
    said = []
    try:
        document = read_document(farm_file)
    except InputError as error:
        document = None
        said.append(str(error))
    text = _text_anyhow(farm_file)
    tops = list(_TOP.finditer(text))
    if document is not None and len({top[1] for top in tops}) == len(tops):
        return document, ()
    data: dict[str, Any] = {}
    for top in tops:
        end = _NEXT.search(text, top.end())
        for line, piece in _pieces(text, top, len(text) if end is None else end.start()):
            try:  # behind blank lines, so that faults keep theirs
                found = parse("\n" * line + piece, str(farm_file)).data
            except InputError as error:
                said.append(f"{farm_file.name}: the section {top[1]} cannot be read in line {line + 1}: {error}")
                continue
            for key, value in found.items():
                there = data.get(key)
                data[key] = (*there, *value) if isinstance(there, tuple) and isinstance(value, tuple) else value
    return Document(str(farm_file), data, {}, {}, {}), tuple(said)


def _text_anyhow(farm_file: Path) -> str:
    """A farm file's text with what is no text in it, and the marks of a merge that was not ended, made harmless."""
    try:
        data = read_regular(farm_file, _MOST_BYTES)
    except (OSError, ValueError):
        return ""
    code = "utf-16" if data[:2] in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE) else "utf-8-sig"
    return _MERGED.sub("", data.decode(code, "replace").replace("\r\n", "\n"))


def _pieces(text: str, top: re.Match[str], stop: int) -> Iterator[tuple[int, str]]:
    """A section, or where it is no YAML each entry of its list as one; with the lines before it."""
    whole = text[top.start() : stop]
    entries = list(re.finditer(r"^ *(?=- )", text[top.end() : stop], re.MULTILINE))
    begins = [top.end() + entry.start() for entry in entries if entry.group() == entries[0].group()]
    try:
        parse(whole)
        begins = []
    except InputError:
        pass
    if not begins:
        yield text.count("\n", 0, top.start()), whole
        return
    for first, last in pairwise([*begins, stop]):
        yield text.count("\n", 0, first) - 1, f"{top[1]}:\n{text[first:last]}"


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
    bad: dict[int, list[tuple[str | int, str]]] = {}
    for path, message in faults_of_the_whole(whole):
        if path[:1] == ("events",):
            bad.setdefault(int(path[1]), []).append((path[2], message))
    right, taken = [], {event.name for event in read.events}
    for i, event in enumerate(read.events):
        binds = True
        for key, message in bad.get(i, ()):
            more = _MORE.get(str(key))
            binds = binds and more is not None
            said.append(f'event "{event.name}": {message}' + ("" if more is None else f"; the call binds {more}"))
        if not binds:
            continue
        event = event.model_copy(update={key: _WITHOUT[str(key)] for key, _ in bad.get(i, ()) if key in _WITHOUT})
        if "name" in dict(bad.get(i, ())):
            event = event.model_copy(update={"name": _free(event.name, taken)})
            taken.add(event.name)
        right.append(event)
    return read.model_copy(update={"events": tuple(right)}), tuple(said)


def _free(name: str, taken: Collection[str]) -> str:
    """A name that is not taken, after one that is."""
    return next(other for n in range(2, len(taken) + 3) if (other := f"{name} ({n})") not in taken)


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
        data = json.loads(read_regular(folder / KEPT, _MOST_BYTES))
        return Orders(**{key: kind.validate_json(json.dumps(data[key])) for key, kind in _SECTIONS.items()})
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return None


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
