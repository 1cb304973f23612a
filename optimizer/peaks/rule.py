"""Which intervals of the grid set a coincident-peak charge: data, because regulators change it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal

import numpy as np
import pandas as pd

from optimizer.arrays import F
from optimizer.errors import InputError

_DAYS_PER_MONTH, _DAYS_PER_YEAR = 31, 366
_SURE = 1e-6  # a column may be rounded


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
        label, longest = self.period(day), _DAYS_PER_MONTH if self.per == "month" else _DAYS_PER_YEAR
        later = (day + timedelta(days=n) for n in range(1, longest + 1))
        return [one for one in later if self.period(one) == label]


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


def true_peaks(load_mw: pd.Series, rule: PeakRule) -> pd.DatetimeIndex:
    """Beginnings of the intervals of a load that turned out to be its peaks, in time's order.

    The index is tz-aware in the grid's zone. A load coarser than the rule's interval gives its own rows.

    >>> hours = pd.date_range("2023-06-01", periods=30 * 24, freq="h", tz="America/Chicago")
    >>> true_peaks(pd.Series(np.arange(720.0), hours), ERCOT_4CP)[0].isoformat()
    '2023-06-30T23:00:00-05:00'
    """
    rows = load_mw.resample(f"{rule.interval_minutes}min").mean().dropna()
    index = pd.DatetimeIndex(rows.index)
    table = pd.DataFrame({"mw": rows.to_numpy(), "day": index.date, "start": index})
    table["period"] = [str(rule.period(day) or "") for day in table["day"]]
    table = table[table["period"] != ""].sort_values(["mw", "start"], ascending=[False, True])
    if rule.distinct_days:
        table = table.drop_duplicates(["period", "day"])
    return pd.DatetimeIndex(table.groupby("period").head(rule.count)["start"]).sort_values()


def within_count(probability: F, days: Iterable[date], rule: PeakRule) -> tuple[F, tuple[str, ...]]:
    """Probabilities that a month or season has no more of than it counts peaks, (n_intervals,), and what was scaled.

    ``days`` are the local days of the intervals.

    >>> fair, remarks = within_count(np.full(48, 0.5), [date(2026, 8, 6)] * 24 + [date(2026, 8, 7)] * 24, ERCOT_4CP)
    >>> round(float(fair.sum()), 9), remarks
    (1.0, ('the probabilities of 2026-08 add up to 24, but it counts 1 at most: they are scaled by 0.0416667',))
    """
    label = np.array(["{}-{:02d}".format(*rule.counts_for(day)) for day in days])
    fair, remarks = probability.copy(), []
    for period in dict.fromkeys(label[probability > 0].tolist()):
        inside = label == period
        total = float(probability[inside].sum())
        if total > rule.count * (1.0 + _SURE):
            fair[inside] *= rule.count / total
            what = period if rule.per == "month" else f"the season from {period}"
            remarks.append(
                f"the probabilities of {what} add up to {total:.6g}, but it counts {rule.count} at most: they are "
                f"scaled by {rule.count / total:.6g}"
            )
    return fair, tuple(remarks)
