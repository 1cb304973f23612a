"""Prices as they turned out, on the intervals of a plan: they go before what the market's files foresee."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
import pandas as pd

from optimizer.arrays import F
from optimizer.config.base import SeriesFile
from optimizer.config.farm import Farm
from optimizer.daily.history import History
from optimizer.daily.prices import NO_PRICES, Prices, Rank
from optimizer.errors import CurtailError
from optimizer.market.grid import Grid
from optimizer.market.inputs import ENERGY_PRICE, read_market
from optimizer.market.quantities import PRICES
from optimizer.market.series import read_series
from optimizer.market.timeseries import TimeSeries

_HOUR = 3600.0
LOOKED_BACK = timedelta(days=8)  # settled prices may come days late


def price_with(observed: Prices, forecast: F, grid: Grid) -> tuple[F, F]:
    """A price on a grid with what was observed in place of it, and the share of each interval that was, (intervals,).

    >>> seven = int(pd.Timestamp("2026-02-11 07:00Z").timestamp())
    >>> grid = Grid(pd.date_range("2026-02-11 06:00", periods=3, freq="h", tz="UTC"), np.ones(3), "UTC")
    >>> seen = Prices(np.array([seven - 3600, seven]), np.array([seven, seven + 1800]), np.array([50.0, 90.0]))
    >>> price_with(seen, np.array([20.0, 30.0, 40.0]), grid)
    (array([50., 60., 40.]), array([1. , 0.5, 0. ]))
    """
    if not len(observed):
        return forecast, np.zeros(len(grid))
    starts, ends = (np.array([t.timestamp() for t in times]) for times in (grid.starts, grid.ends))
    row_ends = np.minimum(observed.ends, np.append(observed.starts[1:], observed.ends[-1]))  # the later row holds
    overlap = np.minimum.outer(ends, row_ends) - np.maximum.outer(starts, observed.starts)
    share = np.clip(overlap, 0.0, None) / (ends - starts)[:, None]
    known = share.sum(axis=1)
    return share @ observed.usd_per_mwh + (1.0 - known) * forecast, known


def means_of(observed: Prices, otherwise: F, grid: Grid) -> F:
    """A price on a grid: what was observed, as far as anything was, else another, which may be NaN; (intervals,).

    Where the other is NaN the mean is that of the part of the interval that was observed.

    >>> six = pd.date_range("2026-02-11 06:00Z", periods=3, freq="h")
    >>> half = Prices(np.array([six[0].timestamp()]), np.array([six[0].timestamp() + 1800]), np.array([50.0]))
    >>> means_of(half, np.array([np.nan, 20.0, np.nan]), Grid(six, np.ones(3), "UTC"))
    array([50., 20., nan])
    """
    sums, share = price_with(observed, np.zeros(len(grid)), grid)
    rest = np.where(np.isnan(otherwise), 0.0, 1.0 - share)
    seen = share + rest > 0
    mean = (sums + rest * np.nan_to_num(otherwise)) / np.where(seen, share + rest, 1.0)
    return np.where(seen, mean, np.nan)


def series_rows(series: TimeSeries) -> Prices:
    """A series as rows of prices."""
    starts, ends = (
        np.array([int(time.timestamp()) for time in times], dtype=np.int64) for times in (series.starts, series.ends)
    )
    return Prices(starts, ends, series.values)


def prices_in(path: Path, location: str | None, history: History) -> Prices:
    """The prices in a file over the hours of a history's schedules, read as the farm file describes its own prices.

    Raises InputError with the file's faults.
    """
    first, last, newest = history.first_start(), history.last_end(), history.last()
    if first is None or last is None or newest is None:
        return NO_PRICES
    farm = newest[0].farm
    begins, zone = pd.Timestamp(first, unit="s", tz="UTC").as_unit("us"), farm.timezone
    window = Grid(pd.DatetimeIndex([begins]), np.array([(last - first) / _HOUR]), zone)
    spec = farm.daily.settled_prices or farm.energy.price_usd_per_mwh
    changes = {"file": str(path)} | ({} if location is None else {"location": location})
    spec = spec.model_copy(update=changes) if isinstance(spec, SeriesFile) else SeriesFile.model_validate(changes)
    series = read_series(path, spec, zone, within=window, limits=PRICES)
    return series_rows(series)


def note_settled(farm: Farm, folder: Path, history: History, now: datetime) -> str | None:
    """Keep what the farm's files or its tariff say of prices before now; what is wrong is told and no error."""
    spec = farm.daily.settled_prices or farm.energy.price_usd_per_mwh
    first = history.first_start()
    if first is None:
        return None
    begins = max(pd.Timestamp(first, unit="s", tz="UTC"), pd.Timestamp(now - LOOKED_BACK).floor("h"))
    hours = np.ceil((pd.Timestamp(now) - begins) / pd.Timedelta(hours=1))
    if hours < 1:
        return None
    if isinstance(spec, SeriesFile):
        window = Grid(pd.DatetimeIndex([begins]).as_unit("us"), np.array([float(hours)]), farm.timezone)
        try:
            series = read_series(folder / spec.file, spec, farm.timezone, within=window, limits=PRICES, file=spec.file)
        except CurtailError as error:
            return f"prices as they turned out are not known: {error}" if farm.daily.settled_prices else None
        starts, ends, values = series.starts, series.ends, series.values
    else:
        quarters = pd.date_range(begins, periods=4 * int(hours), freq="15min").as_unit("us")
        grid = Grid(quarters, np.full(len(quarters), 0.25), farm.timezone)
        values = read_market(farm, folder, grid, only={ENERGY_PRICE}).energy_price_usd_per_mwh  # known without waiting
        starts, ends = grid.starts, grid.ends
    over = (starts < pd.Timestamp(now)) & (ends > begins)
    rows = zip(starts[over], ends[over], values[over].tolist(), strict=True)
    rank = Rank.FORESEEN if farm.daily.settled_prices is None else Rank.SETTLED
    try:
        history.note_prices(((int(start.timestamp()), int(end.timestamp()), usd) for start, end, usd in rows), rank)
    except CurtailError as error:
        return str(error)
    return None
