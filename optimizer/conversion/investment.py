"""The table of contents of the investment program: machines and data halls over years, under paths.

It stands beside `formulation.py`, in the same language: each rule is written once, and read as arrays and by Pyomo.

The objective is the expected net present value, line by line, plus a weight on its mean in the worst paths.
"""

from __future__ import annotations

from optimizer.conversion.rules import financing, hosting, machines, money
from optimizer.engine.language import Formulation
from optimizer.engine.problem import Problem

CONCERNS = (machines, hosting, financing, money)

INVESTMENT = Formulation(
    parameters=tuple(p for concern in CONCERNS for p in concern.PARAMETERS),
    variables=tuple(v for concern in CONCERNS for v in concern.VARIABLES),
    families=tuple(f for concern in CONCERNS for f in concern.RULES.families),
    terms=tuple(t for concern in CONCERNS for t in concern.RULES.terms),
    time="PERIODS",
    short_in="USD",
)


class InvestmentProblem(Problem):
    """What one study of machines and data halls needs."""

    formulation = INVESTMENT
