"""Many programs over one structure: only what changed is written again, and each is solved from the same basis.

What may be kept is found out, not assumed. Every rule is read once through a model that notes which names it looks at.
A parameter that no family looks at cannot change the matrix or a row's bound; then the terms that do look at it are
written again, by the same rules, and all else stays. Anything else is compiled anew.

The value of an optimum does not depend on where the simplex method starts. Among equal optima the schedule does, and so
do the last digits, so every solve starts from the base problem's optimal basis in a solver of its own: the answer to a
problem is the same to the last bit in whatever order, and by whichever process, problems are solved. A solver that is
kept and given new costs does not do that, even when told to forget (HiGHS 1.15.1); a new one costs half a millisecond.

Starts from a given basis have been reported to end at a wrong value (https://github.com/ERGO-Code/HiGHS/issues/3294).
So each optimum found that way is proved by its shadow prices, and one that is not is sought again from scratch.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any

import numpy as np

from optimizer.engine.choices import optimum
from optimizer.engine.highs import solve
from optimizer.engine.language import AnySet, Index, Sets
from optimizer.engine.problem import Problem
from optimizer.engine.program import ArrayModel, LinearProgram, compile_program, term_cost, total_cost, upper_bounds
from optimizer.engine.solution import Solution
from optimizer.errors import SolverError

_GAP = 1e-9  # of the optimum's size that shadow prices may leave unexplained
_TOLERANCE = 1e-6  # of a bound, or of a reduced cost's sign; the solver's own are 1e-7


class Watched:
    """A model that notes what a rule looks at."""

    def __init__(self, model: Any) -> None:
        self._model = model
        self.seen: set[str] = set()

    def sum(self, members: Any, body: Callable[[Index], Any]) -> Any:
        """Sum of ``body`` over the members of a set."""
        return self._model.sum(members, body)

    def offered(self, balance: str, *index: Index) -> Any:
        """The sum of what is offered to a balance, looked at likewise."""
        return self._model.formulation.offered(self, balance, *index)

    def __getattr__(self, name: str) -> Any:
        self.seen.add(name)
        return getattr(self._model, name)


class Session:
    """Answers problems that resemble a base problem fast, and any other problem too.

    Raises the errors of `optimizer.engine.highs.solve` for the base problem.
    """

    def __init__(self, base: Problem) -> None:
        self._base = base
        self._program = compile_program(base)
        self._basis = solve(self._program).basis
        self._read_by_term, self._read_by_families = _readings(base)

    def solve(self, problem: Problem) -> tuple[LinearProgram, Solution]:
        """The program of a problem and its optimum. Raises the errors of `optimizer.engine.highs.solve`."""
        program = self.program(problem)
        return program, solve_from(program, (self._program, self._basis))

    def program(self, problem: Problem) -> LinearProgram:
        """The program of a problem, equal to what `compile_program` makes of it."""
        base = self._program
        if not _same_sets(self._base.sets, problem.sets):
            return compile_program(problem)
        changed = changed_parameters(self._base, problem)
        if changed & self._read_by_families:
            return compile_program(problem)
        model = ArrayModel(problem)
        terms = {
            term.name: term_cost(model, term) if changed & self._read_by_term[term.name] else base.terms[term.name]
            for term in problem.formulation.terms
        }
        cost, offset = total_cost(terms, len(base.cost))
        bounds = upper_bounds(problem, base.columns)
        return replace(base, cost=cost, offset=offset, terms=terms, col_upper=bounds)


def solve_from(program: LinearProgram, start: tuple[LinearProgram, Any] | None) -> Solution:
    """The optimum, sought from the basis of another program where that has the same columns and rows.

    Raises the errors of `optimizer.engine.highs.solve`.
    """
    return optimum(program, lambda linear: _solve_linear(linear, start))


def _solve_linear(program: LinearProgram, start: tuple[LinearProgram, Any] | None) -> Solution:
    if start is None or program.columns != start[0].columns or program.shape != start[0].shape:
        return solve(program)
    try:
        solution = solve(program, basis=start[1])
    except SolverError:  # judged from scratch, for the reason that `solve` gives
        return solve(program)
    return solution if is_optimal(program, solution) else solve(program)


def is_optimal(program: LinearProgram, solution: Solution) -> bool:
    """Whether the shadow prices prove the solution optimal, by strong duality; needs nothing the solver says of it.

    The value may exceed what the shadow prices allow by `_GAP` of its size, and no bound or sign is missed by more than
    `_TOLERANCE` of what it is compared with.
    """
    x, y = solution.x, solution.row_dual
    rows = np.repeat(np.arange(program.shape[0]), np.diff(program.starts))
    activity = np.bincount(rows, weights=program.coefficients * x[program.indices], minlength=program.shape[0])
    reduced = program.cost - np.bincount(
        program.indices, weights=program.coefficients * y[rows], minlength=program.shape[1]
    )
    value = float((program.cost * x).sum())  # products summed, not `@`: BLAS would set threads to so small a task
    bound = 0.0
    for at, price, lower, upper in (
        (activity, y, program.row_lower, program.row_upper),
        (x, reduced, program.col_lower, program.col_upper),
    ):
        slack = _TOLERANCE * (1.0 + np.abs(at))
        if (at < lower - slack).any() or (at > upper + slack).any():
            return False
        limit = np.where(price > 0, upper, lower)
        free = ~np.isfinite(limit)
        if (np.abs(price[free]) > _TOLERANCE * (1.0 + np.abs(program.cost).max(initial=0.0))).any():
            return False
        bound += float((price[~free] * limit[~free]).sum())
    return bool(abs(bound - value) <= _GAP * max(float(np.abs(program.cost * x).sum()), 1.0))


def changed_parameters(one: Problem, other: Problem) -> set[str]:
    """Names of the parameters in which two problems over the same sets differ.

    A number that is not one differs from itself, so that it is never taken for unchanged.
    """
    return {
        name
        for name, values in other.parameters.items()
        if values is not one.parameters[name] and not np.array_equal(values, one.parameters[name])
    }


def _readings(problem: Problem) -> tuple[dict[str, set[str]], set[str]]:
    """Names that each term looks at, and those that the families with rows look at."""
    model = ArrayModel(problem)
    by_term = {}
    for term in problem.formulation.terms:
        watched = Watched(model)
        term.rule(watched, *model.domain(term.over))
        by_term[term.name] = watched.seen
    watched = Watched(model)
    for family in problem.formulation.families:
        if 0 not in model.shape(family.over):
            family.rule(watched, *model.domain(family.over))
    return by_term, watched.seen


def _same_sets(one: Sets, other: Sets) -> bool:
    return one.keys() == other.keys() and all(_same(one[name], other[name]) for name in one)


def _same(one: AnySet, other: AnySet) -> bool:
    if one is other:
        return True
    return type(one) is type(other) and _equal(vars(one).values(), vars(other).values())


def _equal(ones: Iterable[Any], others: Iterable[Any]) -> bool:
    return all(
        np.array_equal(one, other) if isinstance(one, np.ndarray) else one == other
        for one, other in zip(ones, others, strict=True)
    )
