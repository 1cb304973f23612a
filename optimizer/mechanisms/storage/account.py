"""Storage behind the meter: its wear, the worth of what it holds, and what it can do. Its energy is in the import."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from optimizer.accounts.breach import Breach, mw_breaches
from optimizer.accounts.conditions import Conditions
from optimizer.accounts.dispatch import Dispatch
from optimizer.accounts.flows import grid_import_mw
from optimizer.accounts.ledger import Account, Kind
from optimizer.accounts.limits import hard_limit
from optimizer.accounts.settlement import Books
from optimizer.arrays import F
from optimizer.config.farm import Farm
from optimizer.mechanisms.storage.config import Storage
from optimizer.mechanisms.storage.state import batteries, powers_mw

ACCOUNT = Account()
_MWH = 1e-5  # what a level may be off by: it is summed up over all intervals


@ACCOUNT.offer("behind_the_meter")
def discharged_less_charged_mw(c: Conditions, dispatch: Dispatch) -> F:
    """What batteries bring to the site, MW, (intervals,)."""
    powers = powers_mw(c, dispatch)
    return sum((discharge - charge for charge, discharge in powers), np.zeros(len(c.grid)))


@ACCOUNT.offer("exportable")
def discharged_mw(c: Conditions, dispatch: Dispatch) -> F:
    """What batteries discharge, MW, (intervals,)."""
    return sum((discharge for _, discharge in powers_mw(c, dispatch)), np.zeros(len(c.grid)))


@ACCOUNT.offer("most_load")
def most_charged_mw(c: Conditions) -> F:
    """All of them charging, MW, (intervals,)."""
    return sum((battery.charge_mw for battery in batteries(c)), np.zeros(len(c.grid)))


@ACCOUNT.labels("charge_mw")
def chargers(farm: Farm) -> set[str]:
    """The batteries."""
    return {storage.name for storage in farm.sections(Storage)}


@ACCOUNT.labels("discharge_mw")
def dischargers(farm: Farm) -> set[str]:
    """As `chargers`."""
    return chargers(farm)


@ACCOUNT.columns("discharge_mw")
def levels(b: Books) -> dict[str, F]:
    """What each discharges, MW, and holds at the end of an interval, MWh."""
    shown = dict[str, F]()
    for battery, (charge, discharge) in zip(batteries(b.c), powers_mw(b.c, b.dispatch), strict=True):
        shown[f"{battery.of.name}/discharge_mw"] = discharge
        shown[f"{battery.of.name}/level_mwh"] = battery.levels_mwh(charge, discharge)
    return shown


@ACCOUNT.idle
def idle(c: Conditions, dispatch: Dispatch) -> Dispatch:
    """Nothing is charged or discharged."""
    nothing = {name: np.zeros(len(c.grid)) for name in sorted(chargers(c.farm))}
    return dispatch.with_(charge_mw=nothing, discharge_mw=nothing)


@ACCOUNT.line("Wear of storage", Kind.POWER, place=102)
def storage_wear(b: Books) -> F:
    """MWh discharged, times their wear."""
    wear = np.zeros(len(b.c.grid))
    for battery, (_, discharge) in zip(batteries(b.c), powers_mw(b.c, b.dispatch), strict=True):
        wear -= discharge * b.c.grid.hours * battery.of.wear_usd_per_mwh
    return wear


@ACCOUNT.line("Energy put into storage, at its worth", Kind.POWER, place=104)
def stored_energy(b: Books) -> F:
    """MWh held at the end of an interval beyond those at its start, times their worth."""
    worth = np.zeros(len(b.c.grid))
    for battery, power in zip(batteries(b.c), powers_mw(b.c, b.dispatch), strict=True):
        worth += np.diff(battery.levels_mwh(*power), prepend=battery.begin_mwh) * battery.of.left_usd_per_mwh
    return worth


@ACCOUNT.check
def breaches(c: Conditions, dispatch: Dispatch) -> Iterator[Breach]:
    """More power than a battery has, both ways at once, or a level that it cannot hold."""
    for battery, (charge, discharge) in zip(batteries(c), powers_mw(c, dispatch), strict=True):
        name, level = battery.of.name, battery.levels_mwh(charge, discharge)
        yield from mw_breaches("charge below zero", name, -charge)
        yield from mw_breaches("discharge below zero", name, -discharge)
        yield from mw_breaches("charge limit", name, charge - battery.charge_mw)
        yield from mw_breaches("discharge limit", name, discharge - battery.discharge_mw)
        yield from mw_breaches("charge or discharge", name, np.minimum(charge, discharge))
        beyond = {"capacity of storage": level - battery.of.capacity_mwh, "least level": battery.least_mwh - level}
        for rule, mwh in beyond.items():
            for t in np.flatnonzero(mwh > _MWH).tolist():
                yield Breach(rule, name, t, float(mwh[t]), "MWh")


@ACCOUNT.there
def there(c: Conditions, dispatch: Dispatch) -> Dispatch:
    """No more is charged and discharged than fits; a hard limit on import is kept by charging less, before machines."""
    powers: list[tuple[F, F]] = []
    if not c.farm.sections(Storage):
        return _within(c, dispatch, powers)
    over = np.maximum(grid_import_mw(c, dispatch) - hard_limit(c).import_mw, 0.0)
    for charge, discharge in powers_mw(c, dispatch):
        less = np.minimum(charge, over)
        powers.append((charge - less, discharge))
        over = over - less
    return _within(c, dispatch, powers)


@ACCOUNT.follow
def follow(c: Conditions, dispatch: Dispatch) -> Dispatch:
    """What fewer machines no longer take is not discharged, and kept for later."""
    powers: list[tuple[F, F]] = []
    if not c.farm.sections(Storage):
        return _within(c, dispatch, powers)
    surplus = np.maximum(-grid_import_mw(c, dispatch), 0.0)
    for charge, discharge in powers_mw(c, dispatch):
        less = np.minimum(discharge, surplus)
        powers.append((charge, discharge - less))
        surplus = surplus - less
    return _within(c, dispatch, powers)


def _within(c: Conditions, dispatch: Dispatch, powers: list[tuple[F, F]]) -> Dispatch:
    """The schedule with batteries that do this as far as they can."""
    kept = {battery.of.name: battery.within(*power) for battery, power in zip(batteries(c), powers, strict=True)}
    return dispatch.with_(
        charge_mw={name: charge for name, (charge, _) in kept.items()},
        discharge_mw={name: discharge for name, (_, discharge) in kept.items()},
    )
