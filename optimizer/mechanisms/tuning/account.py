"""Changes of mode: hash that they lose, what they wear, and how many there are on a day."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from optimizer.accounts.breach import UNIT_TOLERANCE, Breach
from optimizer.accounts.conditions import Conditions
from optimizer.accounts.dispatch import Dispatch
from optimizer.accounts.ledger import Account, Kind, offered
from optimizer.accounts.settlement import Books
from optimizer.arrays import F
from optimizer.mechanisms.tuning.count import changes, changes_by_group, tunings
from optimizer.mechanisms.tuning.facts import changes_allowed
from optimizer.units import usd_per_th_hour

ACCOUNT = Account()


@ACCOUNT.offer("lost_th_hours")
def lost_in_changes(c: Conditions, dispatch: Dispatch) -> F:
    """What machines would earn in the hours that tuning takes them, TH/s hours, (intervals,)."""
    tuned = tunings(c)
    if not tuned:
        return np.zeros(len(c.grid))
    idle = {point: np.zeros(len(c.grid)) for point in dispatch.units_on}
    idle |= {point: units * tuned[point[0]].lost_hours / c.grid.hours for point, units in changes(c, dispatch).items()}
    return offered("earning_th_hours", c, dispatch.with_(units_on=idle))


@ACCOUNT.line("Hash lost while tuning to other modes", Kind.MACHINES, place=33)
def tuning_loss(b: Books) -> F:
    """Hash that changes of mode lose, times hashprice."""
    return -usd_per_th_hour(1.0) * b.c.market.hashprice_usd_per_ph_day * lost_in_changes(b.c, b.dispatch)


@ACCOUNT.line("Wear of changes of mode", Kind.MACHINES, place=43)
def tuning_wear(b: Books) -> F:
    """Changes of mode times their wear."""
    wear, changed = np.zeros(len(b.c.grid)), changes_by_group(b.c, b.dispatch)
    for name, tuning in tunings(b.c).items():
        wear -= tuning.wear_usd_per_change * changed[name]
    return wear


@ACCOUNT.check
def breaches(c: Conditions, dispatch: Dispatch) -> Iterator[Breach]:
    """More changes on a day than a group has."""
    if not tunings(c):
        return
    changed, first_of_day = changes_by_group(c, dispatch), np.unique(c.grid.day_of_interval, return_index=True)[1]
    for g, group in enumerate(c.farm.fleet):
        if group.name in changed:
            over = np.add.reduceat(changed[group.name], first_of_day) - changes_allowed(c, g)
            for day in np.flatnonzero(over > UNIT_TOLERANCE).tolist():
                yield Breach("changes of mode per day", group.name, int(first_of_day[day]), float(over[day]), "changes")


@ACCOUNT.note
def modes_changed(b: Books) -> Iterator[str]:
    """How often machines change their mode."""
    for name, changed in changes_by_group(b.c, b.dispatch).items():
        if intervals := np.count_nonzero(changed > UNIT_TOLERANCE):
            times = f"{changed.sum():,.0f} times, in {intervals} of {len(changed)} intervals"
            yield f"Machines of {name} change their mode {times}."
