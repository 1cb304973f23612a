"""The Pyomo reading: rules + problem -> ConcreteModel, to read, extend, export, and to check the array reading.

The only module that imports pyomo.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pyomo.environ as pyo
from pyomo.contrib.appsi.base import TerminationCondition
from pyomo.contrib.appsi.solvers import Highs

from optimizer.engine.language import Float, LabelSet, Model, RangeSet, Relation, Rule, Subset
from optimizer.engine.problem import Problem
from optimizer.engine.program import LinearProgram
from optimizer.engine.solution import Solution
from optimizer.errors import InfeasibleError, InputError, SolverError, UnboundedError

_LONGEST_NAME = 200  # of a column or row, in files for solvers


def _key(labels: tuple[Any, ...]) -> Any:
    """The key Pyomo uses for a combination of labels: flat, and bare when there is just one part."""
    flat = tuple(part for label in labels for part in (label if isinstance(label, tuple) else (label,)))
    return flat[0] if len(flat) == 1 else flat


def pyomo_model(problem: Problem) -> Any:
    """The ConcreteModel of a problem.

    Sets carry labels, such as a point's (group, mode). Its objective ``profit`` is to be maximised; each constraint
    family is a component ``<family>`` over ``<family>_rows``.
    """
    m = pyo.ConcreteModel(name="curtail")
    labels = {name: problem.labels(name) for name, s in problem.sets.items() if isinstance(s, LabelSet | Subset)}
    for name, members in problem.sets.items():
        if isinstance(members, LabelSet | Subset):
            setattr(m, name, pyo.Set(initialize=list(labels[name]), ordered=True))
            continue
        of = labels[members.of]
        keys = [_key(k) for k in itertools.product(*(labels[axis] for axis in members.over))]
        if isinstance(members, RangeSet):
            ranges = zip(members.start.ravel().tolist(), members.stop.ravel().tolist(), strict=True)
            setattr(m, name, {k: of[a:b] for k, (a, b) in zip(keys, ranges, strict=True)})
        else:
            at = members.position.ravel().tolist()
            setattr(m, name, {k: of[i] for k, i in zip(keys, at, strict=True) if i < len(of)})
    formulation = problem.formulation
    for parameter in formulation.parameters:
        values = np.ravel(problem.parameters[parameter.name]).tolist()
        if not parameter.over:
            setattr(m, parameter.name, values[0])
            continue
        keys = [_key(k) for k in itertools.product(*(labels[axis] for axis in parameter.over))]
        sets = [getattr(m, axis) for axis in parameter.over]
        setattr(
            m,
            parameter.name,
            pyo.Param(*sets, initialize=dict(zip(keys, values, strict=True)), within=pyo.Any),
        )
    for variable in formulation.variables:
        sets = [getattr(m, axis) for axis in variable.over]
        domain = pyo.NonNegativeIntegers if variable.integer else pyo.NonNegativeReals
        setattr(m, variable.name, pyo.Var(*sets, domain=domain))
        if variable.upper is not None:
            limit = problem.parameters[variable.upper].ravel().tolist()
            for column, most in zip(getattr(m, variable.name).values(), limit, strict=True):
                column.setub(None if most == np.inf else most)
    m.sum = lambda members, body: pyo.quicksum(body(member) for member in members)
    m.formulation, m.offered = formulation, lambda balance, *index: formulation.offered(m, balance, *index)
    for family in formulation.families:
        by_key = {_key(labels_): labels_ for labels_ in itertools.product(*(labels[axis] for axis in family.over))}
        rows = pyo.Set(initialize=list(by_key), ordered=True)
        setattr(m, f"{family.name}_rows", rows)
        setattr(m, family.name, pyo.Constraint(rows, rule=_row_rule(family.rule, by_key), doc=family.rule.__doc__))
    m.profit = pyo.Objective(
        expr=pyo.quicksum(
            term.rule(m, *arguments)
            for term in formulation.terms
            for arguments in itertools.product(*(labels[axis] for axis in term.over))
        ),
        sense=pyo.maximize,
    )
    return m


def _row_rule(rule: Rule, by_key: dict[Any, tuple[Any, ...]]) -> Callable[..., Relation]:
    def row(m: Model, *key: Any) -> Relation:
        return rule(m, *by_key[key[0] if len(key) == 1 else key])

    return row


def write_model(problem: Problem, path: Path, extend: Callable[[Any], None] | None = None) -> None:
    """Write the Pyomo reading as ``.lp`` or ``.mps``, by the file's suffix, after ``extend`` has had it.

    No two names become one.
    """
    from pyomo.core.base.label import ShortNameLabeler

    labels = ShortNameLabeler(_LONGEST_NAME, "_", prefix="n_", legalRegex=r"[A-Za-z_]\w*\Z")
    model = pyomo_model(problem) if extend is None else _extended(problem, extend)
    model.write(str(path), io_options={"labeler": labels})


def _extended(problem: Problem, extend: Callable[[Any], None]) -> Any:
    model = pyomo_model(problem)
    try:
        extend(model)
    except Exception as error:  # whatever the user's code raises is the user's to mend
        raise InputError(f"--extend: your function raised {type(error).__name__}: {error}") from error
    if not model.profit.active:
        raise InputError("--extend: your function must leave the objective `profit` active")
    return model


def _columns(problem: Problem, model: Any) -> list[Any]:
    return [column for variable in problem.formulation.variables for column in getattr(model, variable.name).values()]


def solve_extended(problem: Problem, program: LinearProgram, extend: Callable[[Any], None]) -> Solution:
    """Solve the Pyomo reading after ``extend`` has had it. Shadow prices are those of the formulation's own rows.

    They are those of the linear program that is left when the formulation's choices are made.
    Raises InfeasibleError, UnboundedError or SolverError.
    """
    model = _extended(problem, extend)
    results = _solved(model)
    objective, columns = float(results.best_feasible_objective), _columns(problem, model)
    if program.integer.any():
        made = results.solution_loader.get_primals(columns)
        for column in itertools.compress(columns, program.integer):
            column.domain = pyo.NonNegativeReals
            column.fix(round(made[column] or 0.0))
        results = _solved(model)
    primals = results.solution_loader.get_primals(columns)
    x = np.array([primals[column] or 0.0 for column in columns])
    families = [list(getattr(model, family.name).values()) for family in problem.formulation.families]
    duals = results.solution_loader.get_duals([row for rows in families for row in rows])
    row_dual = np.array([duals[row] for rows in families for row in rows])
    reduced = results.solution_loader.get_reduced_costs(columns)
    column_dual = np.array([reduced[column] for column in columns])
    return Solution(
        objective=objective,
        bound=objective,
        x=x,
        values={name: columns.of(x) for name, columns in program.columns.items()},
        decided=program.decided(x),
        row_dual=row_dual,
        column_dual=column_dual,
        shadow_prices={n: row_dual[r.start : r.stop].reshape(r.shape) for n, r in program.rows.items()},
        reduced_costs={name: columns.of(column_dual) for name, columns in program.columns.items()},
        basis=None,
        ended="",
        iterations=0,
    )


def _solved(model: Any) -> Any:
    solver = Highs()
    solver.config.load_solution = False
    solver.highs_options = {"threads": 1}
    results = solver.solve(model)
    condition = results.termination_condition
    if condition in (TerminationCondition.infeasible, TerminationCondition.infeasibleOrUnbounded):
        raise InfeasibleError("no schedule meets every limit together with the constraints added by --extend")
    if condition == TerminationCondition.unbounded:
        raise UnboundedError("profit has no limit with the model that --extend returned")
    if condition != TerminationCondition.optimal:
        raise SolverError(f"the extended model was not solved: {condition.name}")
    return results


def breaks_extension(
    problem: Problem, extend: Callable[[Any], None], decided: Mapping[str, Mapping[tuple[str, str], Float]]
) -> bool:
    """Whether decisions break a constraint that ``extend`` adds on them alone.

    decided: of some variables, by label an array over the intervals. Constraints on other variables cannot be judged
    from these; they count as broken.
    """
    model = _extended(problem, extend)
    own = {family.name for family in problem.formulation.families}
    for name, arrays in decided.items():
        for label, values in arrays.items():
            for t, value in enumerate(values.tolist()):
                getattr(model, name)[label, t].set_value(value, skip_validation=True)
    for row in model.component_data_objects(pyo.Constraint, active=True):
        if row.parent_component().name in own:
            continue
        body = pyo.value(row.body, exception=False)
        if body is None or (row.has_ub() and body > row.ub + 1e-6) or (row.has_lb() and body < row.lb - 1e-6):
            return True
    return False
