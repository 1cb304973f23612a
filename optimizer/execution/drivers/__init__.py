"""How each kind of firmware is read and told: a file each, found by its name."""

from __future__ import annotations

import pkgutil
from functools import cache
from importlib import import_module

from optimizer.errors import InputError
from optimizer.execution.drivers.base import Driver


@cache
def driver_names() -> tuple[str, ...]:
    """The drivers that there are, by the names of their files.

    >>> "luxos" in driver_names()
    True
    """
    return tuple(sorted(module.name for module in pkgutil.iter_modules(__path__) if module.name != "base"))


@cache
def driver(name: str) -> type[Driver]:
    """The driver of that name, imported when it is first needed. Raises InputError."""
    if name not in driver_names():
        raise InputError(f"there is no driver {name!r}; there are: {', '.join(driver_names())}")
    module = import_module(f"{__name__}.{name}")
    return next(
        one
        for one in vars(module).values()
        if isinstance(one, type) and issubclass(one, Driver) and one.__module__ == module.__name__
    )
