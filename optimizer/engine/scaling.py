"""A program counted in other units: rows in USD, and variables that say so, are solved in millions.

Solvers hold rows to absolute tolerances, 1e-7 in HiGHS. Of a balance of 300,000,000 USD that is below what doubles can
add up, and the solver may end without an answer. Factors are powers of two, so that nothing is rounded either way.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from optimizer.engine.highs import solve
from optimizer.engine.language import Float, Formulation
from optimizer.engine.program import LinearProgram
from optimizer.engine.solution import Solution


@dataclass(frozen=True, eq=False)
class Counted:
    """A program in other units, and the size of these: of each column, each row, and the objective."""

    program: LinearProgram
    column: Float
    row: Float
    objective: float


def counted(program: LinearProgram, formulation: Formulation) -> Counted:
    """A program in the units in which its formulation counts; the objective in the largest of its variables."""
    column, row = np.ones(program.shape[1]), np.ones(program.shape[0])
    most = max(variable.counted_in for variable in formulation.variables)
    for variable in formulation.variables:
        column[program.columns[variable.name].span] = variable.counted_in
    for family in formulation.families:
        at = program.rows[family.name]
        row[at.start : at.stop] = most if family.unit == "USD" else 1.0
    of_entry = np.repeat(row, np.diff(program.starts))
    made = replace(
        program,
        cost=program.cost * column / most,
        offset=program.offset / most,
        coefficients=program.coefficients * column[program.indices] / of_entry,
        row_lower=program.row_lower / row,
        row_upper=program.row_upper / row,
        col_lower=program.col_lower / column,
        col_upper=program.col_upper / column,
    )
    return Counted(made, column, row, most)


def solve_counted(program: LinearProgram, formulation: Formulation, **options: Any) -> Solution:
    """As `optimizer.engine.highs.solve`, solved in the units in which the formulation counts; the answer is in its own.

    Raises the errors of `optimizer.engine.highs.solve`.
    """
    size = counted(program, formulation)
    solution, most = solve(size.program, **options), size.objective
    x, row_dual = solution.x * size.column, solution.row_dual * most / size.row
    column_dual = solution.column_dual * most / size.column
    return replace(
        solution,
        objective=solution.objective * most,
        bound=solution.bound * most,
        x=x,
        values={name: columns.of(x) for name, columns in program.columns.items()},
        decided=program.decided(x),
        row_dual=row_dual,
        column_dual=column_dual,
        shadow_prices={
            name: row_dual[at.start : at.stop].reshape(at.shape)
            for name, at in program.rows.items()
            if solution.shadow_prices
        },
        reduced_costs={
            name: columns.of(column_dual) for name, columns in program.columns.items() if solution.reduced_costs
        },
    )
