"""What is expected of the energy price at any moment, from what was published and observed by then.

Everything is reckoned in positions of one grid of equal intervals. It begins a week before the replay does, so that
forecasts can look back; a position is counted from the replay's beginning.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from optimizer.arrays import F, Int
from optimizer.config.base import SeriesFile
from optimizer.config.farm import Farm
from optimizer.config.replanning import Column, DayAhead, Replanning, SameHourLastWeek
from optimizer.errors import InputError, MissingDataError
from optimizer.market.grid import Grid
from optimizer.market.quantities import PRICES
from optimizer.market.series import Limits, read_series, where_covered
from optimizer.market.timeseries import clock
from optimizer.units import HOURS_PER_DAY, MINUTES_PER_HOUR

_DAYS_BACK = 7
_HOUR = pd.Timedelta(hours=1)


@dataclass(frozen=True)
class PriceForecast:
    """Prices over a grid of equal intervals that begins ``lead`` positions before the replay; arrays are (lead + n,).

    observed: the energy price as it came, USD/MWh, NaN where it is not told. published: what is said in advance, NaN
    where nothing is; ``known_until`` the first position of which nothing is said yet when an interval begins, (n,).
    There the value ``back`` positions before stands; where that is not told either, the latest observed price.
    """

    observed: F
    published: F
    known_until: Int
    lead: int
    back: int
    lag: int
    half_life_intervals: float
    starts: pd.DatetimeIndex
    timezone: str

    def at(self, now: int, stop: int) -> F:
        """Prices of the intervals ``now`` to ``stop - 1`` as they look when ``now`` begins, USD/MWh.

        Raises MissingDataError where nothing at all is known by then.
        """
        seen = now - self.lag  # the latest interval whose price is known
        latest = float(self.observed[seen + self.lead])
        expected = self._issued(now, np.arange(now, stop), latest)
        departure = latest - float(self._issued(now, np.array([seen]), latest)[0])
        if self.half_life_intervals > 0 and np.isfinite(departure):
            expected = expected + departure * 0.5 ** ((np.arange(now, stop) - seen) / self.half_life_intervals)
        if self.lag == 0:
            expected[0] = latest
        if np.isnan(expected).any():
            begins = clock(self.starts[now], self.timezone)
            raise MissingDataError(f"{begins}: neither a price nor a forecast is known by then; begin later")
        return expected

    def latest(self, n: int) -> F:
        """The latest price that is known as each of ``n`` intervals begins, USD/MWh; a forecast before the first."""
        prices = self.observed[self.lead - self.lag : self.lead - self.lag + n].copy()
        for now in np.flatnonzero(np.isnan(prices)).tolist():
            prices[now] = self.at(now, now + 1)[0]
        return prices

    def missing(self, now: int, stop: int) -> tuple[Int, Int]:
        """Positions from ``now`` to ``stop - 1`` of which the forecast says nothing, and those they are taken from."""
        at = np.arange(now, stop if self.known_until[now] > now else now)  # else nothing is said in advance
        taken = self._taken(now, at)
        lacking = np.isnan(self.published[taken])
        return at[lacking], taken[lacking] - self.lead

    def _issued(self, now: int, at: Int, latest: float) -> F:
        """What was said of positions by the time ``now`` begins, or stands in its place."""
        values = self.published[self._taken(now, at)]
        return np.where(np.isnan(values), latest, values)

    def _taken(self, now: int, at: Int) -> Int:
        """Where what is said of positions by the time ``now`` begins stands in ``published``."""
        last = int(self.known_until[now]) - 1
        days = np.maximum(-((last - at) // self.back), 0)
        return np.asarray(np.maximum(at - days * self.back + self.lead, 0), dtype=np.int64)


def with_week_before(rules: Replanning, grid: Grid, late: int = 0) -> tuple[Grid, int]:
    """A grid of equal intervals with those before it that forecasts look back at, and how many these are.

    ``late``: by how many intervals more than the lag the latest price may be late.
    """
    lead = _DAYS_BACK * round(HOURS_PER_DAY / float(grid.hours[0])) + rules.price_lag_intervals + late
    return _with_before(grid, lead), lead


def _with_before(grid: Grid, lead: int) -> Grid:
    step = float(grid.hours[0])
    before = pd.DatetimeIndex(grid.starts[0] - np.arange(lead, 0, -1) * pd.Timedelta(hours=step)).as_unit("us")
    return Grid(pd.DatetimeIndex(before.append(grid.starts)), np.full(lead + len(grid), step), grid.timezone)


def price_forecast(farm: Farm, folder: Path, rules: Replanning, grid: Grid, observed: F) -> PriceForecast:
    """The forecast that a farm file names, over a grid of equal intervals.

    ``observed`` is the energy price over `with_week_before`, USD/MWh, NaN where it is not told. Raises InputError with
    the faults of a forecast's file.
    """
    lead, step = len(observed) - len(grid), float(grid.hours[0])
    longer = _with_before(grid, lead)
    day = round(HOURS_PER_DAY / step)
    forecast, now = rules.forecast, np.arange(len(grid))
    published, until, back = np.full(len(longer), np.nan), now, day
    near = max(day, rules.price_lag_intervals)
    if isinstance(forecast, SameHourLastWeek):
        back = _DAYS_BACK * day
        published = np.append(np.full(back, np.nan), observed[:-back])
        until = now - rules.price_lag_intervals + 1 + back
    elif isinstance(forecast, DayAhead):
        published = _published(farm, folder, forecast.price_usd_per_mwh, longer, lead, near)
        until = _days_published(grid, forecast)
    elif isinstance(forecast, Column):
        published = _published(farm, folder, forecast.price_usd_per_mwh, longer, lead, near)
        until = now + int(forecast.known_hours_before / step) + 1
    half_life = rules.deviation_half_life_minutes / MINUTES_PER_HOUR / step
    return PriceForecast(
        observed, published, until, lead, back, rules.price_lag_intervals, half_life, grid.starts, grid.timezone
    )


def values_before(farm: Farm, folder: Path, spec: SeriesFile, grid: Grid) -> F:
    """The prices of a file, NaN where it has none, and all of them where it has holes."""
    try:
        return values_or_nan(farm, folder, spec, grid)
    except InputError:
        return np.full(len(grid), np.nan)


def _published(farm: Farm, folder: Path, spec: SeriesFile, longer: Grid, lead: int, near: int) -> F:
    """The values of a forecast's file; of what lies before the grid, those of the last ``near`` intervals."""
    ahead = values_or_nan(farm, folder, spec, longer.part(lead, len(longer)))
    before = values_before(farm, folder, spec, longer.part(lead - near, lead))
    return np.concatenate([np.full(lead - near, np.nan), before, ahead])


def values_or_nan(farm: Farm, folder: Path, spec: SeriesFile, grid: Grid, limits: Limits = PRICES) -> F:
    """What a file tells, NaN where it has nothing."""
    return where_covered(read_series(folder / spec.file, spec, farm.timezone, within=grid, limits=limits), grid)


def _days_published(grid: Grid, forecast: DayAhead) -> Int:
    """The first position of the local day that is not published yet when each interval begins, (n,)."""
    local = grid.local_starts
    published = (local.hour * 60 + local.minute) >= (forecast.published.hour * 60 + forecast.published.minute)
    days = local.tz_localize(None).normalize() + pd.to_timedelta(1 + np.asarray(published, dtype=np.int64), unit="D")
    twice = np.ones(len(days), dtype=np.bool_)
    ends = days.tz_localize(grid.timezone, ambiguous=twice, nonexistent="shift_forward").tz_convert("UTC")
    return np.asarray(np.ceil((ends - grid.starts[0]) / (_HOUR * float(grid.hours[0]))), dtype=np.int64)
