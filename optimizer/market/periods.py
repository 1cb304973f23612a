"""Billing periods on a plan's intervals, and the tail that reaches to the end of the last one."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from optimizer.config.farm import Farm
from optimizer.market.grid import Grid

_SECONDS_PER_HOUR = 3600
_SECONDS_PER_MINUTE = 60


@dataclass(frozen=True)
class Period:
    """One billing period and the intervals ``first`` to ``stop - 1`` of a grid, which begin in it.

    ``label`` is the month of its beginning, such as "2026-02". ``begins`` and ``ends`` are those of the whole period,
    in UTC; a grid may hold a part of it only.
    """

    label: str
    first: int
    stop: int
    begins: pd.Timestamp
    ends: pd.Timestamp


def billing_periods(grid: Grid, billing_day: int) -> tuple[Period, ...]:
    """The billing periods in which intervals of the grid begin, in time's order.

    A period begins on ``billing_day`` of a month at midnight on the farm's clock; a day without a midnight begins at
    its first moment, one with two at the first of them.

    >>> starts = pd.date_range("2026-03-01T05:00Z", periods=2, freq="h")
    >>> february, march = billing_periods(Grid(starts, np.ones(2), "America/Chicago"), 1)
    >>> march.label, march.first, march.stop, str(march.begins), str(march.ends)
    ('2026-03', 1, 2, '2026-03-01 06:00:00+00:00', '2026-04-01 05:00:00+00:00')
    """
    start, last = grid.begin, grid.starts[-1]  # on the farm's clock within a day of these
    ahead = 12 * (last.year - start.year) + last.month - start.month
    labels, begins, moments = _beginnings(grid.timezone, billing_day, start.year, start.month, ahead)
    first = grid.starts.tz_convert(None).to_numpy().searchsorted(moments)
    return tuple(
        Period(label, int(first[i]), int(first[i + 1]), begins[i], begins[i + 1])
        for i, label in enumerate(labels[:-1])
        if first[i] < first[i + 1]
    )


def periods_after(
    period: Period, timezone: str, billing_day: int, n: int
) -> list[tuple[str, pd.Timestamp, pd.Timestamp]]:
    """Label, beginning and end of so many billing periods after one, in UTC.

    >>> ends = pd.Timestamp("2026-12-01T06:00Z")
    >>> [one[0] for one in periods_after(Period("2026-11", 0, 1, ends, ends), "America/Chicago", 1, 2)]
    ['2026-12', '2027-01']
    """
    year, month = (int(part) for part in period.label.split("-"))
    labels, begins, _ = _beginnings(timezone, billing_day, year, month, n)
    after = labels.index(period.label) + 1
    return [(labels[i], begins[i], begins[i + 1]) for i in range(after, after + n)]


@lru_cache(maxsize=64)
def _beginnings(
    timezone: str, billing_day: int, year: int, month: int, ahead: int
) -> tuple[tuple[str, ...], tuple[pd.Timestamp, ...], NDArray[np.datetime64]]:
    """Periods from the month before one to two months after the last of those ahead: labels and beginnings in UTC."""
    months = pd.period_range(pd.Period(year=year, month=month, freq="M") - 1, periods=ahead + 4, freq="M")
    days = months.to_timestamp() + pd.Timedelta(days=billing_day - 1)
    twice = np.ones(len(days), dtype=np.bool_)
    begins = days.tz_localize(timezone, ambiguous=twice, nonexistent="shift_forward").tz_convert("UTC").as_unit("us")
    return tuple(map(str, months)), tuple(begins), begins.tz_localize(None).to_numpy()


def with_tail(farm: Farm, head: Grid) -> Grid | None:
    """The head's intervals followed by those of ``farm.horizon.tail``, to the end of the head's last billing period.

    The last interval is cut short where the tail's length does not fill. Lengths are those of elapsed time: a local
    day of 25 hours has 25. None without a tail, or where the head reaches the end of the period.
    """
    tail = farm.horizon.tail
    if tail is None:
        return None
    left = billing_periods(head, farm.energy.billing_day)[-1].ends - head.end
    seconds = round(left / pd.Timedelta(seconds=1))
    if seconds <= 0:
        return None
    length = tail.minutes * _SECONDS_PER_MINUTE
    begins = np.arange(0, seconds, length)
    lengths = np.minimum(length, seconds - begins)
    starts = (head.end + pd.to_timedelta(begins, unit="s")).as_unit("us")
    return Grid(
        pd.DatetimeIndex(head.starts.append(starts)), np.append(head.hours, lengths / _SECONDS_PER_HOUR), head.timezone
    )
