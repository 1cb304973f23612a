"""Parts of a farm file read by themselves: what is wrong elsewhere in it, or beside a call, takes no call along."""

from __future__ import annotations

import codecs
import re
from collections.abc import Collection, Iterable
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from optimizer.config.base import Section
from optimizer.config.clock import zone_of
from optimizer.config.consistency import faults_of_the_whole
from optimizer.config.document import Document
from optimizer.config.files import read_document
from optimizer.config.located import faults_of
from optimizer.config.site import Site
from optimizer.daily.sections import elsewhere_in, flattened, keys_in, sections_in
from optimizer.errors import InputError
from optimizer.mechanisms.calls.config import Event, Program
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
_ALONE = ("events", "programs", "site", "timezone")
_BINDING = {"events": "the calls", "programs": "the programs", "site": "the limits"}
_MERGED = re.compile(r"^(?:<{7}|={7}|>{7}|\|{7})(?: .*)?$", re.MULTILINE)


class OrderSections(Section):
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
    """A farm file, or where it is no YAML as a whole, or has a section twice, what of its sections can be read.

    And what cannot, or stands under another key.
    """
    messages: tuple[str, ...] = ()
    try:
        document = read_document(farm_file)
    except InputError as error:
        document = None
        messages = (str(error),)
    text = flattened(_text_anyhow(farm_file))
    keys = keys_in(text)
    twice = any(keys.count(key) > 1 for key in _ALONE)
    if document is not None and not twice:
        there = document.data if isinstance(document.data, dict) else {}
        return document, _misspelt(farm_file, [key for key, value in there.items() if value])
    data, wrong = sections_in(text, str(farm_file), _ALONE)
    others, elsewhere = elsewhere_in(text, str(farm_file), [key for key in _BINDING if key not in keys])
    located = (f"{farm_file.name}: {line}" for line in (*wrong, *elsewhere))
    messages = (*messages, *located, *_misspelt(farm_file, keys))
    return Document(str(farm_file), data | others, {}, {}, {}), messages


def _misspelt(farm_file: Path, keys: Iterable[str]) -> tuple[str, ...]:
    """Keys that nearly say what binds."""
    meant = ((key, get_close_matches(key[:100].lower(), _BINDING, n=1, cutoff=0.8)) for key in keys)
    return tuple(
        f"{farm_file.name}: {_BINDING[near[0]]} under `{key}` do not bind: the key is `{near[0]}`"
        for key, near in meant
        if near and key not in _BINDING
    )


def _text_anyhow(farm_file: Path) -> str:
    """A farm file's text with what is no text in it, and the marks of a merge that was not ended, made harmless."""
    try:
        data = read_regular(farm_file, _MOST_BYTES)
    except (OSError, ValueError):
        return ""
    code = "utf-16" if data[:2] in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE) else "utf-8-sig"
    return _MERGED.sub("", data.decode(code, "replace").replace("\r\n", "\n"))


def right_of(document: Document, zone: str) -> tuple[OrderSections, tuple[str, ...]]:
    """The calls, programs and site of a document that are right by themselves, and what is wrong with the others.

    A site of which a key is wrong is read key by key, where that of before is known: see ``site_of``.
    """
    data = document.data if isinstance(document.data, dict) else {}
    data = {key: data[key] for key in OrderSections.model_fields if data.get(key) is not None}
    messages: list[str] = []
    while True:
        try:
            read = OrderSections.model_validate(data)
            break
        except ValidationError as error:
            messages += [f"{fault}{_instead(fault.path)}" for fault in faults_of(error, OrderSections, document)]
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
            messages.append(f'event "{event.name}": {message}' + ("" if more is None else f"; the call binds {more}"))
        if not binds:
            continue
        event = event.model_copy(update={key: _WITHOUT[str(key)] for key, _ in bad.get(i, ()) if key in _WITHOUT})
        if "name" in dict(bad.get(i, ())):
            event = event.model_copy(update={"name": _free(event.name, taken)})
            taken.add(event.name)
        right.append(event)
    return read.model_copy(update={"events": tuple(right)}), tuple(messages)


def _instead(path: str) -> str:
    """What holds in place of a key of the site that is wrong."""
    section, _, key = re.sub(r"\[.*", "", path).partition(".")
    if section != "site":
        return ""
    key = key.partition(".")[0]
    return f"; the {key if key in Site.model_fields else 'rest of the site'} of before stays in force"


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
