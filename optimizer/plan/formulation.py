"""The linear program of a plan: what the mechanisms declare, put together, and its sets and numbers.

Read it like a paper: `FAMILIES` are the constraints, `VARIABLES` the decisions, `PARAMETERS` the data, `TERMS` the
objective, each declared in the folder of the mechanism it belongs to.
"""

from __future__ import annotations

import numpy as np

from optimizer.accounts.conditions import Conditions
from optimizer.arrays import F
from optimizer.engine.language import AnySet, Family, Formulation, Item, Line, Parameter, Term, Variable
from optimizer.engine.problem import Problem
from optimizer.errors import InputError
from optimizer.mechanisms.contents import parts

MOST_ENTRIES = 30e6  # of the matrix; HiGHS takes about 450 bytes for each

_PROGRAMS = parts("program")
PARAMETERS: tuple[Parameter, ...] = tuple(p for program in _PROGRAMS for p in program.PARAMETERS)
VARIABLES: tuple[Variable, ...] = tuple(v for program in _PROGRAMS for v in program.VARIABLES)
FAMILIES: tuple[Family, ...] = tuple(f for program in _PROGRAMS for f in program.RULES.families)
TERMS: tuple[Term, ...] = tuple(t for program in _PROGRAMS for t in program.RULES.terms)
_OFFERED = [offer for program in _PROGRAMS for offer in program.RULES.offers]
OFFERS: dict[str, tuple[Line, ...]] = {
    balance: tuple(line for of, line in _OFFERED if of == balance) for balance, _ in _OFFERED
}

DISPATCH = Formulation(PARAMETERS, VARIABLES, FAMILIES, TERMS, time="INTERVALS", short_in="MW", offers=OFFERS)

_RULES: tuple[Family | Term, ...] = (*FAMILIES, *TERMS)
ITEM_OF: dict[str, Item] = {rule.name: rule.item for rule in _RULES if rule.item is not None}
"""What a family's rows, or a term, charge for."""


class DispatchProblem(Problem):
    """What one plan of the machines needs."""

    formulation = DISPATCH


def build_problem(c: Conditions) -> DispatchProblem:
    """The sets and numbers of one plan; where the conditions ask for whole machines, the rules for them are on."""
    _judge_size(c)
    sets: dict[str, AnySet] = {}
    parameters: dict[str, F] = {}
    for mechanism in parts("numbers"):
        its_sets, its_parameters = mechanism.numbers(c)
        sets |= its_sets
        parameters |= its_parameters
    return DispatchProblem(sets, {name: np.asarray(values, dtype=np.float64) for name, values in parameters.items()})


def _judge_size(c: Conditions) -> None:
    """Refuse a plan that would not fit into memory, before anything large is built."""
    n, shortest = len(c.grid), float(c.grid.hours.min())
    entries = 0.0
    for group in c.farm.fleet:
        windows = (group.minimum_on_hours, group.minimum_off_hours)
        entries += n * (5.0 * len(group.modes) + 4.0 + sum(min(hours / shortest, n) for hours in windows))
    if entries > MOST_ENTRIES:
        raise InputError(
            f"the plan would have about {entries / 1e6:,.0f} million matrix entries, more than the "
            f"{MOST_ENTRIES / 1e6:,.0f} million that are sure to fit into memory: use longer horizon.intervals, fewer "
            "hours, or shorter minimum times"
        )
