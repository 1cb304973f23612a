"""The curves by which weeks are judged, and the marks on them at which a history is to be matched."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from optimizer.arrays import F, Int

RESTART_HOURS = 10.0 / 60.0
"""Hours of hash that a start loses, as for the air-cooled machines of the sample farms."""

_STRIKES = 40
_MARGIN = 1.1  # beyond both ends, so that the ends are no worse than the middle
_MONEY_EVERY = 10  # strikes: margin and resale are integrals of the duration curve, and smoother than it
_LEAST_HOURS = 0.01  # of the history: of fewer hours a miss counts as it would of so many
_LEAST_MONEY = 0.001  # of strike times hours, the same for money


def strikes_between(low: float, high: float) -> F:
    """Strike prices at which curves are matched, USD/MWh, for machines whose strike prices lie between two.

    >>> strikes_between(20.0, 150.0).round(1)[[0, 1, -1]].tolist()
    [18.2, 19.2, 165.0]
    """
    return np.geomspace(low / _MARGIN, high * _MARGIN, _STRIKES)


@dataclass(frozen=True)
class Marks:
    """What each week brings to each mark, (marks, weeks), what the history holds there and its curve, (marks,)."""

    parts: F
    whole: F
    curve: Int


def duration(prices: F, hours: F, strikes: F) -> F:
    """Hours in which the price is above the strike, (strikes, intervals): machines that restart for nothing are off."""
    return (prices[None, :] > strikes[:, None]) * hours


def margin(prices: F, hours: F, strikes: F) -> F:
    """USD that a MW of such machines earns, (strikes, intervals): ``max(strike - price, 0)`` an hour."""
    return np.maximum(strikes[:, None] - prices[None, :], 0.0) * hours


def resale(prices: F, hours: F, strikes: F) -> F:
    """USD that a MW bought in advance sells for above what it would earn, (strikes, intervals)."""
    return np.maximum(prices[None, :] - strikes[:, None], 0.0) * hours


def hours_off(prices: F, hours: F, strikes: F, restart_hours: float = RESTART_HOURS) -> F:
    """Hours in which machines are off that lose ``restart_hours`` of hash at each start, (strikes, intervals).

    The best there is, by dynamic programming over on and off: what being on at an interval's end is worth more than
    being off is its own margin and what was carried in, which a start bounds below and a stop above.

    >>> hours_off(np.array([10.0, 45.0, 10.0, 90.0]), np.ones(4), np.array([40.0])).tolist()
    [[0.0, 0.0, 0.0, 1.0]]
    """
    start = restart_hours * strikes
    gain = (strikes[:, None] - prices[None, :]) * hours
    ahead = np.empty((len(prices), len(strikes)))
    carried = np.zeros(len(strikes))
    for t, here in enumerate(gain.T):
        ahead[t] = here + carried
        carried = np.clip(ahead[t], -start, 0.0)
    on = np.empty((len(prices), len(strikes)), np.bool_)
    now = np.zeros(len(strikes), np.bool_)  # nothing is owed after the end
    for t in range(len(prices) - 1, -1, -1):
        now = ahead[t] > np.where(now, -start, 0.0)
        on[t] = now
    return np.where(on.T, 0.0, hours)


def marks_of(prices: F, hours: F, first: Int, stop: Int, strikes: F) -> Marks:
    """The marks of a history, as shares of what it holds there, so that one percent is one percent everywhere.

    prices: (intervals,), NaN where unknown: what is known stands for the whole. first, stop: (weeks,), their intervals,
    none of them unknown.
    """
    known = np.isfinite(prices)
    known_prices, lasted = np.where(known, prices, 0.0), np.where(known, hours, 0.0)
    length = float(hours.sum())
    few = np.union1d(strikes[::_MONEY_EVERY], strikes[-1:])
    time, money = np.full(len(strikes), _LEAST_HOURS * length), _LEAST_MONEY * length * few
    parts, whole, curve = [], [], []
    asked = (
        (0, duration, strikes, time),  # off with and without losses at restart: the larger miss of the two counts
        (0, hours_off, strikes, time),
        (1, margin, few, money),
        (2, resale, few, money),
    )
    for number, values, at, least in asked:
        total = values(known_prices, lasted, at).sum(axis=1) * (length / lasted.sum())
        size = np.maximum(total, least)
        weeks = [
            values(prices[begin:end], hours[begin:end], at).sum(axis=1)
            for begin, end in zip(first.tolist(), stop.tolist(), strict=True)
        ]
        parts.append(np.stack(weeks, axis=1) / size[:, None])
        whole.append(total / size)
        curve.append(np.full(len(at), number))
    return Marks(np.concatenate(parts), np.concatenate(whole), np.concatenate(curve))
