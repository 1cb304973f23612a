"""What a plan is made from: the farm's and the market's conditions, under scenarios, as known at a time; its tail."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from optimizer.accounts.conditions import Conditions
from optimizer.accounts.limits import ABOVE_ALL_USD_PER_MWH, bound_to, owed_limit
from optimizer.config.clock import to_utc
from optimizer.config.farm import Farm
from optimizer.config.state import State
from optimizer.engine.choices import optimum
from optimizer.engine.program import compile_program
from optimizer.errors import InfeasibleError, InputError
from optimizer.market.grid import Grid
from optimizer.market.periods import with_tail
from optimizer.plan.formulation import build_problem
from optimizer.plan.tail import charged_by_period, rest_after
from optimizer.plan.whole_units import dispatch_of
from optimizer.scenario.apply import NO_SCENARIO, read_market_with
from optimizer.scenario.placed import Scenario

Progress = Callable[[str], None]


def silent(_step: str) -> None:
    """Show nothing."""


def conditions_of(
    farm: Farm,
    folder: Path,
    grid: Grid,
    price_file: Path | None = None,
    progress: Progress = silent,
    scenario: Scenario = NO_SCENARIO,
    known_at: datetime | None = None,
    state: State | None = None,
) -> Conditions:
    """The conditions of a plan under a scenario, or the part of it that is known at a time.

    ``state`` goes before the farm file's.

    With a tail, the rest of the plan's billing period is planned with it, for what it will add.
    """
    if scenario.changes:
        from optimizer.scenario.farm_changes import farm_with  # with the whole language of changes

        farm = farm_with(farm, scenario, grid.starts[0].to_pydatetime(), folder, known_at=known_at)
    elif known_at is not None:
        farm = farm.known_at(known_at)
    state = farm.state if state is None else state
    longer = with_tail(farm, grid) if charged_by_period(farm) else None
    if longer is None:
        market = read_market_with(farm, folder, grid, scenario, price_file, known_at=known_at)
        return Conditions(farm, market, state)
    progress("planning the rest of the billing period")
    market = read_market_with(farm, folder, longer, scenario, price_file, len(grid), known_at=known_at)
    return without_tail(Conditions(farm, market, state), len(grid))


def without_tail(c: Conditions, head: int) -> Conditions:
    """The first ``head`` intervals, expecting of the rest what the optimum of all of them does there.

    The rest stays part of the program in which they are planned.
    """
    try:
        expected = dispatch_of(optimum(compile_program(build_problem(c))))
    except InfeasibleError:  # told of the plan itself; the rest is what it is where limits give way
        eased = bound_to(c, owed_limit(c).import_mw, ABOVE_ALL_USD_PER_MWH)
        expected = dispatch_of(optimum(compile_program(build_problem(eased))))
    market, tail = c.market.part(0, head), c.market.part(head, len(c.grid))
    return replace(c, market=market, rest=rest_after(c, expected, head), tail=tail)


def judge_state(state: State, farm: Farm, grid: Grid) -> None:
    """Refuse a state that was read at another time than the plan begins."""
    if state.at is None:
        return
    read, begin = to_utc(state.at, farm.timezone), grid.starts[0]
    if abs((begin - read).total_seconds()) > 3600.0 * grid.hours[0]:
        raise InputError(
            f"the state in the farm file was read at {state.at}, but the plan begins at "
            f"{begin.tz_convert(farm.timezone):%Y-%m-%d %H:%M}: give the state of that time, or leave `state` out"
        )
