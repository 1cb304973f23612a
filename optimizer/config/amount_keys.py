"""The keys under which a field of money or of a temperature may stand in a file; its name alone says that it is one."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from optimizer.config.base import Section

_MONEY = re.compile("(?:^|_)usd(?=_|$)")
_IN_USD = "optimizer.conversion"


def neutral(name: str) -> str:
    """The key of an amount in the farm's currency.

    >>> neutral("price_usd_per_mwh"), neutral("usd_per_kw_year"), neutral("timezone")
    ('price_per_mwh', 'per_kw_year', 'timezone')
    """
    return _MONEY.sub("", name).lstrip("_")


def fahrenheit(name: str) -> str:
    """The key of a temperature in degrees Fahrenheit.

    >>> fahrenheit("below_c"), fahrenheit("timezone")
    ('below_f', 'timezone')
    """
    return f"{name[:-2]}_f" if name.endswith("_c") else name


def is_money(name: str) -> bool:
    """Whether a field of that name is an amount of money."""
    return _MONEY.search(name) is not None


def fields_of(section: type[Section] = Section) -> Iterator[tuple[str, Any]]:
    """The fields of all sections of all files, and their types, but those of conversions, which are in USD."""
    if section.__module__.startswith(_IN_USD):
        return
    yield from ((name, one.annotation) for name, one in section.__dict__.get("__pydantic_fields__", {}).items())
    for inner in section.__subclasses__():
        yield from fields_of(inner)


def others(name: str) -> tuple[str, ...]:
    """The keys under which a field may be written besides its name."""
    return tuple({neutral(name), fahrenheit(name)} - {name, ""})
