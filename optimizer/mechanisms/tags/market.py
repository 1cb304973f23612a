"""The probability that each interval of a plan is a coincident peak, from the files a farm names.

A forecast of the grid's load says how high the plan's hours may rise, the load before the plan what they have to
beat. ``optimizer/peaks/probability.py`` says how the two become a probability.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pandas as pd

from optimizer.arrays import F, Int
from optimizer.config.base import SeriesFile
from optimizer.config.clock import to_utc
from optimizer.config.farm import Farm
from optimizer.errors import Fault, InputError, MissingDataError
from optimizer.market.grid import Grid
from optimizer.market.quantities import Declared, Place
from optimizer.market.reading import MarketReading
from optimizer.market.series import on_grid, read_series
from optimizer.market.timeseries import Fill, Limits, TimeSeries, clock
from optimizer.mechanisms.tags.config import Chance, CoincidentPeak, Estimate
from optimizer.peaks.fit import daily_peaks
from optimizer.peaks.load_error import LoadError
from optimizer.peaks.model import FEWEST_LEVEL_DAYS, LEVEL_DAYS, Outlook, ercot_model
from optimizer.peaks.probability import peak_probability
from optimizer.peaks.rule import PeakRule, within_count

I64 = Int

LOAD_MW = Limits(0.0, 1e7, above=True)  # far above any grid, and below a large one in kW by mistake
_LONGEST_PIECE = 1.0  # hours: the mean of a day says nothing of its peak
_WHOLE_DAY = 23.0  # hours: the day on which clocks are put forward
_FARTHEST = 3.0  # times: a forecast that is further from the load before it is in another unit


def probability(reading: MarketReading, place: Place, one: Declared) -> F:
    """The probability of each interval to be one of a charge's peaks, (n_intervals,).

    What adds up to more than the peaks that a month or season counts is scaled down to them, and told.
    """
    peak: CoincidentPeak = place.section
    if peak.estimate is not None:
        return reading.kept(lambda: _estimated(reading, peak), len(reading.grid))
    given = by_chances(peak.chances, reading.grid) if peak.chances else reading.values(place, one)
    fair, sentences = within_count(given, reading.grid.local_starts.date, peak.peak_rule)
    reading.remarks += [f"{place.path}: {sentence}" for sentence in sentences]
    return fair


VALUES = {CoincidentPeak: probability}


def by_chances(chances: Sequence[Chance], grid: Grid) -> F:
    """The probability that each interval is a peak: each chance spread evenly over its time, (n_intervals,)."""
    shares = np.zeros(len(grid))
    for chance in chances:
        start, end = (pd.Timestamp(to_utc(time, grid.timezone)) for time in (chance.start, chance.end))
        first, last = (np.asarray((times - start) / (end - start)) for times in (grid.starts, grid.ends))
        shares += chance.share * np.maximum(np.minimum(last, 1.0) - np.maximum(first, 0.0), 0.0)
    return shares


def _estimated(reading: MarketReading, peak: CoincidentPeak) -> F:
    values, fills = estimated(reading.farm, reading.folder, reading.grid, peak)
    reading.add(fills)
    return values


def estimated(farm: Farm, folder: Path, grid: Grid, peak: CoincidentPeak) -> tuple[F, tuple[Fill, ...]]:
    """Probability of each interval to be one of the charge's peaks, (n_intervals,), and the gaps that were filled.

    ``peak`` has an ``estimate``, whose files are relative to ``folder``. The farm's clock counts as the grid's.
    Intervals after the forecast's end get 0, intervals of more than an hour the sum over their hours. Where no interval
    lies in the rule's months no file is read. Of the load before the plan, the days of the rule's month or season so
    far are what the plan's hours have to beat; the last four weeks, where they hold seven whole days, tell of the days
    after the forecast, else none is taken to be higher. Load after the plan's beginning is not looked at.

    Raises InputError with the faults of both files at once, and MissingDataError where the forecast does not cover the
    plan's beginning or the load before the plan ends too early to tell anything.
    """
    estimate, rule = peak.estimate, peak.peak_rule
    assert estimate is not None, "the charge has a column of probabilities"
    hours, owner = _pieces(grid)
    if not any(month in rule.months for month in set(hours.local_starts.month)):
        return np.zeros(len(grid)), ()
    forecast, past = _read(farm, folder, hours, rule, estimate)
    reached = hours.ends <= forecast.covers[1]
    ahead = Grid(hours.starts[reached], hours.hours[reached], grid.timezone)
    load = on_grid(forecast, ahead)
    first_day = grid.local_starts[0].date()
    past_peaks, outlook = _looked_back(past, rule, grid.timezone, first_day)
    _judge_units(forecast, load, past)
    error = ercot_model().persistence if estimate.error is None else LoadError(**estimate.error.model_dump())
    probability = peak_probability(
        load,
        ahead.local_starts,
        ahead.hours,
        rule=rule,
        error=error,
        past_peaks_mw=past_peaks,
        outlook=outlook,
        seed=estimate.seed,
    )
    fills = (*forecast.fills, *(() if past is None else past.fills))
    return np.bincount(owner[reached], probability, minlength=len(grid)).astype(np.float64), fills


def _pieces(grid: Grid) -> tuple[Grid, I64]:
    """The intervals cut into hours at most, and the interval each piece belongs to."""
    counts = np.ceil(grid.hours / _LONGEST_PIECE).astype(np.int64)
    owner = np.repeat(np.arange(len(grid)), counts)
    before = (np.arange(len(owner)) - np.repeat(np.cumsum(counts) - counts, counts)) * _LONGEST_PIECE
    starts = (grid.starts[owner] + pd.to_timedelta(before, unit="h")).as_unit("us")
    return Grid(starts, np.minimum(grid.hours[owner] - before, _LONGEST_PIECE), grid.timezone), owner


def _read(
    farm: Farm, folder: Path, hours: Grid, rule: PeakRule, estimate: Estimate
) -> tuple[TimeSeries, TimeSeries | None]:
    """The forecast over the plan and, where the farm file names one, the load before it."""
    faults: list[Fault] = []
    before = _window_before(hours, rule)

    def series(spec: SeriesFile, window: Grid) -> TimeSeries | None:
        try:
            return read_series(folder / spec.file, spec, farm.timezone, within=window, limits=LOAD_MW)
        except InputError as error:
            faults.extend(error.faults)
            return None

    forecast = series(estimate.load_forecast_mw, hours)
    past = None if estimate.load_history_mw is None else series(estimate.load_history_mw, before)
    if faults or forecast is None:
        raise InputError(dict.fromkeys(faults))
    known = None if past is None else _inside(past, before)
    missing = []
    if not forecast.covers[0] <= hours.starts[0] < hours.ends[0] <= forecast.covers[1]:
        missing.append(_not_reached(forecast, hours, "the plan begins with"))
    if past is not None and known is not None and not len(known):
        missing.append(_not_reached(past, before, "the load before the plan is asked for from"))
    if missing:
        raise MissingDataError("\n".join(missing))
    return forecast, known


def _window_before(hours: Grid, rule: PeakRule) -> Grid:
    """One interval from four weeks before the plan, or the beginning of the rule's period, up to the plan."""
    first_day = hours.local_starts[0].date()
    period = rule.period(first_day)
    since = first_day - timedelta(days=LEVEL_DAYS)
    if period is not None:
        since = min(since, date(*period, 1))
    midnight = pd.DatetimeIndex([since]).tz_localize(
        hours.timezone, ambiguous=np.array([True]), nonexistent="shift_forward"
    )
    begin, end = midnight.tz_convert("UTC").as_unit("us"), hours.starts[0]
    return Grid(begin, np.array([(end - begin[0]) / pd.Timedelta(hours=1)]), hours.timezone)


def _inside(series: TimeSeries, window: Grid) -> TimeSeries:
    """The rows that lie within a window as a whole: what was not over by the plan's beginning is not known."""
    kept = np.asarray((series.starts >= window.starts[0]) & (series.ends <= window.end))
    return replace(series, starts=series.starts[kept], ends=series.ends[kept], values=series.values[kept])


def _not_reached(series: TimeSeries, asked: Grid, words: str) -> str:
    covers, zone = series.covers, asked.timezone
    return (
        f"{series.file}: {series.name}: covers {clock(covers[0], zone)} to {clock(covers[1], zone)}; "
        f"{words} {clock(asked.starts[0], zone)} to {clock(asked.ends[0], zone)}"
    )


def _looked_back(
    past: TimeSeries | None, rule: PeakRule, zone: str, first_day: date
) -> tuple[dict[date, float], Outlook | None]:
    """The highest load of past local days, and what to expect of days after the forecast."""
    if past is None:
        return {}, None
    load = pd.Series(past.values, past.starts).resample(f"{rule.interval_minutes}min").mean().dropna()
    peaks = daily_peaks(load.tz_convert(zone))
    days = past.starts.tz_convert(zone).date
    covered = pd.Series((past.ends - past.starts) / pd.Timedelta(hours=1)).groupby(days).sum()
    recent = {
        day: mw for day, mw in peaks.items() if covered[day] >= _WHOLE_DAY and 0 < (first_day - day).days <= LEVEL_DAYS
    }
    outlook = ercot_model().outlook(recent, first_day) if len(recent) >= FEWEST_LEVEL_DAYS else None
    return peaks, outlook


def _judge_units(forecast: TimeSeries, load: F, past: TimeSeries | None) -> None:
    """Refuse a forecast so far from the load before it that one of them must be in another unit."""
    if past is None:
        return
    ahead, before = float(load.max()), float(past.values.max())
    if not 1.0 / _FARTHEST < ahead / before < _FARTHEST:
        message = f"rises to {ahead:,.6g}, but {past.file}: {past.name} to {before:,.6g}; give both in MW"
        raise InputError([Fault(forecast.file, 1, 1, forecast.name, message)])
