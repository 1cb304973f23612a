"""Our own way: conditions -> problem -> rules over vectors -> HiGHS."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from optimizer.engine.highs import load as load
from optimizer.engine.program import compile_program as build
from optimizer.plan.formulation import build_problem as arrays
from tests.benchmarks.routes.raw import solve as solve
from tests.benchmarks.routes.starting_point import conditions as prepare

__all__ = ["arrays", "build", "load", "prepare", "save", "solve"]


def save(folder: Path, file: Path) -> dict[str, Any]:
    """Write the finished arrays for the raw route; returns their size."""
    program = build(arrays(prepare(folder)))
    rows, columns = program.shape
    np.savez(
        file,
        cost=program.cost,
        col_lower=program.col_lower,
        col_upper=program.col_upper,
        row_lower=program.row_lower,
        row_upper=program.row_upper,
        starts=program.starts,
        indices=program.indices,
        coefficients=program.coefficients,
        offset=np.float64(program.offset),
    )
    return {"rows": rows, "columns": columns, "entries": len(program.indices)}
