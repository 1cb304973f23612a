"""A plan as one self-contained HTML page."""

from __future__ import annotations

from typing import TYPE_CHECKING

from optimizer.report.kit import words
from optimizer.report.kit.page import render
from optimizer.report.plan.charts import describe
from optimizer.report.plan.figures import figures

if TYPE_CHECKING:
    from optimizer.planning import Plan

MOST_BLOCKS = 60  # rows of the shutdown list on the page; shutdowns.csv holds all


def render_plan(plan: Plan) -> str:
    """The report of a plan, HTML text of less than 300 kB."""
    from optimizer.terms import contract_terms, measurable  # brings the solver with it

    unmeasured = measurable(plan)
    return render(
        "optimizer.report.plan",
        f=figures(plan),
        charts=describe(plan),
        most_blocks=MOST_BLOCKS,
        effects=() if unmeasured else contract_terms(plan),
        unmeasured=unmeasured,
        words=words,
    )
