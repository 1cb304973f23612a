"""What the state says of machines just before the plan: which run in which mode, what binds them, which are there."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from optimizer.arrays import F

if TYPE_CHECKING:
    from optimizer.accounts.conditions import Conditions

_WHOLE = 1e-9


@dataclass(frozen=True)
class Before:
    """Machines just before the plan; arrays are (groups,) or (groups, intervals)."""

    c: Conditions

    @cached_property
    def units(self) -> F:
        """Machines running just before the plan, (groups,): the state carried in, else all that are available."""
        state = self.c.state.groups
        return np.array(
            [
                float(state[group.name].running) if group.name in state else available[0]
                for group, available in zip(self.c.farm.fleet, self.c.units_available, strict=True)
            ]
        )

    @cached_property
    def modes(self) -> dict[tuple[str, str], float]:
        """Machines running just before the plan, by group and mode: as told, the others in the strongest mode."""
        before: dict[tuple[str, str], float] = {}
        for group, running in zip(self.c.farm.fleet, self.units.tolist(), strict=True):
            state, points = self.c.state.groups.get(group.name), self.c.points[group.name]
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
        states = (self.c.state.groups.get(group.name) for group in self.c.farm.fleet)
        given = [0.0 if state is None or state.in_service is None else float(state.in_service) for state in states]
        there = np.maximum(self.units + self.bound[1][:, 0], self.c.units_available[:, 0])
        return np.maximum(there, given)

    @cached_property
    def bound(self) -> tuple[F, F]:
        """Machines whose start (stop) before the plan still binds them on (off), each (groups, intervals)."""
        shape = (len(self.c.farm.fleet), len(self.c.grid))
        on, off = np.zeros(shape), np.zeros(shape)
        for g, group in enumerate(self.c.farm.fleet):
            state = self.c.state.groups.get(group.name)
            if state is None:
                continue
            for bound, switched, least in (
                (on, state.started, group.minimum_on_hours),
                (off, state.stopped, group.minimum_off_hours),
            ):
                for switch in switched:
                    until = self.c.hours_since_start(switch.at) + least
                    bound[g] += switch.units * (self.c.hours_before < until - _WHOLE)
        return on, off

    @cached_property
    def started(self) -> F:
        """Machines started less than an hour before each interval's start but before the plan, (groups, intervals)."""
        recent = np.zeros((len(self.c.farm.fleet), len(self.c.grid)))
        for g, group in enumerate(self.c.farm.fleet):
            state = self.c.state.groups.get(group.name)
            for switch in () if state is None else state.started:
                until = self.c.hours_since_start(switch.at) + 1.0
                recent[g] += switch.units * (self.c.hours_before < until - _WHOLE)
        return recent

    @cached_property
    def starts_allowed(self) -> F:
        """Machine starts each group has on each local day, those made before the plan taken off; (groups, days)."""
        first_of_day = np.unique(self.c.grid.day_of_interval, return_index=True)[1]
        most = np.maximum.reduceat(self.c.units_available, first_of_day, axis=1)
        allowed = np.array([[g.starts_per_day or 0.0] for g in self.c.farm.fleet]) * most
        made = [[s.starts_today] if (s := self.c.state.groups.get(g.name)) else [0.0] for g in self.c.farm.fleet]
        allowed[:, :1] -= np.array(made)
        starts: F = np.maximum(allowed, 0.0)
        return starts
