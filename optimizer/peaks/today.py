"""The load of the hours to come, drawn: of today from what is known at one of its hours, of tomorrow from its forecast.

Two forecasts, damped persistence and the one that was published, and the load so far are weighed by least squares on
past days (Granger and Ramanathan, *Journal of Forecasting* 3, 1984), hour by hour and anew at each hour of issue. What
the weights leave of a past day is put on top as a whole day, so that its hours stay together: a bootstrap of residuals
(Efron, *Annals of Statistics* 7, 1979) for the conditional scenarios from which coincident peaks are counted (Carmona,
Yang and Zeng, arXiv:2407.04081).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.random import Generator

from optimizer.arrays import F, Int
from optimizer.errors import InputError

HOURS = 24
FEWEST_DAYS = 12  # thrice the weights of an hour without a published forecast
FEWEST_FORECASTS = 28  # four whole weeks
_NOTHING = 1e-10  # of the largest: what two forecasts that are one and the same would share in


@dataclass(frozen=True)
class LoadDays:
    """Days in time's order: load, damped persistence and what was published, log MW, each (n_days, 24).

    NaN where nothing was published, and of today's load in the hours that are not over. ``number`` counts the days of
    the calendar, (n_days,).
    """

    number: F
    load: F
    persistence: F
    published: F

    def part(self, rows: Int) -> LoadDays:
        """Some of the days."""
        return LoadDays(self.number[rows], self.load[rows], self.persistence[rows], self.published[rows])

    @property
    def forecasted(self) -> LoadDays:
        """Those for whose every hour something was published."""
        return self.part(np.flatnonzero(np.isfinite(self.published).all(axis=1)))


def rest_of_day(past: LoadDays, today: LoadDays, hour: int, draws: int, random: Generator) -> F:
    """Log MW of today's hours from one on, (24 - hour, draws). ``today`` is one day, its load known before the hour.

    Where nothing is published of today, or was of too few past days, persistence and the load so far say it alone.
    Raises InputError where there are too few past days.
    """
    learnt = past.forecasted
    with_forecast = bool(np.isfinite(today.published).all()) and len(learnt.load) >= FEWEST_FORECASTS
    if not with_forecast:
        learnt = past
    if len(learnt.load) < FEWEST_DAYS:
        raise InputError(f"the load of at least {FEWEST_DAYS} days like today is needed (got {len(learnt.load)})")
    known, rows = (_known(days, hour, with_forecast) for days in (today, learnt))
    expected, left = _weighed(known[:, 0], rows, (learnt.load - learnt.persistence)[:, hour:].T)
    ahead = today.persistence[0, hour:] + expected
    return np.asarray(ahead[:, None] + left[:, _drawn(len(learnt.load), draws, random)])


def next_day(past: LoadDays, today: LoadDays, hour: int, tomorrow: F, draws: int, random: Generator) -> F | None:
    """Log MW of tomorrow's hours, (24, draws), from what is published of them, ``tomorrow``, log MW, (24,).

    The error of today's forecast in the last hour is known, and part of it lasts. None where nothing is published of
    tomorrow or today, no hour of today is over, or too little was published before.
    """
    learnt = past.forecasted
    before = np.flatnonzero(np.diff(learnt.number) == 1) if len(learnt.number) else np.empty(0, dtype=np.int64)
    if not hour or len(before) < FEWEST_FORECASTS or not np.isfinite([*tomorrow, *today.published[0]]).all():
        return None
    error, last = learnt.load - learnt.published, (today.load - today.published)[0, hour - 1]
    rows = np.stack([np.ones(len(before)), error[before, hour - 1]], axis=1)
    expected, left = _weighed(np.array([[1.0, last]]), rows[None], error[before + 1].T)
    return np.asarray((tomorrow + expected)[:, None] + left[:, _drawn(len(before), draws, random)])


def _known(days: LoadDays, hour: int, with_forecast: bool) -> F:
    """What is known at an hour of the load of later ones, (24 - hour, n_days, n_weights), relative to persistence.

    A constant; the load of the last hour and how it changed in it; the climb that was published from then on, and where
    it stood then.
    """
    seen, published = days.load - days.persistence, days.published - days.persistence
    columns = [np.ones_like(seen[:, hour:])]
    if hour:
        columns += [seen[:, hour - 1 : hour], seen[:, hour - 1 : hour] - seen[:, max(hour - 2, 0) :][:, :1]]
    if with_forecast:
        columns += [published[:, hour:]]
    if with_forecast and hour:
        columns[-1:] = [published[:, hour:] - published[:, hour - 1 : hour], published[:, hour - 1 : hour]]
    return np.stack(np.broadcast_arrays(*columns), axis=-1).transpose(1, 0, 2)


def _weighed(known: F, rows: F, outcome: F) -> tuple[F, F]:
    """What least squares expects of one case, (n_hours,), and what it leaves of past ones, (n_hours, n_days).

    known: (n_hours, n_weights), rows: (n_hours, n_days, n_weights), outcome: (n_hours, n_days); one hour of ``known``
    and ``rows`` stands for all. What is left is as large as it would be of new cases.
    """
    squares, products = rows.transpose(0, 2, 1) @ rows, rows.transpose(0, 2, 1) @ outcome[:, :, None]
    weights = np.linalg.pinv(squares, rcond=_NOTHING, hermitian=True) @ products
    _, n, used = rows.shape
    return (known[:, None, :] @ weights)[:, 0, 0], (outcome - (rows @ weights)[:, :, 0]) * np.sqrt(n / (n - used))


def _drawn(n: int, draws: int, random: Generator) -> Int:
    """Positions of past days, each as often as the others but for one, in a random order."""
    return np.asarray(random.permutation(np.arange(draws) % n))
