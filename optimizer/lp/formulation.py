"""The table of contents of the linear program.

Read it like a paper: `FAMILIES` are the constraints, `VARIABLES` the decisions, `PARAMETERS` the data, `TERMS` the
objective. Every name is declared in the file of the concern it belongs to, under ``lp/rules``, with its words.
"""

from __future__ import annotations

from optimizer.engine.language import Family, Formulation, Item, Parameter, Term, Variable
from optimizer.engine.problem import Problem
from optimizer.lp.rules import charges, events, fleet, outages, replanning, site, supply, whole

CONCERNS = (fleet, site, outages, supply, charges, events, replanning, whole)

PARAMETERS: tuple[Parameter, ...] = tuple(p for concern in CONCERNS for p in concern.PARAMETERS)
VARIABLES: tuple[Variable, ...] = tuple(v for concern in CONCERNS for v in concern.VARIABLES)
FAMILIES: tuple[Family, ...] = tuple(f for concern in CONCERNS for f in concern.RULES.families)
TERMS: tuple[Term, ...] = tuple(t for concern in CONCERNS for t in concern.RULES.terms)

DISPATCH = Formulation(PARAMETERS, VARIABLES, FAMILIES, TERMS, time="INTERVALS", short_in="MW")

_RULES: tuple[Family | Term, ...] = (*FAMILIES, *TERMS)
ITEM_OF: dict[str, Item] = {rule.name: rule.item for rule in _RULES if rule.item is not None}
"""What a family's rows, or a term, charge for."""


class DispatchProblem(Problem):
    """What one plan of the machines needs."""

    formulation = DISPATCH
