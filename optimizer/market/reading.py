"""Quantities of a farm file, whether numbers, rates or files, on the intervals of a plan and of its tail."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, get_args

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from optimizer.config import base
from optimizer.config.base import SeriesFile
from optimizer.config.charges import CoincidentPeak
from optimizer.config.farm import Farm
from optimizer.config.rates import Rates
from optimizer.errors import Fault, InputError, MissingDataError
from optimizer.market.calendars import rates_on
from optimizer.market.coincident import estimated, rule_of, within_count
from optimizer.market.grid import Grid
from optimizer.market.series import Fill, Limits, TimeSeries, on_grid, read_series, where_covered
from optimizer.market.timeseries import clock
from optimizer.units import HOURS_PER_DAY

F = NDArray[np.float64]
Quantity = float | SeriesFile | Rates
_HOUR = pd.Timedelta(hours=1)


def limits_of(quantity: Any) -> Limits:
    """The range that a quantity of ``config.base`` has as a plain number.

    >>> str(limits_of(base.Share))
    'at least 0 and at most 1'
    """
    low, high, above = -np.inf, np.inf, False
    for bound in get_args(quantity)[1].metadata:
        low = float(getattr(bound, "ge", getattr(bound, "gt", low)))
        high = float(getattr(bound, "le", high))
        above = above or hasattr(bound, "gt")
    return Limits(low, high, above)


class Reading:
    """Reads one quantity after the other and keeps faults for the end, so that all are told at once.

    The intervals of ``grid`` from ``head`` on are the plan's tail. A file that does not reach to its end is held at its
    mean over the last 24 hours before the tail, or is zero there, and ``remarks`` says so. Where a file has a fault its
    values are NaN; ``finish`` raises then.
    """

    def __init__(self, farm: Farm, folder: Path, grid: Grid, head: int | None = None) -> None:
        stop = len(grid) if head is None else head
        self.farm, self.folder, self.grid = farm, folder, grid
        self.plan = grid.part(0, stop)
        self.tail = grid.part(stop, len(grid)) if stop < len(grid) else None
        self.fills: list[Fill] = []
        self.remarks: list[str] = []
        self._faults: list[Fault] = []
        self._missing: list[str] = []

    def optional(self, path: str, quantity: Quantity | None, kind: Any) -> F | None:
        """As ``values``; None for a quantity that is not given."""
        return None if quantity is None else self.values(path, quantity, kind)

    def values(self, path: str, quantity: Quantity, kind: Any) -> F:
        """A quantity in the range of ``kind`` over plan and tail, (n_intervals,); ``path`` is its place in the file."""
        if self.tail is None or not isinstance(quantity, SeriesFile):
            return self.over(self.grid, quantity, kind)
        tail, spec = self.tail, quantity

        def read() -> F:
            series = self._series(self.folder / spec.file, spec, kind, self.grid)
            values, further = on_grid(series, self.plan), where_covered(series, tail)
            ended = np.isnan(further)
            if ended.any():
                held = _last_day(values, self.plan)
                further[ended] = held
                since = clock(tail.starts[int(np.argmax(ended))], tail.timezone)
                self.remarks.append(
                    f"{path}: {spec.file} does not reach over the tail; from {since} on it is its mean over the 24 "
                    f"hours before the tail, {held:.6g}"
                )
            return np.append(values, further)

        return self._kept(read, len(self.grid))

    def over(self, grid: Grid, quantity: Quantity, kind: Any, file: Path | None = None, what: str = "") -> F:
        """A quantity over all of a grid, (n_intervals,); ``file`` takes the place of the quantity's own.

        ``what`` comes before the sentence on what is missing.
        """
        if isinstance(quantity, Rates):
            return rates_on(grid, quantity, self.farm.energy.holidays)
        if not isinstance(quantity, SeriesFile):
            return np.full(len(grid), float(quantity))
        path = self.folder / quantity.file if file is None else file
        return self._kept(lambda: on_grid(self._series(path, quantity, kind, grid), grid), len(grid), what)

    def probability(self, path: str, peak: CoincidentPeak) -> F:
        """The probability of each interval to be one of a charge's peaks, (n_intervals,).

        A number holds for every interval. A row of a file is shared by time among the intervals it covers, and the rows
        of a longer interval are added up; the tail has none where the file has ended. What adds up to more than the
        peaks that a month or season counts is scaled down to them, and told.
        """
        given = peak.probability
        if given is not None:
            if isinstance(given, SeriesFile):
                values = self._kept(lambda: self._shared(path, given), len(self.grid))
            else:
                values = np.full(len(self.grid), given)
            fair, told = within_count(values, self.grid, rule_of(peak.rule))
            self.remarks += [f"{path}: {sentence}" for sentence in told]
            return fair

        def read() -> F:
            values, fills = estimated(self.farm, self.folder, self.grid, peak)
            self._add(fills)
            return values

        return self._kept(read, len(self.grid))

    def _shared(self, path: str, spec: SeriesFile) -> F:
        series = self._series(self.folder / spec.file, spec, base.Share, self.grid)
        per_hour = replace(series, values=series.values / np.asarray((series.ends - series.starts) / _HOUR))
        shares = on_grid(per_hour, self.plan) * self.plan.hours
        if self.tail is None:
            return shares
        further = where_covered(per_hour, self.tail) * self.tail.hours
        ended = np.isnan(further)
        if ended.any():
            since = clock(self.tail.starts[int(np.argmax(ended))], self.tail.timezone)
            self.remarks.append(f"{path}: {spec.file} does not reach over the tail; from {since} on it is 0")
        return np.append(shares, np.nan_to_num(further))

    def finish(self) -> None:
        """Raises what was found."""
        if self._faults:
            raise InputError(dict.fromkeys(self._faults))
        if self._missing:
            raise MissingDataError("\n".join(dict.fromkeys(self._missing)))

    def _series(self, path: Path, spec: SeriesFile, kind: Any, grid: Grid) -> TimeSeries:
        series = read_series(path, spec, self.farm.timezone, within=grid, limits=limits_of(kind))
        self._add(series.fills)
        return series

    def _add(self, fills: tuple[Fill, ...]) -> None:
        self.fills += [fill for fill in fills if fill not in self.fills]

    def _kept(self, read: Callable[[], F], n: int, what: str = "") -> F:
        """What ``read`` gives; NaN, never handed out, where it raises faults, which are kept for the end."""
        try:
            return read()
        except InputError as error:
            if not error.faults:
                raise
            self._faults += error.faults
        except MissingDataError as error:
            self._missing.append(f"{what}{error}")
        return np.full(n, np.nan)


def _last_day(values: F, grid: Grid) -> float:
    """The mean by time over the last 24 hours of a grid, or over all of a shorter one."""
    to_the_end = np.cumsum(grid.hours[::-1])[::-1]
    within = grid.hours - np.clip(to_the_end - HOURS_PER_DAY, 0.0, grid.hours)
    return float(np.average(values, weights=within))
