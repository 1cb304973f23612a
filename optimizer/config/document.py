"""One file's data with the place of every key and value, and faults at them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from optimizer.errors import Fault

Keys = tuple[str | int, ...]  # the way to a value: ("fleet", 0, "units")
Place = tuple[int, int]  # line and column, both from 1


@dataclass(frozen=True)
class Document:
    """One file's data: dict, tuple, str, int, float, bool and None; ``faults`` did not hinder reading on.

    ``written`` has, by paths of the data, the keys that stand in the file in place of the last of them.
    """

    file: str
    data: Any
    values: dict[Keys, Place]
    keys: dict[Keys, Place]
    aliases: dict[Keys, Keys]
    faults: tuple[Fault, ...] = ()
    written: Mapping[Keys, str] = field(default_factory=dict)

    def as_written(self, path: Keys) -> Keys:
        """A path of the data as the file has it."""
        return tuple(self.written.get(path[: i + 1], part) for i, part in enumerate(path)) if self.written else path

    def place(self, path: Keys, *, of_key: bool = False) -> Place:
        """Line and column of a value, or of its key; of the nearest part around it that the file has."""
        path = self.as_written(path)
        for length in range(len(path), 0, -1):
            anchored = self.aliases.get(path[:length])
            if anchored is not None and length < len(path):
                return self.place(anchored + path[length:], of_key=of_key)
            # A part that the file lacks is missed in the section around it, which its key shows best.
            prefer_key = of_key or length < len(path)
            for places in (self.keys, self.values) if prefer_key else (self.values, self.keys):
                if path[:length] in places:
                    return places[path[:length]]
        return self.values.get((), (1, 1))

    def fault(self, path: Keys, message: str, *, of_key: bool = False) -> Fault:
        """A fault at a path of this document."""
        return Fault(self.file, *self.place(path, of_key=of_key), dotted(self.as_written(path)), message)


def dotted(path: Keys) -> str:
    """A path as people write it.

    >>> dotted(("fleet", 0, "units"))
    'fleet[0].units'
    """
    text = ""
    for part in path:
        text += f"[{part}]" if isinstance(part, int) else f".{shortened(part)}" if text else shortened(part)
    return text


def shortened(text: str, most: int = 60) -> str:
    """Text for a message: no line breaks or control characters, not longer than ``most``.

    >>> shortened("a" * 100, most=9)
    'aaaaaa...'
    """
    if len(text) > most:
        text = text[: most - 3] + "..."
    return "".join(sign if sign.isprintable() else "?" for sign in text)
