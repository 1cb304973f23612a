"""Scenarios applied: the farm, the market and the time of a plan as they have them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from optimizer.config.base import SeriesFile
from optimizer.config.clock import to_utc
from optimizer.config.farm import Farm
from optimizer.errors import InputError
from optimizer.market.grid import Grid
from optimizer.market.inputs import ENERGY_PRICE, MarketInputs, read_market
from optimizer.market.quantities import declared
from optimizer.scenario.placed import Scenario, mapped
from optimizer.scenario.times import DayTime, resolved, stands_for

if TYPE_CHECKING:
    from optimizer.scenario.piecewise import Window

NO_SCENARIO = Scenario("")


def combined(scenarios: Sequence[Scenario]) -> Scenario:
    """One scenario of several, applied in their order; it begins when the first that says so begins, and lasts as long.

    >>> combined([Scenario("A"), Scenario("B", hours=6.0)]).name, combined([]).name
    ('A + B', '')
    """
    if len(scenarios) == 1:
        return scenarios[0]
    return Scenario(
        name=" + ".join(scenario.name for scenario in scenarios),
        changes=tuple(placed for scenario in scenarios for placed in scenario.changes),
        summary=" ".join(scenario.summary for scenario in scenarios),
        sources=tuple(dict.fromkeys(source for scenario in scenarios for source in scenario.sources)),
        assumptions=tuple(dict.fromkeys(assumed for scenario in scenarios for assumed in scenario.assumptions)),
        start=next((scenario.start for scenario in scenarios if scenario.start is not None), None),
        hours=next((scenario.hours for scenario in scenarios if scenario.hours is not None), None),
        document=scenarios[0].document if scenarios else NO_SCENARIO.document,
    )


def dated(scenario: Scenario, begins: datetime, zone: str) -> Scenario:
    """The scenario with dates in place of days of the plan that begins at ``begins``, on the clock of ``zone``.

    For plans made anew later on, whose first day is another. Raises InputError for times the clock skips or shows
    twice.
    """

    def date_of(value: Any) -> Any:
        relative = stands_for(value) if isinstance(value, datetime) else value
        return resolved(relative, begins, zone) if isinstance(relative, DayTime) else value

    changes, faults = [], []
    for placed in scenario.changes:
        try:
            changes.append(replace(placed, change=mapped(placed.change, date_of)))
        except (ValueError, OverflowError) as error:
            faults.append(placed.fault((), str(error)))
    if faults:
        raise InputError(faults)
    return replace(scenario, changes=tuple(changes))


def plan_time(
    scenario: Scenario, farm: Farm, start: datetime | None, hours: float | None
) -> tuple[datetime | None, float | None]:
    """Start and hours of a plan: those that are given, else the scenario's, else None for the farm's.

    Raises InputError for a start of the scenario that the farm's clock skips or shows twice.
    """
    if start is None and scenario.start is not None:
        try:
            to_utc(scenario.start, farm.timezone)
        except (ValueError, OverflowError) as error:
            raise InputError([scenario.document.fault(("start",), str(error))]) from None
        start = scenario.start
    return start, scenario.hours if hours is None else hours


def read_market_with(
    farm: Farm,
    folder: Path,
    grid: Grid,
    scenario: Scenario,
    price_file: Path | None = None,
    head: int | None = None,
    *,
    known_at: datetime | None = None,
) -> MarketInputs:
    """The market of a farm that `farm_with` has changed, as the scenario has it; arguments as of `read_market`.

    Changes of the spot price leave a farm with a fixed price or rates alone, and a warning says so. A file is not read
    for a quantity that the scenario replaces over the whole plan, so that a scenario with its own dates needs no series
    of the farm that reach there.
    """
    if not scenario.changes:
        return read_market(farm, folder, grid, price_file, head)
    from optimizer.scenario.market_changes import market_with  # with the whole language of changes

    if price_file is None and not isinstance(farm.energy.price_usd_per_mwh, SeriesFile):
        scenario, fixed = _without_prices(scenario)
    else:
        fixed = ()
    replaced = _replaced(scenario, grid, known_at)
    if price_file is not None and ENERGY_PRICE in replaced:
        raise InputError(
            f"scenario {scenario.name} replaces the energy price over the whole plan: leave --market {price_file} out, "
            "or take a scenario that does not"
        )
    places = ((one, place) for name in replaced for one in [declared(type(farm))[name]] for place in one.places(farm))
    unread = [one for one, place in places if isinstance(place.quantity, SeriesFile)]
    given = {one.series.name: float(one.limits.low >= 0) for one in unread}  # in the range, and nothing is left of it
    market = read_market(farm, folder, grid, price_file, head, given=given)
    changed = market_with(market, scenario, known_at=known_at)
    return replace(changed, warnings=(*changed.warnings, *fixed))


def _without_prices(scenario: Scenario) -> tuple[Scenario, tuple[str, ...]]:
    """The scenario for a farm whose price a contract fixes, and what to say of it."""
    from optimizer.scenario.courses import PriceChange

    kept = tuple(
        placed
        for placed in scenario.changes
        if not isinstance(placed.change, PriceChange) or placed.change.of != "spot"
    )
    if len(kept) == len(scenario.changes):
        return scenario, ()
    message = (
        f"scenario {scenario.name}: the contract fixes the energy price; changes of the spot price do not touch it"
    )
    return replace(scenario, changes=kept), (message,)


def _replaced(scenario: Scenario, grid: Grid, known_at: datetime | None) -> set[str]:
    """The series of the market of whose values before the scenario nothing is left."""
    from optimizer.scenario.parts import Course
    from optimizer.scenario.windows import REPLACING, covers_all, window

    windows: dict[str, list[Window]] = {}
    for placed in scenario.known(grid.starts[0].to_pydatetime(), grid.timezone, known_at):
        change = placed.change
        if isinstance(change, Course) and change.operation[1] in REPLACING:
            windows.setdefault(change.SERIES, []).append(window(placed, change, grid))
    return {name for name, of_series in windows.items() if covers_all(of_series, grid)}
