"""Announced machines, held against the fleet."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from optimizer.config.plain import FoundAt, get, meant, modes_of


def faults(farm: Any) -> Iterator[FoundAt]:
    """Machines announced for groups or modes that are not there."""
    modes, announced = modes_of(farm), get(get(farm, "state"), "announced")
    for name, rows in announced.items() if isinstance(announced, dict) else ():
        path = ("state", "announced", name)
        if name not in modes:
            yield path, f"no group of the fleet has this name; {meant(name, list(modes))}"
            continue
        for mode in rows if isinstance(rows, dict) else ():
            if mode not in modes[name]:
                yield (*path, mode), f"{name} has no such mode; it has {', '.join(modes[name])}"
