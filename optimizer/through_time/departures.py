"""How prices depart from what was said of them, and how long that lasts: fitted on the prices before.

Prices are looked at as asinh(price / scale), a scale that nine of ten stay below, so that a spike does not decide the
fit and a price below zero is one like others (Uniejewski, Weron, Ziel 2018, IEEE Transactions on Power Systems 33(2)).
A later departure follows from the latest and its means over the last hours, as a heterogeneous autoregression (Corsi
2009, Journal of Financial Econometrics 7(2)); those above zero and those below last differently. It is fitted by
asymmetric least squares (Newey and Powell 1987, Econometrica 55(4)), a weight of `TILT` on prices above what is
expected: what is expected through asinh lies below the mean. Between that and the mean lies what earns most, for
whoever may stop later if he must.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from optimizer.arrays import F, Int
from optimizer.units import HOURS_PER_DAY

MEANS_HOURS = (1.0, 4.0, 24.0)
LEADS_HOURS = (0.25, 0.5, 1.0, 2.0, 4.0, 8.0, 16.0, 36.0)
TILT = 0.7
SCALE_QUANTILE = 0.9  # of the prices' sizes
FEWEST_DAYS = 28
_ROUNDS = 8
_RIDGE = 1.0  # rows of nothing: a history that never departs has weights too


@dataclass(frozen=True)
class Departures:
    """How departures from a forecast last. scale: USD/MWh. means: intervals of the means that are looked at.

    weights: by lead, ascending, in intervals after the latest price known, the constant and what each of `signed`
    adds, (leads, 1 + columns).
    """

    scale: float
    means: tuple[int, ...]
    leads: Int
    weights: F

    def expected(self, observed: F, published: F, later: F, leads: Int) -> F:
        """Prices that are expected, USD/MWh, where ``later`` was published for them, both (n,).

        NaN where nothing tells. ``observed`` and ``published`` are of the intervals up to the latest known; ``leads``
        counts from that one. A departure is expected no farther from zero than the latest or a mean stands, but for the
        fitted constant.

        >>> halved = Departures(20.0, (), np.array([0, 1]), np.array([[0.0, 1.0, 1.0], [0.0, 0.5, 0.5]]))
        >>> seen = halved.expected(np.array([20 * np.sinh(2.0)]), np.zeros(1), np.zeros(2), np.array([0, 1]))
        >>> np.arcsinh(seen / 20)
        array([2., 1.])
        """
        reach = max(self.means, default=1)
        signs = signed(self._seen(observed[-reach:]) - self._seen(published[-reach:]), self.means)[-1]
        weights = np.array([np.interp(leads, self.leads, column) for column in self.weights.T])
        departure = np.clip(signs @ weights[1:], min(signs.min(), 0.0), max(signs.max(), 0.0)) + weights[0]
        return np.asarray(self.scale * np.sinh(self._seen(later) + departure), dtype=np.float64)

    def _seen(self, price: F) -> F:
        return np.arcsinh(price / self.scale)


def signed(departure: F, means: tuple[int, ...]) -> F:
    """Departures and their means over the intervals up to each, above zero and below zero apart, (n, columns).

    Of an unknown departure all are NaN; in means it is left out.

    >>> signed(np.array([4.0, -2.0]), (2,))
    array([[ 4.,  4.,  0.,  0.],
           [ 0.,  1., -2.,  0.]])
    """
    known = np.isfinite(departure)
    sums, counts = (np.append(0.0, np.cumsum(each)) for each in (np.where(known, departure, 0.0), known))
    to = np.arange(1, len(departure) + 1)
    columns = [departure]
    for n in means:
        since = np.maximum(to - n, 0)
        columns.append((sums[to] - sums[since]) / np.maximum(counts[to] - counts[since], 1.0))
    table = np.where(known[:, None], np.stack(columns, axis=1), np.nan)
    return np.hstack([np.maximum(table, 0.0), np.minimum(table, 0.0)])


def fit_departures(observed: F, published: F, step_hours: float) -> Departures | None:
    """How departures lasted over a history of intervals of one length, NaN where it tells nothing, both (n,).

    None where it tells of fewer than `FEWEST_DAYS`.
    """
    known = np.isfinite(observed) & np.isfinite(published)
    if known.sum() * step_hours < FEWEST_DAYS * HOURS_PER_DAY:
        return None
    scale = float(np.quantile(np.abs(observed[known]), SCALE_QUANTILE)) or 1.0
    means = tuple(n for n in (round(hours / step_hours) for hours in MEANS_HOURS) if n > 1)
    departure = np.arcsinh(observed / scale) - np.arcsinh(published / scale)
    table = np.hstack([np.ones((len(departure), 1)), signed(departure, means)])
    leads = np.unique([0, *(max(round(hours / step_hours), 1) for hours in LEADS_HOURS)])
    weights = np.zeros((len(leads), table.shape[1]))
    weights[0, [1, 2 + len(means)]] = 1.0  # the latest departure itself
    for row, lead in enumerate(leads.tolist()[1:], start=1):
        both = np.flatnonzero(known[:-lead] & known[lead:])
        weights[row] = _tilted(table[both], departure[both + lead])
    return Departures(scale, means, leads, weights)


def _tilted(table: F, came: F) -> F:
    """The weights of columns by asymmetric least squares, (columns,)."""
    weights, counts, least = np.zeros(table.shape[1]), np.ones(len(came)), _RIDGE * np.eye(table.shape[1])
    for _ in range(_ROUNDS):
        heavy = table * counts[:, None]
        weights = np.asarray(np.linalg.solve(table.T @ heavy + least, heavy.T @ came), dtype=np.float64)
        counts = np.where(came > table @ weights, 2.0 * TILT, 2.0 - 2.0 * TILT)
    return weights
