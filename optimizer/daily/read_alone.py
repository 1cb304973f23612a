"""Parts of a farm file read by themselves: what is wrong elsewhere in it, or beside a call, takes no call along."""

from __future__ import annotations

import codecs
import re
from collections.abc import Collection, Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from optimizer.config.base import Section
from optimizer.config.clock import zone_of
from optimizer.config.consistency import faults_of_the_whole
from optimizer.config.events import Event
from optimizer.config.files import read_document
from optimizer.config.located import faults_of
from optimizer.config.programs import Program
from optimizer.config.site import Site
from optimizer.config.yaml12 import Document, parse
from optimizer.errors import InputError
from optimizer.outside import read_regular

_MOST_BYTES = 5_000_000
# What of a call may be wrong while it binds all the same: more than it says, never less
_WITHOUT: dict[str, Any] = {"program": None, "notice": None, "excused": (), "respond_minutes": 0.0}
_MORE = {
    "name": "under another name",
    "program": "without the limits of its program",
    "notice": "as if it had always been known",
    "excused": "without what it excuses",
    "respond_minutes": "from its start on",
}
_TOP = re.compile(r"""^["']?(events|programs|site|timezone)["']?\s*:""", re.MULTILINE)
_MERGED = re.compile(r"^(?:<{7}|={7}|>{7}|\|{7})(?: .*)?$", re.MULTILINE)
_NEXT = re.compile(r"^(?:[^\s#-]|---)", re.MULTILINE)  # where the next section begins


class Sections(Section):
    """The sections of a farm file that are read by themselves."""

    events: tuple[Event, ...] = ()
    programs: tuple[Program, ...] = ()
    site: Site | None = None


def zone_in(document: Document, otherwise: str) -> str:
    """The clock of a farm file that is wrong somewhere, where that can be read."""
    zone = document.data.get("timezone") if isinstance(document.data, dict) else None
    try:
        zone_of(zone)
    except (ValueError, TypeError):
        return otherwise
    return str(zone)


def readable(farm_file: Path) -> tuple[Document, tuple[str, ...]]:
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


def right_of(document: Document, zone: str) -> tuple[Sections, tuple[str, ...]]:
    """The calls, programs and site of a document that are right by themselves, and what is wrong with the others."""
    data = document.data if isinstance(document.data, dict) else {}
    data = {key: data[key] for key in Sections.model_fields if data.get(key) is not None}
    said: list[str] = []
    while True:
        try:
            read = Sections.model_validate(data)
            break
        except ValidationError as error:
            said += [str(fault) for fault in faults_of(error, Sections, document)]
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
