"""This project: conditions -> problem -> rules over vectors -> HiGHS."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from optimizer.assembly import build_problem
from optimizer.conditions import Conditions
from optimizer.lp.highs import load as load
from optimizer.lp.program import LinearProgram, compile_program
from tests.benchmarks.routes.raw import solve as solve
from tests.benchmarks.routes.starting_point import conditions as prepare

__all__ = ["build", "load", "prepare", "save", "solve"]


def build(data: Conditions) -> LinearProgram:
    """The arrays of the linear program."""
    return compile_program(build_problem(data))


def save(folder: Path, file: Path) -> dict[str, Any]:
    """Write the finished arrays for the raw route; returns their size."""
    program = build(prepare(folder))
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
