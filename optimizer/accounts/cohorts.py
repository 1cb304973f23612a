"""Machines counted one by one: since when they run or rest, and which of them an outage takes.

Which machine is switched is free, and one choice serves every later interval at least as well as any other: those that
have run longest stop, those that have rested longest start, an outage takes the running machines whose number falls,
those started last, and of the resting ones those stopped last. To see it, line up by age what two choices leave: in
this one no machine was switched later, and what was switched earlier may be switched again earlier. Nor does it help to
start one machine and stop another, or to lose one to an outage, at once: the newcomer is bound longest. So a schedule
can be run by machines that keep their minimum times exactly when these do.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from optimizer.accounts.conditions import Conditions
from optimizer.arrays import F
from optimizer.config.state import Switched

_LONG_AGO = -np.inf
_NOTHING = 1e-12
_EARLY = 1e-9


class Cohorts:
    """So many machines by the hour since when they run, or rest, the longest first.

    Of the switches told those count that were made last; machines beyond them were switched long ago.

    >>> list(Cohorts(5.0, [(-1.0, 2.0), (-3.0, 9.0)]).cohorts)
    [(-3.0, 3.0), (-1.0, 2.0)]
    """

    def __init__(self, units: float, switched: Sequence[tuple[float, float]]) -> None:
        self.cohorts = deque([(_LONG_AGO, units), *sorted(switched)])
        for _ in self.take_first(sum(count for _, count in switched)):
            pass

    def add(self, hour: float, units: float) -> None:
        """Machines switched just now."""
        if units > _NOTHING:
            self.cohorts.append((hour, units))

    def come_back(self, units: float) -> None:
        """Machines back in service, which nothing binds."""
        self.cohorts.appendleft((_LONG_AGO, units))

    def lose_last(self, units: float) -> None:
        """Machines switched last go."""
        while units > _NOTHING and self.cohorts:
            hour, there = self.cohorts.pop()
            if there > units:
                self.cohorts.append((hour, there - units))
            units -= there

    def take_first(self, units: float) -> Iterator[tuple[float, float]]:
        """Machines switched longest ago go: the hour and how many, cohort by cohort."""
        while units > _NOTHING and self.cohorts:
            hour, there = self.cohorts.popleft()
            if there > units:
                self.cohorts.appendleft((hour, there - units))
            yield hour, min(there, units)
            units -= there


@dataclass(frozen=True)
class MachineCourse:
    """What becomes of a group's machines.

    started, stopped, taken: machines switched, and running ones taken by outages, as each interval begins;
    stopped_early, started_early: those of them switched before their minimum time; (intervals,). running, resting:
    since when, in hours from the plan's beginning, at its end.
    """

    started: F
    stopped: F
    taken: F
    stopped_early: F
    started_early: F
    running: Cohorts
    resting: Cohorts


def course(c: Conditions, g: int, running: F) -> MachineCourse:
    """Follow the machines of a group through a schedule; ``running``: (intervals,).

    The course of machines that are not there, or in service, is of no meaning: that is another rule's breach.
    """
    group, state = c.farm.fleet[g], c.state.groups.get(c.farm.fleet[g].name)
    change = running - np.concatenate([c.before.units[g : g + 1], running[:-1]])
    fallen_out, back = c.fallen_out[g], c.come_back[g]
    taken = np.minimum(fallen_out, np.maximum(-change, 0.0))
    started, stopped = np.maximum(change, 0.0), np.maximum(-change, 0.0) - taken
    stopped_early, started_early = np.zeros((2, len(change)))
    runs = _carried(c, c.before.units[g], () if state is None else state.started)
    rests = _carried(c, c.before.in_service[g] - c.before.units[g], () if state is None else state.stopped)
    for t, hour in enumerate(c.hours_before.tolist()):
        runs.lose_last(taken[t])
        rests.lose_last(fallen_out[t] - taken[t])
        if back[t] > 0:
            rests.come_back(back[t])
        for since, units in runs.take_first(stopped[t]):
            stopped_early[t] += units * (since + group.minimum_on_hours > hour + _EARLY)
        for since, units in rests.take_first(started[t]):
            started_early[t] += units * (since + group.minimum_off_hours > hour + _EARLY)
        runs.add(hour, started[t])
        rests.add(hour, stopped[t])
    return MachineCourse(started, stopped, taken, stopped_early, started_early, runs, rests)


def _carried(c: Conditions, units: float, switches: Sequence[Switched]) -> Cohorts:
    """Machines running or resting just before the plan."""
    return Cohorts(units, [(c.hours_since_start(switch.at), float(switch.units)) for switch in switches])
