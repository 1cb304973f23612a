"""What a series is once it is judged: values over intervals, the fills made, the range allowed."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from optimizer.arrays import Bool, F


@dataclass(frozen=True)
class Fill:
    """Missing values that were filled: where, how, and how many intervals. Times are UTC."""

    file: str
    start: pd.Timestamp
    end: pd.Timestamp
    method: str
    count: int


@dataclass(frozen=True)
class TimeSeries:
    """Values that hold over ``[start, end)``, in time's order, without overlaps; gaps may remain.

    ``starts`` and ``ends`` are UTC and ``values`` finite, all of shape (n_rows,). ``name`` says
    which column or location, ``file`` which file. ``reach`` is what the file covers as a whole, where
    rows that did not matter were left out. ``currency`` is that of a publisher who does not tell it, where no exchange
    rate is given.
    """

    starts: pd.DatetimeIndex
    ends: pd.DatetimeIndex
    values: F
    name: str
    fills: tuple[Fill, ...] = ()
    file: str = ""
    reach: tuple[pd.Timestamp, pd.Timestamp] | None = None
    currency: str = ""

    def __len__(self) -> int:
        return len(self.values)

    @property
    def covers(self) -> tuple[pd.Timestamp, pd.Timestamp]:
        """First start and last end of the file, UTC; gaps may lie between."""
        return self.reach or (self.starts[0], self.ends[-1])


@dataclass(frozen=True)
class Limits:
    """The range a quantity may have; ``above`` excludes the lower end."""

    low: float = -np.inf
    high: float = np.inf
    above: bool = False

    def broken_by(self, values: F) -> Bool:
        """Which values lie outside, shape of ``values``."""
        too_low = values <= self.low if self.above else values < self.low
        return too_low | (values > self.high)

    def __str__(self) -> str:
        low = f"above {self.low:g}" if self.above else f"at least {self.low:g}"
        return f"{low} and at most {self.high:g}"


def naive_utc(times: pd.DatetimeIndex) -> NDArray[np.datetime64]:
    """UTC times as datetime64[us], for comparison and searching; never for bare integers."""
    return np.asarray(times.tz_convert(None).to_numpy(), dtype="datetime64[us]")


def clock(time: pd.Timestamp | np.datetime64, zone: str) -> str:
    """A UTC time for people: ``2026-02-11 06:00-06:00``."""
    local = pd.Timestamp(time).tz_localize("UTC") if pd.Timestamp(time).tz is None else pd.Timestamp(time)
    return local.tz_convert(zone).isoformat(sep=" ", timespec="minutes")
