"""Billing periods of a plan, and what of them lies before it, in it and after it.

What the plan cannot change, metered before it or expected after it, is owed anyway and no cost of the plan.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property

import numpy as np
import pandas as pd

from optimizer.arrays import Bool, F, Int
from optimizer.config.calendar import When
from optimizer.config.farm import Farm
from optimizer.market.calendars import hours_within, share_within
from optimizer.market.grid import Grid
from optimizer.market.periods import Period, billing_periods


@dataclass(frozen=True)
class Rest:
    """What the rest of a billing period adds after the plan, as its tail expects it.

    expected: what accounts declare as `rest`, by (name, period's label) each. unknown_mw: what a peak before the plan
    is taken to have been where that is not known; it must be, when None. over: the intervals are over, and nothing is
    expected where nothing is told.
    """

    expected: Mapping[str, Mapping[tuple[str, str], float]] = field(default_factory=dict)
    unknown_mw: float | None = None
    over: bool = False

    def of(self, name: str) -> Mapping[tuple[str, str], float]:
        """What is expected of one of them; nothing where that is not known."""
        return self.expected.get(name, {})


NO_REST = Rest()


@dataclass(frozen=True)
class Billing:
    """The billing periods of a farm over a grid."""

    farm: Farm
    grid: Grid
    _within: dict[When | None, F] = field(default_factory=dict, init=False, repr=False, compare=False)

    @cached_property
    def periods(self) -> tuple[Period, ...]:
        """The billing periods the plan touches, in order. Computed only where something is charged by them."""
        return billing_periods(self.grid, self.farm.energy.billing_day)

    @property
    def with_minimum(self) -> range:
        """Positions of the periods with a minimum bill: all of them, or none."""
        return range(len(self.periods) if self.farm.energy.minimum_bill_usd_per_month else 0)

    def begun_before(self, period: Period) -> bool:
        """Whether a part of the period lies before the plan."""
        return bool(period.begins < self.grid.begin)

    def goes_on(self, period: Period) -> bool:
        """Whether a part of the period lies after the plan."""
        return bool(period.ends > self.grid.end)

    def counted_before(self, when: When | None, period: Period) -> bool:
        """Whether hours of the period that count lie before the plan."""
        return hours_within(self.grid, period.begins, self.grid.begin, when, self.farm.energy.holidays) > 0

    def comes_in(self, when: When | None, period: Period) -> bool:
        """Whether hours that count come in a period at all, inside the plan or not."""
        return hours_within(self.grid, period.begins, period.ends, when, self.farm.energy.holidays) > 0

    def within(self, when: When | None) -> F:
        """The share of each interval that counts, (intervals,)."""
        if when not in self._within:
            self._within[when] = share_within(self.grid, when, self.farm.energy.holidays)
        return self._within[when]

    def counted(self, when: When | None, period: Period) -> Int:
        """The intervals of a period that count, by position."""
        share = self.within(when)[period.first : period.stop]
        return (np.flatnonzero(share > 0) + period.first).astype(np.int64)

    def share_of_remainder(self, period: Period, when: When | None = None) -> float:
        """The plan's hours in a period, of those that count, as a share of all from the plan's beginning on."""
        inside = slice(period.first, period.stop)
        hours = float((self.grid.hours * self.within(when))[inside].sum())
        begins = max(period.begins, self.grid.begin)
        left = hours_within(self.grid, begins, period.ends, when, self.farm.energy.holidays)
        return min(hours / left, 1.0) if left > 0 else 1.0

    def left(self, period: Period, left: float, rest: float | None, when: When | None = None) -> float:
        """What of an amount is left for the plan: less what the rest is known to take, else by hours that count."""
        if not self.goes_on(period):
            return left
        return left - rest if rest is not None else left * self.share_of_remainder(period, when)


def touched(grid: Grid, start: datetime, end: datetime) -> Bool:
    """Intervals that [start, end) touches, (intervals,); times in UTC."""
    return np.asarray((grid.starts < pd.Timestamp(end)) & (grid.ends > pd.Timestamp(start)))
