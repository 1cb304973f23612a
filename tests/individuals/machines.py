"""Machines as individuals: each one is on or off, switched, taken by an outage and brought back, in whole numbers.

Written from the documents alone. The farm is plain data; times are hours since the plan's beginning.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
import pyscipopt
from numpy.typing import NDArray
from pyscipopt import quicksum

from tests.audit.published import Plain, many, modes, number, point

NONE = 1e-9


@dataclass(frozen=True)
class Stretch:
    """A farm file and the intervals of a plan."""

    farm: Plain
    starts: pd.DatetimeIndex
    ends: pd.DatetimeIndex
    hours: NDArray[np.float64]
    rest: Plain = field(default_factory=dict)


@dataclass
class Model:
    """A program that is being written: intervals of lengths ``hours`` from ``start`` on, and the profit so far."""

    farm: Plain
    start: pd.Timestamp
    hours: list[float]
    program: pyscipopt.Model = field(default_factory=pyscipopt.Model)
    profit: list[Any] = field(default_factory=list)

    @property
    def plan(self) -> Stretch:
        """The farm and the intervals."""
        begins = self.start + pd.to_timedelta(np.cumsum([0.0, *self.hours[:-1]]), unit="h")
        return Stretch(self.farm, begins, begins + pd.to_timedelta(self.hours, unit="h"), np.array(self.hours))

    @property
    def times(self) -> range:
        """The intervals."""
        return range(len(self.hours))

    def begin(self, t: int) -> float:
        """Hours from the plan's beginning to an interval's."""
        return sum(self.hours[:t])

    def since(self, moment: Any) -> float:
        """Hours from the plan's beginning to a moment of the farm file, whose clock is UTC."""
        time = pd.Timestamp(moment)
        time = time.tz_localize("UTC") if time.tzinfo is None else time
        return float((time - self.start).total_seconds()) / 3600.0

    def touched(self, start: Any, end: Any) -> list[int]:
        """Intervals that a stretch of time touches."""
        a, b = self.since(start), self.since(end)
        return [t for t in self.times if self.begin(t) < b - NONE and self.begin(t) + self.hours[t] > a + NONE]

    def number(self, most: float | None = None) -> pyscipopt.Variable:
        """A number that is not negative."""
        return self.program.addVar(lb=0.0, ub=most)

    def yes_or_no(self) -> pyscipopt.Variable:
        """A choice."""
        return self.program.addVar(vtype="B")

    def hold(self, row: Any) -> None:
        """A rule."""
        self.program.addCons(row)


@dataclass
class Machine:
    """One machine over the plan: which mode it is on in, whether it was just taken, and whether it is out."""

    group: Plain
    on: list[dict[str, Any]]
    started: list[Any]
    taken: list[Any]
    out: list[Any]
    was_on: bool
    was_out: bool

    def runs(self, t: int) -> Any:
        """Whether it runs in an interval, or ran before the plan."""
        return float(self.was_on) if t < 0 else quicksum(self.on[t].values())

    def ran(self, t: int) -> dict[str, Any]:
        """Whether it runs in each mode; before the plan it ran in its strongest."""
        if t >= 0:
            return self.on[t]
        strongest = max(modes(self.group), key=lambda mode: point(self.group, mode)[1])
        return {mode: float(self.was_on and mode == strongest) for mode in modes(self.group)}

    def is_out(self, t: int) -> Any:
        """Whether it is out of service in an interval, or was before the plan."""
        return float(self.was_out) if t < 0 else self.out[t]


def in_service(m: Model, group: Plain) -> list[int]:
    """Machines of a group in service: less those of outages that touch the interval."""
    units = [int(number(group, "units")) for _ in m.times]
    for outage in many(group, "outages"):
        for t in m.touched(outage["start"], outage["end"]):
            units[t] -= int(number(outage, "units"))
    return [max(n, 0) for n in units]


def machines_of(m: Model, group: Plain) -> list[Machine]:
    """The machines of a group, their rules and their money."""
    there, told = in_service(m, group), ((m.farm.get("state") or {}).get("groups") or {}).get(group["name"])
    running = there[0] if told is None else int(number(told, "running"))
    rested = {key: _bound(m, group, told, key) for key in ("started", "stopped")}
    resting = len([1 for until in rested["stopped"] if until > NONE])
    before = max(running + resting, there[0], int(number(told or {}, "in_service")))
    found = []
    for i in range(int(number(group, "units"))):
        found.append(
            Machine(
                group,
                [{mode: m.yes_or_no() for mode in modes(group)} for _ in m.times],
                [m.number(1) for _ in m.times],
                [m.yes_or_no() for _ in m.times],
                [m.yes_or_no() for _ in m.times],
                was_on=i < running,
                was_out=i >= before,
            )
        )
    for t in m.times:
        earlier = before if t == 0 else there[t - 1]
        m.hold(quicksum(machine.out[t] for machine in found) == len(found) - there[t])
        m.hold(quicksum(machine.taken[t] for machine in found) == max(earlier - there[t], 0))
    bound: list[tuple[float, float, bool, bool]] = []
    for i, machine in enumerate(found):
        held_on = rested["started"][i] if i < min(running, len(rested["started"])) else 0.0
        place = i - running
        held_off = rested["stopped"][place] if 0 <= place < len(rested["stopped"]) else 0.0
        _one_machine(m, machine, held_on, held_off)
        bound.append((held_on, held_off, machine.was_on, machine.was_out))
        if i and bound[-1] == bound[-2]:  # machines that begin alike may change places: those that run first come first
            one, other = (quicksum(2**-t * which.runs(t) for t in m.times) for which in found[i - 1 : i + 1])
            m.hold(one >= other)
    return found


def _bound(m: Model, group: Plain, told: Plain | None, key: str) -> list[float]:
    """For each machine that was switched before the plan, until when that binds it, hours; the longest first."""
    least = number(group, "minimum_on_hours" if key == "started" else "minimum_off_hours")
    until = []
    for switch in many(told or {}, key):
        until += [m.since(switch["at"]) + least] * int(number(switch, "units"))
    return sorted(until, reverse=True)


def _one_machine(m: Model, machine: Machine, held_on: float, held_off: float) -> None:
    """A machine runs in one mode, in service only; a switch binds it for a time, unless an outage takes it."""
    least_on, least_off = (number(machine.group, f"minimum_{way}_hours") for way in ("on", "off"))
    started, stopped = machine.started, []
    for t in m.times:
        start, stop = started[t], m.number(1)
        m.hold(machine.runs(t) + machine.out[t] <= 1)
        m.hold(machine.out[t] - machine.is_out(t - 1) <= machine.taken[t])
        m.hold(machine.taken[t] <= machine.out[t])
        m.hold(machine.taken[t] + machine.is_out(t - 1) <= 1)
        m.hold(start >= machine.runs(t) - machine.runs(t - 1))
        m.hold(stop >= machine.runs(t - 1) - machine.runs(t) - machine.taken[t])
        stopped.append(stop)
        _start_money(m, machine, t, start)
    for t in m.times:
        freed = quicksum(machine.taken[: t + 1])
        if m.begin(t) < held_on - NONE:
            m.hold(machine.runs(t) + freed >= 1)
        if m.begin(t) < held_off - NONE:
            m.hold(machine.runs(t) <= freed)
        for s in range(t + 1):
            since = quicksum(machine.taken[s + 1 : t + 1])
            if m.begin(t) - m.begin(s) < least_on - NONE:
                m.hold(machine.runs(t) + since >= started[s])
            if m.begin(t) - m.begin(s) < least_off - NONE:
                m.hold(machine.runs(t) - since <= 1 - stopped[s])


def _usd_per_th_hour(m: Model, group: Plain) -> float:
    fee = number(group, "pool_fee_share", number(m.farm["revenue"], "pool_fee_share"))
    return number(m.farm["revenue"], "hashprice_usd_per_ph_day") / 24e3 * (1.0 - fee)


def _start_money(m: Model, machine: Machine, t: int, start: Any) -> None:
    group = machine.group
    lost = number(group, "restart_minutes") / 60.0
    hashrate, _ = point(group, modes(group)[0])
    m.profit.append(-(number(group, "wear_usd_per_start") + lost * hashrate * _usd_per_th_hour(m, group)) * start)
    for mode, on in machine.on[t].items():
        m.profit.append(m.hours[t] * point(group, mode)[0] * _usd_per_th_hour(m, group) * on)


def draw_mw(machine: Machine, t: int) -> Iterator[Any]:
    """What a machine draws before losses of cooling, MW, as terms."""
    standby = number(machine.group, "standby_w") / 1e6
    yield standby * (1 - machine.out[t])
    for mode, on in machine.on[t].items():
        yield (point(machine.group, mode)[1] / 1e6 - standby) * on
