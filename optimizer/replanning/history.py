"""A stretch of history as it came, and what was known of it when: read from the files that a farm names."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from optimizer.config.base import SeriesFile
from optimizer.config.charges import CoincidentPeak
from optimizer.config.farm import Farm
from optimizer.config.horizon import Step
from optimizer.errors import InputError, MissingDataError
from optimizer.market.coincident import LOAD_MW, rule_of
from optimizer.market.grid import Grid, grid_of
from optimizer.market.inputs import read_market
from optimizer.market.peaks_issued import Issuer, model_before, scaled_error, true_peaks
from optimizer.market.series import read_series
from optimizer.replanning.forecasts import price_forecast
from optimizer.replanning.knowledge import HELD, Knowledge
from optimizer.tail import metered

F = NDArray[np.float64]
_HOUR = pd.Timedelta(hours=1)
_ISSUES = (0, *range(9, 21))  # hours of the local day
_YEARS_BACK = 4  # of load that the model of peaks learns from


@dataclass(frozen=True)
class _Charge:
    """The probabilities of one coincident-peak charge: as they turned out, and as they were issued."""

    came: F
    issued: Mapping[int, F]


def read_history(farm: Farm, folder: Path, start: datetime, hours: float) -> Knowledge:
    """What came over a stretch, on intervals of the farm's first length, and what was known of it when.

    The farm names ``replanning``. Coincident peaks that the farm estimates are settled at those the load's history
    turned out to have; the estimates are made anew at every midnight from the load before it.
    """
    rules = farm.replanning
    if rules is None:
        raise InputError("the farm file has no section `replanning`, which says what was known of prices when")
    minutes = farm.horizon.intervals[0].minutes
    uniform = farm.horizon.model_copy(update={"intervals": (Step(minutes=minutes),), "start": start, "hours": hours})
    grid = grid_of(farm.model_copy(update={"horizon": uniform}))
    charges = {
        peak.name: _charge(farm, folder, grid, peak)
        for peak in farm.energy.coincident_peaks
        if peak.probability is None
    }
    market = read_market(_without_estimates(farm), folder, grid)
    came = {name: charge.came for name, charge in charges.items()}
    market = replace(market, peak_probability=market.peak_probability | came)
    prices = None
    if isinstance(farm.energy.price_usd_per_mwh, SeriesFile):
        prices = price_forecast(farm, folder, rules, grid, market.energy_price_usd_per_mwh)
    issued = {name: charge.issued for name, charge in charges.items()}
    return Knowledge(metered(farm, market), prices, issued, _day_before(farm, folder, grid))


def _without_estimates(farm: Farm) -> Farm:
    known = [
        peak if peak.probability is not None else peak.model_copy(update={"estimate": None, "probability": 0.0})
        for peak in farm.energy.coincident_peaks
    ]
    return farm.model_copy(update={"energy": farm.energy.model_copy(update={"coincident_peaks": tuple(known)})})


def _day_before(farm: Farm, folder: Path, grid: Grid) -> dict[str, float] | None:
    """What hashing was worth on the day before, by the names of ``HELD``; None where no file reaches back."""
    begin = (grid.starts[0] - 24 * _HOUR).to_pydatetime()
    energy = farm.energy.model_copy(
        update={
            "price_usd_per_mwh": 0.0,
            "adders_usd_per_mwh": 0.0,
            "blocks": (),
            "supplies": (),
            "onsite": None,
            "coincident_peaks": (),
        }
    )
    bare = farm.model_copy(update={"energy": energy, "weather": None, "fleet": ()})
    step = farm.horizon.intervals[0].minutes
    day = Grid(
        pd.date_range(begin, periods=24 * 60 // step, freq=f"{step}min"),
        np.full(24 * 60 // step, step / 60),
        grid.timezone,
    )
    try:
        market = read_market(bare, folder, day)
    except (MissingDataError, InputError):
        return None
    return {name: float(values[-1]) for name in HELD if (values := getattr(market, name)) is not None}


def _charge(farm: Farm, folder: Path, grid: Grid, peak: CoincidentPeak) -> _Charge:
    estimate, rule = peak.estimate, rule_of(peak)
    assert estimate is not None, "the charge has a column of probabilities"
    if estimate.load_history_mw is None:
        raise InputError(f"{peak.name}: give estimate.load_history_mw: a replay finds the peaks in it")
    load = _load(farm, folder, grid, estimate.load_history_mw)
    index = pd.DatetimeIndex(load.index)
    length = min(rule.interval_minutes / 60.0, float(np.diff(index).min() / np.timedelta64(1, "h")))
    peaks = true_peaks(load, rule)
    came = np.zeros(len(grid))
    for begin in peaks:
        end = begin + pd.Timedelta(hours=length)
        inside = (grid.ends.where(grid.ends < end, end) - grid.starts.where(grid.starts > begin, begin)) / _HOUR
        came += np.maximum(np.asarray(inside), 0.0) / length
    hourly = load.resample("h").mean().dropna()
    first = grid.local_starts[0].date()
    model = model_before(hourly, first)
    return _Charge(came, _issued(grid, Issuer(hourly, rule, model, scaled_error(hourly, model, first))))


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


def _issued(grid: Grid, issuer: Issuer) -> dict[int, F]:
    """Issued at every midnight and every hour of the waking day, by the position of the interval that begins then."""
    step = float(grid.hours[0])
    local = grid.local_starts
    days = np.asarray(local.date)
    found = {}
    for at in np.flatnonzero((np.asarray(local.minute) == 0) & np.isin(local.hour, _ISSUES)).tolist():
        if issuer.rule.period(days[at]) is None:
            continue
        times, probability = issuer.at(days[at], int(local.hour[at]))
        hour = np.asarray((grid.starts[at : at + round(len(times) / step)] - times[0]) / _HOUR, dtype=np.int64)
        found[at] = probability[hour[hour < len(probability)]] * step
    return found
