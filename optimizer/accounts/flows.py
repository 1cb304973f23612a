"""What the meter and the machines say of a schedule, from the schedule alone: loads, starts, hash.

A balance is the sum of what the accounts of the mechanisms offer to it, as in the program, here in numbers.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from optimizer.accounts.conditions import Conditions
from optimizer.accounts.dispatch import Dispatch
from optimizer.accounts.ledger import offered
from optimizer.arrays import F
from optimizer.units import HOURS_PER_DAY, TERAHASH_PER_PETAHASH


@dataclass(frozen=True)
class Flows:
    """Quantities of one schedule that accounts start from, (intervals,) each.

    load_mw, import_mw: behind and through the meter. open_mw: import with losses, less what is delivered by decision;
    spot_mw: what of it no block fills. starts: group -> machines started. earning_th_hours, lost_th_hours: of machines
    that mine for the farm, after the pool's fee.
    """

    load_mw: F
    import_mw: F
    open_mw: F
    spot_mw: F
    starts: Mapping[str, F]
    earning_th_hours: F
    lost_th_hours: F

    @property
    def ph_days(self) -> F:
        """Hash delivered, after the pool's fee and what is lost, (intervals,)."""
        return (self.earning_th_hours - self.lost_th_hours) / (TERAHASH_PER_PETAHASH * HOURS_PER_DAY)


def flows(c: Conditions, dispatch: Dispatch) -> Flows:
    """Meter a schedule."""
    load = site_load_mw(c, dispatch)
    imported = load - offered("behind_the_meter", c, dispatch)
    left = open_mw(c, dispatch, imported)
    return Flows(
        load,
        imported,
        left,
        left - offered("filled", c, left),
        machine_starts(c, dispatch),
        offered("earning_th_hours", c, dispatch),
        offered("lost_th_hours", c, dispatch),
    )


def machine_starts(c: Conditions, dispatch: Dispatch) -> dict[str, F]:
    """Machines started by group, (intervals,) each, those that ran just before the plan taken into account."""
    return {group.name: group_starts(c, dispatch, g) for g, group in enumerate(c.farm.fleet)}


def group_starts(c: Conditions, dispatch: Dispatch, g: int) -> F:
    """Machines of one group started, (intervals,)."""
    running = dispatch.running(c.farm.fleet[g])
    before = np.concatenate([c.before.units[g : g + 1], running[:-1]])
    started: F = np.maximum(running - before, 0.0)
    return started


def site_load_mw(c: Conditions, dispatch: Dispatch) -> F:
    """Load behind the meter, MW, (intervals,)."""
    return offered("load", c, dispatch)


def grid_import_mw(c: Conditions, dispatch: Dispatch) -> F:
    """MW through the meter into the farm, (intervals,)."""
    return site_load_mw(c, dispatch) - offered("behind_the_meter", c, dispatch)


def open_mw(c: Conditions, dispatch: Dispatch, imported: F) -> F:
    """MW at the hub that nobody delivers by decision, (intervals,); losses included."""
    return (1.0 + c.farm.energy.loss_share) * imported - offered("delivered", c, dispatch)
