"""Peak probabilities as they are issued: at an hour of a day, from what is known by then.

Known are the load of the hours before and the forecasts of load that were published by then. Where none was, damped
persistence stands for it.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property
from itertools import takewhile

import numpy as np
import pandas as pd

from optimizer.arrays import F, Int
from optimizer.errors import InputError
from optimizer.peaks.fit import daily_peaks, fit, recent_days, whole_days
from optimizer.peaks.highest import Candidates
from optimizer.peaks.model import Outlook, PeakModel, damped_persistence, ercot_model
from optimizer.peaks.probability import DRAWS
from optimizer.peaks.rule import PeakRule
from optimizer.peaks.today import HOURS, LoadDays, next_day, rest_of_day

ISSUED_HOURS = 2 * HOURS
ISSUES = (0, *range(9, 21))  # hours of the local day at which probabilities are issued
_YEAR = 366  # days
_SEASON_DAYS = 92  # days so near to today are like it, whatever their month
_UNTOLD = np.full(HOURS, np.nan)


@dataclass(frozen=True)
class Issuer:
    """Issues probabilities at full hours of the grid's clock. load_mw: hourly, index tz-aware in the grid's zone.

    forecast_mw: what was published of the load, hourly, without the hours of which nothing was; that of a day is known
    from its midnight on, or from ``published``, hours of the day before. Of neither is more looked at than is known.
    """

    load_mw: pd.Series
    rule: PeakRule
    model: PeakModel
    forecast_mw: pd.Series | None = None
    published: float = HOURS
    draws: int = DRAWS

    @cached_property
    def _tables(self) -> tuple[dict[date, F], dict[date, float], dict[date, F]]:
        forecast = {} if self.forecast_mw is None else whole_days(self.forecast_mw)
        return whole_days(self.load_mw), daily_peaks(self.load_mw), forecast

    def at(self, issue: date, hour: int = 0) -> tuple[pd.DatetimeIndex, F]:
        """The hours from one of a day to the end of the next, and their probabilities.

        Each draw has its peaks, in the past, in one of these hours or on a later day, so that the probabilities of a
        month or season add up to what it counts. Raises InputError where too little is known.
        """
        zone = pd.DatetimeIndex(self.load_mw.index).tz
        times = pd.date_range(str(issue), periods=ISSUED_HOURS, freq="h", tz=zone)
        chance = np.zeros(ISSUED_HOURS - hour)
        tomorrow = issue + timedelta(days=1)
        if self.rule.period(issue) is None and self.rule.period(tomorrow) is None:
            return times[hour:], chance
        outlook = self.model.outlook(self._tables[1], issue)  # looks at days before the issue only
        random = np.random.default_rng(issue.toordinal() + 1_000_000 * hour)
        load = self._drawn(issue, hour, outlook, random).astype(np.float32)
        slots = np.arange(len(load))
        day_of = np.array([issue] * (HOURS - hour) + [tomorrow] * HOURS, dtype=object)
        known = self._highest_so_far(issue, hour)
        for period in dict.fromkeys(map(self.rule.period, (issue, tomorrow))):
            if period is not None:
                mine = slots[[self.rule.period(day) == period for day in day_of]]
                seen = Candidates.of_slots(load[mine], self.draws, day_of[mine], mine, self.rule)
                past = seen.past(known, self.rule)
                if len(past) < self.rule.count or (seen.log_mw > past.min()).any():
                    later = seen.later(outlook, self.rule, lambda rows: random.standard_normal((rows, self.draws)))
                    chance += seen.counted(past, later, self.rule.count, len(load))
        return times[hour:], chance / self.draws

    def _drawn(self, issue: date, hour: int, outlook: Outlook, random: np.random.Generator) -> F:
        """Log MW of the hours to the end of tomorrow, (48 - hour, draws)."""
        number, tomorrow = issue.toordinal(), issue + timedelta(days=1)
        days, months = self._days
        near = (number - _SEASON_DAYS <= days.number) | np.isin(months, self.rule.months)
        past = days.part(np.flatnonzero((days.number < number) & near))
        today = LoadDays(np.array([number]), *(np.log(x)[None] for x in self._today(issue, hour, outlook)))
        seen = hour if np.isfinite(today.load[0, :hour]).all() else 0
        rest = rest_of_day(past, today, seen, self.draws, random)[hour - seen :]
        published = self._tables[2].get(tomorrow) if hour >= self.published else None
        after = None if published is None else next_day(past, today, seen, np.log(published), self.draws, random)
        if after is None:  # one hour of tomorrow is its peak: which, as often as in its month
            peak = outlook.draw([tomorrow], random.standard_normal((2, self.draws)), issue, rest.max(axis=0))[0]
            shares = np.asarray(self.model.hour_shares[tomorrow.month - 1])
            after = np.full((HOURS, self.draws), -np.inf)
            after[random.choice(HOURS, self.draws, p=shares / shares.sum()), np.arange(self.draws)] = peak
        return np.concatenate([rest, after])

    @cached_property
    def _days(self) -> tuple[LoadDays, Int]:
        """Every day of the load that persistence could have been issued for, and the months of these days."""
        load, peaks, published = self._tables
        rows: list[tuple[int, int, F, F, F]] = []
        for day in load:
            with suppress(InputError):  # too near the beginning of the history
                expected = self._persistence(day, self.model.outlook(peaks, day))
                rows.append((day.toordinal(), day.month, load[day], expected, published.get(day, _UNTOLD)))
        number, month, *tables = (np.array([row[column] for row in rows]) for column in range(5))
        return LoadDays(number, *(np.log(table).reshape(-1, HOURS) for table in tables)), month

    def _today(self, issue: date, hour: int, outlook: Outlook) -> tuple[F, F, F]:
        """Load so far, persistence and what was published of today, MW, (24,) each."""
        load, so_far = np.full(HOURS, np.nan), self._so_far(issue, hour)
        if len(so_far) == hour:  # on a day on which the clock is changed its hours are not those of other days
            load[:hour] = so_far
        return load, self._persistence(issue, outlook), self._tables[2].get(issue, _UNTOLD)

    def _so_far(self, issue: date, hour: int) -> F:
        """The load of the hours of a day before one, MW."""
        hours, load = self._by_day.get(issue, (_UNTOLD, _UNTOLD))
        return np.asarray(load[hours < hour], dtype=np.float64)

    @cached_property
    def _by_day(self) -> dict[date, tuple[F, F]]:
        """Of every day the hours that the load tells of, on the clock, and their load, MW."""
        index = pd.DatetimeIndex(self.load_mw.index)
        dates, hours, load = np.asarray(index.date), np.asarray(index.hour), self.load_mw.to_numpy(dtype=np.float64)
        cuts = np.flatnonzero(dates[1:] != dates[:-1]) + 1
        return dict(zip(dates[[0, *cuts]], zip(np.split(hours, cuts), np.split(load, cuts), strict=True), strict=True))

    def _highest_so_far(self, issue: date, hour: int) -> dict[date, float]:
        """The highest load of each day of the month or season up to an hour of one, MW."""
        so_far, peaks = self._so_far(issue, hour), self._tables[1]
        known = {issue: float(so_far.max())} if len(so_far) else {}
        before = (issue - timedelta(days=back) for back in range(1, _YEAR))
        same = takewhile(lambda day: self.rule.counts_for(day) == self.rule.counts_for(issue), before)
        return known | {day: peaks[day] for day in same if day in peaks}

    def _persistence(self, day: date, outlook: Outlook) -> F:
        """Damped persistence of a day, issued at its midnight, MW, (24,)."""
        yesterday = day - timedelta(days=1)
        recent = recent_days(self._tables[0], yesterday)
        if not len(recent):
            raise InputError(f"the load of none of the seven days before {day} is known")
        return damped_persistence(recent, yesterday, 1, outlook)


def model_before(load_mw: pd.Series, day: date) -> PeakModel:
    """The model fitted on the whole years of a load before a day; the shipped one where there is no such year."""
    index = pd.DatetimeIndex(load_mw.index)
    try:
        return fit(load_mw[index.year < day.year], source=f"the load before {day.year}")
    except InputError:
        return ercot_model()
