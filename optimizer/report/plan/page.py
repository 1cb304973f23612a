"""A plan as one self-contained HTML page."""

from __future__ import annotations

from typing import TYPE_CHECKING

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

GLOSSARY: dict[str, str] = {
    "Strike price": "The power price in USD/MWh at the meter at which a group stops paying, in its best mode.",
    "Marginal power price": "What one more MWh costs the farm in an interval: energy and adders with losses, plus what "
    "every limit that binds adds. A group runs while its strike price is above it, unless starts and minimum times say "
    "otherwise.",
    "Billed peak": "The highest import of a billing period in the hours a demand charge counts, or a floor under it "
    "where that is higher: the contract's minimum, the month to date, what is expected after the plan, a ratchet.",
    "Month to date": "What the meter has counted in the billing period before the plan: its peak and its energy. What "
    "it already costs is owed whatever the plan does.",
    "Ratchet": "A rule that bills a share of the highest peak of past billing periods, however low the peak is now.",
    "Coincident peak": "An interval in which the whole grid's load is highest. Import in the few of them sets a charge "
    "on next year's bill; until they are known, each interval counts with its probability.",
    "Resale": "What a block leaves over is sold at the interval's energy price, or at the contract's cap where that is "
    "lower, less a fee; without the right to resell it is lost.",
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
            glossary={word: text.replace("USD", currency()) for word, text in GLOSSARY.items()},
        )
