"""A plan as one self-contained HTML page."""

from __future__ import annotations

from typing import TYPE_CHECKING

from optimizer.accounts.ledger import words
from optimizer.money import currency, shown_in
from optimizer.report.kit.page import render
from optimizer.report.kit.worth import headline, reasons_of
from optimizer.report.plan.charts import describe
from optimizer.report.plan.figures import figures
from optimizer.report.plan.files import FILES

if TYPE_CHECKING:
    from optimizer.plan.planning import Plan
    from optimizer.plan.terms import TermEffect
    from optimizer.report.plan.actions import ToDo
    from optimizer.through_time.worth import Worth

GLOSSARY: dict[str, str] = {  # words of plans; those of mechanisms stand in their accounts
    "Strike price": "The power price in USD/MWh at the meter at which a group stops paying, in its best mode.",
    "Marginal power price": "What one more MWh costs the farm in an interval: energy and adders with losses, plus what "
    "every limit that binds adds. A group runs while its strike price is above it, unless starts and minimum times say "
    "otherwise.",
    "Hashprice": "Expected revenue of 1 PH/s over a day, in USD, before the pool's fee.",
    "Machine-hours": "Machines times hours. The share that runs counts every machine installed, in service or not.",
    "Start": "A machine that was off in the interval before and is on in this one.",
    "MWh off": "What the machines that are off would have drawn at the meter in their group's first mode, less their "
    "standby.",
    "Whole-unit gap": "What switching whole machines and containers costs against fractions of them.",
    "Plan objective and settlement": "The objective is the profit the solver reports. The settlement works the same "
    "money out again from schedule and prices alone; before machines are made whole, the two must agree.",
}
MOST_STEPS = 60  # on the page; actions.csv holds all
MOST_BLOCKS = 60  # rows of the shutdown list on the page; shutdowns.csv holds all


def render_plan(
    plan: Plan, effects: tuple[TermEffect, ...] | str, worth: Worth | None = None, todo: ToDo | None = None
) -> str:
    """The report of a plan, HTML text of less than 300 kB.

    effects: what the terms of its contract do, or why not. worth: against rules. todo: what `todo_of` says of the plan,
    where it is made already.
    """
    with shown_in(plan.farm.currency):
        return render(
            "optimizer.report.plan",
            f=figures(plan, worth, todo),
            charts=describe(plan),
            most_blocks=MOST_BLOCKS,
            most_steps=MOST_STEPS,
            files=FILES,
            headline=headline,
            reasons_of=reasons_of,
            effects=effects,
            glossary={word: text.replace("USD", currency()) for word, text in sorted((GLOSSARY | words()).items())},
        )
