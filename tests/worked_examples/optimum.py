"""The optimum of a worked example by three routes, with the whole formulation or with a part of it left out."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import pyomo.environ as pyo
import pytest
from pyomo.contrib.appsi.solvers import Highs

from optimizer.accounts.conditions import Conditions
from optimizer.accounts.dispatch import Dispatch
from optimizer.accounts.settlement import settle
from optimizer.arrays import F
from optimizer.engine import choices
from optimizer.engine.highs import solve
from optimizer.engine.program import compile_program
from optimizer.engine.pyomo_model import pyomo_model
from optimizer.plan.checker import check
from optimizer.plan.formulation import FAMILIES, TERMS, DispatchProblem, build_problem
from optimizer.plan.whole_units import dispatch_of
from tests.engine.test_two_readings import the_same
from tests.worked_examples.net import cut_and_carried, saved_and_loaded

_FOUND: dict[tuple[int, str | tuple[str, ...], bool], tuple[Conditions, Optimum]] = {}  # asked for more than once


@dataclass(frozen=True)
class Optimum:
    """What an optimum earns, without and with the solver's tie-break, and what runs in it."""

    profit: float
    dispatch: Dispatch
    onsite_mw: F
    objective: float

    def on(self, group: str = "G", mode: str = "normal") -> list[float]:
        """Machines on per interval, the solver's last digits taken off."""
        return [round(units, 6) + 0.0 for units in self.dispatch.units_on[group, mode].tolist()]


def optimum(c: Conditions, without: str | tuple[str, ...] = (), *, whole: bool = False, uncut: str = "") -> Optimum:
    """The optimum; ``without`` names the families or terms to leave out.

    With nothing left out three routes must agree: the array reading in HiGHS, the Pyomo reading, of the same matrix,
    through Pyomo's own HiGHS interface, and the settlement of the schedule; and the rule checker must find nothing.
    The record of the schedule must come back as it was, and its money must be the same where it is cut and carried on.
    ``uncut`` says why it is not, where that lies in the nature of an example.
    """
    key = id(c), without, whole
    if key not in _FOUND:
        left_out = {without} if isinstance(without, str) else set(without)
        unknown = left_out - {rule.name for rule in (*FAMILIES, *TERMS)}
        assert not unknown, f"no such family or term: {unknown}"
        _FOUND[key] = c, _solved(c, left_out, whole) if left_out else _judged(c, whole, uncut)
    return _FOUND[key][1]


def _solved(c: Conditions, left_out: set[str], whole: bool) -> Optimum:
    families = [family for family in FAMILIES if family.name not in left_out]
    terms = [term for term in TERMS if term.name not in left_out]
    program = compile_program(build_problem(replace(c, whole=whole)), families, terms)
    found = solve(program, whole=True) if whole else choices.optimum(program)
    dispatch = dispatch_of(found)
    return Optimum(sum(program.profit_by_term(found.x).values()), dispatch, dispatch.onsite_mw, found.objective)


def _judged(c: Conditions, whole: bool, uncut: str) -> Optimum:
    best, problem = _solved(c, set(), whole), build_problem(replace(c, whole=whole))
    the_same(problem)
    assert by_pyomo(problem) == pytest.approx(best.objective, rel=1e-9, abs=1e-9)
    assert settle(c, best.dispatch).profit == pytest.approx(best.profit, rel=1e-9, abs=1e-9)
    assert check(c, best.dispatch, whole=whole) == []
    record = saved_and_loaded(c, best.dispatch)
    totals = cut_and_carried(record, lambda later: _solved(later, set(), whole).profit)
    if uncut:
        assert totals != [usd(best.profit)] * len(totals), f"can be cut, though {uncut}"
    else:
        assert totals == [usd(best.profit)] * len(totals)
    return best


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
