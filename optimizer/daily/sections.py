"""Sections of a farm file that is no YAML as a whole, found in its text and read one by one.

A list that cannot be read is read entry by entry, a section of keys key by key. What cannot be read is told.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from contextlib import suppress
from itertools import pairwise
from typing import Any

from optimizer.config.yaml12 import Anchors, parse
from optimizer.errors import InputError

Piece = tuple[int, str]  # the lines before it, and its text
_TOP = re.compile(r"""^["']?(\w[\w.-]*)["']?\s*:""", re.MULTILINE)
_OPENS = re.compile(r"\s*[\[{]")
_NEXT = re.compile(r"^(?:[^\s#\-\[\]{},]|---)", re.MULTILINE)  # where the next section begins
_FIRST = re.compile(r"^(?!---)(?P<indent>[ ]*)(?P<brace>\{?)\s*(?=[^\s#%{])", re.MULTILINE)
_ITEM = re.compile(r"^ *(?=- )", re.MULTILINE)
_KEY = re.compile(r"^ +(?=[^\s#])", re.MULTILINE)
_FLOW_ITEM = re.compile(r"(?:^|[\[,])\s*(?=\{)", re.MULTILINE)
_SIGN = re.compile(r"""(?<=[\s,:\[{])(?:"(?:\\.|[^"\\])*"|'(?:''|[^'])*'|\#[^\n]*)|[\[\]{},]""")

_LONGEST, _LONGEST_ITEM = 500_000, 20_000  # signs between a bracket and that which closes it
_MOST_LISTED = 5  # pieces of a section that are told one by one


def flattened(text: str) -> str:
    """A text whose sections begin in the first column, as indented roots and JSON over several lines do not."""
    first = _FIRST.search(text)
    if first is None:
        return text
    if first["brace"]:
        at = first.end("indent")
        text = f"{text[:at]} {text[at + 1 :]}"
    if _TOP.search(text) is not None:
        return text
    indent = text[: first.end()].rpartition("\n")[2]
    return re.sub(f"^ {{{len(indent)}}}", "", text, flags=re.MULTILINE)


def keys_in(text: str) -> tuple[str, ...]:
    """The keys of the sections of a flattened text, in its order."""
    return tuple(top[1] for top in _TOP.finditer(text))


def sections_in(text: str, file: str, keys: Collection[str]) -> tuple[dict[str, Any], tuple[str, ...]]:
    """What can be read under these keys of a flattened text, the entries of keys that it has twice together.

    And what cannot. Anchors of every section are known to those after it.
    """
    data: dict[str, Any] = {}
    messages: list[str] = []
    anchors: Anchors = {}
    reached = 0
    for top in _TOP.finditer(text):
        if top.start() < reached:
            continue
        whole = _section(text, top)
        reached = top.start() + len(whole)
        if top[1] not in keys:
            with suppress(InputError):  # the error of the whole file tells of it
                parse(_whole(whole), file, anchors)
            continue
        messages += _read(top[1], _pieces(top[1], text.count("\n", 0, top.start()), whole), data, file, anchors)
    return data, tuple(messages)


def _section(text: str, top: re.Match[str]) -> str:
    """A section: what is in brackets to where they are closed, if that can be read, else up to the next key."""
    if _OPENS.match(text, top.end()):
        closed = _closed(text, top.end(), _LONGEST)
        if closed is not None and _is_yaml(text[top.start() : closed]):
            return text[top.start() : closed]
    end = _NEXT.search(text, top.end())
    return text[top.start() : len(text) if end is None else end.start()]


def elsewhere_in(text: str, file: str, keys: Collection[str]) -> tuple[dict[str, Any], tuple[str, ...]]:
    """What can be read under keys that do not stand where a section begins, and that they do not."""
    data: dict[str, Any] = {}
    messages: list[str] = []
    for key in keys:
        match = re.search(rf"""^([^#\n]*?)(?<![\w-])["']?{key}["']?\s*:(?=\s|[\[{{])""", text, re.MULTILINE)
        if match is None:
            continue
        line = text.count("\n", 0, match.end())
        messages.append(f"the section {key} in line {line + 1} does not stand at the beginning of a line as others do")
        rest = text[match.end() :]
        value = rest[: _closed(rest, 0, _LONGEST)] if _OPENS.match(rest) else _deeper(rest, len(match[1]))
        messages += _read(key, _pieces(key, line, f"{key}:{value}"), data, file, {})
        if key not in data:
            messages.append(f"nothing of the section {key} can be read: none of it binds but what was read before")
    return data, tuple(messages)


def _deeper(rest: str, column: int) -> str:
    """The lines of a section whose key stands in a column, up to the next that begins no further right."""
    end = re.search(rf"\n {{0,{column}}}(?=[^\s#-])", rest)
    held = rest if end is None else rest[: end.start() + 1]
    return re.sub(f"^ {{{column}}}", "", held, flags=re.MULTILINE)


def _read(key: str, pieces: Iterator[Piece], data: dict[str, Any], file: str, anchors: Anchors) -> list[str]:
    """Put what pieces of a section hold into ``data``; what is wrong with them is told."""
    messages = []
    for line, piece in pieces:
        try:
            document = parse("\n" * line + piece, file, anchors)  # behind blank lines, so that faults keep theirs
        except InputError as error:
            messages.append(f"the section {key} cannot be read in line {line + 1}: {error}")
            continue
        messages += [f"the section {key} cannot be read as it stands: {fault}" for fault in document.faults]
        there, value = data.get(key), document.data[key]
        if isinstance(there, tuple) and isinstance(value, tuple):
            value = (*there, *value)
        elif isinstance(there, dict) and isinstance(value, dict):
            value = {**there, **value}
        data[key] = there if value is None else value
    more = len(messages) - _MOST_LISTED
    return (
        messages if more <= 0 else [*messages[:_MOST_LISTED], f"the section {key} cannot be read in {more} more places"]
    )


def _pieces(key: str, line: int, whole: str) -> Iterator[Piece]:
    """A section, or where it is no YAML each entry of its list, or of its keys, as one."""
    whole = _whole(whole)
    if _is_yaml(whole):
        yield line, whole
        return
    value = whole.partition(":")[2]
    first = value.lstrip()[:1]
    if first == "[":
        parts = [(at, f"{key}: [{entry}]") for at, entry in _flow_items(value)]
    elif first == "{":
        parts = [(at, f"{key}: {{{entry}}}") for at, entry in _flow_keys(value)]
    else:
        parts = [(at, f"{key}:\n{entry}") for at, entry in _lines_of(value)]
    for at, piece in parts or [(0, whole)]:
        before = line + value.count("\n", 0, at)
        yield before - (piece[len(key) + 1] == "\n"), piece


def _whole(section: str) -> str:
    """A section without the comma or the brace that JSON has behind it, where it is YAML without."""
    bare = section.rstrip()
    for less in (section, bare.removesuffix(","), bare.removesuffix("}")):
        if _is_yaml(less):
            return less
    return section


def _is_yaml(text: str) -> bool:
    try:
        parse(text)
    except InputError:
        return False
    return True


def _lines_of(value: str) -> Iterator[tuple[int, str]]:
    """The entries of a list, or the keys of a section, that begin in one column: where each stands, and its lines."""
    begun = list(_ITEM.finditer(value)) or list(_KEY.finditer(value))
    begins = [one.start() for one in begun if one.group() == begun[0].group()]
    for first, last in pairwise([*begins, len(value)]):
        yield first, value[first:last]


def _flow_items(value: str) -> Iterator[tuple[int, str]]:
    """The entries of a list in brackets, each a section in braces: those that can be read, and what stands between."""
    at = 0
    while (match := _FLOW_ITEM.search(value, at)) is not None:
        begin, end = match.end(), _closed(value, match.end(), _LONGEST_ITEM)
        if end is None or not _is_yaml(value[begin:end]):
            after = _FLOW_ITEM.search(value, begin + 1)
            end = len(value) if after is None else after.start()
        yield begin, value[begin:end]
        at = end


def _flow_keys(value: str) -> Iterator[tuple[int, str]]:
    """The keys of a section in braces, each with its value."""
    begin, depth = value.index("{") + 1, 1
    for sign in _SIGN.finditer(value, begin):
        depth += (sign[0] in "[{") - (sign[0] in "]}")
        if (sign[0] == "," and depth == 1) or depth == 0:
            yield begin, value[begin : sign.start()]
            begin = sign.end()
        if depth == 0:
            return
    yield begin, value[begin:]


def _closed(text: str, at: int, most: int) -> int | None:
    """Where what is opened first from a place on is closed; None where it is not, so many signs on."""
    depth = 0
    for sign in _SIGN.finditer(text, at, at + most):
        depth += (sign[0] in "[{") - (sign[0] in "]}")
        if depth == 0 and sign[0] in "]}":
            return sign.end()
    return None
