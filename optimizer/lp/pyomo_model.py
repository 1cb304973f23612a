"""The Pyomo reading: rules + problem -> ConcreteModel, to read, extend, export, and to check the array reading.

The only module that imports pyomo.
"""

from __future__ import annotations

import itertools
from pathlib import Path
from typing import Any

import numpy as np
import pyomo.environ as pyo

from optimizer.lp.formulation import FAMILIES, PARAMETERS, TERMS, VARIABLES
from optimizer.lp.language import LabelSet, RangeSet, Subset
from optimizer.lp.problem import DispatchProblem


def _key(labels: tuple[Any, ...]) -> Any:
    """The key Pyomo uses for a combination of labels: flat, and bare when there is just one part."""
    flat = tuple(part for label in labels for part in (label if isinstance(label, tuple) else (label,)))
    return flat[0] if len(flat) == 1 else flat


def pyomo_model(problem: DispatchProblem) -> Any:
    """The ConcreteModel of a problem.

    Sets carry labels: groups by name, points as (group, mode), intervals 0, 1, 2, ... Its objective ``profit`` is
    to be maximised; each constraint family is a component ``<family>`` over ``<family>_rows``.
    """
    m = pyo.ConcreteModel(name="curtail")
    labels = {
        name: problem.labels(name) for name, s in problem.sets.items() if isinstance(s, LabelSet | Subset)
    }
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
    for parameter in PARAMETERS:
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
    for variable in VARIABLES:
        sets = [getattr(m, axis) for axis in variable.over]
        domain = pyo.NonNegativeIntegers if variable.integer else pyo.NonNegativeReals
        setattr(m, variable.name, pyo.Var(*sets, domain=domain))
        if variable.upper is not None:
            limit = problem.parameters[variable.upper].ravel().tolist()
            for column, most in zip(getattr(m, variable.name).values(), limit, strict=True):
                column.setub(None if most == np.inf else most)
    m.sum = lambda members, body: pyo.quicksum(body(member) for member in members)
    for family in FAMILIES:
        by_key = {
            _key(labels_): labels_ for labels_ in itertools.product(*(labels[axis] for axis in family.over))
        }
        rows = pyo.Set(initialize=list(by_key), ordered=True)
        setattr(m, f"{family.name}_rows", rows)
        setattr(
            m, family.name, pyo.Constraint(rows, rule=_row_rule(family.rule, by_key), doc=family.rule.__doc__)
        )
    m.profit = pyo.Objective(
        expr=pyo.quicksum(
            term.rule(m, *arguments)
            for term in TERMS
            for arguments in itertools.product(*(labels[axis] for axis in term.over))
        ),
        sense=pyo.maximize,
    )
    return m


def _row_rule(rule: Any, by_key: dict[Any, tuple[Any, ...]]) -> Any:
    def row(m: Any, *key: Any) -> Any:
        return rule(m, *by_key[key[0] if len(key) == 1 else key])

    return row


def write_model(problem: DispatchProblem, path: Path) -> None:
    """Write the Pyomo reading as ``.lp`` or ``.mps``, by the file's suffix."""
    pyomo_model(problem).write(str(path), io_options={"symbolic_solver_labels": True})
