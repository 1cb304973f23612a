"""Peak probabilities as they were issued: every midnight from the load up to then, and which hours it became."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from optimizer.errors import InputError
from optimizer.market.peaks import peak_probability
from optimizer.market.peaks_fit import daily_peaks, fit, recent_days, whole_days
from optimizer.market.peaks_model import PeakModel, damped_persistence, ercot_model
from optimizer.market.peaks_rule import PeakRule

F = NDArray[np.float64]
ISSUED_HOURS = 48


@dataclass(frozen=True)
class Issuer:
    """Issues probabilities at midnights of the grid's clock. load_mw: hourly, index tz-aware in the grid's zone."""

    load_mw: pd.Series
    rule: PeakRule
    model: PeakModel

    @cached_property
    def _tables(self) -> tuple[dict[date, F], dict[date, float]]:
        return whole_days(self.load_mw), daily_peaks(self.load_mw)

    def at(self, issue: date) -> tuple[pd.DatetimeIndex, F]:
        """The hours of two days from a midnight on, and their probabilities, from the load of the days before.

        The forecast is damped persistence, which needs no weather. Raises InputError where too little is known.
        """
        days, peaks = self._tables
        outlook = self.model.outlook(peaks, issue)  # looks at days before the issue only
        yesterday = issue - timedelta(days=1)
        recent = recent_days(days, yesterday)
        if not len(recent):
            raise InputError(f"the load of none of the seven days before {issue} is known")
        forecast = [damped_persistence(recent, yesterday, ahead, outlook) for ahead in (1, 2)]
        times = pd.date_range(str(issue), periods=ISSUED_HOURS, freq="h", tz=pd.DatetimeIndex(self.load_mw.index).tz)
        probability = peak_probability(
            np.concatenate(forecast),
            times,
            np.ones(ISSUED_HOURS),
            rule=self.rule,
            error=self.model.persistence,
            past_peaks_mw={day: mw for day, mw in peaks.items() if day < issue},
            outlook=outlook,
            seed=issue.toordinal(),
        )
        return times, probability


def model_before(load_mw: pd.Series, day: date) -> PeakModel:
    """The model fitted on the whole years of a load before a day; the shipped one where there is no such year."""
    index = pd.DatetimeIndex(load_mw.index)
    try:
        return fit(load_mw[index.year < day.year], source=f"the load before {day.year}")
    except InputError:
        return ercot_model()


def true_peaks(load_mw: pd.Series, rule: PeakRule) -> pd.DatetimeIndex:
    """Beginnings of the intervals of a load that turned out to be its peaks, in time's order.

    The index is tz-aware in the grid's zone. A load coarser than the rule's interval gives its own rows.

    >>> hours = pd.date_range("2023-06-01", periods=30 * 24, freq="h", tz="America/Chicago")
    >>> from optimizer.market.peaks_rule import ERCOT_4CP
    >>> true_peaks(pd.Series(np.arange(720.0), hours), ERCOT_4CP)[0].isoformat()
    '2023-06-30T23:00:00-05:00'
    """
    rows = load_mw.resample(f"{rule.interval_minutes}min").mean().dropna()
    index = pd.DatetimeIndex(rows.index)
    table = pd.DataFrame({"mw": rows.to_numpy(), "day": index.date, "start": index})
    table["period"] = [rule.period(day) for day in table["day"]]
    table = table.dropna(subset=["period"]).sort_values(["mw", "start"], ascending=[False, True])
    if rule.distinct_days:
        table = table.drop_duplicates(["period", "day"])
    return pd.DatetimeIndex(table.groupby("period").head(rule.count)["start"]).sort_values()
