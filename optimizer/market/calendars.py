"""Which part of each interval a contract's calendar covers, and prices by time of use, on the farm's clock."""

from __future__ import annotations

from datetime import datetime

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from optimizer.arrays import F, Int
from optimizer.config.calendar import DAYS, Holidays, When
from optimizer.config.clock import to_utc
from optimizer.config.rates import OTHER_HOURS, Rates
from optimizer.market.grid import Grid
from optimizer.market.holidays import holiday_dates

_HOLIDAY = DAYS.index("holiday")


def share_within(
    grid: Grid,
    when: When | None,
    holidays: Holidays | None = None,
    *,
    start: datetime | None = None,
    end: datetime | None = None,
) -> F:
    """The share of each interval within ``when`` and ``[start, end)``, (n_intervals,); ones where nothing limits.

    ``start`` and ``end`` are on the farm's clock or have an offset. ``holidays`` is the farm's calendar,
    `energy.holidays`; without one no day is a holiday. A local day has 23, 24 or 25 hours: an hour that comes twice
    counts twice, one that is skipped does not count.

    >>> starts = pd.date_range("2026-07-03T00:00Z", periods=2, freq="D")
    >>> days = Grid(starts, np.array([24.0, 24.0]), "UTC")
    >>> share_within(days, When(days=("holiday",), hours=({"start": 6, "end": 12},)), "nerc").tolist()
    [0.0, 0.25]
    """
    if when is None and start is None and end is None:
        return np.ones(len(grid))
    seconds = grid.slots.seconds
    if when is not None:
        seconds = np.where(when.table()[_places(grid, holidays)], seconds, 0.0)
    if start is not None or end is not None:
        seconds = np.minimum(seconds, _seconds_between(grid, start, end))
    return _share(grid, seconds)


def rate_shares(grid: Grid, rates: Rates, holidays: Holidays | None = None) -> dict[str, F]:
    """The share of each interval under each rate, by its name, (n_intervals,) each; they sum to one.

    What no rate covers stands under ``OTHER_HOURS``, where the contract has a price for it.
    """
    tables = {rate.name: rate.when.table() for rate in rates.rates}
    if rates.otherwise_usd_per_mwh is not None:
        tables[OTHER_HOURS] = ~np.any(list(tables.values()), axis=0)
    places, seconds = _places(grid, holidays), grid.slots.seconds
    return {name: _share(grid, np.where(table[places], seconds, 0.0)) for name, table in tables.items()}


def rates_on(grid: Grid, rates: Rates, holidays: Holidays | None = None) -> F:
    """The time-weighted mean price of each interval, USD/MWh, (n_intervals,)."""
    prices = {rate.name: rate.usd_per_mwh for rate in rates.rates} | {OTHER_HOURS: rates.otherwise_usd_per_mwh or 0.0}
    shares = rate_shares(grid, rates, holidays)
    mean: F = np.sum([prices[name] * share for name, share in shares.items()], axis=0)
    return mean


def kinds_of_day(days: NDArray[np.datetime64], holidays: Holidays | None) -> Int:
    """Where in ``DAYS`` each local day stands: its weekday, or ``holiday``."""
    index = pd.DatetimeIndex(days)
    dates = holiday_dates(holidays, range(index[0].year, index[-1].year + 1))
    kinds = np.where(index.isin(pd.DatetimeIndex(sorted(dates))), _HOLIDAY, index.day_of_week)
    return np.asarray(kinds, dtype=np.int64)


def _places(grid: Grid, holidays: Holidays | None) -> tuple[Int, ...]:
    """Month, kind of day and time of every slot of the grid: its place in ``When.table``."""
    slots = grid.slots
    days, position = np.unique(slots.days, return_inverse=True)
    months = np.asarray(pd.DatetimeIndex(days).month, dtype=np.int64) - 1
    return months[position], kinds_of_day(days, holidays)[position], slots.times


def _seconds_between(grid: Grid, start: datetime | None, end: datetime | None) -> F:
    """Seconds of each slot of the grid within ``[start, end)``."""
    length = grid.slots.seconds
    before = 0.0 if start is None else np.maximum(_seconds_to(start, grid), 0.0)
    after = length if end is None else np.minimum(_seconds_to(end, grid), length)
    within: F = np.maximum(after - before, 0.0)
    return within


def _seconds_to(moment: datetime, grid: Grid) -> F:
    """Seconds from the beginning of each slot to a moment."""
    left = pd.Timestamp(to_utc(moment, grid.timezone)) - grid.slots.starts
    return np.asarray(left / pd.Timedelta(seconds=1), dtype=np.float64)


def _share(grid: Grid, seconds: F) -> F:
    """Seconds of slots as shares of their intervals; exactly one for an interval in whole."""
    owner, n = grid.slots.intervals, len(grid)
    share: F = np.bincount(owner, seconds, n) / np.bincount(owner, grid.slots.seconds, n)
    return share


def hours_within(
    grid: Grid, begins: pd.Timestamp, ends: pd.Timestamp, when: When | None, holidays: Holidays | None
) -> float:
    """Hours of ``when`` between two moments, on the clock of ``grid``; all of them without one.

    >>> week = pd.date_range("2026-02-09", periods=8, freq="D", tz="UTC")
    >>> grid = Grid(week[:1], np.ones(1), "UTC")
    >>> hours_within(grid, week[0], week[7], When(days=("sat", "sun")), None)
    48.0
    """
    if when is None:
        return float((ends - begins) / pd.Timedelta(hours=1))
    starts = pd.date_range(begins, ends, freq="h", inclusive="left").as_unit("us")
    lengths = np.minimum(np.asarray((ends - starts) / pd.Timedelta(hours=1)), 1.0)
    return float(lengths @ share_within(Grid(starts, lengths, grid.timezone), when, holidays))
