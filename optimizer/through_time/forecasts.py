"""What is expected of the energy price at any moment, from what was published and observed by then.

Everything is reckoned in positions of one grid of equal intervals. It begins eight days before the replay does, so that
forecasts can look back a week from all of yesterday; a position is counted from the replay's beginning.
"""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from optimizer.arrays import F, Int
from optimizer.config.base import SeriesFile
from optimizer.config.farm import Farm
from optimizer.config.replanning import Column, DayAhead, Persistence, Replanning, SameHourLastWeek
from optimizer.errors import InputError, MissingDataError
from optimizer.market.grid import Grid
from optimizer.market.quantities import PRICES
from optimizer.market.series import Limits, read_series, where_covered
from optimizer.market.timeseries import clock
from optimizer.through_time.departures import Departures, fit_departures
from optimizer.units import HOURS_PER_DAY, MINUTES_PER_HOUR

_DAYS_BACK = 7
_YEARS_BACK = 4  # of prices that tell how departures last
_HOUR = pd.Timedelta(hours=1)


@dataclass(frozen=True)
class PriceForecast:
    """Prices over a grid of equal intervals that begins ``lead`` positions before the replay; arrays are (lead + n,).

    observed: the energy price as it came, USD/MWh, NaN where it is not told. published: what is said in advance, NaN
    where nothing is; ``known_until`` the first position of which nothing is said yet when an interval begins, (n,).
    There the value ``back`` positions before stands; where that is not told either, the latest observed price.
    fitted: how departures last, by the first position at which that is known; before, and where there is none, half of
    the latest is left after ``half_life_intervals``.
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
    fitted: tuple[tuple[int, Departures], ...] = ()

    def at(self, now: int, stop: int) -> F:
        """Prices of the intervals ``now`` to ``stop - 1`` as they look when ``now`` begins, USD/MWh.

        Raises MissingDataError where nothing at all is known by then.
        """
        seen = now - self.lag  # the latest interval whose price is known
        latest = float(self.observed[seen + self.lead])
        expected = self._issued(now, np.arange(now, stop), latest)
        departure = latest - float(self._issued(now, np.array([seen]), latest)[0])
        leads, lasts, to = np.arange(now, stop) - seen, self.lasts(now), seen + self.lead + 1
        if lasts is not None and np.isfinite(self.published[to - 1] + latest):
            expected = lasts.expected(self.observed[:to], self.published[:to], expected, leads)
        elif self.half_life_intervals > 0 and np.isfinite(departure):
            expected = expected + departure * 0.5 ** (leads / self.half_life_intervals)
        if self.lag == 0:
            expected[0] = latest
        if np.isnan(expected).any():
            begins = clock(self.starts[now], self.timezone)
            raise MissingDataError(f"{begins}: neither a price nor a forecast is known by then; begin later")
        return expected

    def lasts(self, now: int) -> Departures | None:
        """How departures last, as far as that is fitted by the time ``now`` begins."""
        at = bisect_right([first for first, _ in self.fitted], now)
        return self.fitted[at - 1][1] if at else None

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


def with_days_before(rules: Replanning, grid: Grid, late: int = 0) -> tuple[Grid, int]:
    """A grid of equal intervals with those before it that forecasts look back at, and how many these are.

    ``late``: by how many intervals more than the lag the latest price may be late.
    """
    lead = (_DAYS_BACK + 1) * round(HOURS_PER_DAY / float(grid.hours[0])) + rules.price_lag_intervals + late
    return _with_before(grid, lead), lead


def _with_before(grid: Grid, lead: int) -> Grid:
    step = float(grid.hours[0])
    before = pd.DatetimeIndex(grid.starts[0] - np.arange(lead, 0, -1) * pd.Timedelta(hours=step)).as_unit("us")
    return Grid(pd.DatetimeIndex(before.append(grid.starts)), np.full(lead + len(grid), step), grid.timezone)


def price_forecast(farm: Farm, folder: Path, rules: Replanning, grid: Grid, observed: F) -> PriceForecast:
    """The forecast that a farm file names, over a grid of equal intervals.

    ``observed`` is the energy price over `with_days_before`, USD/MWh, NaN where it is not told. Raises InputError with
    the faults of a forecast's file.
    """
    lead, step = len(observed) - len(grid), float(grid.hours[0])
    longer = _with_before(grid, lead)
    day = round(HOURS_PER_DAY / step)
    forecast, now = rules.forecast, np.arange(len(grid))
    published, until, back = np.full(len(longer), np.nan), now, day
    near = day + rules.price_lag_intervals
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
    lag, fitted = rules.price_lag_intervals, _fitted(farm, folder, rules, grid)
    return PriceForecast(observed, published, until, lead, back, lag, half_life, grid.starts, grid.timezone, fitted)


def _fitted(farm: Farm, folder: Path, rules: Replanning, grid: Grid) -> tuple[tuple[int, Departures], ...]:
    """How departures last, by the position from which on it stands: fitted anew every month (UTC) on what came before.

    Of the files no interval is looked at that begins later than a day, and the lag, before the month.
    """
    own, forecast, step = farm.energy.price_usd_per_mwh, rules.forecast, _HOUR * float(grid.hours[0])
    if not rules.fit_deviations or isinstance(forecast, Persistence) or not isinstance(own, SeriesFile):
        return ()
    months = grid.starts.tz_convert(None).to_period("M").unique().to_timestamp().tz_localize("UTC")
    day = round(pd.Timedelta(days=1) / step)

    def positions(times: pd.DatetimeIndex) -> list[int]:
        return [int(np.ceil((time - grid.starts[0]) / step)) for time in times]

    begins, firsts = positions(months - pd.DateOffset(years=_YEARS_BACK)), positions(months)
    stops = [first - day - rules.price_lag_intervals for first in firsts]
    starts = pd.date_range(grid.starts[0] + begins[0] * step, periods=stops[-1] - begins[0], freq=step).as_unit("us")
    history = Grid(starts, np.full(len(starts), float(grid.hours[0])), grid.timezone)
    observed = _unfilled(farm, folder, own, history)
    if isinstance(forecast, SameHourLastWeek):
        published = np.append(np.full(_DAYS_BACK * day, np.nan), observed[: -_DAYS_BACK * day])
    else:
        published = _unfilled(farm, folder, forecast.price_usd_per_mwh, history)
    fitted = []
    for begin, stop, first in zip(begins, stops, firsts, strict=True):
        seen = slice(begin - begins[0], stop - begins[0])
        departures = fit_departures(observed[seen], published[seen], float(grid.hours[0]))
        if departures is not None:
            fitted.append((first, departures))
    return tuple(fitted)


def _unfilled(farm: Farm, folder: Path, spec: SeriesFile, grid: Grid) -> F:
    """What a file tells, without what it fills; NaN where it has nothing, however long, and all where it has faults."""
    lenient = spec.model_copy(update={"fill_gaps": "previous", "fill_at_most_hours": np.inf})
    try:
        series = read_series(folder / spec.file, lenient, farm.timezone, within=grid, limits=PRICES)
    except InputError:
        return np.full(len(grid), np.nan)
    values = np.full(len(grid), np.nan)
    first, stop = (int(grid.starts.searchsorted(edge)) for edge in (series.starts[0], series.ends[-1]))
    if first < stop:
        part = Grid(grid.starts[first:stop], grid.hours[first:stop], grid.timezone)
        values[first:stop] = where_covered(series, part)
    for fill in series.fills:
        values[(grid.starts < fill.end) & (grid.ends > fill.start)] = np.nan
    return values


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
