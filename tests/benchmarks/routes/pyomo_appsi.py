"""Pyomo with its own HiGHS interface (appsi): this project's Pyomo reading, handed over by ``set_instance``."""

from __future__ import annotations

from typing import Any

from pyomo.contrib.appsi.base import TerminationCondition
from pyomo.contrib.appsi.solvers import Highs

from optimizer.engine.pyomo_model import pyomo_model as build
from optimizer.plan.formulation import build_problem as arrays
from tests.benchmarks.routes.starting_point import conditions as prepare

__all__ = ["arrays", "build", "load", "prepare", "solve"]


def load(model: Any) -> tuple[Any, Any]:
    """The interface holding the model, and the model, which it wants to see again."""
    solver = Highs()
    solver.config.load_solution = False
    solver.highs_options = {"threads": 1}
    solver.set_instance(model)
    # The model does not change any more: without this, solve would compare all of it with what was loaded.
    for check in [name for name in solver.update_config if name.startswith(("check_for_", "update_"))]:
        setattr(solver.update_config, check, False)
    return solver, model


def solve(loaded: tuple[Any, Any], time_limit: float) -> float | None:
    """Solve; None when the time was up."""
    solver, model = loaded
    solver.config.time_limit = time_limit
    results = solver.solve(model)
    if results.termination_condition == TerminationCondition.maxTimeLimit:
        return None
    assert results.termination_condition == TerminationCondition.optimal, results.termination_condition
    return float(results.best_feasible_objective)
