"""Reading a validated section and the plain data of a file alike; what has the wrong type is passed over."""

from __future__ import annotations

from collections.abc import Iterator
from difflib import get_close_matches
from typing import Any

from pydantic import BaseModel

from optimizer.config.document import Keys, shortened

FoundAt = tuple[Keys, str]


def get(section: Any, key: str) -> Any:
    """A value of a typed section or of plain data; None where there is none."""
    return section.get(key) if isinstance(section, dict) else getattr(section, key, None)


def entries(section: Any, key: str) -> Iterator[tuple[int, Any]]:
    """The numbered entries of a list in a section."""
    listed = get(section, key)
    return enumerate(listed if isinstance(listed, tuple | list) else ())


def modes_of(farm: Any) -> dict[str, list[str]]:
    """The modes of every group by its name."""
    return {
        name: [str(mode) for _, mode in entries(group, "modes")] or ["normal"]
        for _, group in entries(farm, "fleet")
        if isinstance(name := get(group, "name"), str)
    }


def meant(name: str, known: list[str]) -> str:
    """A suggestion for a misspelt name, or what there is.

    >>> meant("Antminer S12", ["Antminer S21", "Avalon A1466"])
    'did you mean `Antminer S21`?'
    >>> meant("S21", ["Antminer S21 XP", "Antminer S21"])
    'did you mean `Antminer S21`?'
    """
    folded = {other.casefold(): other for other in known}
    asked = name[:100].casefold()
    close = get_close_matches(asked, list(folded), n=1)
    close = close or sorted((other for other in folded if len(asked) > 2 and asked in other), key=len)[:1]
    if close:
        return f"did you mean `{folded[close[0]]}`?"
    listed = ", ".join(known[:12]) + (", ..." if len(known) > 12 else "")
    return f"there is: {listed}" if known else "there is none"


def got(value: Any) -> str:
    """A value for a message, short.

    >>> [got(value) for value in ("x" * 99, 3, True, None, {}, ())]
    ["'xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx...'", '3', 'true', 'nothing', 'a section', 'a list']
    """
    if isinstance(value, str):
        return f"'{shortened(value, 40)}'"
    if value is None:
        return "nothing"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, dict | BaseModel):
        return "a section"
    if isinstance(value, tuple | list):
        return "a list"
    return shortened(repr(value), 40)
