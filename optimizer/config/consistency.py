"""What only a whole farm can be checked for: names, times on its clock, what needs the temperature, the contract.

The checks read a validated `Farm` or the plain data of a file alike, so that a file with other faults gets
these in the same report. What has the wrong type here is somebody else's fault, and passed over.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pydantic import BaseModel

from optimizer.config.composed import Listed, kinds
from optimizer.config.document import Keys, dotted
from optimizer.config.holiday_checks import holiday_faults
from optimizer.config.plain import FoundAt, entries, get, meant
from optimizer.config.state import BillState, state_sections
from optimizer.config.time_checks import time_faults
from optimizer.mechanisms.contents import parts

__all__ = ["entries", "faults_of_the_whole", "get", "meant"]

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
    groups = ((("fleet", i), group, "group") for i, group in entries(farm, "fleet"))
    own = (
        (path, entry, kind.ENTRY) for kind in kinds() if issubclass(kind, Listed) for path, entry in kind.standing(farm)
    )
    first: dict[tuple[Keys, str], Keys] = {}
    for path, entry, what in (*groups, *own):
        name = get(entry, "name")
        if not isinstance(name, str):
            continue
        if (other := first.setdefault((path[:-1], name), path)) != path:
            yield (*path, "name"), f"is the name of {dotted(other)} too; each {what} needs its own"


def _state(farm: Any) -> Iterator[FoundAt]:
    """A state without its moment."""
    section = get(farm, "state")
    given_keys = {
        "groups": get(section, "groups"),
        "announced": get(section, "announced"),
        "grid_import_mw": get(section, "grid_import_mw") is not None,
        "bill": any(get(get(section, "bill"), key) for key in BillState.model_fields),
        "missed_mw": get(section, "missed_mw"),
        **{kind.KEY: get(section, kind.KEY) for kind in state_sections()},
    }
    if get(section, "at") is None and any(given_keys.values()):
        keys = ", ".join(key for key, given in given_keys.items() if given)
        yield ("state", "at"), f"is needed with {keys}: the moment the state was read"


def by_temperature(farm: Any) -> Iterator[Keys]:
    """Where a farm gives what depends on the outdoor temperature."""
    if get(get(get(farm, "site"), "pue"), "temperature_c") is not None:
        yield "site", "pue"
    sections: list[tuple[Keys, Any, tuple[str, ...]]]
    sections = [(("fleet", i), group, _BY_TEMPERATURE) for i, group in entries(farm, "fleet")]
    sections += [(path, part, kind.BY_TEMPERATURE) for kind in kinds() for path, part in kind.standing(farm)]
    for path, section, keys in sections:
        yield from ((*path, key) for key in keys if get(section, key) is not None)


def _temperature(farm: Any) -> Iterator[FoundAt]:
    if get(farm, "weather") is None:
        sentence = "goes by temperature: the farm needs `weather: temperature_c` besides it"
        yield from ((path, sentence) for path in by_temperature(farm))


def _daily(farm: Any) -> Iterator[FoundAt]:
    """Files that the scheduled job is told of but no series of the farm is read from."""
    section = get(farm, "daily")
    currency, own = get(get(section, "feed"), "currency"), get(farm, "currency") or "USD"
    rates = get(farm, "exchange_rates")
    rate = get(get(section, "feed"), "usd_per_unit") or (rates.get(currency) if isinstance(rates, dict) else None)
    if currency is not None and currency != own and type(rate) not in (int, float):
        yield ("daily", "feed", "currency"), f"needs `exchange_rates: {{{currency}: ...}}`, a number"
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
