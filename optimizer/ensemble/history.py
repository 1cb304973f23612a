"""A history of prices as whole local days, from which blocks are drawn; and one of log returns."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from optimizer.arrays import Bool, F, Int
from optimizer.config import base
from optimizer.config.base import SeriesFile
from optimizer.config.calendar import SLOT_MINUTES, SLOTS
from optimizer.errors import InputError
from optimizer.market.grid import Grid
from optimizer.market.quantities import PRICES, limits_of
from optimizer.market.series import read_series, where_covered

_DAYS_PER_YEAR = 365.25
_SLOTS_PER_HOUR = 60 // SLOT_MINUTES
_SPRING_DAY = SLOTS - _SLOTS_PER_HOUR  # slots of the shortest local day


@dataclass(frozen=True)
class Days:
    """Local days of a history in order: ``dates`` (days,) and ``prices`` (days, slots of the clock), USD/MWh.

    An hour the clock leaves out in spring holds the price before it; one it repeats in autumn holds the mean.
    """

    dates: NDArray[np.datetime64]
    prices: F

    def __len__(self) -> int:
        return len(self.dates)

    @cached_property
    def has_next(self) -> Bool:
        """Whether the next entry is the next day of the calendar, (days,)."""
        return np.append(np.diff(self.dates) == np.timedelta64(1, "D"), False)

    @cached_property
    def weekday(self) -> Int:
        """Monday is 0, (days,)."""
        return weekday(self.dates)

    @cached_property
    def season(self) -> F:
        """Day of the year, (days,)."""
        return season(self.dates)


def weekday(dates: NDArray[np.datetime64]) -> Int:
    """Monday is 0.

    >>> weekday(np.array(["2026-02-11"], dtype="datetime64[D]")).tolist()
    [2]
    """
    return np.asarray((dates.astype("datetime64[D]").astype(np.int64) + 3) % 7)


def season(dates: NDArray[np.datetime64]) -> F:
    """Days since the year began."""
    days = dates.astype("datetime64[D]")
    return np.asarray((days - days.astype("datetime64[Y]")).astype(np.float64))


def read_days(path: Path, spec: SeriesFile, timezone: str) -> Days:
    """The whole local days of a price file, USD/MWh. Raises InputError for a bad file or one without a whole day."""
    series = read_series(path, spec, timezone, limits=PRICES)
    first, last = series.starts[0].floor("D"), series.ends[-1].ceil("D")
    starts = pd.date_range(first, last, freq=f"{SLOT_MINUTES}min", inclusive="left").as_unit("us")
    values = where_covered(series, Grid(starts, np.full(len(starts), SLOT_MINUTES / 60.0), timezone))
    known = np.isfinite(values)
    local = starts[known].tz_convert(timezone).tz_localize(None)
    dates, day = np.unique(local.normalize().to_numpy().astype("datetime64[D]"), return_inverse=True)
    slot = day * SLOTS + np.asarray(local.hour * 60 + local.minute, dtype=np.int64) // SLOT_MINUTES
    count = np.bincount(slot, minlength=len(dates) * SLOTS).reshape(-1, SLOTS)
    total = np.bincount(slot, weights=values[known], minlength=len(dates) * SLOTS).reshape(-1, SLOTS)
    whole = (count > 0).sum(axis=1) >= _SPRING_DAY
    if not whole.any():
        raise InputError(f"{series.file}: {series.name}: holds no whole day on the clock of {timezone} to draw from")
    mean = total[whole] / np.maximum(count[whole], 1)
    return Days(dates[whole], _held(mean, count[whole] > 0))


def _held(values: F, known: Bool) -> F:
    """Unknown slots hold what stands before them, the first ones what comes first."""
    at = np.where(known, np.arange(values.shape[1]), 0)
    at = np.maximum.accumulate(at, axis=1)
    first = np.argmax(known, axis=1)
    return np.take_along_axis(values, np.maximum(at, first[:, None]), axis=1)


def read_log_returns(path: Path, spec: SeriesFile, *, keep_drift: bool) -> F:
    """Log returns from each UTC day of a price file to the next, (days - 1,). Raises InputError."""
    series = read_series(path, spec, "UTC", limits=limits_of(base.Positive))
    starts = pd.date_range(series.starts[0].ceil("D"), series.ends[-1].floor("D"), freq="D", inclusive="left")
    values = where_covered(series, Grid(starts.as_unit("us"), np.full(len(starts), 24.0), "UTC"))
    known = values[np.isfinite(values)]
    if len(known) < 3:
        raise InputError(f"{series.file}: {series.name}: needs at least three days of prices (got {len(known)})")
    returns = np.diff(np.log(known))
    return returns if keep_drift else returns - returns.mean()


def candidates(days: Days, plan_days: NDArray[np.datetime64], within: int, same_weekday: bool) -> tuple[Int, ...]:
    """For each day of a plan, the days of the history at which a block may begin that stands for it.

    Raises InputError where there is none.
    """
    apart = np.abs(days.season[None, :] - season(plan_days)[:, None])
    fits = np.minimum(apart, _DAYS_PER_YEAR - apart) <= within
    if same_weekday:
        fits &= days.weekday[None, :] == weekday(plan_days)[:, None]
    empty = ~fits.any(axis=1)
    if empty.any():
        day = np.datetime_as_string(plan_days[int(np.argmax(empty))], unit="D")
        asked = f"within {within} days of its season" + (" and on its weekday" if same_weekday else "")
        raise InputError(
            f"the price history has no day {asked} to stand for {day}: give a longer history, a larger "
            "prices.season_days, or prices.same_weekday: false"
        )
    return tuple(np.flatnonzero(row) for row in fits)


def consecutive(n: int) -> Bool:
    """`Days.has_next` of a series without gaps."""
    return np.arange(n) < n - 1


def bootstrap_blocks(
    dice: np.random.Generator, starts: tuple[Int, ...], has_next: Bool, length: float, *, random: bool
) -> Iterator[int]:
    """For each day in turn, which entry of a history stands for it.

    The stationary bootstrap (Politis and Romano, "The Stationary Bootstrap", Journal of the American Statistical
    Association 89, 1994, doi:10.1080/01621459.1994.10476870) begins a new block with probability 1 / length each day;
    blocks of one length (`random` false) are those of Kuensch ("The Jackknife and the Bootstrap for General Stationary
    Observations", Annals of Statistics 17, 1989, doi:10.1214/aos/1176347265). Here a block begins only at one of
    ``starts`` of its day, and ends where the history has a gap or ends, instead of going round.
    """
    at = -1
    for day, choice in enumerate(starts):
        new = dice.random() < 1.0 / length if random else day % round(length) == 0
        at = int(dice.choice(choice)) if at < 0 or new or not has_next[at] else at + 1
        yield at
