"""The table of contents: every mechanism, in the order of the paper. To add one, write its folder and its line here."""

from __future__ import annotations

from functools import cache
from importlib import import_module
from importlib.util import find_spec
from typing import Any, TypeVar

MECHANISMS: tuple[str, ...] = (
    "fleet",
    "hosting",
    "tuning",
    "site",
    "shared",
    "storage",
    "onsite",
    "ramps",
    "energy",
    "blocks",
    "suppliers",
    "demand",
    "tiers",
    "tags",
    "bill",
    "calls",
    "clients",
    "announced",
    "whole",
)
K = TypeVar("K")


@cache
def parts(part: str) -> tuple[Any, ...]:
    """The modules of that name in the folders that have one, such as ``config`` or ``program``, in order."""
    names = (f"{__package__}.{mechanism}.{part}" for mechanism in MECHANISMS)
    return tuple(import_module(name) for name in names if find_spec(name) is not None)


def classes(part: str, kind: type[K]) -> tuple[type[K], ...]:
    """The classes of a kind that the modules of that name define, in order."""
    return tuple(defined for defined in _classes(parts(part)) if issubclass(defined, kind))


@cache
def _classes(modules: tuple[Any, ...]) -> tuple[type[Any], ...]:
    named = ((module.__name__, defined) for module in modules for defined in vars(module).values())
    return tuple(defined for name, defined in named if isinstance(defined, type) and defined.__module__ == name)
