"""The optimum of a worked example by three routes, with the whole formulation or with a part of it left out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pyomo.environ as pyo
import pytest
from numpy.typing import NDArray
from pyomo.contrib.appsi.solvers import Highs

from optimizer.assembly import build_problem
from optimizer.conditions import Conditions
from optimizer.dispatch import Dispatch
from optimizer.engine import choices
from optimizer.engine.highs import solve
from optimizer.engine.program import compile_program
from optimizer.engine.pyomo_model import pyomo_model
from optimizer.lp.formulation import FAMILIES, TERMS, DispatchProblem
from optimizer.schedule.checker import check
from optimizer.schedule.whole_units import dispatch_of
from optimizer.settlement.account import settle

F = NDArray[np.float64]


@dataclass(frozen=True)
class Optimum:
    """What an optimum earns, the solver's tie-break left out, and what runs in it."""

    profit: float
    dispatch: Dispatch
    onsite_mw: F

    def on(self, group: str = "G", mode: str = "normal") -> list[float]:
        """Machines on per interval, the solver's last digits taken off."""
        return [round(units, 6) + 0.0 for units in self.dispatch.units_on[group, mode].tolist()]


def optimum(c: Conditions, without: str | tuple[str, ...] = (), *, whole: bool = False) -> Optimum:
    """The optimum; ``without`` names the families or terms to leave out.

    With nothing left out three routes must agree: the array reading in HiGHS, the Pyomo reading through Pyomo's own
    HiGHS interface, and the settlement of the schedule; and the rule checker must find nothing.
    """
    left_out = {without} if isinstance(without, str) else set(without)
    unknown = left_out - {rule.name for rule in (*FAMILIES, *TERMS)}
    assert not unknown, f"no such family or term: {unknown}"
    problem = build_problem(c, whole=whole)
    families = [family for family in FAMILIES if family.name not in left_out]
    terms = [term for term in TERMS if term.name not in left_out]
    program = compile_program(problem, families, terms)
    found = solve(program, whole=True) if whole else choices.optimum(program)
    dispatch = dispatch_of(found)
    profit = sum(program.profit_by_term(found.x).values())
    if not left_out:
        assert by_pyomo(problem) == pytest.approx(found.objective, rel=1e-9, abs=1e-9)
        assert settle(c, dispatch).profit == pytest.approx(profit, rel=1e-9, abs=1e-9)
        assert check(c, dispatch, whole=whole) == []
    return Optimum(profit, dispatch, dispatch.onsite_mw)


def by_pyomo(problem: DispatchProblem) -> float:
    """The optimum of the Pyomo reading, USD, tie-break included."""
    model: Any = pyomo_model(problem)
    Highs().solve(model)
    whole = [c for c in model.component_data_objects(pyo.Var, active=True) if c.is_integer() and c.value is not None]
    for column in whole:  # a choice is made or not: no millionth of it
        column.fix(round(column.value))
    if whole:
        Highs().solve(model)
    return float(pyo.value(model.profit))


def usd(value: float) -> Any:
    """An amount in USD, as exact as a solver gives it."""
    return pytest.approx(value, rel=1e-9, abs=1e-8)
