"""Which part of each interval a contract's calendar covers, on the farm's clock."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from optimizer.config.calendar import WEEK, When
from optimizer.market.grid import Grid

F = NDArray[np.float64]
_SAMPLE_MINUTES = 5  # every interval is a multiple of it


def share_within(grid: Grid, when: When | None) -> F:
    """The share of each interval within ``when``, (n_intervals,); ones without one.

    A local day has 23, 24 or 25 hours: an hour that comes twice counts twice, one that is skipped does not count.
    """
    if when is None:
        return np.ones(len(grid))
    counts = np.round(grid.hours * 60 / _SAMPLE_MINUTES).astype(np.int64)
    owner = np.repeat(np.arange(len(grid)), counts)
    within = np.arange(len(owner)) - np.repeat(np.cumsum(counts) - counts, counts)
    moments = grid.starts[owner] + pd.to_timedelta(within * _SAMPLE_MINUTES, unit="min")
    local = moments.tz_convert(grid.timezone)
    covered = np.ones(len(owner), dtype=np.bool_)
    if when.months is not None:
        covered &= np.isin(local.month, when.months)
    if when.days is not None:
        covered &= np.isin(local.day_of_week, [WEEK.index(day) for day in when.days])
    if when.hours is not None:
        hour = np.asarray(local.hour + local.minute / 60.0)
        covered &= np.any([(hour >= span.start) & (hour < span.end) for span in when.hours], axis=0)
    share: F = np.bincount(owner, weights=covered, minlength=len(grid)) / counts
    return share
