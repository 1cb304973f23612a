"""How a study cuts time: months for contracts, periods (quarters, then years) for decisions and money."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from functools import cached_property

import numpy as np

from optimizer.arrays import F, Int
from optimizer.conversion.files.study import Years

MONTHS_PER_YEAR = 12
HOURS_PER_YEAR = 8766.0  # 365.25 days
DAYS_PER_MONTH = 365.25 / MONTHS_PER_YEAR


@dataclass(frozen=True)
class Timeline:
    """Periods of whole months from ``start`` on; ``lengths`` are in months. Money of a period moves at its middle.

    >>> line = timeline_of(Years(start=date(2026, 3, 1), quarters=4, years=2))
    >>> line.labels
    ('year 1 Q1', 'year 1 Q2', 'year 1 Q3', 'year 1 Q4', 'year 2')
    >>> line.middles.tolist()
    [0.125, 0.375, 0.625, 0.875, 1.5]
    """

    start: date
    lengths: tuple[int, ...]
    labels: tuple[str, ...]
    decisions: int  # the first so many periods, in which a conversion may begin

    def __len__(self) -> int:
        return len(self.lengths)

    @cached_property
    def first_months(self) -> Int:
        """First month of each period, (periods,)."""
        return np.concatenate([[0], np.cumsum(self.lengths)[:-1]]).astype(np.int64)

    @property
    def months(self) -> int:
        """Months in all."""
        return sum(self.lengths)

    @cached_property
    def years(self) -> F:
        """Length of each period in years, (periods,)."""
        return np.asarray(self.lengths, dtype=np.float64) / MONTHS_PER_YEAR

    @cached_property
    def middles(self) -> F:
        """Middle of each period in years from the start, (periods,)."""
        return self.first_months / MONTHS_PER_YEAR + self.years / 2.0

    def discount(self, rate: float) -> F:
        """What a dollar of each period is worth at the start, (periods,)."""
        return np.asarray((1.0 + rate) ** -self.middles)

    def end_discount(self, rate: float) -> float:
        """What a dollar at the end is worth at the start."""
        return float((1.0 + rate) ** -(self.months / MONTHS_PER_YEAR))

    def total(self, monthly: F) -> F:
        """Sums over periods of what stands by month on the last axis."""
        return np.asarray(np.add.reduceat(monthly, self.first_months, axis=-1))

    def mean(self, monthly: F) -> F:
        """Means over periods of what stands by month on the last axis."""
        return np.asarray(self.total(monthly) / np.asarray(self.lengths))

    def calendar_years(self) -> Int:
        """The year of the study in which each period lies, from 1, (periods,)."""
        return np.asarray(self.first_months // MONTHS_PER_YEAR + 1)


def timeline_of(years: Years) -> Timeline:
    """The timeline of a study."""
    quarters = [f"year {q // 4 + 1} Q{q % 4 + 1}" for q in range(years.quarters)]
    later = [f"year {year + 1}" for year in range(years.quarters // 4, years.years)]
    lengths = (3,) * len(quarters) + (12,) * len(later)
    return Timeline(years.start, lengths, (*quarters, *later), max(years.quarters, 1))
