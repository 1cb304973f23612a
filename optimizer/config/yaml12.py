"""YAML 1.2 text to plain Python data, with the place of every key and value.

PyYAML's own constructors read YAML 1.1 (`no` is false, `14:00` is 840, `010` is 8, a repeated key wins
silently) and forget where things stood. Only its event stream is used here; scalars follow the core schema of
YAML 1.2.2, section 10.3 (https://yaml.org/spec/1.2.2/#103-core-schema). The builder keeps its own stack, so
no file can exhaust the stack of Python, and it counts nodes as if every alias were written out, so no small
file can grow into a large one.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import yaml
from yaml import events

from optimizer.config.document import Document, Keys, Place, dotted, shortened
from optimizer.config.scalars import scalar
from optimizer.errors import Fault, InputError

Anchors = dict[str, "tuple[Any, Keys, int] | None"]  # value, where, nodes; None while open

DEEPEST = 40
MOST_NODES = 100_000

_NOT_YAML = re.compile("[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_HINTS = {
    "cannot start any token": "indent with spaces; text that begins with a special sign needs quotes",
    "mapping values are not allowed": "look at the indentation; text that holds a colon needs quotes",
    "did not find expected key": "look at the indentation, and at quotes and brackets that are not closed",
    "could not find expected ':'": "a key needs a colon and a space behind it",
    "unexpected end of stream": "a quote is not closed",
}
_TAG = "tag:yaml.org,2002:"
_TAGGED: dict[str, tuple[type, ...]] = {
    _TAG + "int": (int,),
    _TAG + "float": (int, float),
    _TAG + "bool": (bool,),
    _TAG + "null": (type(None),),
}


def parse(text: str, file: str = "<text>", anchors: Anchors | None = None) -> Document:
    r"""Read YAML text. Raises InputError where reading cannot go on; lesser faults stay in the document.

    ``anchors`` are those of texts read before; those of this one are put to them.

    >>> document = parse("site:\n  pue: 1.05\n")
    >>> document.data, document.place(("site", "pue"))
    ({'site': {'pue': 1.05}}, (2, 8))
    """
    match = _NOT_YAML.search(text)
    if match:
        line = text.count("\n", 0, match.start()) + 1
        column = match.start() - (text.rfind("\n", 0, match.start()) + 1) + 1
        code = f"U+{ord(match.group()):04X}"
        raise InputError([Fault(file, line, column, "", f"the character {code} is not allowed in YAML")])
    builder = _Builder(file, {} if anchors is None else anchors)
    try:
        for event in _events(text):
            builder.take(event)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        place = (mark.line + 1, mark.column + 1) if mark else (1, 1)
        problem = " ".join(filter(None, (error.problem, error.context and f"({error.context})")))
        hint = next((f"; {hint}" for sign, hint in _HINTS.items() if sign in problem), "")
        builder.blame(place, (), f"this is not YAML: {problem}{hint}")
        raise InputError(builder.faults) from None
    except _StopReading:
        raise InputError(builder.faults) from None
    if not builder.documents or (builder.data is None and not builder.faults):
        raise InputError([Fault(file, 1, 1, "", "the file is empty")])
    return builder.document()


def _events(text: str) -> Iterator[Any]:
    """The event stream of libyaml, or of the slower pure-Python parser where libyaml is absent."""
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)(text)
    try:
        while loader.check_event():
            yield loader.get_event()
    finally:
        loader.dispose()


class _StopReading(Exception):  # noqa: N818 - a signal between two methods, never seen outside
    """Reading cannot go on; the faults are in the builder."""


_DROPPED = object()  # a key that cannot be used: its value is read and thrown away


class _Open:
    """A mapping or sequence being read."""

    __slots__ = ("anchor", "expects_key", "items", "key", "path", "place", "size_before")

    def __init__(
        self, items: dict[str, Any] | list[Any], path: Keys, place: Place, anchor: str | None, size: int
    ) -> None:
        self.items = items
        self.path = path
        self.place = place
        self.anchor = anchor
        self.size_before = size
        self.expects_key = isinstance(items, dict)
        self.key: Any = None

    def child(self) -> Keys:
        """Path of the next thing in it."""
        if isinstance(self.items, list):
            return (*self.path, len(self.items))
        return self.path if self.expects_key else (*self.path, "?" if self.key is _DROPPED else self.key)


class _Builder:
    """Turns events into data, one call each."""

    def __init__(self, file: str, anchors: Anchors) -> None:
        self.file = file
        self.anchors = anchors
        self.data: Any = None
        self.documents = 0
        self.nodes = 0
        self.faults: list[Fault] = []
        self.values: dict[Keys, Place] = {}
        self.keys: dict[Keys, Place] = {}
        self.aliases: dict[Keys, Keys] = {}
        self.open: list[_Open] = []

    def document(self) -> Document:
        """All that was read."""
        return Document(self.file, self.data, self.values, self.keys, self.aliases, tuple(self.faults))

    def blame(self, place: Place, path: Keys, message: str) -> None:
        """Note a fault."""
        self.faults.append(Fault(self.file, *place, dotted(path), message))

    def blame_tag(self, tag: str, place: Place, path: Keys) -> None:
        """Note a tag of another language's making."""
        self.blame(place, path, f"has the tag {shortened(tag)}, which means nothing here; remove it")

    def stop(self, place: Place, path: Keys, message: str) -> None:
        """Note a fault after which reading makes no sense."""
        self.blame(place, path, message)
        raise _StopReading

    def take(self, event: Any) -> None:
        """Take one event."""
        kind = type(event)
        place = (event.start_mark.line + 1, event.start_mark.column + 1)
        if kind is events.ScalarEvent:
            self.put(self.scalar(event, place), place, event.anchor)
        elif kind is events.MappingStartEvent or kind is events.SequenceStartEvent:
            self.begin(event, place, {} if kind is events.MappingStartEvent else [])
        elif kind is events.MappingEndEvent or kind is events.SequenceEndEvent:
            done = self.open.pop()
            value = done.items if isinstance(done.items, dict) else tuple(done.items)
            if done.anchor is not None:
                self.anchors[done.anchor] = (value, done.path, self.nodes - done.size_before)
            self.hand_over(value, done.place)
        elif kind is events.AliasEvent:
            self.alias(event.anchor, place)
        elif kind is events.DocumentStartEvent:
            self.documents += 1
            if self.documents > 1:
                self.stop(place, (), "a second YAML document begins here; a file holds one")

    def begin(self, event: Any, place: Place, items: dict[str, Any] | list[Any]) -> None:
        """A mapping or sequence opens."""
        path = self.open[-1].child() if self.open else ()
        if len(self.open) >= DEEPEST:
            self.stop(place, path[:3], f"nested deeper than {DEEPEST} levels")
        collection = _TAG + ("map" if isinstance(items, dict) else "seq")
        if event.tag not in (None, "!", collection):
            self.blame_tag(event.tag, place, path)
        self.count(1, place, path)
        if not (self.open and self.open[-1].expects_key):
            self.values[path] = place
        if event.anchor is not None:
            self.anchors[event.anchor] = None
        self.open.append(_Open(items, path, place, event.anchor, self.nodes - 1))

    def scalar(self, event: Any, place: Place) -> Any:
        """The value of a scalar event."""
        tag = event.tag
        if tag in ("!", _TAG + "str") or (tag is None and event.style):
            return event.value
        path = self.open[-1].child() if self.open else ()
        try:
            value = scalar(event.value)
        except ValueError as error:
            self.blame(place, path, str(error))
            return 0
        if tag is None:
            return value
        if tag not in _TAGGED:
            self.blame_tag(tag, place, path)
        elif type(value) not in _TAGGED[tag]:
            self.blame(place, path, f"is not what its tag !!{tag.removeprefix(_TAG)} says")
        return float(value) if tag == _TAG + "float" and type(value) is int else value

    def alias(self, name: str, place: Place) -> None:
        """An alias stands for what its anchor marked."""
        path = self.open[-1].child() if self.open else ()
        if name not in self.anchors:
            self.blame(place, path, f"*{shortened(name)} refers to an anchor that is not above it")
            self.count(1, place, path)
            self.hand_over(None, place)
            return
        anchored = self.anchors[name]
        if anchored is None:
            self.stop(place, path, f"*{shortened(name)} refers to the section it stands in, without end")
            return
        value, origin, size = anchored
        self.count(size, place, path)
        if self.open and not self.open[-1].expects_key:
            self.values[path] = place
            self.aliases[path] = origin
        self.hand_over(value, place)

    def put(self, value: Any, place: Place, anchor: str | None) -> None:
        """A scalar arrives."""
        path = self.open[-1].child() if self.open else ()
        self.count(1, place, path)
        if anchor is not None:
            self.anchors[anchor] = (value, path, 1)
        if not (self.open and self.open[-1].expects_key):
            self.values[path] = place
        self.hand_over(value, place)

    def count(self, nodes: int, place: Place, path: Keys) -> None:
        """Count nodes as if aliases were written out."""
        self.nodes += nodes
        if self.nodes > MOST_NODES:
            self.stop(place, path[:3], f"the file holds more than {MOST_NODES:,} values, aliases included")

    def hand_over(self, value: Any, place: Place) -> None:
        """Give a finished key or value to the collection around it."""
        if not self.open:
            self.data = value
            return
        around = self.open[-1]
        if isinstance(around.items, list):
            around.items.append(value)
        elif around.expects_key:
            around.key = self.key(around, value, place)
            around.expects_key = False
        else:
            if around.key is not _DROPPED:
                around.items[around.key] = value
            around.expects_key = True

    def key(self, around: _Open, key: Any, place: Place) -> Any:
        """The key, if a mapping can have it; the first of two equal keys counts."""
        if not isinstance(key, str):
            self.blame(place, around.path, "a key must be text; put it in quotes")
            return _DROPPED
        path = (*around.path, key)
        if key == "<<":
            self.blame(place, path, "merging with << is not part of YAML 1.2; write the keys out")
            return _DROPPED
        if path in self.keys:
            self.blame(place, path, f"is given twice; the first stands in line {self.keys[path][0]}")
            return _DROPPED
        self.keys[path] = place
        return key
