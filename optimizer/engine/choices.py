"""Programs with choices: whole numbers found by branch and bound, shadow prices of the program with the choices made.

A linear program has no choices and is solved as it is.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from optimizer.arrays import Bool
from optimizer.engine.highs import solve
from optimizer.engine.language import Float
from optimizer.engine.program import LinearProgram
from optimizer.engine.solution import Solution

_EXACT = {"mip_rel_gap": 1e-9, "mip_feasibility_tolerance": 1e-9}
_WORK, _LEAST = 200_000, 20  # columns times branches that a search may take, and the fewest branches it may


def branches(program: LinearProgram, share: float = 1.0) -> int:
    """The most branches of a search: a bound on its work and not on its time, so that it ends alike on any machine."""
    return max(int(share * _WORK / program.shape[1]), _LEAST)


def optimum(program: LinearProgram, linear: Callable[[LinearProgram], Solution] = solve) -> Solution:
    """The optimum of a program, its choices made; ``linear`` solves what has none.

    ``bound`` is what no schedule exceeds; ``proved`` is False where the branches allowed do not reach it.
    Raises the errors of `optimizer.engine.highs.solve`.
    """
    if not program.integer.any():
        return linear(program)
    made = solve(program, whole=True, options={**_EXACT, "mip_max_nodes": branches(program)})
    priced = linear(with_columns_fixed(program, program.integer, np.round(made.x)))
    return replace(priced, bound=max(made.bound, priced.objective), ended=made.ended)


def with_columns_fixed(program: LinearProgram, columns: Bool, values: Float) -> LinearProgram:
    """The program with some of its columns held at values, (columns,), and none of these a choice any more."""
    return replace(
        program,
        col_lower=np.where(columns, values, program.col_lower),
        col_upper=np.where(columns, values, program.col_upper),
        integer=program.integer & ~columns,
    )
