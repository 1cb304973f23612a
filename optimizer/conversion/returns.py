"""Internal rates of return, worst shares, and the roots that flip points are."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from optimizer.arrays import F

_STEPS = 200


def root(of: Callable[[float], float], low: float, high: float, *, tolerance: float = 1e-12) -> float | None:
    """Where a function changes its sign between two places; None where both have the same sign.

    False position with the Illinois rule (Dowell and Jarratt 1971, BIT 11): a straight line through both ends, whose
    far end counts half once it has stayed; exact after a few steps on the piecewise linear values of linear programs.
    ``tolerance`` is relative to the larger of the two places.

    >>> round(root(lambda x: x * x - 2.0, 0.0, 2.0), 9)
    1.414213562
    """
    left, right = of(low), of(high)
    if left == 0.0 or right == 0.0:
        return low if left == 0.0 else high
    if (left < 0.0) == (right < 0.0):
        return None
    width = tolerance * max(abs(low), abs(high))
    stayed = 0
    for _ in range(_STEPS):
        middle = high - right * (high - low) / (right - left)
        value = of(middle)
        if value == 0.0:
            return middle
        if (value < 0.0) == (left < 0.0):
            moved, low, left = middle - low, middle, value
            right = right / 2.0 if stayed == -1 else right
            stayed = -1
        else:
            moved, high, right = high - middle, middle, value
            left = left / 2.0 if stayed == 1 else left
            stayed = 1
        if high - low <= width or moved <= width / 4.0:
            break
    return (low + high) / 2.0 if high - low <= width else middle


def irr(times: F, flows: F) -> float | None:
    """The rate at which flows at times in years are worth nothing today; None where there is none.

    Flows that change their sign more than once may have several rates: this is the least above -99 % at which a gain
    turns into a loss.

    >>> round(irr(np.array([0.0, 1.0]), np.array([-100.0, 110.0])), 9)
    0.1
    """

    def worth(rate: float) -> float:
        return float((flows * (1.0 + rate) ** -times).sum())

    rates = np.concatenate([np.linspace(-0.99, 1.0, 200), np.geomspace(1.01, 1e4, 200)])
    signs = np.sign([worth(rate) for rate in rates.tolist()])
    turns = np.flatnonzero((signs[:-1] > 0) & (signs[1:] <= 0))
    if not len(turns):
        return None
    return root(worth, float(rates[turns[0]]), float(rates[turns[0] + 1]))


def cvar(values: F, probability: F, tail: float) -> float:
    """Mean of the worst ``tail`` share of the values, weighted by their probability.

    >>> cvar(np.array([3.0, 1.0, 2.0, 10.0]), np.full(4, 0.25), 0.5)
    1.5
    """
    order = np.argsort(values)
    weight = np.clip(tail - (np.cumsum(probability[order]) - probability[order]), 0.0, probability[order])
    return float(values[order] @ weight / weight.sum())
