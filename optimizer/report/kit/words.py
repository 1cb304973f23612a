"""What the codes of a plan mean, in the words of the report."""

from __future__ import annotations

from optimizer.schedule import items

ITEMS = {name: item.title for name, item in items.ITEMS.items()}
"""Items of the marginal power price."""

CONTRACT_TERMS: dict[str, str] = {
    "block": "block",
    "resale": "right to resell",
    "supply": "supplier",
    "energy_tier": "energy tier",
    "demand_charge": "demand charge",
    "coincident_peak": "coincident peaks",
    "minimum_bill": "minimum bill",
}
"""Kinds of term of the power contract."""

RUNGS: dict[str, str] = {
    "always_on": "Every machine in service runs, except where a limit forbids it",
    "one_threshold": "All machines or none: they stop above the price at which the fleet as a whole stops paying",
    "strike": "Each group runs where its strike price is above the latest price known, in the mode that pays best",
    "hysteresis": "The strike rule, but what has stopped starts only once power is cheaper than that by a margin",
    "calendar": "The strike rule, and nothing runs in the calendar's hours of likely coincident peaks",
    "day_ahead": "A plan made at midnight from what was published by then, executed as it is",
    "sheet": "The same plan as strike prices, less the charges it expects; groups follow them as prices come",
    "replanning": "A plan made anew in every interval from what is known by then; its first interval is executed",
    "perfect": "The bound: the best schedule for someone who knows everything, machines in fractions",
}
"""What each rung of a backtest's ladder does."""

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
    "Resale": "What a block leaves over is sold at the interval's energy price, less a fee; without the right to "
    "resell it is lost.",
    "Hashprice": "Expected revenue of 1 PH/s over a day, in USD, before the pool's fee.",
    "Machine-hours": "Machines times hours. The share that runs counts every machine installed, in service or not.",
    "Start": "A machine that was off in the interval before and is on in this one.",
    "MWh off": "What the machines that are off would have drawn at the meter in their group's first mode, less their "
    "standby.",
    "Whole-unit gap": "What switching whole machines and containers costs against fractions of them.",
    "Plan objective and settlement": "The objective is the profit the solver reports. The settlement works the same "
    "money out again from schedule and prices alone; before machines are made whole, the two must agree.",
}
"""The glossary: term, meaning."""


def of(code: str, words: dict[str, str]) -> str:
    """The words for a code; a code nobody wrote words for, such as an extension's, speaks for itself.

    >>> of("carbon_cost", {})
    'Carbon cost'
    """
    return words.get(code) or code.replace("_", " ").capitalize()
