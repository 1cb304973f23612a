"""Sections that a program hands over as plain data, and changes of them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from optimizer.config.amounts import in_money
from optimizer.config.currency import FarmCurrency, money_of
from optimizer.config.document import Document
from optimizer.config.plain import meant
from optimizer.errors import InputError


def document_of(data: Mapping[str, Any], money: FarmCurrency | None = None) -> Document:
    """Plain data as a document, its amounts in a farm's ``money``, those of the data when None."""
    plain = _plain(data)
    return in_money(Document("", plain, {}, {}, {}), money_of(plain) if money is None else money)


def merged(old: Any, new: Any) -> Any:
    """Data with other values under some keys; a list takes a mapping of names to what changes of the entries.

    >>> merged({"a": 1, "b": ({"name": "x", "n": 1},)}, {"b": {"x": {"n": 2}}})
    {'a': 1, 'b': ({'name': 'x', 'n': 2},)}
    """
    if isinstance(old, dict) and isinstance(new, dict):
        return old | {key: merged(old.get(key), value) for key, value in new.items()}
    if isinstance(old, tuple) and isinstance(new, dict):
        names = [str(entry.get("name")) for entry in old]
        for name in set(new) - set(names):
            raise InputError(f"no entry has the name {name!r}; {meant(name, names)}")
        return tuple(merged(entry, new.get(name, {})) for name, entry in zip(names, old, strict=True))
    return new


def _plain(value: Any) -> Any:
    """Lists as tuples, numbers of numpy as Python's."""
    if isinstance(value, Mapping):
        return {str(key): _plain(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return tuple(_plain(inner) for inner in value)
    return value.item() if hasattr(value, "item") and getattr(value, "ndim", 1) == 0 else value
