"""The currency in which money is shown and written: inside, `_usd` is the farm's; here it is named."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

_shown: ContextVar[str] = ContextVar("currency", default="USD")
_USD = re.compile("(?<![a-z])usd(?![a-z])")


def currency() -> str:
    """The currency in which money is shown."""
    return _shown.get()


def show_in(code: str) -> None:
    """Show money in a currency from here on: what a command line does, which is about one farm."""
    _shown.set(code)


@contextmanager
def shown_in(code: str) -> Iterator[None]:
    """Show money in a currency for a while."""
    token = _shown.set(code)
    try:
        yield
    finally:
        _shown.reset(token)


def named(name: str) -> str:
    """The name of a column or key in which the currency of what it holds is named.

    >>> with shown_in("NOK"):
    ...     named("profit_usd"), named("usd_per_mw_year"), named("units")
    ('profit_nok', 'nok_per_mw_year', 'units')
    """
    return name if currency() == "USD" else _USD.sub(currency().lower(), name)


def keyed(data: Any) -> Any:
    """Plain data with every key as `named`."""
    if currency() == "USD":
        return data
    if isinstance(data, dict):
        return {named(key) if isinstance(key, str) else key: keyed(value) for key, value in data.items()}
    return [keyed(value) for value in data] if isinstance(data, list | tuple) else data


def sign() -> str:
    """What stands for the currency where there is little room."""
    return "$" if currency() == "USD" else currency()


def amount(text: str) -> str:
    """A number with the sign of the currency before it, and its own before that.

    >>> amount("-1,234"), amount("0.04")
    ('-$1,234', '$0.04')
    >>> with shown_in("NOK"):
    ...     amount("-1,234")
    '-NOK 1,234'
    """
    minus, digits = ("-", text[1:]) if text.startswith("-") else ("", text)
    return f"{minus}{sign()}{'' if currency() == 'USD' else ' '}{digits}"
