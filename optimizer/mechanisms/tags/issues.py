"""Coincident peaks through time: the probabilities as they were issued, and the peaks that the load turned out to have.

Issued at every midnight and every hour of the waking day, from the load of the hours before and the forecasts of it
that were published by then. The model is fitted on the whole years before, what forecasts are worth on the days before.
"""

from __future__ import annotations

from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd

from optimizer.arrays import F
from optimizer.config.base import SeriesFile
from optimizer.config.farm import Farm
from optimizer.errors import InputError, MissingDataError
from optimizer.market.grid import Grid
from optimizer.market.series import read_series
from optimizer.market.timeseries import clock
from optimizer.mechanisms.tags.config import CoincidentPeak, Estimate
from optimizer.mechanisms.tags.market import LOAD_MW
from optimizer.peaks.issued import ISSUES, Issuer, model_before
from optimizer.peaks.rule import true_peaks
from optimizer.units import MINUTES_PER_HOUR

_HOUR = pd.Timedelta(hours=1)
_LATE = pd.Timedelta(days=1)  # what is issued reaches two days from a midnight
_YEARS_BACK = 4  # of load that the model of peaks learns from


SERIES = "peak_probability"


def came(farm: Farm, folder: Path, grid: Grid) -> tuple[dict[str, F], dict[str, dict[int, F]]]:
    """By charge that is estimated, the peaks that came and what was issued: see `peaks_came`."""
    estimated = (peak for peak in farm.sections(CoincidentPeak) if peak.estimate is not None)
    by_charge = {peak.name: peaks_came(farm, folder, grid, peak) for peak in estimated}
    return {name: shares for name, (shares, _) in by_charge.items()}, {
        name: issued for name, (_, issued) in by_charge.items()
    }


def ahead(farm: Farm, folder: Path, grid: Grid, now: pd.Timestamp) -> dict[str, dict[int, F]]:
    """By charge whose probabilities are issued from the history of the load, what `peaks_ahead` says of it."""
    issued = (peak for peak in farm.sections(CoincidentPeak) if _is_issued(peak))
    return {peak.name: peaks_ahead(farm, folder, grid, peak, now) for peak in issued}


def names(farm: Farm) -> list[str]:
    """The charges whose probabilities are issued from the history of the load."""
    return [peak.name for peak in farm.sections(CoincidentPeak) if _is_issued(peak)]


def _is_issued(peak: CoincidentPeak) -> bool:
    return peak.estimate is not None and peak.estimate.load_history_mw is not None


def peaks_came(farm: Farm, folder: Path, grid: Grid, peak: CoincidentPeak) -> tuple[F, dict[int, F]]:
    """The share of each interval that was one of a charge's peaks, and what was issued, by the position of the issue.

    Raises InputError with the faults of the load's file, or where the charge names none, and MissingDataError where the
    load ends before the replay does.
    """
    if peak.estimate is None or peak.estimate.load_history_mw is None:
        raise InputError(f"{peak.name}: give estimate.load_history_mw: a replay finds the peaks in it")
    load = _load(farm, folder, grid, peak.estimate.load_history_mw)
    rule, step = peak.peak_rule, float(grid.hours[0])
    index = pd.DatetimeIndex(load.index)
    over = index[-1] + np.diff(index).min()
    if over < grid.end and any(rule.period(day) for day in set(grid.local_starts[grid.starts >= over].date)):
        raise MissingDataError(
            f"{peak.estimate.load_history_mw.file}: the load ends {clock(over, grid.timezone)}, before "
            f"{clock(grid.end, grid.timezone)}, and the peaks of {peak.name} are found in it: end the replay sooner"
        )
    length = max(rule.interval_minutes / 60.0, float(np.diff(index).min() / np.timedelta64(1, "h")))
    shares = np.zeros(len(grid))
    for begin in true_peaks(load, rule):
        end = begin + pd.Timedelta(hours=length)
        inside = (grid.ends.where(grid.ends < end, end) - grid.starts.where(grid.starts > begin, begin)) / _HOUR
        shares += np.maximum(np.asarray(inside), 0.0) / length
    issuer = _issuer(farm, folder, load, peak, grid.local_starts[0].date())
    local, issued = grid.local_starts, {}
    for at in np.flatnonzero((np.asarray(local.minute) == 0) & np.isin(local.hour, ISSUES)).tolist():
        day = local[at].date()
        if rule.period(day) is not None:
            times, probability = issuer.at(day, int(local.hour[at]))
            first = round((times[0] - grid.starts[0]) / _HOUR / step)
            issued[first] = _by_interval(probability, step)[: len(grid) - first]
    return shares, issued


def peaks_ahead(farm: Farm, folder: Path, grid: Grid, peak: CoincidentPeak, now: pd.Timestamp) -> dict[int, F]:
    """What was issued last before the first interval of a grid begins, by the position of the issue.

    Of the load no more is looked at than what was over by ``now``. Raises InputError with the faults of its file and
    MissingDataError where the load is more than a day old.
    """
    begins, step = grid.local_starts[0], float(grid.hours[0])
    assert peak.estimate is not None, "see `ahead`"
    spec = peak.estimate.load_history_mw
    if spec is None or peak.peak_rule.period(begins.date()) is None:
        return {}
    load = _load(farm, folder, grid.part(0, 1), spec)
    length = np.diff(pd.DatetimeIndex(load.index)).min()
    load = load[pd.DatetimeIndex(load.index) + length <= now]
    over = load.index[-1] + length if len(load) else None
    if over is None or over < begins - _LATE:
        latest = "there is none before" if over is None else f"it ends {clock(over, grid.timezone)}, too long before"
        raise MissingDataError(f"{spec.file}: peaks are issued from the load, and {latest} {clock(now, grid.timezone)}")
    last = min(begins, over)  # where today's load is not told yet, what was issued yesterday stands
    hour, midnight = max(hour for hour in ISSUES if hour <= last.hour), last.normalize()
    times, probability = _issuer(farm, folder, load, peak, midnight.date()).at(midnight.date(), hour)
    return {round((times[0] - grid.starts[0]) / _HOUR / step): _by_interval(probability, step)}


def _issuer(farm: Farm, folder: Path, load: pd.Series, peak: CoincidentPeak, first: date) -> Issuer:
    """What issues the probabilities of a charge from a day on; the years before it are what the model is fitted on."""
    hourly = load.resample("h").mean().dropna()
    estimate = peak.estimate
    assert estimate is not None, "see `ahead`"
    out = estimate.published.hour + estimate.published.minute / MINUTES_PER_HOUR
    forecast = _forecast(farm, folder, hourly, estimate)
    return Issuer(hourly, peak.peak_rule, model_before(hourly, first), forecast, out)


def _forecast(farm: Farm, folder: Path, load: pd.Series, estimate: Estimate) -> pd.Series | None:
    """What was published of the hours of a load and of two days after it; None where that is the load itself."""
    spec, history = estimate.load_forecast_mw, estimate.load_history_mw
    if history is not None and (spec.file, spec.value_column) == (history.file, history.value_column):
        return None
    begin, end = (pd.Timestamp(time).tz_convert("UTC") for time in (load.index[0], load.index[-1] + 2 * _LATE))
    window = Grid(pd.DatetimeIndex([begin]).as_unit("us"), np.array([(end - begin) / _HOUR]), farm.timezone)
    series = read_series(folder / spec.file, spec, farm.timezone, within=window, limits=LOAD_MW, whole=False)
    published = pd.Series(series.values, series.starts).tz_convert(farm.timezone)
    return published.resample("h").mean().dropna()


def _by_interval(probability: F, step: float) -> F:
    """The probability of each hour shared among its intervals, or that of a whole hour."""
    return np.repeat(probability, round(1.0 / step)) * step


def _load(farm: Farm, folder: Path, grid: Grid, spec: SeriesFile) -> pd.Series:
    """The grid's load in the years of a replay, as a whole, and in those of the years before it that are whole."""
    first, last = (int(grid.local_starts[at].year) for at in (0, -1))
    parts = []
    for year in range(first - _YEARS_BACK, last + 1):
        begin, end = (pd.Timestamp(f"{y}-01-01", tz=grid.timezone).tz_convert("UTC") for y in (year, year + 1))
        window = Grid(pd.DatetimeIndex([begin]).as_unit("us"), np.array([(end - begin) / _HOUR]), grid.timezone)
        try:
            series = read_series(folder / spec.file, spec, farm.timezone, within=window, limits=LOAD_MW)
        except InputError:
            if year >= first:
                raise
            continue
        parts.append(pd.Series(series.values, series.starts))
    load = pd.concat(parts)
    return load[~load.index.duplicated()].tz_convert(farm.timezone)
