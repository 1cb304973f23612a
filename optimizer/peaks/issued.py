"""Peak probabilities as they were issued: through the day, from the load up to then; and which hours it became.

At midnight the forecast is damped persistence. Later in the day it is scaled to the last hour's load, which is known
when the hour is over, and its error is that of such scaled forecasts in earlier summers.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property

import numpy as np
import pandas as pd

from optimizer.arrays import F
from optimizer.errors import InputError
from optimizer.peaks.fit import daily_peaks, fit, recent_days, whole_days
from optimizer.peaks.load_error import LoadError, fit_error
from optimizer.peaks.model import Outlook, PeakModel, damped_persistence, ercot_model
from optimizer.peaks.probability import peak_probability
from optimizer.peaks.rule import PeakRule

ISSUED_HOURS = 48
_HOURS_PER_DAY = 24
_SUMMER = (6, 7, 8, 9)
_ISSUE_HOURS = range(8, 19)  # of a day, at which the error of scaled forecasts is fitted
_LEADS = 12


@dataclass(frozen=True)
class Issuer:
    """Issues probabilities at full hours of the grid's clock. load_mw: hourly, index tz-aware in the grid's zone.

    scaled: the error of forecasts that are scaled to the hour before; None where only midnights are asked for.
    """

    load_mw: pd.Series
    rule: PeakRule
    model: PeakModel
    scaled: LoadError | None = None

    @cached_property
    def _tables(self) -> tuple[dict[date, F], dict[date, float]]:
        return whole_days(self.load_mw), daily_peaks(self.load_mw)

    def at(self, issue: date, hour: int = 0) -> tuple[pd.DatetimeIndex, F]:
        """The hours from one of a day to the end of the next, and their probabilities, from the load before them.

        Raises InputError where too little is known.
        """
        days, peaks = self._tables
        outlook = self.model.outlook(peaks, issue)  # looks at days before the issue only
        yesterday = issue - timedelta(days=1)
        recent = recent_days(days, yesterday)
        if not len(recent):
            raise InputError(f"the load of none of the seven days before {issue} is known")
        today, tomorrow = (damped_persistence(recent, yesterday, ahead, outlook) for ahead in (1, 2))
        known = {day: mw for day, mw in peaks.items() if day < issue}
        if hour and issue in days:
            today = today * days[issue][hour - 1] / today[hour - 1]
            known[issue] = float(days[issue][:hour].max())
        error = self.model.persistence if not hour or self.scaled is None else self.scaled
        times = pd.date_range(str(issue), periods=ISSUED_HOURS, freq="h", tz=pd.DatetimeIndex(self.load_mw.index).tz)
        probability = peak_probability(
            np.concatenate([today, tomorrow])[hour:],
            times[hour:],
            np.ones(ISSUED_HOURS - hour),
            rule=self.rule,
            error=error,
            past_peaks_mw=known,
            outlook=outlook,
            seed=issue.toordinal() + 1_000_000 * hour,
        )
        return times[hour:], probability


def scaled_error(load_mw: pd.Series, model: PeakModel, before: date) -> LoadError:
    """The error of forecasts scaled to the last hour, issued on the days of June to September before a date.

    Raises InputError where there are none.
    """
    days, peaks = whole_days(load_mw), daily_peaks(load_mw)
    rows: list[F] = []
    for day in days:
        yesterday = day - timedelta(days=1)
        if day.month not in _SUMMER or day >= before or yesterday not in days:
            continue
        try:
            outlook: Outlook = model.outlook(peaks, day)
        except InputError:
            continue  # too near the beginning of the history
        forecast = damped_persistence(recent_days(days, yesterday), yesterday, 1, outlook)
        for hour in _ISSUE_HOURS:
            scaled = forecast * days[day][hour - 1] / forecast[hour - 1]
            stop = min(hour + _LEADS, _HOURS_PER_DAY)
            row = np.full(_LEADS, np.nan)
            row[: stop - hour] = outlook.straight(day, scaled[hour:stop], days[day][hour:stop])
            rows.append(row)
    if not rows:
        raise InputError(f"the load holds no summer before {before}")
    return fit_error(np.array(rows), np.arange(0.5, _LEADS, dtype=np.float64))


def model_before(load_mw: pd.Series, day: date) -> PeakModel:
    """The model fitted on the whole years of a load before a day; the shipped one where there is no such year."""
    index = pd.DatetimeIndex(load_mw.index)
    try:
        return fit(load_mw[index.year < day.year], source=f"the load before {day.year}")
    except InputError:
        return ercot_model()
