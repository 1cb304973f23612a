"""Fit a ``PeakModel`` on the load of past years."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, timedelta

import numpy as np
import pandas as pd

from optimizer.arrays import F
from optimizer.errors import InputError
from optimizer.peaks.load_error import LoadError, fit_error
from optimizer.peaks.model import LEVEL_DAYS, PROBABILITIES, Outlook, PeakModel, damped_persistence, seasonal

Rows = tuple[tuple[float, ...], ...]

_SHAPE_DAYS = 7
_FORECAST_DAYS = 7
_FEWEST_MONTH_DAYS = 20
_SUMMER = (6, 7, 8, 9)


def daily_peaks(load_mw: pd.Series) -> dict[date, float]:
    """The highest value of every local day, MW; the index is tz-aware, in the grid's zone.

    >>> hours = pd.date_range("2023-07-01", periods=48, freq="h", tz="America/Chicago")
    >>> daily_peaks(pd.Series(range(48), hours))
    {datetime.date(2023, 7, 1): 23.0, datetime.date(2023, 7, 2): 47.0}
    """
    days = load_mw.groupby(pd.DatetimeIndex(load_mw.index).date).max()
    return {day: float(mw) for day, mw in days.items() if isinstance(day, date)}


def whole_days(load_mw: pd.Series) -> dict[date, F]:
    """The 24 hourly loads of every local day that has as many; the index is tz-aware, in the grid's zone."""
    dates = np.asarray(pd.DatetimeIndex(load_mw.index).date, dtype=object)
    values = load_mw.to_numpy(dtype=np.float64)
    first = np.flatnonzero(dates[1:] != dates[:-1]) + 1
    parts = np.split(values, first)
    return {day: part for day, part in zip(dates[[0, *first]].tolist(), parts, strict=True) if len(part) == 24}


def recent_days(tables: Mapping[date, F], last_day: date) -> F:
    """The loads of the week up to and with a day, oldest first, shape (n_days, 24); days not in the tables fall out."""
    week = (last_day - timedelta(days=back) for back in reversed(range(_SHAPE_DAYS)))
    return np.array([tables[day] for day in week if day in tables])


def fit(load_mw: pd.Series, *, source: str) -> PeakModel:
    """A model of daily peaks from hourly load, index tz-aware in the grid's zone; years may be missing.

    Needs one whole calendar year. The error of damped persistence is fitted on afternoons of June to September.
    Raises InputError where the history is too short, not hourly, or not positive.
    """
    index = pd.DatetimeIndex(load_mw.index)
    if index.tz is None or not index.is_monotonic_increasing or not index.is_unique:
        raise InputError("a load history needs times with a zone, in order and each once")
    values = load_mw.to_numpy(dtype=np.float64)
    if not (np.isfinite(values) & (values > 0)).all():
        raise InputError("a load history needs positive numbers")
    hours = load_mw.groupby(index.date).size()
    whole = set(hours.index[hours >= 23])  # the spring day has 23
    peaks = {day: mw for day, mw in daily_peaks(load_mw).items() if day in whole}
    season = _season(peaks)
    quantiles, departures, memory = _anomalies(peaks, season)
    shares = _hour_shares(load_mw)
    model = PeakModel(season, quantiles, departures, shares, memory, LoadError(0, 0, 1, 1), source)
    return replace(model, persistence=_persistence(load_mw, peaks, model))


def _season(peaks: Mapping[date, float]) -> tuple[float, ...]:
    """Mean logarithm of the daily peaks of each month less that of its year; whole years only."""
    series = pd.Series({pd.Timestamp(day): np.log(mw) for day, mw in peaks.items()})
    index = pd.DatetimeIndex(series.index)
    table = series.groupby([index.year, index.month]).agg(["mean", "size"])
    means = table["mean"].where(table["size"] >= _FEWEST_MONTH_DAYS).unstack().reindex(columns=range(1, 13)).dropna()
    if means.empty:
        raise InputError("a peak model needs the load of at least one whole calendar year")
    offsets = means.to_numpy() - means.to_numpy().mean(axis=1, keepdims=True)
    return tuple(round(float(x), 5) for x in offsets.mean(axis=0))


def _anomalies(peaks: Mapping[date, float], season: tuple[float, ...]) -> tuple[Rows, tuple[float, ...], float]:
    """Quantiles of the anomaly by month, the departures of the level, and the anomaly's correlation day to day."""
    free = pd.Series({pd.Timestamp(day): np.log(mw) - seasonal(season, day) for day, mw in peaks.items()}).asfreq("D")
    months = pd.DatetimeIndex(free.index).month
    around = free - free.rolling(LEVEL_DAYS + 1, min_periods=LEVEL_DAYS // 2, center=True).mean()
    before = free.rolling(LEVEL_DAYS, min_periods=LEVEL_DAYS // 2).mean()
    departure = before.shift(-LEVEL_DAYS) - before
    rows, departures = [], []
    for month in range(1, 13):
        q = np.nanquantile(around[months == month].to_numpy(), PROBABILITIES)
        rows.append(tuple(round(float(x), 5) for x in q + 1e-5 * np.arange(len(q))))  # strictly rising
        departures.append(round(float(np.sqrt(np.nanmean(departure[months == month].to_numpy() ** 2))), 5))
    scores = around.groupby(months).rank(pct=True)
    memory = round(float(np.clip(scores.corr(scores.shift(1)), 0.0, 0.99)), 4)
    return tuple(rows), tuple(departures), memory


def _hour_shares(load_mw: pd.Series) -> tuple[tuple[float, ...], ...]:
    index = pd.DatetimeIndex(load_mw.index)
    at = pd.DatetimeIndex(load_mw.groupby(index.date).idxmax())
    counts = np.zeros((12, 24))
    np.add.at(counts, (at.month.to_numpy() - 1, at.hour.to_numpy()), 1.0)
    shares = counts / counts.sum(axis=1, keepdims=True)
    return tuple(tuple(round(float(x), 5) for x in row) for row in shares)


def _persistence(load_mw: pd.Series, peaks: Mapping[date, float], model: PeakModel) -> LoadError:
    """Error of damped persistence issued at midnights of the summer, at afternoon hours, by lead time."""
    tables = whole_days(load_mw)
    leads = np.array([24.0 * ahead + hour + 0.5 for ahead in range(_FORECAST_DAYS) for hour in range(12, 21)])
    rows: list[F] = []
    for last_day in tables:
        issue = last_day + timedelta(days=1)
        if issue.month not in _SUMMER:
            continue
        try:
            outlook: Outlook = model.outlook(peaks, issue)
        except InputError:
            continue  # too near the beginning of the history
        row = []
        recent = recent_days(tables, last_day)
        for ahead in range(_FORECAST_DAYS):
            actual = tables.get(issue + timedelta(days=ahead), np.full(24, np.nan))
            forecast = damped_persistence(recent, last_day, ahead + 1, outlook)
            row.append(outlook.straight(issue + timedelta(days=ahead), forecast, actual)[12:21])
        rows.append(np.concatenate(row))
    return fit_error(np.array(rows), leads)
