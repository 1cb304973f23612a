"""A plan as one self-contained HTML page."""

from __future__ import annotations

from typing import TYPE_CHECKING

from optimizer.report.kit.page import render
from optimizer.report.plan.charts import describe
from optimizer.report.plan.figures import figures
from optimizer.report.plan.glossary import GLOSSARY

if TYPE_CHECKING:
    from optimizer.planning import Plan
    from optimizer.terms import TermEffect

MOST_BLOCKS = 60  # rows of the shutdown list on the page; shutdowns.csv holds all


def render_plan(plan: Plan, effects: tuple[TermEffect, ...] | str) -> str:
    """The report of a plan, HTML text of less than 300 kB. effects: what the terms of its contract do, or why not."""
    return render(
        "optimizer.report.plan",
        f=figures(plan),
        charts=describe(plan),
        most_blocks=MOST_BLOCKS,
        effects=effects,
        glossary=GLOSSARY,
    )
