"""What a state says of the machines of a fleet, held against them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from optimizer.config.document import Keys
from optimizer.config.plain import FoundAt, entries, get, meant, modes_of


def faults(farm: Any) -> Iterator[FoundAt]:
    """Groups of a state that are not there, and more machines than there are."""
    named = ((get(group, "name"), get(group, "units")) for _, group in entries(farm, "fleet"))
    units = {name: count for name, count in named if isinstance(name, str)}
    modes, groups = modes_of(farm), get(get(farm, "state"), "groups")
    for name, state in groups.items() if isinstance(groups, dict) else ():
        path = ("state", "groups", name)
        if name not in units:
            yield path, f"no group of the fleet has this name; {meant(name, list(units))}"
            continue
        yield from _modes(path, name, state, modes[name])
        installed, running = units[name], get(state, "running")
        if not isinstance(running, int) or running < 0:
            continue
        if (
            isinstance(in_service := get(state, "in_service"), int)
            and isinstance(installed, int)
            and in_service > installed
        ):
            yield (*path, "in_service"), f"is more than the {installed} machines of the group (got {in_service})"
        started, stopped = (_switched(state, key) for key in ("started", "stopped"))
        if started > running:
            sentence = f"are {started} machines, more than the {running} that run; leave out those stopped since"
            yield (*path, "started"), sentence
        if not isinstance(installed, int):
            continue
        if running > installed:
            yield (*path, "running"), f"must be at most {installed}, the units of the group (got {running})"
        elif running + stopped > installed:
            sentence = (
                f"are {stopped} machines; with the {running} that run that is more than {installed}, "
                "the units of the group; leave out those started since"
            )
            yield (*path, "stopped"), sentence


def _modes(path: Keys, name: str, state: Any, known: list[str]) -> Iterator[FoundAt]:
    """Machines said to run in modes that are not there, or more of them than run."""
    written, running = get(state, "modes"), get(state, "running")
    counts = written if isinstance(written, dict) else {}
    for mode in counts:
        if mode not in known:
            yield (*path, "modes", mode), f"{name} has no such mode; it has {', '.join(known)}"
    total = sum(count for count in counts.values() if isinstance(count, int))
    if isinstance(running, int) and total > running:
        yield (*path, "modes"), f"are {total} machines, more than the {running} that run"


def _switched(state: Any, key: str) -> int:
    """Machines in a list of starts or stops."""
    units = (get(switched, "units") for _, switched in entries(state, key))
    return sum(count for count in units if isinstance(count, int) and count > 0)
