"""Programs with integers in a part: in a stretch of time, near a schedule or near what it breaks; the rest held."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from optimizer.accounts.breach import Breach
from optimizer.accounts.conditions import Conditions
from optimizer.arrays import Bool, F, Int
from optimizer.engine.program import LinearProgram
from optimizer.engine.solution import Solution
from optimizer.plan.formulation import VARIABLES
from optimizer.plan.whole_units import containers

CONTAINERS, PARTIAL = (v.name for v in VARIABLES if "WHOLE_INTERVALS" in v.over)
MOST_AT_ONCE = 1_000  # points times intervals with machines to be decided, beyond which stretches are solved in turn
_SNAP = 1e-6


def loose(program: LinearProgram) -> Bool:
    """Where machines are to be decided, (points, intervals)."""
    units, whole = program.columns["units_on"], program.columns[CONTAINERS]
    free = (units.of(program.col_lower) < units.of(program.col_upper))[:, : whole.shape[1]]
    return free & program.integer[whole.span].reshape(whole.shape)


def stretches(loose: Int) -> Iterator[slice]:
    """The intervals in stretches with no more machines to be decided than can be at once, one interval at the least."""
    first = count = 0
    for t, more in enumerate(loose.tolist()):
        if count + more > MOST_AT_ONCE and t > first:
            yield slice(first, t)
            first, count = t, 0
        count += more
    yield slice(first, len(loose))


def whole_in(program: LinearProgram, stretch: slice) -> LinearProgram:
    """The program with integers in a stretch of intervals and fractions elsewhere."""
    integer = program.integer.copy()
    for name in (CONTAINERS, PARTIAL):
        columns = program.columns[name]
        mine = np.zeros(columns.shape, dtype=np.bool_)
        mine[:, stretch] = True
        integer[columns.span] &= mine.ravel()
    return replace(program, integer=integer)


def held_in(program: LinearProgram, stretch: slice, units: F) -> LinearProgram:
    """The program with these machines on in a stretch of intervals."""
    columns = program.columns["units_on"]
    lower, upper = program.col_lower.copy(), program.col_upper.copy()
    for bounds in (lower, upper):
        columns.of(bounds)[:, stretch] = units
    return replace(program, col_lower=lower, col_upper=upper)


def held_within(c: Conditions, program: LinearProgram, low: F, high: F) -> LinearProgram:
    """The program with machines on held between limits, (points, intervals); the plan's tail is free."""
    available = np.repeat(c.units_available, [len(group.modes) for group in c.farm.fleet], axis=0)
    planned = np.arange(len(c.grid)) < c.planned
    low, high = np.where(planned, low, 0.0), np.where(planned, high, np.inf)
    lower, upper = program.col_lower.copy(), program.col_upper.copy()
    span = program.columns["units_on"].span
    lower[span], upper[span] = np.minimum(low, available).ravel(), np.minimum(high, available).ravel()
    return replace(program, col_lower=lower, col_upper=upper)


def near(c: Conditions, program: LinearProgram, solution: Solution, breaches: list[Breach]) -> LinearProgram:
    """The program with machines held where the optimum is whole, and free by a container or two elsewhere."""
    units = solution.values["units_on"]
    size, modes = containers(c), [len(group.modes) for group in c.farm.fleet]
    available = np.repeat(c.units_available, modes, axis=0)
    fractional = np.abs(units - np.round(units / size) * size) > _SNAP
    fractional[:, c.planned :] = False
    partial = available % size > 0
    group_of_point = np.repeat(np.arange(len(modes)), modes)
    free = np.zeros_like(fractional)
    loose_groups = np.unique(group_of_point[(fractional | partial).any(axis=1)])
    free |= np.isin(group_of_point, loose_groups)[:, None]
    free |= np.any(fractional & (size > 1), axis=0, keepdims=True)  # another group may fill what a container cannot
    for breach in breaches:
        free[:, max(breach.interval - 1, 0) : breach.interval + 2] = True
    low = np.where(free, np.maximum(np.floor(units / size) * size - size, 0.0), np.round(units))
    high = np.where(free, np.ceil(units / size) * size + size, np.round(units))
    return held_within(c, program, low, high)
