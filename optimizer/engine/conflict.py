"""Why there is no schedule: the limits that collide, in which interval, and by how much.

Every limit is given slack and the least total slack is sought. Limits with slack must give way, by that much; the
shadow prices of the slackened program mark the rows that collide with them, and HiGHS reduces each such set to an
irreducible conflict: leave any row out and the rest can be met.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from optimizer.arrays import Int
from optimizer.engine.highs import conflicting_rows, solve
from optimizer.engine.language import Family, Map, Subset
from optimizer.engine.problem import Problem
from optimizer.engine.program import ColumnRange, LinearProgram
from optimizer.engine.scaling import counted

MOST_CONFLICTS = 5
TOLERANCE = 1e-6


@dataclass(frozen=True)
class CollidingRow:
    """One row of a conflict: its family, what it demands in words, and the positions in sets that it stands for.

    ``short_by`` is by how much this limit must give way, in the family's unit; zero for a row that only takes part.
    """

    family: Family
    words: str
    at: Mapping[str, int]
    short_by: float


@dataclass(frozen=True)
class Conflict:
    """Rows that cannot all be met."""

    rows: tuple[CollidingRow, ...]


class _Names(Mapping[str, Any]):
    """What the placeholders of a family's words stand for in one row."""

    def __init__(self, problem: Problem, family: Family, at: tuple[int, ...]) -> None:
        self.problem, self.position = problem, dict[str, int]()
        subsets = [problem.sets[name] for name in family.over]
        self.own = {*family.over, *(members.of for members in subsets if isinstance(members, Subset))}
        for name, i in zip(family.over, at, strict=True):
            self._place(name, i)

    def _place(self, name: str, i: int) -> None:
        self.position[name] = i
        members = self.problem.sets[name]
        if isinstance(members, Subset):
            self._place(members.of, int(members.positions[i]))
        for other in self.problem.sets.values():
            if isinstance(other, Map) and other.over == (name,) and other.of not in {name, *self.own}:
                self._place(other.of, int(other.position[i]))

    def __getitem__(self, name: str) -> Any:
        if name in self.position:
            label = self.problem.labels(name)[self.position[name]]
            return " ".join(label) if isinstance(label, tuple) else label
        over = next(p.over for p in self.problem.formulation.parameters if p.name == name)
        return float(self.problem.parameters[name][tuple(self.position[axis] for axis in over)])

    def __iter__(self) -> Iterator[str]:
        return iter(self.position)

    def __len__(self) -> int:
        return len(self.position)


def colliding_row(problem: Problem, program: LinearProgram, row: int, short: float) -> CollidingRow:
    """A row by its number, and by how much it is short."""
    families = problem.formulation.families
    family = next(f for f in families if program.rows[f.name].start <= row < program.rows[f.name].stop)
    rows = program.rows[family.name]
    at = tuple(int(i) for i in np.unravel_index(row - rows.start, rows.shape))
    names = _Names(problem, family, at)
    return CollidingRow(family, family.words.format_map(names), names.position, short)


def _with_slack(problem: Problem, program: LinearProgram) -> tuple[LinearProgram, Int]:
    """The program in which limits may be broken, and the rows of those limits; only breakage costs anything.

    What is told in the formulation's unit first costs 1, all else 1,000: a megawatt over a limit at the meter against a
    machine over another limit, a million USD below a floor of cash against a megawatt not converted.
    """
    n_columns = program.shape[1]
    gives, weight = np.isinf(program.row_lower) ^ np.isinf(program.row_upper), np.full(program.shape[0], 1e3)
    for family in problem.formulation.families:
        rows = slice(program.rows[family.name].start, program.rows[family.name].stop)
        if family.unit == problem.formulation.short_in:
            weight[rows] = 1.0
        if family.gives is not None:
            gives[rows] = family.gives
    limits = np.flatnonzero(gives)
    give = np.where(np.isinf(program.row_upper[limits]), 1.0, -1.0)
    before = np.zeros(program.shape[0] + 1, dtype=np.int64)
    before[limits + 1] = 1
    before = np.cumsum(before)
    at = program.starts[limits + 1]
    columns = n_columns + np.arange(len(limits))
    slackened = replace(
        program,
        cost=np.concatenate([np.zeros(n_columns), -weight[limits]]),
        offset=0.0,
        starts=(program.starts + before).astype(np.int32),
        indices=np.insert(program.indices, at, columns).astype(np.int32),
        coefficients=np.insert(program.coefficients, at, give),
        col_lower=np.concatenate([program.col_lower, np.zeros(len(limits))]),
        col_upper=np.concatenate([program.col_upper, np.full(len(limits), np.inf)]),
        integer=np.zeros(n_columns + len(limits), dtype=np.bool_),
        columns={"slack": ColumnRange(n_columns, (len(limits),))},
        labels={},
        rows={},
        terms={},
    )
    return slackened, limits


def _only(program: LinearProgram, rows: Int) -> LinearProgram:
    """The program of these rows alone."""
    kept = np.concatenate([np.arange(program.starts[r], program.starts[r + 1]) for r in rows])
    lengths = np.diff(program.starts)[rows]
    return replace(
        program,
        starts=np.concatenate([[0], np.cumsum(lengths)]).astype(np.int32),
        indices=program.indices[kept],
        coefficients=program.coefficients[kept],
        row_lower=program.row_lower[rows],
        row_upper=program.row_upper[rows],
        rows={},
    )


def _components(program: LinearProgram, rows: Int) -> list[Int]:
    """The rows in sets that share no column."""
    leader: dict[int, int] = {}

    def lead(item: int) -> int:
        while leader.setdefault(item, item) != item:
            item = leader[item]
        return item

    for row in rows.tolist():
        for column in program.indices[program.starts[row] : program.starts[row + 1]].tolist():
            leader[lead(-1 - column)] = lead(row)
    sets: dict[int, list[int]] = {}
    for row in rows.tolist():
        sets.setdefault(lead(row), []).append(row)
    return [np.array(members) for members in sets.values()]


def find_conflicts(problem: Problem, program: LinearProgram) -> tuple[Conflict, ...]:
    """The conflicts of an infeasible program in the order of time, at most `MOST_CONFLICTS`.

    There are none where it could be met in fractions, and only whole numbers collide.
    """
    size, time = counted(program, problem.formulation), problem.formulation.time
    program = size.program
    slackened, limits = _with_slack(problem, program)
    solved = solve(slackened)
    short, slack = np.zeros(program.shape[0]), solved.values["slack"]
    short[limits] = np.where(slack > TOLERANCE, slack, 0.0)
    involved = np.flatnonzero((np.abs(solved.row_dual) > TOLERANCE) | (short > 0))
    conflicts = []
    for component in _components(program, involved):
        if not short[component].any():
            continue
        core = conflicting_rows(_only(program, component))
        rows = component[core] if core.size else component
        rows = np.union1d(rows, component[short[component] > 0])
        colliding = (colliding_row(problem, program, row, short[row] * size.row[row]) for row in rows.tolist())
        conflicts.append(Conflict(tuple(colliding)))
    conflicts.sort(key=lambda conflict: min((row.at[time] for row in conflict.rows if time in row.at), default=0))
    return tuple(conflicts[:MOST_CONFLICTS])


def in_words(
    problem: Problem,
    program: LinearProgram,
    place: Callable[[CollidingRow], str],
    also: Callable[[Conflict], Sequence[str]] = lambda _conflict: (),
) -> str:
    """Why a program is infeasible: which limits must give way, by how much, and what stands against them.

    ``place`` says where a row belongs, ``also`` what else stands against the limits of a conflict.
    """
    conflicts = find_conflicts(problem, program)
    if not conflicts:
        choices = (variable.name for variable in problem.formulation.variables if variable.integer)
        return f"  there is an answer in fractions, none in whole numbers of {', '.join(choices)}"
    return "\n".join(_conflict_in_words(conflict, place, also(conflict)) for conflict in conflicts)


def _conflict_in_words(conflict: Conflict, place: Callable[[CollidingRow], str], also: Sequence[str]) -> str:
    lines = [
        f"  {place(row)}{row.words}, which is {_enough(row.short_by, row.family.unit)} short"
        for row in conflict.rows
        if row.short_by
    ]
    against = (row.words for row in conflict.rows if not row.short_by and not row.family.definition)
    return "\n".join([*lines, *(f"    against it: {words}" for words in [*dict.fromkeys(against), *also])])


def _enough(amount: float, unit: str) -> str:
    """An amount, USD in whole ones and others with three decimals, that is never too little to give."""
    if unit == "USD":
        return f"{math.ceil(amount - 1e-2):,} USD"
    return f"{math.ceil(amount * 1000 - 1e-6) / 1000:g} {unit}"
