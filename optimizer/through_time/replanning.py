"""One step of re-planning: look ahead, solve, execute the first interval as it really is, carry the state on."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from optimizer.accounts.billing import NO_REST, Rest
from optimizer.accounts.conditions import Conditions
from optimizer.accounts.dispatch import Dispatch
from optimizer.arrays import Int
from optimizer.config.farm import Farm
from optimizer.config.state import Announced, State
from optimizer.engine.program import LinearProgram, compile_program
from optimizer.engine.session import solve_from
from optimizer.errors import InfeasibleError
from optimizer.extension import common_extension
from optimizer.market.grid import step_lengths
from optimizer.market.periods import billing_periods
from optimizer.plan.checker import check
from optimizer.plan.explain import explain
from optimizer.plan.formulation import build_problem
from optimizer.plan.planning import plan_conditions
from optimizer.plan.reading import without_tail
from optimizer.plan.tail import charged_by_period
from optimizer.plan.whole_units import dispatch_of, round_down
from optimizer.through_time.knowledge import Knowledge
from optimizer.through_time.policies import Followed
from optimizer.through_time.step import executed, step
from optimizer.units import MINUTES_PER_HOUR


class Stepper:
    """Plans a farm again at every interval of a replay.

    Within a local day each program starts from the optimum of the one before; every midnight starts anew. So a day's
    schedule depends on the state at its beginning and on nothing else, and a replay may be interrupted at midnights.
    """

    def __init__(self, knowledge: Knowledge) -> None:
        self.knowledge, grid = knowledge, knowledge.grid
        self.farm: Farm = knowledge.actual.farm
        horizon, self._step_hours = self.farm.horizon, float(grid.hours[0])
        lengths = np.rint(np.array(step_lengths(horizon, horizon.hours)) / 3600 / self._step_hours).astype(np.int64)
        self._firsts: Int = np.concatenate([[0], np.cumsum(lengths)[:-1]])
        self._reach = int(lengths.sum())
        rules = self.farm.replanning
        self._keeps = rules is not None and bool(rules.frozen_intervals or rules.change_usd_per_machine)
        self._begun: tuple[LinearProgram, Any] | None = None
        self._rest: tuple[int, str, Rest] | None = None  # of which day, for which billing period

    def step(self, now: int, state: State) -> tuple[Followed, State]:
        """What is executed in interval ``now``, with its reasons, and the state after it. Raises InfeasibleError."""
        if now == 0 or self._day(now) != self._day(now - 1):
            self._begun = None
        try:
            return step(self.conditions(now, state), self.knowledge.actual, now, now + 1, self._decided)
        except InfeasibleError:
            if not state.announced:
                raise
            return self.step(now, state.model_copy(update={"announced": {}}))  # limits come before what was announced

    def conditions(self, now: int, state: State) -> Conditions:
        """What is known and expected, over the farm's horizon, when an interval begins."""
        n = len(self.knowledge.grid)
        farm = self.farm.known_at(self.knowledge.asked_at or self.knowledge.grid.starts[now])
        firsts = now + self._firsts[now + self._firsts < n]
        c = Conditions(farm, self.knowledge.market(now, firsts, min(now + self._reach, n)), state)
        return replace(c, rest=self._expected_rest(c, now))

    def _decided(self, c: Conditions, really: Conditions) -> tuple[Followed, Announced]:
        """What becomes of the plan in its first interval, and what it announces for those after it."""
        if common_extension() is not None:
            plan = plan_conditions(c)
            return executed(really, plan), self._announced(c, plan.dispatch) if self._keeps else {}
        problem = build_problem(c)
        program = compile_program(problem)
        try:
            solution = solve_from(program, self._begun)
        except InfeasibleError:
            if not c.state.announced:
                plan_conditions(c)  # says which limits collide
            raise
        self._begun = program, solution.basis
        planned = dispatch_of(solution)
        first = round_down(really, planned.first(1))
        if check(really, first):
            plan = plan_conditions(c)
            return executed(really, plan), self._announced(c, plan.dispatch) if self._keeps else {}
        installed = sum(group.units for group in c.farm.fleet)
        all_on = sum(float(units[0]) for units in first.units_on.values()) == installed
        off = {} if all_on else explain(c, problem, program, solution, first).off
        followed = Followed(first.table, off)
        return followed, self._announced(c, round_down(c, planned)) if self._keeps else {}

    def _announced(self, c: Conditions, plan: Dispatch) -> Announced:
        """Machines planned for the intervals of the first length after the first."""
        stop = int(np.argmax(np.append(c.grid.hours != c.grid.hours[0], True)))
        announced: Announced = {group.name: {} for group in c.farm.fleet}
        for (group, mode), units in plan.units_on.items():
            announced[group][mode] = tuple(round(float(count)) for count in units[1:stop])
        return announced

    def _day(self, now: int) -> int:
        return int(self.knowledge.grid.day_of_interval[now])

    def _expected_rest(self, c: Conditions, now: int) -> Rest:
        """What the billing period will bring after the plan, reckoned anew every local day."""
        tail, grid = self.farm.horizon.tail, self.knowledge.grid
        if tail is None or not charged_by_period(self.farm):
            return NO_REST
        last = billing_periods(c.grid, self.farm.energy.billing_day)[-1]
        if self._rest is None or self._rest[:2] != (self._day(now), last.label):
            stop = now + round(float(c.grid.hours.sum()) / self._step_hours)
            end = int(grid.starts.searchsorted(last.ends))
            length = max(round(tail.minutes / MINUTES_PER_HOUR / self._step_hours), 1)
            firsts = np.append(now + self._firsts[: len(c.grid)], np.arange(stop, end, length))
            rest = NO_REST
            if end > stop:
                rest = without_tail(replace(c, market=self.knowledge.market(now, firsts, end)), len(c.grid)).rest
            self._rest = self._day(now), last.label, rest
        return self._rest[2]
