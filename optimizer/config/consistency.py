"""What only a whole farm can be checked for: names, times on its clock, what needs the temperature, the contract.

The checks read a validated `Farm` or the plain data of a file alike, so that a file with other faults gets
these in the same report. What has the wrong type here is somebody else's fault, and passed over.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pydantic import BaseModel

from optimizer.config.composed import Listed, kinds
from optimizer.config.holiday_checks import holiday_faults
from optimizer.config.plain import FoundAt, entries, get, meant
from optimizer.config.state import BillState, state_sections
from optimizer.config.time_checks import time_faults
from optimizer.config.yaml12 import Keys, dotted
from optimizer.mechanisms.contents import parts

__all__ = ["entries", "faults_of_the_whole", "get", "meant"]

_NAMED = (  # lists whose entries go by name, and what an entry is
    (("fleet",), "group"),
)
_BY_TEMPERATURE = ("minimum_start_temperature_c", "freeze_protection", "cold_restart")  # keys of a group


def faults_of_the_whole(farm: Any) -> list[FoundAt]:
    """Faults with their paths; none for a consistent farm."""
    return [
        *_names(farm),
        *_state(farm),
        *time_faults(farm),
        *_temperature(farm),
        *holiday_faults(farm),
        *_daily(farm),
        *(fault for module in parts("config") if hasattr(module, "faults") for fault in module.faults(farm)),
    ]


def _names(farm: Any) -> Iterator[FoundAt]:
    """Names that two entries of a list have."""
    of_the_farm = (
        ((*at, i), entry, what)
        for at, what in _NAMED
        for i, entry in entries(farm if len(at) == 1 else get(farm, at[0]), at[-1])
    )
    own = (
        (path, entry, kind.ENTRY) for kind in kinds() if issubclass(kind, Listed) for path, entry in kind.standing(farm)
    )
    first: dict[tuple[Keys, str], Keys] = {}
    for path, entry, what in (*of_the_farm, *own):
        name = get(entry, "name")
        if not isinstance(name, str):
            continue
        if (other := first.setdefault((path[:-1], name), path)) != path:
            yield (*path, "name"), f"is the name of {dotted(other)} too; each {what} needs its own"


def _state(farm: Any) -> Iterator[FoundAt]:
    section = get(farm, "state")
    groups = get(section, "groups")
    yield from _announced(farm, get(section, "announced"))
    own = {kind.KEY: get(section, kind.KEY) for kind in state_sections()}
    told = [
        groups,
        get(section, "announced"),
        any(get(get(section, "bill"), key) for key in BillState.model_fields),
        get(section, "missed_mw"),
        *own.values(),
    ]
    if get(section, "at") is None and (any(told) or get(section, "grid_import_mw") is not None):
        keys = ["groups", "announced", "grid_import_mw", "bill", "missed_mw", *own]
        yield ("state", "at"), f"is needed with {', '.join(keys[:-1])} or {keys[-1]}: the moment the state was read"
    named = ((get(group, "name"), get(group, "units")) for _, group in entries(farm, "fleet"))
    units = {name: count for name, count in named if isinstance(name, str)}
    for name, state in groups.items() if isinstance(groups, dict) else ():
        path = ("state", "groups", name)
        if name not in units:
            yield path, f"no group of the fleet has this name; {meant(name, list(units))}"
            continue
        yield from _modes(path, name, state, _modes_of(farm)[name])
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


def _modes_of(farm: Any) -> dict[str, list[str]]:
    """The modes of every group by its name."""
    return {
        name: [str(mode) for _, mode in entries(group, "modes")] or ["normal"]
        for _, group in entries(farm, "fleet")
        if isinstance(name := get(group, "name"), str)
    }


def _modes(path: Keys, name: str, state: Any, known: list[str]) -> Iterator[FoundAt]:
    """Machines said to run in modes that are not there, or more of them than run."""
    told, running = get(state, "modes"), get(state, "running")
    counts = told if isinstance(told, dict) else {}
    for mode in counts:
        if mode not in known:
            yield (*path, "modes", mode), f"{name} has no such mode; it has {', '.join(known)}"
    total = sum(count for count in counts.values() if isinstance(count, int))
    if isinstance(running, int) and total > running:
        yield (*path, "modes"), f"are {total} machines, more than the {running} that run"


def _announced(farm: Any, told: Any) -> Iterator[FoundAt]:
    """Machines announced for groups or modes that are not there."""
    modes = _modes_of(farm)
    for name, rows in told.items() if isinstance(told, dict) else ():
        path = ("state", "announced", name)
        if name not in modes:
            yield path, f"no group of the fleet has this name; {meant(name, list(modes))}"
            continue
        for mode in rows if isinstance(rows, dict) else ():
            if mode not in modes[name]:
                yield (*path, mode), f"{name} has no such mode; it has {', '.join(modes[name])}"


def _switched(state: Any, key: str) -> int:
    """Machines in a list of starts or stops."""
    units = (get(switched, "units") for _, switched in entries(state, key))
    return sum(count for count in units if isinstance(count, int) and count > 0)


def by_temperature(farm: Any) -> Iterator[Keys]:
    """Where a farm gives what depends on the outdoor temperature."""
    if get(get(get(farm, "site"), "pue"), "temperature_c") is not None:
        yield "site", "pue"
    sections: list[tuple[Keys, Any, tuple[str, ...]]]
    sections = [(("fleet", i), group, _BY_TEMPERATURE) for i, group in entries(farm, "fleet")]
    sections += [(path, found, kind.BY_TEMPERATURE) for kind in kinds() for path, found in kind.standing(farm)]
    for path, section, keys in sections:
        yield from ((*path, key) for key in keys if get(section, key) is not None)


def _temperature(farm: Any) -> Iterator[FoundAt]:
    if get(farm, "weather") is None:
        sentence = "goes by temperature: the farm needs `weather: temperature_c` besides it"
        yield from ((path, sentence) for path in by_temperature(farm))


def _daily(farm: Any) -> Iterator[FoundAt]:
    """Files that the scheduled job is told of but no series of the farm is read from."""
    section = get(farm, "daily")
    named = {key: get(section, key) for key in ("newest", "stale_after_hours_of")}
    known = sorted(set(_files(farm))) if any(named.values()) else []
    for key, names in named.items():
        for name in names if isinstance(names, dict) else ():
            if name not in known:
                yield ("daily", key, name), f"no series of this farm is read from this file; {meant(str(name), known)}"


def _files(section: Any) -> Iterator[str]:
    """The files of all series in a section, as it names them. Only a series has the key `file`."""
    if isinstance(section, BaseModel):
        section = {name: getattr(section, name) for name in type(section).model_fields}
    if isinstance(section, dict):
        if isinstance(section.get("file"), str):
            yield section["file"]
        for inner in section.values():
            yield from _files(inner)
    elif isinstance(section, tuple):
        for inner in section:
            yield from _files(inner)
