"""A series over time, and its exact mean over the intervals of a plan."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from optimizer import units
from optimizer.arrays import Bool, F, Int
from optimizer.config.base import File, RateFile, SeriesFile
from optimizer.config.patterns import MOST_FILES, fitting, is_pattern
from optimizer.errors import MissingDataError
from optimizer.market.grid import Grid
from optimizer.market.readers import read_raw
from optimizer.market.readers.joined import joined
from optimizer.market.readers.raw import Ask, RawSeries
from optimizer.market.tidy import naive_window, reaching, tidy
from optimizer.market.timeseries import Fill, Limits, TimeSeries, clock, naive_utc
from optimizer.outside import printable

__all__ = ["Fill", "Limits", "TimeSeries", "on_grid", "read_series", "where_covered"]

_HOUR = np.timedelta64(1, "h")
_PER_MWH = {"cents_per_kwh": 10.0, "per_kwh": units.KW_PER_MW}


def read_series(
    path: Path,
    spec: File,
    timezone: str,
    *,
    within: Grid | None = None,
    limits: Limits | None = None,
    file: str | None = None,
    folder: Path | None = None,
    whole: bool = True,
) -> TimeSeries:
    """The series in a file, whatever its layout, in the farm's units and currency.

    ``timezone`` is the zone of times that carry no offset. Gaps, duplicates and disorder are errors
    that list them, unless ``spec`` says what to do. With ``within`` only rows that matter to that
    grid are judged, so that a plan for July does not fail on a gap in November; rows elsewhere are
    left out. ``limits`` is the range of the values, ``file`` the name for messages, ``folder`` the one that
    a file of exchange rates is relative to, that of ``spec`` when None. Unless it is to be ``whole`` gaps stay open.
    Raises InputError.
    """
    ask = Ask(printable(file or str(path)), spec, timezone)
    if within is not None:
        ask = replace(ask, within=reaching(naive_window(within), ask))
    raw = _read_files(path, ask)
    values = _in_units(raw.values, spec)
    if isinstance(spec, SeriesFile):
        rates = spec.usd_per_unit
        if isinstance(rates, RateFile):
            home = path.parents[len(Path(spec.file).parts) - 1] if folder is None else folder
            values = values * _rates_at(raw.starts, home / rates.file, rates, timezone, within)
        else:
            values = values * rates
    return tidy(raw, values, ask, within, limits or Limits(), whole)


def _read_files(path: Path, ask: Ask) -> RawSeries:
    """The rows of a file, or of those that fit a pattern: back to where the time that matters begins."""
    if not is_pattern(path):
        return read_raw(path, ask)
    parts: list[tuple[str, RawSeries]] = []
    for one in reversed(fitting(path)):
        name = printable(str(one.relative_to(path.parent)) if one.is_relative_to(path.parent) else str(one))
        parts.insert(0, (name, read_raw(one, replace(ask, file=name))))
        if ask.within is not None and naive_utc(parts[0][1].starts.dropna()).min() <= ask.within[0]:
            break
        if len(parts) > MOST_FILES:
            raise ask.error(f"more than {MOST_FILES:,} files fit, and would be read; keep fewer in the folder")
    if not parts:
        raise ask.error("no file fits this pattern (paths in a farm file are relative to its folder)")
    return joined(parts)


def on_grid(series: TimeSeries, grid: Grid) -> F:
    """The time-weighted mean of a series over each interval, shape (n_intervals,).

    Exact: a coarser series is held, a finer one averaged, mixed lengths are fine.
    Raises MissingDataError for intervals the series does not cover.

    >>> import pandas as pd
    >>> hours = pd.date_range("2026-02-11", periods=3, freq="h", tz="UTC")
    >>> series = TimeSeries(hours[:2], hours[1:], np.array([10.0, 30.0]), "price")
    >>> on_grid(series, Grid(hours[:1], np.array([2.0]), "UTC"))
    array([20.])
    """
    cuts, row, covered = _pieces(series, grid)
    if not covered.all():
        raise MissingDataError(_not_covered(series, grid, cuts[:-1][~covered], cuts[1:][~covered]))
    return _means(series.values[row], cuts, grid)


def where_covered(series: TimeSeries, grid: Grid) -> F:
    """As ``on_grid``, but NaN for the intervals the series does not cover, shape (n_intervals,)."""
    cuts, row, covered = _pieces(series, grid)
    values = series.values[row] if len(series) else np.full(len(row), np.nan)
    return _means(np.where(covered, values, np.nan), cuts, grid)


def _pieces(series: TimeSeries, grid: Grid) -> tuple[NDArray[np.datetime64], Int, Bool]:
    """The grid cut wherever an interval, a row or a gap begins: cuts, the row of each piece, whether it covers it."""
    starts, ends = naive_utc(series.starts), naive_utc(series.ends)
    edges = _edges(grid)
    borders = np.append(starts, ends[:-1][ends[:-1] < starts[1:]])  # where rows begin, and where gaps do
    inner = borders[(borders > edges[0]) & (borders < edges[-1])]
    cuts = np.union1d(edges, inner)  # between two cuts, one row and one interval
    row = np.searchsorted(starts, cuts[:-1], side="right") - 1
    covered = (row >= 0) & (cuts[1:] <= ends[np.maximum(row, 0)]) if len(series) else np.zeros(len(row), np.bool_)
    return cuts, row, covered


def _means(values: F, cuts: NDArray[np.datetime64], grid: Grid) -> F:
    """The mean by time over each interval of what the pieces hold."""
    edges = _edges(grid)
    first = np.searchsorted(cuts, edges[:-1])
    length = (cuts[1:] - cuts[:-1]) / _HOUR
    interval = np.searchsorted(edges, cuts[:-1], side="right") - 1
    share = length / np.add.reduceat(length, first)[interval]  # exactly 1 for an interval in one piece
    return np.asarray(np.add.reduceat(values * share, first), dtype=np.float64)


def _edges(grid: Grid) -> NDArray[np.datetime64]:
    return np.append(naive_utc(grid.starts), naive_utc(grid.ends)[-1:])


def _in_units(values: F, spec: File) -> F:
    if spec.unit == "fahrenheit":
        return np.array([units.celsius(value) for value in values.tolist()], dtype=np.float64)
    return values * _PER_MWH.get(spec.unit, 1.0)


def _rates_at(starts: pd.DatetimeIndex, path: Path, rates: RateFile, timezone: str, within: Grid | None) -> F:
    """The exchange rate at each of some moments, shape of ``starts``: the last one known by then.

    Raises MissingDataError where the plan begins before the first; earlier moments have the first one's.
    """
    series = read_series(path, rates, timezone, within=within, limits=Limits(low=0.0, above=True))
    if within is not None and series.starts[0] > within.starts[0]:
        begins = f"begins at {clock(series.starts[0], within.timezone)}"
        asked = f"the plan at {clock(within.starts[0], within.timezone)}"
        raise MissingDataError(f"{printable(str(path))}: exchange rates: {begins}, {asked}")
    at = np.searchsorted(naive_utc(series.starts), naive_utc(starts), side="right") - 1
    return np.asarray(series.values[np.maximum(at, 0)])


def _not_covered(series: TimeSeries, grid: Grid, starts: NDArray[np.datetime64], ends: NDArray[np.datetime64]) -> str:
    zone = grid.timezone
    what = f"{series.file}: {series.name}" if series.file else series.name
    asked = f"the plan asks for {clock(grid.starts[0], zone)} to {clock(grid.end, zone)}"
    if not len(series):
        return f"{what}: has no values; {asked}"
    covers = f"covers {clock(series.covers[0], zone)} to {clock(series.covers[1], zone)}"
    inside = (starts < naive_utc(series.ends)[-1]) & (ends > naive_utc(series.starts)[0])
    holes = ""
    if inside.any():
        first = int(np.argmax(inside))
        holes = f" with gaps, the first {clock(starts[first], zone)} to {clock(ends[first], zone)}"
    return f"{what}: {covers}{holes}; {asked}"
