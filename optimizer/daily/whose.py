"""What a state folder says of its farm: its clock, its file and the most it draws."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from optimizer.config.clock import zone_of
from optimizer.daily.folder import StateFolder
from optimizer.daily.identity import FILE, identity_in
from optimizer.daily.record import Record
from optimizer.errors import InputError


@dataclass(frozen=True)
class Whose:
    """The clock and the file of a state folder's farm; ``messages`` where not all of it can be read."""

    timezone: str
    file: str
    messages: tuple[str, ...] = ()


def whose(state: Path) -> Whose:
    """The farm of a state folder, by its own file, else by the schedule in force. Raises InputError where none says."""
    identity = identity_in(state)
    if identity is not None and _is_zone(identity.timezone):
        return Whose(identity.timezone, identity.file)
    record = StateFolder(state).newest()
    if record is None:
        raise InputError(f"{state} is no state folder of a farm: run `curtail daily FARM --state {state}` first")
    message = f"{state / FILE} is missing or damaged: the clock is that of the last schedule; the next run mends it"
    return Whose(record.farm.timezone, "FARM", (message,))


def most_mw(record: Record) -> float:
    """The most that a farm draws from the grid: every machine on, within the import limit where that is hard, MW."""
    c = record.conditions
    units = np.array([group.units for group in record.farm.fleet])
    load = c.pue * float(c.strongest_mw @ units) + record.market.auxiliary_load_mw
    hard = record.farm.site.import_violation_usd_per_mwh is None
    return float((np.minimum(load, record.market.import_limit_mw) if hard else load).max())


def _is_zone(name: str) -> bool:
    try:
        zone_of(name)
    except ValueError:
        return False
    return True
