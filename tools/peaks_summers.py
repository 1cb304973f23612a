"""Simulated summers: resampled weeks of a real one, their load, its forecast, and what machines earned, kept together.

A summer keeps everything before its June as it came, so that models and errors are learnt from the same past as in that
year. From June on each week is one of the same summer, drawn from the three weeks before to the three after its place,
with the season's difference put right and a little noise on its level and on that of each day, so that no week comes
twice (a smoothed block bootstrap: Künsch, *Annals of Statistics* 17, 1989; Silverman and Young, *Biometrika* 74, 1987).
A day for which nothing was published gets the errors of a day of that summer for which there was.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cached_property
from pathlib import Path

import numpy as np
import pandas as pd

from optimizer.arrays import Bool, F, Int
from optimizer.config.farm import Farm
from optimizer.errors import InputError
from optimizer.peaks.fit import whole_days
from optimizer.peaks.issued import model_before
from optimizer.peaks.model import PeakModel
from optimizer.peaks.rule import ERCOT_4CP, true_peaks
from optimizer.through_time.history import read_history
from optimizer.through_time.policies.rules import strike_wish
from optimizer.through_time.policies.wish import extra_mw, meter_price
from tools.peaks_fit import ERCOT_ZONE

FARM = Path("scenarios/ercot_years/farm.yaml")
WEEK, HOURS = 7, 24
_REACH = 3  # weeks from its place that a week may come from
_WEEK_NOISE, _DAY_NOISE = 0.01, 0.005  # of the load


@dataclass(frozen=True)
class Worth:
    """What a farm's groups earn by running, hour by hour of a summer: USD per hour, (groups, hours).

    restart: USD that starting once costs, (groups, hours); mw: at the meter, (groups,).
    """

    margin: F
    restart: F
    mw: F

    def of_days(self, days: Int) -> Worth:
        """The same with the days of another summer's."""
        hours = (days[:, None] * HOURS + np.arange(HOURS)).ravel()
        return Worth(self.margin[:, hours], self.restart[:, hours], self.mw)


@dataclass(frozen=True)
class Summer:
    """June to September of a year: load up to its end and forecasts, MW, what running is worth, and when it peaks."""

    load_mw: pd.Series
    forecast_mw: pd.Series
    worth: Worth
    model: PeakModel  # of daily peaks, fitted on the years before

    @cached_property
    def days(self) -> list[date]:
        """The days of the summer."""
        year = int(pd.DatetimeIndex(self.load_mw.index)[-1].year)
        return [date(year, 6, 1) + timedelta(days=n) for n in range(self.worth.margin.shape[1] // HOURS)]

    @cached_property
    def is_peak(self) -> Bool:
        """Whether each hour of the summer is the highest of its month."""
        index = pd.DatetimeIndex(self.load_mw.index)
        hours = index[index >= pd.Timestamp(str(self.days[0]), tz=ERCOT_ZONE)]
        return np.asarray(hours.isin(true_peaks(self.load_mw[hours], ERCOT_4CP)))


def real_summer(farm: Farm, folder: Path, load: pd.Series, forecast: pd.Series, year: int) -> Summer:
    """A summer as it came. Raises InputError where the load does not hold it whole."""
    index = pd.DatetimeIndex(load.index)
    until = load[index < pd.Timestamp(f"{year}-10-01", tz=ERCOT_ZONE)]
    days = [day for day in whole_days(until) if day.year == year and day.month in ERCOT_4CP.months]
    if len(days) != (date(year, 10, 1) - date(year, 6, 1)).days:
        raise InputError(f"the load does not hold the whole summer of {year}")
    uncharged = farm.model_copy(update={"energy": farm.energy.model_copy(update={"coincident_peaks": ()})})
    c = read_history(uncharged, folder, datetime(year, 6, 1), float(HOURS * len(days))).actual
    wish, steps = strike_wish(c), round(1.0 / float(c.grid.hours[0]))
    units = np.array([[float(group.units)] for group in farm.fleet])
    mw = units * np.array([extra[m, 0] for extra, m in zip(extra_mw(c), wish.mode, strict=True)])
    lost = np.array([[group.restart_minutes / 60.0] for group in farm.fleet])
    wear = units * np.array([[group.wear_usd_per_start] for group in farm.fleet])
    hourly = [
        x.reshape(len(units), -1, steps).mean(axis=2)
        for x in (np.maximum(wish.strike - meter_price(c), 0.0) * mw, lost * wish.strike * mw + wear)
    ]
    return Summer(until, forecast, Worth(hourly[0], hourly[1], mw.max(axis=1)), model_before(until, days[0]))


def simulated(real: Summer, random: np.random.Generator) -> Summer:
    """A summer that might have been."""
    days, tables = real.days, whole_days(real.load_mw)
    published = whole_days(real.forecast_mw)
    errors = np.array([np.log(tables[day] / published[day]) for day in days if day in published])
    week = np.arange(len(days)) // WEEK
    shift = random.integers(-_REACH, _REACH + 1, week[-1] + 1)[week] * WEEK
    source = np.arange(len(days)) + shift
    source = np.where((source < 0) | (source >= len(days)), np.arange(len(days)) - shift, source)
    noise = _WEEK_NOISE * random.standard_normal(week[-1] + 1)[week] + _DAY_NOISE * random.standard_normal(len(days))
    loads, forecasts = [], []
    for day, other, level in zip(days, source.tolist(), noise, strict=True):
        taken = days[other]
        factor = np.exp(level + real.model.season_of(day) - real.model.season_of(taken))
        loads.append(factor * tables[taken])
        told = published.get(taken)
        error = errors[random.integers(len(errors))]
        forecasts.append(factor * (tables[taken] / np.exp(error) if told is None else told))
    load, forecast = _replaced(real.load_mw, days, loads), _replaced(real.forecast_mw, days, forecasts)
    return Summer(load, forecast, real.worth.of_days(source), real.model)


def _replaced(series: pd.Series, days: list[date], tables: list[F]) -> pd.Series:
    """A series up to the first of some days, and these days' own hours after it."""
    first = pd.Timestamp(str(days[0]), tz=ERCOT_ZONE)
    before = series[pd.DatetimeIndex(series.index) < first]
    hours = pd.date_range(first, periods=HOURS * len(days), freq="h")
    whole: pd.Series = pd.concat([before, pd.Series(np.concatenate(tables), hours)])
    return whole
