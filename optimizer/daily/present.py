"""What a farm that plans again knows at this moment, as a replay would know it then: from files that hold what is over.

What must not be known yet is NaN here, so that nothing can look at it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from optimizer.arrays import F
from optimizer.config.base import SeriesFile
from optimizer.config.farm import Farm
from optimizer.config.replanning import Column, DayAhead, Replanning, SameHourLastWeek
from optimizer.config.state import State
from optimizer.daily.observed import means_of, series_rows
from optimizer.daily.prices import NO_PRICES, Prices
from optimizer.errors import MissingDataError
from optimizer.market.grid import Grid
from optimizer.market.inputs import ENERGY_PRICE, MarketInputs, read_market
from optimizer.market.periods import billing_periods
from optimizer.market.quantities import PRICES, known_as
from optimizer.market.series import read_series
from optimizer.market.timeseries import clock
from optimizer.mechanisms.contents import parts
from optimizer.plan.tail import charged_by_period, metered
from optimizer.through_time.forecasts import PriceForecast, price_forecast, values_before, with_days_before
from optimizer.through_time.history import day_before, seen_series
from optimizer.through_time.knowledge import Knowledge
from optimizer.units import MINUTES_PER_HOUR

_HOUR, _MINUTE, _DAY, _WEEK = (pd.Timedelta(1, unit) for unit in ("h", "min", "D", "W"))


def price_lookback(farm: Farm, rules: Replanning) -> pd.Timedelta:
    """How far before a plan's start prices are looked at, if there are any."""
    return _needed(farm, rules) + _DAY


def _needed(farm: Farm, rules: Replanning) -> pd.Timedelta:
    """How far before a plan's start prices have no gaps."""
    late = rules.price_lag_intervals * farm.horizon.intervals[0].minutes
    near = (late + farm.daily.latest_price_within_minutes) * _MINUTE
    return near + _WEEK if isinstance(rules.forecast, SameHourLastWeek) else near


def read_present(
    farm: Farm, state: State, folder: Path, rules: Replanning, start: pd.Timestamp, now: pd.Timestamp, fed: Prices
) -> Knowledge:
    """What is known ``now`` of the intervals from ``start`` on, the one that now lies in.

    Raises InputError with the faults of files and MissingDataError where what should be known is not.
    """
    head, grid = _grids(farm, start)
    latest = Grid(head.starts[:1] - rules.hash_lag_hours * _HOUR, head.hours[:1], grid.timezone)
    worth = read_market(farm, folder, latest, only=known_as(farm, "held"))
    market = _known_ahead(farm, folder, grid, len(head))
    messages = list(_before_notice(farm, now))
    prices = _prices(farm, folder, rules, grid, len(head), now, fed, messages)
    issued = {module.SERIES: module.ahead(farm, folder, grid, now) for module in parts("issues")}
    seen, before = _seen(farm, folder, grid)
    held = {name: np.full(len(grid), values[0]) for name, values in worth.known("held").items()}
    market = replace(
        market.with_(**{**dict.fromkeys(known_as(farm, "seen")), **worth.table, **held, **seen}),
        fills=(*worth.fills, *market.fills),
        warnings=(*worth.warnings, *market.warnings, *messages),
    )
    return Knowledge(metered(farm, market, state), prices, issued, before, now)


def _before_notice(farm: Farm, now: pd.Timestamp) -> Iterator[str]:
    """The calls that stand in the farm file ahead of their notice: a plan learns of them then, as a replay does."""
    for entry, notice in farm.noticed():
        if notice > now:
            yield f"{entry.name}: is not reckoned with before {clock(pd.Timestamp(notice), farm.timezone)}, its notice"


def _grids(farm: Farm, start: pd.Timestamp) -> tuple[Grid, Grid]:
    """Intervals of the first length over the plan, and on to the end of the billing period where there is a tail."""
    minutes = farm.horizon.intervals[0].minutes
    ends = start + farm.horizon.hours * _HOUR

    def until(end: pd.Timestamp) -> Grid:
        starts = pd.date_range(start, end, freq=f"{minutes}min", inclusive="left").as_unit("us")
        return Grid(starts, np.full(len(starts), minutes / MINUTES_PER_HOUR), farm.timezone)

    head = until(ends)
    if farm.horizon.tail is None or not charged_by_period(farm):
        return head, head
    return head, until(max(ends, billing_periods(head, farm.energy.billing_day)[-1].ends))


def _known_ahead(farm: Farm, folder: Path, grid: Grid, head: int) -> MarketInputs:
    """What is known in advance: contract, limits, availability, generation. A price from a file is not."""
    price: Any = np.nan
    if not isinstance(farm.energy.price_usd_per_mwh, SeriesFile):
        price = read_market(farm, folder, grid, only={ENERGY_PRICE}).energy_price_usd_per_mwh
    issued = {module.SERIES: dict.fromkeys(module.names(farm), 0.0) for module in parts("issues")}
    only, given = known_as(farm, "ahead", "forecast", "issued"), {ENERGY_PRICE: price, **issued}
    return read_market(farm, folder, grid, head=head if head < len(grid) else None, only=only, given=given)


def _seen(farm: Farm, folder: Path, grid: Grid) -> tuple[dict[str, F], dict[str, F]]:
    """What is seen now, NaN after it, and what was seen the day before. What is not told yet is as the day before."""
    day = day_before(grid)
    starts = pd.DatetimeIndex(day.starts.append(grid.starts[:1]))
    series = seen_series(farm, folder, Grid(starts, np.append(day.hours, grid.hours[:1]), grid.timezone))
    now, before = {}, {}
    for name, (path, seen) in series.items():
        present = seen[-1] if np.isfinite(seen[-1]) else seen[0]
        if not np.isfinite(present):
            begins = clock(grid.starts[0], grid.timezone)
            raise MissingDataError(f"{path}: says nothing of {begins}, nor of the same hour of the day before")
        now[name] = np.append(present, np.full(len(grid) - 1, np.nan))
        before[name] = np.where(np.isnan(seen[:-1]), present, seen[:-1])
    return now, before


def _prices(
    farm: Farm,
    folder: Path,
    rules: Replanning,
    grid: Grid,
    head: int,
    now: pd.Timestamp,
    fed: Prices,
    messages: list[str],
) -> PriceForecast | None:
    """What is expected of the price; None where no file and no feed tells of it. ``messages`` takes remarks."""
    own = farm.energy.price_usd_per_mwh
    if not isinstance(own, SeriesFile) and not len(fed):
        return None
    step = float(grid.hours[0]) * MINUTES_PER_HOUR
    longer, lead = with_days_before(rules, grid, int(np.ceil(farm.daily.latest_price_within_minutes / step)))
    observed = np.full(len(longer), np.nan)
    begins, first = (
        max(lead - int(np.ceil(back(farm, rules) / (step * _MINUTE))), 0) for back in (price_lookback, _needed)
    )
    last = lead - rules.price_lag_intervals  # the latest that may be known
    seen, before = longer.part(first, last + 1), np.full(first - begins, np.nan)
    fed, rows = _begun(fed, now), NO_PRICES
    if isinstance(own, SeriesFile):
        read = read_series(folder / own.file, own, farm.timezone, within=seen, limits=PRICES, file=own.file)
        rows = _begun(series_rows(read), now)
        came = means_of(rows, np.full(len(seen), np.nan), seen)
        before = values_before(farm, folder, own, longer.part(begins, first))
    else:
        came = read_market(farm, folder, seen, only={ENERGY_PRICE}).energy_price_usd_per_mwh
    seen = longer.part(begins, last + 1)
    observed[begins : last + 1] = means_of(fed, np.append(before, came), seen)
    known = np.flatnonzero(np.isfinite(observed[: last + 1]))
    late = last - int(known[-1]) if len(known) else len(longer)
    if late:
        tale = _of_the_latest(own, rows, fed, longer.starts[last], grid.timezone)
        most = farm.daily.latest_price_within_minutes
        if late * step > most:
            raise MissingDataError(f"{tale}; it may be {most:g} minutes late (daily.latest_price_within_minutes)")
        messages.append(tale)
        rules = rules.model_copy(update={"price_lag_intervals": rules.price_lag_intervals + late})
    forecast = price_forecast(farm, folder, rules, grid, observed)
    return _judged(forecast, farm, rules, grid, head, messages)


def _begun(rows: Prices, now: pd.Timestamp) -> Prices:
    """The rows that have begun by now."""
    begun = rows.starts <= now.timestamp()
    return Prices(rows.starts[begun], rows.ends[begun], rows.usd_per_mwh[begun])


def _of_the_latest(own: object, rows: Prices, fed: Prices, due: pd.Timestamp, zone: str) -> str:
    """A sentence on the latest price that is known, where a later one is due."""
    name = own.file if isinstance(own, SeriesFile) else "the feed"
    starts = np.append(rows.starts, fed.starts)
    starts = starts[starts <= due.timestamp()]
    if not len(starts):
        return f"{name}: no price is known, and that of {clock(due, zone)} should be"
    latest = clock(pd.Timestamp(int(starts.max()), unit="s", tz="UTC"), zone)
    return f"{name}: the latest price known is of {latest}, and that of {clock(due, zone)} should be"


def _judged(
    forecast: PriceForecast, farm: Farm, rules: Replanning, grid: Grid, head: int, messages: list[str]
) -> PriceForecast:
    """The forecast, where all of it is there that should be by now, or enough of it as the farm file has it."""
    missing, taken = forecast.missing(0, head)
    if not len(missing):
        return forecast
    spec = rules.forecast.price_usd_per_mwh if isinstance(rules.forecast, DayAhead | Column) else None
    name = farm.energy.price_usd_per_mwh if spec is None else spec
    file = name.file if isinstance(name, SeriesFile) else "the feed"
    at = int(taken[0]) - (forecast.back if spec is None else 0)
    begins = clock(grid.starts[0] + at * grid.hours[0] * _HOUR, grid.timezone)
    tale = f"{file}: says nothing of {begins}, which replanning.forecast takes to be known by now"
    least = farm.daily.at_least_hours
    if least is None or missing[0] * grid.hours[0] < least:
        raise MissingDataError(f"{tale}; with daily.at_least_hours a plan may do with less")
    messages.append(f"{tale}; from there on the days before stand for it, or the latest price")
    return replace(forecast, known_until=np.minimum(forecast.known_until, missing[0]))
