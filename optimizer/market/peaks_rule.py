"""Which intervals of the grid set a coincident-peak charge: data, because regulators change it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal

from optimizer.errors import InputError

_DAYS_PER_YEAR = 366


@dataclass(frozen=True)
class PeakRule:
    """Which intervals set the charge: the ``count`` highest of each ``per`` in ``months``, on the grid's clock.

    ``interval_minutes`` is the length over which the grid's load is averaged; with ``distinct_days`` no two of the
    intervals lie on one day. ``source`` says where the rule is written.

    >>> ERCOT_4CP.intervals_per_year, PJM_5CP.intervals_per_year
    (4, 5)
    """

    months: tuple[int, ...]
    count: int
    per: Literal["month", "season"]
    interval_minutes: int
    distinct_days: bool
    source: str

    def __post_init__(self) -> None:
        """Refuse a rule nobody can follow."""
        if not self.months or len(set(self.months)) != len(self.months) or not set(self.months) <= set(range(1, 13)):
            raise InputError(f"months of a coincident peak must be different numbers from 1 to 12 (got {self.months})")
        if self.count < 1:
            raise InputError(f"count of a coincident peak must be at least 1 (got {self.count})")
        if self.interval_minutes not in (5, 15, 30, 60):
            raise InputError(f"interval_minutes must be 5, 15, 30 or 60 (got {self.interval_minutes})")

    @property
    def intervals_per_year(self) -> int:
        """Intervals that set a year's charge."""
        return self.count * (len(self.months) if self.per == "month" else 1)

    @property
    def first_month(self) -> int:
        """The month a season begins with: the first whose month before is not in the set; 12, 1, 2 begin with 12."""
        return next((m for m in sorted(self.months) if (m - 2) % 12 + 1 not in self.months), min(self.months))

    def period(self, day: date) -> tuple[int, int] | None:
        """A label of the month or season that a local day counts for, None outside the months.

        >>> ERCOT_4CP.period(date(2023, 7, 31)), PJM_5CP.period(date(2023, 7, 31)), ERCOT_4CP.period(date(2023, 5, 1))
        ((2023, 7), (2023, 6), None)
        """
        if day.month not in self.months:
            return None
        if self.per == "month":
            return day.year, day.month
        return day.year - (day.month < self.first_month), self.first_month

    def counts_for(self, day: date) -> tuple[int, int]:
        """The month or season whose peaks a probability on a local day adds to; its own month outside the months.

        >>> PJM_5CP.counts_for(date(2023, 7, 31)), PJM_5CP.counts_for(date(2023, 5, 1))
        ((2023, 6), (2023, 5))
        """
        return self.period(day) or (day.year, day.month)

    def days_left(self, day: date) -> list[date]:
        """The days after a day that count for the same month or season."""
        later = (day + timedelta(days=n) for n in range(1, _DAYS_PER_YEAR + 1))
        return [one for one in later if self.period(one) == self.period(day)]


ERCOT_4CP = PeakRule(
    months=(6, 7, 8, 9),
    count=1,
    per="month",
    interval_minutes=15,
    distinct_days=True,
    source="16 TAC 25.192(b)(1): average of the ERCOT coincident peak in June, July, August and September",
)
PJM_5CP = PeakRule(
    months=(6, 7, 8, 9),
    count=5,
    per="season",
    interval_minutes=60,
    distinct_days=True,
    source="https://www.energyby5.com/coincidental-peak-2023-alerts: the peak hours of the five highest days",
)
PRESETS: Mapping[str, PeakRule] = {"ercot_4cp": ERCOT_4CP, "pjm_5cp": PJM_5CP}
