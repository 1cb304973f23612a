"""What the state says of machines just before the plan: which run in which mode, what binds them, which are there."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

import numpy as np
import pandas as pd

from optimizer.arrays import F
from optimizer.config.clock import to_utc
from optimizer.config.farm import Farm
from optimizer.config.state import State
from optimizer.market.grid import Grid

_WHOLE = 1e-9


def hours_since_start(grid: Grid, moment: datetime) -> float:
    """Hours from the beginning of a grid to a moment, by its clock where that has no offset; negative before it."""
    return float((pd.Timestamp(to_utc(moment, grid.timezone)) - grid.begin).total_seconds()) / 3600.0


def hours_before(grid: Grid) -> F:
    """Hours from the beginning of a grid to each interval's start, (intervals,)."""
    return np.concatenate([[0.0], np.cumsum(grid.hours)[:-1]])


@dataclass(frozen=True)
class Before:
    """Machines just before the plan; arrays are (groups,) or (groups, intervals).

    units_available: whole machines in service in the plan, (groups, intervals).
    """

    farm: Farm
    state: State
    grid: Grid
    units_available: F

    @cached_property
    def units(self) -> F:
        """Machines running just before the plan, (groups,): the state carried in, else all that are available."""
        state = self.state.groups
        return np.array(
            [
                float(state[group.name].running) if group.name in state else available[0]
                for group, available in zip(self.farm.fleet, self.units_available, strict=True)
            ]
        )

    @cached_property
    def modes(self) -> dict[tuple[str, str], float]:
        """Machines running just before the plan, by group and mode: as told, the others in the strongest mode."""
        before: dict[tuple[str, str], float] = {}
        for group, running in zip(self.farm.fleet, self.units.tolist(), strict=True):
            state, points = self.state.groups.get(group.name), group.points
            left = running
            for mode in points:
                carried = 0 if state is None else state.modes.get(mode, 0)
                before[group.name, mode] = min(float(carried), left)
                left -= before[group.name, mode]
            before[group.name, max(points, key=lambda mode: points[mode].power_w)] += left
        return before

    @cached_property
    def in_service(self) -> F:
        """Machines in service just before the plan, (groups,): what of them is gone now, an outage has taken."""
        states = (self.state.groups.get(group.name) for group in self.farm.fleet)
        given = [0.0 if state is None or state.in_service is None else float(state.in_service) for state in states]
        there = np.maximum(self.units + self.bound[1][:, 0], self.units_available[:, 0])
        return np.maximum(there, given)

    @cached_property
    def bound(self) -> tuple[F, F]:
        """Machines whose start (stop) before the plan still binds them on (off), each (groups, intervals)."""
        shape = (len(self.farm.fleet), len(self.grid))
        on, off, begins = np.zeros(shape), np.zeros(shape), hours_before(self.grid)
        for g, group in enumerate(self.farm.fleet):
            state = self.state.groups.get(group.name)
            if state is None:
                continue
            for bound, switched, least in (
                (on, state.started, group.minimum_on_hours),
                (off, state.stopped, group.minimum_off_hours),
            ):
                for switch in switched:
                    until = hours_since_start(self.grid, switch.at) + least
                    bound[g] += switch.units * (begins < until - _WHOLE)
        return on, off

    @cached_property
    def started(self) -> F:
        """Machines started less than an hour before each interval's start but before the plan, (groups, intervals)."""
        recent, begins = np.zeros((len(self.farm.fleet), len(self.grid))), hours_before(self.grid)
        for g, group in enumerate(self.farm.fleet):
            state = self.state.groups.get(group.name)
            for switch in () if state is None else state.started:
                until = hours_since_start(self.grid, switch.at) + 1.0
                recent[g] += switch.units * (begins < until - _WHOLE)
        return recent

    @cached_property
    def starts_allowed(self) -> F:
        """Machine starts each group has on each local day, those made before the plan taken off; (groups, days)."""
        first_of_day = np.unique(self.grid.day_of_interval, return_index=True)[1]
        most = np.maximum.reduceat(self.units_available, first_of_day, axis=1)
        allowed = np.array([[g.starts_per_day or 0.0] for g in self.farm.fleet]) * most
        made = [[s.starts_today] if (s := self.state.groups.get(g.name)) else [0.0] for g in self.farm.fleet]
        allowed[:, :1] -= np.array(made)
        starts: F = np.maximum(allowed, 0.0)
        return starts
