"""A history of prices as a year of blocks: first its representative weeks, then blocks of about one price in them.

The storms keep blocks of their own; so do the hours in which a coincident peak may come, which count once whatever the
weight of their week; all other hours are pooled by price, weighted by their weeks.
"""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pandas as pd

from optimizer.arrays import F
from optimizer.conversion.files.power import ChosenWeek, Power, PriceBlock, PriceHistory
from optimizer.conversion.power import duration_blocks
from optimizer.conversion.timeline import HOURS_PER_YEAR
from optimizer.conversion.weeks import Week, representative_weeks
from optimizer.errors import InputError
from optimizer.market.grid import Grid
from optimizer.market.quantities import PRICES
from optimizer.market.series import TimeSeries, read_series, where_covered
from optimizer.market.timeseries import clock
from optimizer.mechanisms.tags.config import rule_of
from optimizer.mechanisms.tags.market import LOAD_MW

_WEEK = pd.Timedelta(days=7)
_NO_HOURS = 1e-9


def made_of_history(power: Power, folder: Path, timezone: str, strikes: F) -> Power:
    """The power of a study with the weeks, blocks and peaks that its history makes; without one, as it is.

    strikes: USD/MWh at the hub, rising, where the weeks must be right. Raises InputError.
    """
    history, peaks = power.history, power.peaks
    if history is None:
        return power
    grid, prices = _prices(history, folder, timezone)
    load = None
    if history.load_mw is not None:
        read = read_series(folder / history.load_mw.file, history.load_mw, timezone, within=grid, limits=LOAD_MW)
        load = where_covered(read, grid)
    weeks = representative_weeks(
        grid,
        prices,
        history.weeks,
        load_mw=load,
        peaks=None if peaks is None else rule_of(peaks.rule),
        storms=history.storms,
        strikes=strikes,
    )
    at_peak = 0.0 if peaks is None else peaks.hours_each
    parts = [_hours(grid, prices if load is None else load, week, at_peak) for week in weeks]
    price = np.concatenate([prices[first : first + len(rest)] for first, rest, _ in parts])
    rest, once = (np.concatenate([part[i] for part in parts]) * (HOURS_PER_YEAR / grid.hours.sum()) for i in (1, 2))
    stormy = np.repeat([week.kind == "storm" for week in weeks], [len(part[1]) for part in parts])
    if peaks is not None:
        if not once.any():
            raise InputError("the history holds no coincident peak: leave out peaks, or give the months of their rule")
        mean = float((once * price).sum() / once.sum())
        peaks = peaks.model_copy(update={"hours_per_year": float(once.sum()), "usd_per_mwh": mean})
    made = (
        *_named("prices", price[~stormy], rest[~stormy], history.blocks),
        *_named("storm", price[stormy], rest[stormy], history.storm_blocks),
    )
    chosen = tuple(
        ChosenWeek(first_day=week.start.tz_convert(timezone).date(), weight=week.weight, kind=week.kind)
        for week in weeks
    )
    return power.model_copy(update={"history": None, "weeks": chosen, "blocks": made, "peaks": peaks})


def _prices(history: PriceHistory, folder: Path, timezone: str) -> tuple[Grid, F]:
    """The days that count, interval by interval."""
    first, last = history.first_day, history.last_day
    begin, end = (None if day is None else pd.Timestamp(day).tz_localize(timezone) for day in (first, last))
    begin = pd.Timestamp("2009-01-01", tz="UTC") if begin is None else begin.tz_convert("UTC")
    end = pd.Timestamp("2200-01-01", tz="UTC") if last is None else _after(last, timezone)
    around = Grid(pd.DatetimeIndex([begin]).as_unit("us"), np.array([(end - begin) / pd.Timedelta(hours=1)]), timezone)
    series = read_series(folder / history.series.file, history.series, timezone, within=around, limits=PRICES)
    kept = np.asarray((series.starts >= begin) & (series.ends <= end))
    if not kept.any():
        raise InputError(f"{_covered(series, timezone)}, and none of it lies between first_day and last_day")
    for day, missing, key in (
        (first, series.starts[0] > begin, "first_day"),
        (last, series.ends[-1] < end, "last_day"),
    ):
        if day is not None and missing:
            raise InputError(f"{_covered(series, timezone)}, but {key} is {day}")
    lengths = np.asarray((series.ends - series.starts) / pd.Timedelta(hours=1), dtype=np.float64)
    return Grid(series.starts[kept].as_unit("us"), lengths[kept], timezone), series.values[kept]


def _after(day: date, timezone: str) -> pd.Timestamp:
    return pd.Timestamp(day + timedelta(days=1)).tz_localize(timezone).tz_convert("UTC")


def _covered(series: TimeSeries, timezone: str) -> str:
    return f"{series.file}: covers {clock(series.starts[0], timezone)} to {clock(series.ends[-1], timezone)}"


def _hours(grid: Grid, load: F, week: Week, at_peak: float) -> tuple[int, F, F]:
    """A week's first interval, the hours that each interval stands for, and of these the ones at the peaks.

    Of each of its peaks the ``at_peak`` hours of highest load count once, and not among the others.
    """
    first, stop = int(grid.starts.searchsorted(week.start)), int(grid.starts.searchsorted(week.start + _WEEK))
    length = grid.hours[first:stop]
    order = np.argsort(-np.nan_to_num(load[first:stop], nan=-np.inf), kind="stable")
    before = np.cumsum(length[order]) - length[order]
    once = np.zeros(len(length))
    taken = order[before < at_peak * len(week.peaks) - _NO_HOURS]
    once[taken] = length[taken]
    return first, np.maximum(week.weight * length - once, 0.0), once


def _named(what: str, prices: F, hours: F, count: int) -> tuple[PriceBlock, ...]:
    counted = hours > _NO_HOURS
    if not counted.any():  # peaks may take all of a storm's
        return ()
    held, mean = duration_blocks(prices[counted], hours[counted], count)
    names: list[str] = []
    for price in mean.tolist():
        name = f"{what} near {price:,.0f}"
        names.append(name if name not in names else f"{name} ({len(names)})")
    return tuple(
        PriceBlock(name=name, hours_per_year=length, usd_per_mwh=price, storm=what == "storm")
        for name, length, price in zip(names, held.tolist(), mean.tolist(), strict=True)
    )
