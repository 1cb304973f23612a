"""The array reading: rules + problem -> sparse arrays, one call of each rule for all its rows."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from optimizer.arrays import Bool
from optimizer.engine.algebra import BoundedRows, Columns, Index, Linear, Members, Ranges, Table, summed
from optimizer.engine.language import AnySet, Family, Float, LabelSet, Map, Subset, Term
from optimizer.engine.matrix import Matrix
from optimizer.engine.problem import Problem


@dataclass(frozen=True, eq=False)
class Rows:
    """Where a family's rows stand, and over how many members of each of its sets (row-major)."""

    start: int
    shape: tuple[int, ...]

    @cached_property
    def stop(self) -> int:
        """One past the last row."""
        return self.start + math.prod(self.shape)


@dataclass(frozen=True)
class ColumnRange:
    """Where a variable's columns stand: consecutive from ``first`` on, over axes of these sizes (row-major)."""

    first: int
    shape: tuple[int, ...]

    @property
    def span(self) -> slice:
        """The columns."""
        return slice(self.first, self.first + math.prod(self.shape))

    def of(self, values: Float) -> Float:
        """A variable's part of an array over all columns, shaped like its sets."""
        return values[self.span].reshape(self.shape)


@dataclass(frozen=True, eq=False)
class TermCost:
    """One line of the objective: entries of the cost vector, and a constant."""

    columns: NDArray[np.int32]
    coefficients: Float
    constant: float
    money: bool = True


@dataclass(frozen=True, eq=False)
class LinearProgram:
    """Maximise ``cost @ x + offset`` with row and column bounds; the matrix is stored by rows."""

    cost: Float
    offset: float
    starts: NDArray[np.int32]
    indices: NDArray[np.int32]
    coefficients: Float
    row_lower: Float
    row_upper: Float
    col_lower: Float
    col_upper: Float
    integer: Bool
    columns: Mapping[str, ColumnRange]  # variable -> its columns
    rows: Mapping[str, Rows]  # family -> its rows
    terms: Mapping[str, TermCost]  # objective line -> its entries
    labels: Mapping[str, tuple[Any, ...]] = field(default_factory=dict)  # decided variable -> labels of its rows

    @property
    def shape(self) -> tuple[int, int]:
        """Rows, columns."""
        return len(self.row_lower), len(self.cost)

    def decided(self, x: Float) -> dict[str, dict[Any, Float]]:
        """What the column values ``x`` decide, within the columns' bounds: variable -> label -> series."""
        within = np.clip(x, self.col_lower, self.col_upper)
        rows = {name: self.columns[name].of(within) for name in self.labels}
        return {name: dict(zip(labels, rows[name], strict=True)) for name, labels in self.labels.items()}

    def profit_by_term(self, x: Float) -> dict[str, float]:
        """USD of each line of the objective at the column values ``x``."""
        return {
            name: float(term.coefficients @ x[term.columns]) + term.constant
            for name, term in self.terms.items()
            if term.money
        }


class ArrayModel:
    """A problem as the rules see it: tables of numbers and columns, addressed by whole vectors of indices."""

    def __init__(self, problem: Problem) -> None:
        self.columns: dict[str, ColumnRange] = {}
        self.n_columns = 0
        self._sets: dict[str, Index] = {}
        self._domains: dict[tuple[str, ...], list[Index]] = {}
        self._summing, self.formulation = False, problem.formulation
        for name, members in problem.sets.items():
            self._declare_set(name, members)
        for parameter in problem.formulation.parameters:
            values = problem.parameters[parameter.name]
            setattr(self, parameter.name, Table(parameter.name, values) if parameter.over else float(values))
        for variable in problem.formulation.variables:
            if any(not isinstance(problem.sets[name], LabelSet) for name in variable.over):
                raise TypeError(f"{variable.name}: a variable is declared over whole sets, not over subsets")
            shape = tuple(problem.size(name) for name in variable.over)
            setattr(self, variable.name, Columns(variable.name, self.n_columns, shape))
            self.columns[variable.name] = ColumnRange(self.n_columns, shape)
            self.n_columns += math.prod(shape)

    def _declare_set(self, name: str, members: AnySet) -> None:
        if isinstance(members, LabelSet):
            self._sets[name] = np.arange(len(members), dtype=np.uint32)
        elif isinstance(members, Subset):
            self._sets[name] = members.positions.astype(np.uint32)
        elif isinstance(members, Map):
            setattr(self, name, Table(name, members.position.astype(np.uint32)))
        else:
            setattr(self, name, Ranges(name, members.start, members.stop))
        if name in self._sets:
            setattr(self, name, self._sets[name])

    if TYPE_CHECKING:  # what is set by name is there by name

        def __getattr__(self, name: str, /) -> Any: ...

    def sum(self, members: Any, body: Callable[[Index], Any]) -> Any:
        """Sum of ``body`` over the members of a set."""
        if self._summing:
            raise TypeError("sums do not nest: declare the set of pairs and sum over that")
        self._summing = True
        try:
            index = members.index if isinstance(members, Members) else members
            return summed(members, body(index))
        finally:
            self._summing = False

    def offered(self, balance: str, *index: Index) -> Any:
        """The sum of what is offered to a balance."""
        return self.formulation.offered(self, balance, *index)

    def shape(self, over: tuple[str, ...]) -> tuple[int, ...]:
        """How many members each of some sets has."""
        return tuple([len(self._sets[name]) for name in over])

    def domain(self, over: tuple[str, ...]) -> list[Index]:
        """An index for each set, along its own axis of the rows."""
        if over not in self._domains:
            last = len(over)
            self._domains[over] = [
                self._sets[name].reshape([1] * axis + [-1] + [1] * (last - axis)) for axis, name in enumerate(over)
            ]
        return self._domains[over]


def _relation(family: str, result: Any) -> BoundedRows:
    if not isinstance(result, BoundedRows):
        raise TypeError(f"{family}: the rule returned {type(result).__name__}, not a Relation such as a <= b")
    return result


def term_cost(model: ArrayModel, term: Term) -> TermCost:
    """One line of the objective, by its rule."""
    shape = model.shape(term.over)
    if 0 in shape:
        return TermCost(np.empty(0, np.int32), np.empty(0), 0.0, term.money)
    result: Any = term.rule(model, *model.domain(term.over))
    if not isinstance(result, Linear):  # a sum over an empty set is a number
        constant = float(np.sum(np.broadcast_to(result, (*shape, 1))))
        return TermCost(np.empty(0, np.int32), np.empty(0), constant, term.money)
    columns, coefficients = result.table(shape)
    constant = float(np.sum(np.broadcast_to(result.constant, (*shape, 1)))) if np.any(result.constant) else 0.0
    return TermCost(columns.ravel(), coefficients.ravel(), constant, term.money)


def total_cost(terms: Mapping[str, TermCost], n_columns: int) -> tuple[Float, float]:
    """The cost vector and the constant that the lines of the objective add up to."""
    columns = np.concatenate([np.zeros(0, np.int32), *(entry.columns for entry in terms.values())])
    weights = np.concatenate([np.zeros(0), *(entry.coefficients for entry in terms.values())])
    cost = np.bincount(columns, weights, n_columns).astype(np.float64, copy=False)
    return cost, sum(entry.constant for entry in terms.values())


def upper_bounds(problem: Problem, columns: Mapping[str, ColumnRange]) -> Float:
    """The columns' upper bounds, (columns,): those of their parameters, else none."""
    bounds = np.full(sum(math.prod(own.shape) for own in columns.values()), np.inf)
    for variable in problem.formulation.variables:
        if variable.upper is not None:
            bounds[columns[variable.name].span] = problem.parameters[variable.upper].ravel()
    return bounds


def compile_program(
    problem: Problem, families: Iterable[Family] | None = None, terms: Iterable[Term] | None = None
) -> LinearProgram:
    """Write the linear program of a problem.

    ``families`` and ``terms`` default to the whole formulation of the problem; tests leave some out to show what each
    is worth.
    Raises TypeError where a rule is not linear, IndexError where it looks before the first interval.
    """
    formulation, model = problem.formulation, ArrayModel(problem)
    relations: list[tuple[BoundedRows, tuple[int, ...]]] = []
    rows: dict[str, Rows] = {}
    row = 0
    for family in formulation.families if families is None else families:
        shape = model.shape(family.over)
        rows[family.name] = Rows(row, shape)
        row += math.prod(shape)
        if 0 not in shape:
            relations.append((_relation(family.name, family.rule(model, *model.domain(family.over))), shape))
    matrix = Matrix(relations)
    costs = {term.name: term_cost(model, term) for term in (formulation.terms if terms is None else terms)}
    cost, offset = total_cost(costs, model.n_columns)
    integer = np.zeros(model.n_columns, dtype=np.bool_)
    for variable in formulation.variables:
        if variable.integer:
            integer[model.columns[variable.name].span] = True
    return LinearProgram(
        cost,
        offset,
        matrix.starts,
        matrix.indices,
        matrix.coefficients,
        matrix.lower,
        matrix.upper,
        np.zeros(model.n_columns),
        upper_bounds(problem, model.columns),
        integer,
        model.columns,
        rows,
        costs,
        {variable.name: problem.labels(variable.over[0]) for variable in formulation.variables if variable.decided},
    )
