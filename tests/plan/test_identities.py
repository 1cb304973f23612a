"""Brute force judges the rule checker: it accepts a schedule exactly when its machines can be told apart and keep the
rules one by one.

Every machine of a small group has an identity here: out of service, or running in a mode or resting, since some hour.
All that can be done with them in an interval is tried: which fall out, which start, which stop, which runs how.
"""

from __future__ import annotations

import itertools
import random
from collections.abc import Iterator
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import numpy as np
import pytest

from optimizer.accounts.conditions import Conditions
from optimizer.accounts.dispatch import Dispatch
from optimizer.accounts.flows import grid_import_mw
from optimizer.plan.checker import check
from tests.farms import conditions, farm, group

LONG_AGO = -1e9
MODES = {"normal": 1.0, "eco": 0.6}  # MW of a machine
STANDBY = 0.1


@dataclass(frozen=True, order=True)
class Machine:
    """out, resting or running in a mode; since when, in hours from the plan's beginning."""

    state: str
    since: float = LONG_AGO

    @property
    def runs(self) -> bool:
        """Whether it runs."""
        return self.state in MODES

    @property
    def mw(self) -> float:
        """What it draws."""
        return {"out": 0.0, "resting": STANDBY, **MODES}[self.state]


Machines = tuple[Machine, ...]


def chosen(machines: Machines, n: int) -> Iterator[tuple[Machines, Machines]]:
    """Every n of the machines, and the others."""
    for these in itertools.combinations(range(len(machines)), n):
        yield (
            tuple(machines[i] for i in these),
            tuple(machine for i, machine in enumerate(machines) if i not in these),
        )


def excused_mw(before: Machines, taken: Machines, after: Machines, starts: int) -> float:
    """Load that falls away with the machines taken: those in whose place others start excuse their standby alone.

    The others excuse what they drew, as far as the load of the group falls by as much.
    """
    idle = STANDBY * len(taken)
    lost = sorted((m.mw - STANDBY for m in taken if m.runs), reverse=True)
    lost = lost[: max(len(lost) - starts, 0)]
    fall = sum(m.mw for m in before) - sum(m.mw for m in after) - idle
    return idle + min(sum(lost), max(fall, 0.0))


def rationed(c: Conditions, starts: tuple[int, ...]) -> bool:
    """Whether the starts of the first intervals keep to an hour's and a day's ration in the last of them."""
    only, state, t = c.farm.fleet[0], c.state.groups["G"], len(starts) - 1
    if only.starts_per_day is not None and sum(starts) > c.before.starts_allowed[0, 0]:
        return False
    if only.starts_per_hour is None or starts[t] == 0:
        return True
    since = float(c.hours_before[t]) - 1.0 + 1e-9
    recent = sum(n for n, then in zip(starts, c.hours_before, strict=False) if then > since)
    recent += sum(switch.units for switch in state.started if c.hours_since_start(switch.at) > since)
    hourly = recent <= only.starts_per_hour or not (c.grid.hours < 1.0).any()
    return starts[t] <= c.start_limit[0, t] and hourly


def next_ones(
    c: Conditions, machines: Machines, counts: dict[str, int], t: int
) -> Iterator[tuple[Machines, int, float]]:
    """All that may become of the machines as an interval begins: how many start, and what load falls away."""
    only, hour = c.farm.fleet[0], float(c.hours_before[t])
    in_service = tuple(m for m in machines if m.state != "out")
    out = len(machines) - len(in_service)
    available = int(c.units_available[0, t])
    for taken, left in chosen(in_service, max(len(in_service) - available, 0)):
        back = max(available - len(in_service), 0)
        there = (*left, *[Machine("resting")] * back)
        running, resting = (tuple(m for m in there if m.runs is on) for on in (True, False))
        may_stop = [m for m in running if m.since + only.minimum_on_hours <= hour + 1e-9]
        may_start = [m for m in resting if m.since + only.minimum_off_hours <= hour + 1e-9]
        run = sum(counts.values())
        for starts in range(len(may_start) + 1):
            stops = len(running) + starts - run
            if not 0 <= stops <= len(may_stop) or (starts > 0 and c.too_cold_to_start[0, t]):
                continue
            for stopped in set(itertools.combinations(sorted(may_stop), stops)):
                for started in set(itertools.combinations(sorted(may_start), starts)):
                    on = list(running)
                    off = list(resting)
                    for m in stopped:
                        on.remove(m)
                        off.append(Machine("resting", hour))
                    for m in started:
                        off.remove(m)
                        on.append(Machine("normal", hour))
                    modes = [mode for mode, n in counts.items() for _ in range(n)]
                    for order in set(itertools.permutations(modes)):
                        running_now = [Machine(mode, m.since) for mode, m in zip(order, on, strict=True)]
                        after = (*running_now, *off)
                        gone = (Machine("out"),) * (out + len(taken) - back)
                        yield tuple(sorted((*after, *gone))), starts, excused_mw(in_service, taken, after, starts)


def begin(c: Conditions) -> set[Machines]:
    """The machines before the plan, in the modes the state tells."""
    only, state = c.farm.fleet[0], c.state.groups["G"]

    def since(switches: Any, n: int) -> list[float]:
        hours = [c.hours_since_start(s.at) for s in switches for _ in range(s.units)][:n]
        return [*hours, *[LONG_AGO] * (n - len(hours))]

    resting = since(state.stopped, int(c.before.in_service[0]) - state.running)
    modes = [mode for mode, n in state.modes.items() for _ in range(n)]
    out = [Machine("out")] * (only.units - state.running - len(resting))
    off = [*(Machine("resting", hour) for hour in resting), *out]
    return {
        tuple(sorted([*(Machine(*one) for one in zip(order, since(state.started, state.running), strict=True)), *off]))
        for order in set(itertools.permutations(modes))
    }


def identities_exist(c: Conditions, dispatch: Dispatch) -> bool:
    """Whether the machines can be told apart so that every rule holds."""
    site, imported = c.farm.site, grid_import_mw(c, dispatch)
    before = c.farm.state.grid_import_mw
    reached: set[tuple[Machines, tuple[int, ...]]] = {(machines, ()) for machines in begin(c)}
    for t in range(len(c.grid)):
        last = before if t == 0 else imported[t - 1]
        ramp = None if last is None else site.ramp_down_mw_per_hour
        falls = -np.inf if ramp is None else last - imported[t] - ramp * c.grid.hours[t]
        counts = {mode: round(dispatch.units_on["G", mode][t]) for mode in c.farm.fleet[0].modes}
        reached = {
            (after, (*starts, more))
            for machines, starts in reached
            for after, more, excused in next_ones(c, machines, counts, t)
            if falls <= excused + 1e-6 and rationed(c, (*starts, more))
        }
    return bool(reached)


def random_case(seed: int, *, ramps: bool) -> tuple[Conditions, Dispatch]:
    """A small farm with outages and a state carried in, and a schedule that changes little from hour to hour."""
    rng = random.Random(seed)
    n, units = rng.randint(2, 5 - ramps), rng.randint(1, 4 - ramps)
    hours = [rng.choice([0.5, 1.0, 1.0, 2.0]) for _ in range(n)]
    outages = tuple(
        {"start": f"2026-02-11 {start:02d}:00", "end": f"2026-02-11 {start + rng.randint(1, 3):02d}:00",
         "units": rng.randint(1, units)}
        for start in (rng.randint(5, 9) for _ in range(rng.randint(0, 2)))
    )  # fmt: skip
    running = rng.randint(0, units)
    started, stopped = rng.randint(0, running), rng.randint(0, units - running)
    eco = rng.randint(0, running) if ramps else 0
    switch = [f"2026-02-11 0{rng.randint(3, 5)}:{rng.choice(['00', '30'])}" for _ in range(2)]
    told = {
        "running": running,
        "modes": {"normal": running - eco, "eco": eco},
        "in_service": rng.choice([None, rng.randint(running + stopped, units)]),
        "started": ({"at": switch[0], "units": started},) if started else (),
        "stopped": ({"at": switch[1], "units": stopped},) if stopped else (),
    }
    only = group(
        units=units, other_modes={"eco": (700.0, 0.6e6)}, modes=("normal", "eco"), standby_w=STANDBY * 1e6,
        minimum_on_hours=rng.choice([0.0, 1.0, 2.0, 3.0]), minimum_off_hours=rng.choice([0.0, 1.0, 2.0, 3.0]),
        minimum_start_temperature_c=-5.0, starts_per_hour=rng.choice([None, 2.0]), outages=outages,
        starts_per_day=rng.choice([None, 0.5, 1.0]),
    )  # fmt: skip
    idle = STANDBY * (units - running)
    state: dict[str, Any] = {"groups": {"G": told}, "grid_import_mw": running - 0.4 * eco + idle if ramps else None}
    site = {"ramp_down_mw_per_hour": rng.choice([0.3, 0.5, 1.0])} if ramps else {}
    cold = [rng.choice([-10.0, 5.0, 5.0, 5.0]) for _ in range(n)]
    c = conditions(farm(only, site=site, state=state), [0.0] * n, hours=hours, temperature=cold)
    on, last = np.zeros((2, n)), running
    for t in range(n):
        last = min(max(last + rng.choice([-2, -1, 0, 0, 1, 2]), 0), int(c.units_available[0, t]))
        on[1, t] = rng.randint(0, last) if ramps else 0
        on[0, t] = last - on[1, t]
    units_on = {("G", "normal"): on[0], ("G", "eco"): on[1]}
    return c, Dispatch.of(MappingProxyType(units_on), np.zeros(n), np.zeros(n))


@pytest.mark.parametrize("ramps", [False, True])
def test_a_schedule_passes_exactly_where_its_machines_can_be_told_apart(ramps: bool) -> None:
    verdicts = []
    for seed in range(150 if ramps else 400):
        c, dispatch = random_case(seed, ramps=ramps)
        verdicts.append(identities_exist(c, dispatch))
        assert (check(c, dispatch) == []) is verdicts[-1], f"seed {seed}"
    assert 0.15 < np.mean(verdicts) < 0.85
