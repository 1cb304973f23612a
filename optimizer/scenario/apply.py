"""Scenarios applied: the farm, the market and the time of a plan as they have them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

from optimizer.config.base import SeriesFile
from optimizer.config.clock import to_utc
from optimizer.config.farm import Farm
from optimizer.errors import InputError
from optimizer.market.grid import Grid
from optimizer.market.inputs import MarketInputs, read_market
from optimizer.scenario.courses import PriceChange
from optimizer.scenario.farm_changes import farm_with
from optimizer.scenario.market_changes import QUANTITIES, market_with
from optimizer.scenario.parts import Course
from optimizer.scenario.placed import Scenario, walked
from optimizer.scenario.times import DayTime, resolved, stands_for
from optimizer.scenario.windows import REPLACING, covers_all, window

__all__ = ["combined", "dated", "farm_with", "market_with", "plan_time", "read_market_with"]

NO_SCENARIO = Scenario("")
_PRICE = "energy_price_usd_per_mwh"
_REVENUE = ("btc_price_usd", "difficulty", "hashprice_usd_per_ph_day")  # the same in a farm file and in MarketInputs


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
            changes.append(replace(placed, change=walked(placed.change, date_of)))
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
    if price_file is None and not isinstance(farm.energy.price_usd_per_mwh, SeriesFile):
        scenario, fixed = _without_prices(scenario)
    else:
        fixed = ()
    replaced = _replaced(scenario, grid, known_at)
    if price_file is not None and _PRICE in replaced:
        raise InputError(
            f"scenario {scenario.name} replaces the energy price over the whole plan: leave --market {price_file} out, "
            "or take a scenario that does not"
        )
    market = read_market(_without_files(farm, replaced), folder, grid, price_file, head)
    changed = market_with(market, scenario, known_at=known_at)
    return replace(changed, warnings=(*changed.warnings, *fixed))


def _without_prices(scenario: Scenario) -> tuple[Scenario, tuple[str, ...]]:
    """The scenario for a farm whose price a contract fixes, and what to say of it."""
    kept = tuple(
        placed
        for placed in scenario.changes
        if not isinstance(placed.change, PriceChange) or placed.change.of != "spot"
    )
    if len(kept) == len(scenario.changes):
        return scenario, ()
    said = f"scenario {scenario.name}: the contract fixes the energy price; changes of the spot price do not touch it"
    return replace(scenario, changes=kept), (said,)


def _replaced(scenario: Scenario, grid: Grid, known_at: datetime | None) -> set[str]:
    """Fields of MarketInputs of whose values before the scenario nothing is left."""
    known = scenario.known(grid.starts[0].to_pydatetime(), grid.timezone, known_at)
    fields = {field for field, _, _ in QUANTITIES.values()}
    windows = {
        field: [
            window(placed, placed.change, grid)
            for placed in known
            if isinstance(placed.change, Course)
            and QUANTITIES[type(placed.change)][0] == field
            and placed.change.operation[1] in REPLACING
        ]
        for field in fields
    }
    return {field for field in fields if covers_all(windows[field], grid)}


def _without_files(farm: Farm, replaced: set[str]) -> Farm:
    """The farm with a number in place of every file of a quantity that is replaced."""
    energy, weather, revenue = farm.energy, farm.weather, farm.revenue
    if _PRICE in replaced and isinstance(energy.price_usd_per_mwh, SeriesFile):
        energy = energy.model_copy(update={"price_usd_per_mwh": 0.0})
    if "temperature_c" in replaced and weather is not None and isinstance(weather.temperature_c, SeriesFile):
        weather = weather.model_copy(update={"temperature_c": 0.0})
    numbers: dict[str, float] = {
        key: 1.0 for key in _REVENUE if key in replaced and isinstance(getattr(revenue, key), SeriesFile)
    }
    changed = {"energy": energy, "weather": weather, "revenue": revenue.model_copy(update=numbers)}
    return farm.model_copy(update=changed)
