"""A URDB file: JSON text to one rate, with the place of every key."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

from optimizer.config.document import Keys, dotted, shortened
from optimizer.config.files import why_unreadable
from optimizer.errors import Fault, InputError
from optimizer.outside import TooLargeError, read_regular
from optimizer.tariff.keys import canonical

MOST_BYTES = 50_000_000
_BLANK = re.compile(r"[ \t\r\n]*")


@dataclass(frozen=True)
class TariffRate:
    """One rate of a file: values by the canonical names of their keys, numbers as exact decimals.

    ``spelling`` holds each key as the file writes it, ``offsets`` where it stands in ``text``.
    """

    file: str
    text: str
    path: Keys
    values: dict[str, Any]
    spelling: dict[str, str]
    offsets: dict[str, int]

    def fault(self, path: Keys, message: str) -> Fault:
        """A fault at a path inside the rate, which begins with a canonical key; () is the rate itself."""
        key = str(path[0]) if path else ""
        offset = self.offsets.get(key, self.offsets[""])
        written = (*self.path, self.spelling.get(key, key), *path[1:]) if path else self.path
        return Fault(self.file, *_place(self.text, offset), dotted(written), message)

    def without(self, keys: frozenset[str]) -> TariffRate:
        """The rate without these keys."""
        kept = {key: value for key, value in self.values.items() if key not in keys}
        return TariffRate(self.file, self.text, self.path, kept, self.spelling, self.offsets)


def read_rate(path: Path, item: int | None = None) -> TariffRate:
    """The rate of a URDB file, or its ``item``-th (from 1) where it is a response with several.

    Raises InputError where the file is not JSON, holds no rate, or several and ``item`` says not which.
    """
    file, text = str(path), _text(path)
    whole = _decoded(text, file)
    begin = _skip(text, 0)
    if not isinstance(whole, dict):
        raise InputError([Fault(file, 1, 1, "", "is not a rate of the Utility Rate Database: no `{` at its beginning")])
    members = list(_members(text, begin))
    items = next(((value, start) for key, value, _, start in members if key == "items"), None)
    if items is None:
        if item not in (None, 1):
            raise InputError(f"--item {item}: {file} holds one rate")
        return _rate(file, text, (), begin)
    starts = list(_elements(text, items[1])) if isinstance(items[0], list) else []
    number = 1 if item is None and len(starts) == 1 else item
    if number is None or not 1 <= number <= len(starts):
        raise InputError(_which(file, [value for value, _ in starts], item))
    value, start = starts[number - 1]
    if not isinstance(value, dict):
        place = _place(text, start)
        raise InputError([Fault(file, *place, f"items[{number - 1}]", "is not a rate: it must be a section of keys")])
    return _rate(file, text, ("items", number - 1), start)


def _which(file: str, rates: list[Any], item: int | None) -> str:
    named = [rate if isinstance(rate, dict) else {} for rate in rates]
    listed = [f"  {i}: {rate.get('name', '?')} ({rate.get('label', '?')})" for i, rate in enumerate(named[:20], 1)]
    more = [f"  and {len(named) - 20} more"] if len(named) > 20 else []
    wrong = "" if item is None else f"; there is no rate {item}"
    if not rates:
        return f"{file}: its `items` hold no rate"
    return "\n".join([f"{file} holds {len(rates)} rates{wrong}; choose one with --item N:", *listed, *more])


def _rate(file: str, text: str, path: Keys, begin: int) -> TariffRate:
    values: dict[str, Any] = {}
    spelling: dict[str, str] = {}
    offsets = {"": begin}
    twice: list[Fault] = []
    for written, value, offset, _ in _members(text, begin):
        key = canonical(written)
        if key in values:
            sentence = f"means the same as {spelling[key]!r}, which is given too"
            twice.append(Fault(file, *_place(text, offset), dotted((*path, written)), sentence))
        values[key], spelling[key], offsets[key] = value, written, offset
    if twice:
        raise InputError(twice)
    return TariffRate(file, text, path, values, spelling, offsets)


def _text(path: Path) -> str:
    try:
        return read_regular(path, MOST_BYTES).decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputError([Fault(str(path), 1, 1, "", f"is not UTF-8 text (byte {error.start + 1})")]) from None
    except TooLargeError as error:
        raise InputError([Fault(str(path), 1, 1, "", f"{error.strerror}; save the one rate you want")]) from None
    except (OSError, ValueError) as error:
        raise InputError([Fault(str(path), 1, 1, "", why_unreadable(error))]) from None


def _no_number(word: str) -> Any:
    raise ValueError(f"{word} is not a number")


_DECODER = json.JSONDecoder(parse_float=Decimal, parse_int=Decimal, parse_constant=_no_number)


def _decoded(text: str, file: str) -> Any:
    try:
        return _DECODER.decode(text)
    except json.JSONDecodeError as error:
        raise InputError([Fault(file, error.lineno, error.colno, "", f"is not JSON: {error.msg}")]) from None
    except (ValueError, ArithmeticError, RecursionError) as error:
        raise InputError([Fault(file, 1, 1, "", f"is not JSON: {error}")]) from None


def _members(text: str, begin: int) -> Iterator[tuple[str, Any, int, int]]:
    """Keys and values of the object that begins there, with the offsets of both; the text is known to be JSON."""
    here = _skip(text, begin + 1)
    while text[here] != "}":
        key, after = _DECODER.raw_decode(text, here)
        start = _skip(text, _skip(text, after) + 1)
        value, end = _DECODER.raw_decode(text, start)
        yield key, value, here, start
        here = _skip(text, end)
        here = _skip(text, here + 1) if text[here] == "," else here


def _elements(text: str, begin: int) -> Iterator[tuple[Any, int]]:
    """Elements of the array that begins there, with their offsets."""
    here = _skip(text, begin + 1)
    while text[here] != "]":
        value, end = _DECODER.raw_decode(text, here)
        yield value, here
        here = _skip(text, end)
        here = _skip(text, here + 1) if text[here] == "," else here


def _skip(text: str, here: int) -> int:
    match = _BLANK.match(text, here)
    assert match is not None
    return match.end()


def _place(text: str, offset: int) -> tuple[int, int]:
    return text.count("\n", 0, offset) + 1, offset - text.rfind("\n", 0, offset)


def as_text(value: Any) -> str:
    """A value of the file for notes and messages.

    >>> as_text(Decimal("20.0")), as_text("Net  Metering"), as_text([1, 2])
    ('20', 'Net Metering', 'a list')
    """
    if isinstance(value, Decimal):
        return f"{value.normalize():f}" if value.is_finite() and abs(value.adjusted()) < 20 else str(value)
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str):
        return shortened(" ".join(value.split()), 500)
    return "a list" if isinstance(value, list) else "a section"
