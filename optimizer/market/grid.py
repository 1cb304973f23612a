"""The dispatch intervals of a plan: when each begins, how long it is, which local day it belongs to."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from optimizer.arrays import F, Int
from optimizer.config.base import LAST_YEAR
from optimizer.config.calendar import SLOT_MINUTES
from optimizer.config.clock import to_utc
from optimizer.config.farm import Farm
from optimizer.config.horizon import Horizon
from optimizer.errors import InputError

_SECONDS_PER_HOUR = 3600
_SECONDS_PER_MINUTE = 60
_EPOCH_YEAR = 1970
_ROUNDED_SECONDS = 2.0  # 0.0833 hours are meant to be 5 minutes, 299.88 s


@dataclass(frozen=True)
class Slots:
    """A grid cut at every slot of the farm's clock, in time's order; arrays are (slots,).

    ``intervals`` is the interval a piece lies in, ``starts`` its beginning in UTC, ``seconds`` its length, ``days`` its
    local day, ``times`` which slot of that day it is: 0 begins at midnight.
    """

    intervals: Int
    starts: pd.DatetimeIndex
    seconds: F
    days: NDArray[np.datetime64]
    times: Int


@dataclass(frozen=True)
class Grid:
    """Intervals ``[start, start + hours)``, back to back, in time's order.

    ``starts`` is in UTC, ``hours`` has shape (n_intervals,) and may hold different lengths;
    ``timezone`` is the farm's, for local days and for people.
    """

    starts: pd.DatetimeIndex
    hours: F
    timezone: str

    def __len__(self) -> int:
        return len(self.starts)

    @cached_property
    def ends(self) -> pd.DatetimeIndex:
        """Ends of the intervals, UTC, shape (n_intervals,)."""
        seconds = np.round(self.hours * _SECONDS_PER_HOUR).astype("timedelta64[s]")
        return pd.DatetimeIndex(self.starts + seconds).as_unit("us")

    @cached_property
    def begin(self) -> pd.Timestamp:
        """Beginning of the first interval, UTC."""
        return self.starts[0]

    @cached_property
    def end(self) -> pd.Timestamp:
        """End of the last interval, UTC."""
        return self.ends[-1]

    def part(self, first: int, stop: int) -> Grid:
        """The intervals ``first`` to ``stop - 1``."""
        return self.merged(np.arange(first, stop), stop)

    def merged(self, firsts: Int, stop: int) -> Grid:
        """Longer intervals that begin where those at ``firsts``, rising, do; the last ends where ``stop - 1`` does."""
        lasts = np.append(firsts[1:], stop)[: len(firsts)] - 1
        hours = self.hours[firsts]
        if (lasts > firsts).any():
            hours = np.add.reduceat(self.hours[:stop], firsts)
        merged = Grid(self.starts[firsts], hours, self.timezone)
        merged.__dict__.update(  # reckoned once for all that is made of a grid
            ends=self.ends[lasts], _dates=self._dates[firsts], _end_dates=self._end_dates[lasts]
        )
        return merged

    @cached_property
    def local_starts(self) -> pd.DatetimeIndex:
        """Starts on the farm's clock, with offset, shape (n_intervals,)."""
        return self.starts.tz_convert(self.timezone)

    @cached_property
    def day_of_interval(self) -> Int:
        """Index of the local calendar day in which each interval begins; the first day is 0.

        A local day has 23, 24 or 25 hours.
        """
        return self._days[1]

    @cached_property
    def days(self) -> tuple[str, ...]:
        """Labels of the local days, ``2026-02-11``, in order."""
        return self._days[0]

    @cached_property
    def slots(self) -> Slots:
        """The grid cut at every slot of the farm's clock. Every zone's offset is a multiple of a slot."""
        length = SLOT_MINUTES * _SECONDS_PER_MINUTE
        floors = self.starts.floor(f"{SLOT_MINUTES}min")
        begins = np.asarray((self.starts - floors) / pd.Timedelta(seconds=1))
        ends = begins + np.round(self.hours * _SECONDS_PER_HOUR)
        counts = np.ceil(ends / length).astype(np.int64)
        owner = np.repeat(np.arange(len(self), dtype=np.int64), counts)
        within = length * (np.arange(len(owner)) - np.repeat(np.cumsum(counts) - counts, counts))
        first = np.maximum(begins[owner], within)
        seconds = np.minimum(ends[owner], within + length) - first
        starts = (floors[owner] + pd.to_timedelta(first, unit="s")).as_unit("us")
        local = starts.tz_convert(self.timezone).tz_localize(None)
        times = np.asarray(local.hour * 60 + local.minute, dtype=np.int64) // SLOT_MINUTES
        return Slots(owner, starts, seconds, local.normalize().to_numpy(), times)

    @cached_property
    def _days(self) -> tuple[tuple[str, ...], Int]:
        """Labels of the local days, and which each interval begins in.

        Dates without a zone: in some zones a day begins at 01:00 and has no midnight to go back to.
        """
        days, of_interval = np.unique(self._dates, return_inverse=True)
        return tuple(np.datetime_as_string(days).tolist()), of_interval.astype(np.int64)

    @cached_property
    def years(self) -> Int:
        """The local year in which each interval begins, (n_intervals,)."""
        return self._dates.astype("datetime64[Y]").astype(np.int64) + _EPOCH_YEAR

    @cached_property
    def last_day_goes_on(self) -> bool:
        """Whether the last interval ends on the local day in which it begins; at midnight it does not."""
        return bool(self._end_dates[-1] == self._dates[-1])

    @cached_property
    def _dates(self) -> NDArray[np.datetime64]:
        return _local_dates(self.local_starts)

    @cached_property
    def _end_dates(self) -> NDArray[np.datetime64]:
        return _local_dates(self.ends.tz_convert(self.timezone))


def _local_dates(moments: pd.DatetimeIndex) -> NDArray[np.datetime64]:
    return moments.tz_localize(None).to_numpy().astype("datetime64[D]")


def grid_of(farm: Farm, start: datetime | None = None, hours: float | None = None) -> Grid:
    """The intervals of ``farm.horizon``, from ``start`` over ``hours`` where these are given.

    A ``start`` without an offset is on the farm's clock. Steps that run past the horizon are cut.
    Raises InputError when there is no start, when a local start does not exist or comes twice
    or lies beyond every calendar, and when the steps do not make up the horizon in whole intervals.
    """
    begin = start if start is not None else farm.horizon.start
    if begin is None:
        raise InputError(
            "the plan has no start: give --start, such as --start 2026-02-11T06:00, or horizon.start in the farm file"
        )
    if begin.year > LAST_YEAR:
        raise InputError(f"the plan cannot start at {begin}: the year is out of range")
    try:
        first = pd.Timestamp(to_utc(begin, farm.timezone)).as_unit("us")
    except (ValueError, OverflowError, NotImplementedError) as error:
        raise InputError(f"the plan cannot start at {begin}: {error}") from None
    total = farm.horizon.hours if hours is None else hours
    seconds = np.asarray(step_lengths(farm.horizon, total), dtype=np.int64)
    since_start = np.concatenate([[0], np.cumsum(seconds)[:-1]])
    starts = (pd.DatetimeIndex([first]).repeat(len(seconds)) + pd.to_timedelta(since_start, unit="s")).as_unit("us")
    return Grid(starts, seconds / _SECONDS_PER_HOUR, farm.timezone)


def step_lengths(horizon: Horizon, total_hours: float) -> list[int]:
    """Seconds of each interval."""
    total = _whole_minutes(total_hours, "the horizon")
    if total <= 0:
        raise InputError(f"the horizon must be longer than {total_hours:g} hours")
    if total_hours > 24 * 366:
        raise InputError(f"the horizon of {total_hours:g} hours is longer than a year of 366 days")
    lengths: list[int] = []
    left = total
    for position, step in enumerate(horizon.intervals, start=1):
        length = step.minutes * 60
        wanted = left if step.hours is None else min(left, _whole_minutes(step.hours, f"step {position}"))
        count, rest = divmod(wanted, length)
        if rest:
            raise InputError(
                f"horizon.intervals: step {position} covers {wanted / _SECONDS_PER_HOUR:g} hours, "
                f"which {step.minutes}-minute intervals do not fill; change its hours or the horizon's"
            )
        lengths += [length] * count
        left -= wanted
    if left:
        covered, asked = (total - left) / _SECONDS_PER_HOUR, total / _SECONDS_PER_HOUR
        raise InputError(
            f"horizon.intervals cover {covered:g} of {asked:g} hours; "
            "leave out the hours of the last step and it reaches to the end"
        )
    return lengths


def _whole_minutes(hours: float, what: str) -> int:
    """The seconds of so many hours, rounded to the minute they are meant to fill."""
    if not np.isfinite(hours):
        raise InputError(f"{what} must last a number of hours (got {hours})")
    seconds = round(hours * _SECONDS_PER_HOUR / _SECONDS_PER_MINUTE) * _SECONDS_PER_MINUTE
    if abs(hours * _SECONDS_PER_HOUR - seconds) > _ROUNDED_SECONDS:
        raise InputError(f"{what} of {hours:g} hours is not a whole number of minutes")
    return seconds
