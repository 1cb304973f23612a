"""The rungs of the ladder: every way to run a farm that needs no knowledge of the future, and the bound above them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from optimizer.accounts.reasons import Reason
from optimizer.config.backtest import Backtest
from optimizer.config.farm import Farm
from optimizer.engine.choices import optimum
from optimizer.engine.program import compile_program
from optimizer.market.calendars import share_within
from optimizer.mechanisms.tags.config import CoincidentPeak
from optimizer.plan.formulation import build_problem
from optimizer.plan.whole_units import dispatch_of
from optimizer.through_time.backtest.blind import day_ahead
from optimizer.through_time.knowledge import Knowledge
from optimizer.through_time.policies import (
    Followed,
    always_on,
    guarded_threshold,
    one_threshold,
    strike_rule,
    with_calendar,
    with_hysteresis,
)


@dataclass(frozen=True)
class Rung:
    """One way to run a farm: its name in files and for people, and what it does.

    ``meaning`` may name shares of the farm file's ``backtest`` section in braces. ``run`` is None where the schedule is
    not made at once, but day by day from the state that the day before leaves. ``asked``: of which farms it says
    something.
    """

    key: str
    title: str
    meaning: str
    run: Callable[[Knowledge, Backtest], Followed] | None
    asked: Callable[[Farm], bool] = lambda _: True


def rungs_of(farm: Farm) -> tuple[str, ...]:
    """The keys of the rungs that a farm's ladder has where nothing else is asked for."""
    return tuple(key for key, rung in RUNGS.items() if rung.asked(farm))


def _always_on(k: Knowledge, _b: Backtest) -> Followed:
    return always_on(k.actual, k.observed)


def _one_threshold(k: Knowledge, _b: Backtest) -> Followed:
    return one_threshold(k.actual, k.observed)


def _guarded(k: Knowledge, b: Backtest) -> Followed:
    return guarded_threshold(k.actual, k.observed, b.hysteresis_share, b.minimum_minutes / 60.0, b.spike_share)


def _strike(k: Knowledge, _b: Backtest) -> Followed:
    return strike_rule(k.actual, k.observed)


def _hysteresis(k: Knowledge, b: Backtest) -> Followed:
    return with_hysteresis(k.actual, k.observed, b.hysteresis_share)


def _calendar(k: Knowledge, b: Backtest) -> Followed:
    holidays = k.actual.farm.energy.holidays
    return with_calendar(k.actual, k.observed, share_within(k.grid, b.peak_calendar, holidays) > 0)


def _blind(k: Knowledge, _b: Backtest) -> Followed:
    return day_ahead(k, sheet=False)


def _sheet(k: Knowledge, _b: Backtest) -> Followed:
    return day_ahead(k, sheet=True)


def _foreseen(k: Knowledge, _b: Backtest) -> Followed:
    """The optimum over all of the stretch at once, machines in fractions: nothing can earn more."""
    c = k.actual
    best = dispatch_of(optimum(compile_program(build_problem(c))))
    running = np.array([best.running(group) for group in c.farm.fleet])
    installed = np.array([[float(group.units)] for group in c.farm.fleet])
    off = {Reason.OUTAGE: installed - c.units_available, Reason.PRICE: c.units_available - running}
    return Followed(best.table, off)


STRIKE = Rung(
    "strike",
    "strike per model",
    "Each group runs where its strike price is above the latest price known, in the mode that pays best",
    _strike,
)
RULES: tuple[Rung, ...] = (
    Rung("always_on", "always on", "Every machine in service runs, except where a limit forbids it", _always_on),
    Rung(
        "one_threshold",
        "one threshold",
        "All machines or none: they stop above the price at which the fleet as a whole stops paying",
        _one_threshold,
    ),
    Rung(
        "guarded",
        "one threshold, guarded",
        "As fleet software has it: the same price, machines stay as they are for a minimum time, start again only once "
        "power is cheaper by {hysteresis_share}, and stop at once above {spike_share} over it",
        _guarded,
    ),
    STRIKE,
    Rung(
        "hysteresis",
        "strike with hysteresis",
        "The strike rule, but what has stopped starts only once power is cheaper than that by a margin of "
        "{hysteresis_share}",
        _hysteresis,
    ),
    Rung(
        "calendar",
        "strike and 4CP calendar",
        "The strike rule, and nothing runs in the calendar's hours of likely coincident peaks",
        _calendar,
        lambda farm: bool(farm.sections(CoincidentPeak)),
    ),
    Rung(
        "day_ahead",
        "day-ahead plan, blind",
        "A plan made at midnight from what was published by then, executed as it is",
        _blind,
    ),
    Rung(
        "sheet",
        "day-ahead plan and strike sheet",
        "The same plan as strike prices, less the charges it expects; groups follow them as prices come",
        _sheet,
    ),
)
REPLANNING = Rung(
    "replanning",
    "re-planning",
    "A plan made anew in every interval from what is known by then; its first interval is executed",
    None,
)
BOUND = Rung(
    "perfect",
    "perfect foresight",
    "The bound: the best schedule for someone who knows everything, machines in fractions",
    _foreseen,
)
RUNGS = {rung.key: rung for rung in (*RULES, REPLANNING, BOUND)}
