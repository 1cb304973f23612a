"""A battery as it is found: what it begins with and how far it goes, and what a schedule leaves in it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from optimizer.accounts.conditions import Conditions
from optimizer.arrays import F
from optimizer.mechanisms.storage.config import Storage
from optimizer.units import HOURS_PER_DAY


@dataclass(frozen=True)
class Battery:
    """A battery over the intervals of conditions; arrays are (intervals,).

    begin_mwh: held at the beginning. least_mwh: the file's, or what it begins with where that is less: it need not be
    charged. charge_mw, discharge_mw: limits, zero while it is out of service. kept_share: what is still there, at the
    end of an interval, of what it held beyond the least at the start.
    """

    of: Storage
    begin_mwh: float
    least_mwh: float
    charge_mw: F
    discharge_mw: F
    kept_share: F
    hours: F

    def level_mwh(self, before: float, t: int, charge_mw: float, discharge_mw: float) -> float:
        """What it holds at the end of an interval that began with ``before``."""
        kept = self.least_mwh + (before - self.least_mwh) * float(self.kept_share[t])
        into, out = charge_mw * self.of.charge_efficiency, discharge_mw / self.of.discharge_efficiency
        return kept + float(self.hours[t]) * (into - out)

    def levels_mwh(self, charge_mw: F, discharge_mw: F) -> F:
        """What it holds at the end of every interval, (intervals,)."""
        levels, level = np.zeros(len(self.hours)), self.begin_mwh
        for t in range(len(levels)):
            levels[t] = level = self.level_mwh(level, t, float(charge_mw[t]), float(discharge_mw[t]))
        return levels

    def within(self, charge_mw: F, discharge_mw: F) -> tuple[F, F]:
        """The schedule with no more charged and discharged than fits, (intervals,) each."""
        charge, discharge = np.minimum(charge_mw, self.charge_mw), np.minimum(discharge_mw, self.discharge_mw)
        level, of = self.begin_mwh, self.of
        for t, hours in enumerate(self.hours.tolist()):
            idle = self.level_mwh(level, t, 0.0, 0.0)
            charge[t] = min(charge[t], max(of.capacity_mwh - idle, 0.0) / (hours * of.charge_efficiency))
            discharge[t] = min(discharge[t], max(idle - self.least_mwh, 0.0) / hours * of.discharge_efficiency)
            level = self.level_mwh(level, t, float(charge[t]), float(discharge[t]))
        return charge, discharge


def batteries_holding(c: Conditions, held_mwh: Mapping[str, float]) -> tuple[Battery, ...]:
    """Every battery in the order of the file; ``held_mwh`` is by name, the least where it says nothing."""
    return tuple(
        _battery(c, storage, held_mwh.get(storage.name, storage.least_mwh)) for storage in c.farm.sections(Storage)
    )


def _battery(c: Conditions, storage: Storage, held_mwh: float) -> Battery:
    begin, there = min(held_mwh, storage.capacity_mwh), np.ones(len(c.grid))
    for outage in storage.outages:
        there[c.overlaps(outage.start, outage.end)] = 0.0
    return Battery(
        of=storage,
        begin_mwh=begin,
        least_mwh=min(storage.least_mwh, begin),
        charge_mw=storage.charge_mw * there,
        discharge_mw=storage.discharge_mw * there,
        kept_share=(1.0 - storage.standing_loss_share_per_day) ** (c.grid.hours / HOURS_PER_DAY),
        hours=c.grid.hours,
    )
