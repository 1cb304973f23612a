"""Thresholds over a billing period: what is left of each for the plan, and what a schedule adds to it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from optimizer.accounts.conditions import Conditions
from optimizer.arrays import F, Int
from optimizer.config.calendar import When


@dataclass(frozen=True)
class Quantity:
    """A threshold over a billing period: of tier or supply ``item``; ``amount`` is what is left of it for the plan.

    ``mwh_per_mw`` holds the hours of each of the ``intervals`` that count.
    """

    item: int
    period: int
    intervals: Int
    mwh_per_mw: F
    amount: float


def quantities(
    c: Conditions,
    item: int,
    name: str,
    when: When | None,
    amount: float,
    *,
    per_mwh: float,
    done: Mapping[str, float],
    rest: Mapping[tuple[str, str], float],
) -> Iterator[Quantity]:
    """The threshold of one item in every period in which its hours come.

    amount: MWh of a whole period. per_mwh: MWh counted per MWh metered. done: what was counted before the plan, rest:
    what is expected after it.
    """
    billing, share = c.billing, c.billing.within(when)
    for p, period in enumerate(billing.periods):
        intervals = billing.counted(when, period)
        left = amount - (done.get(name, 0.0) if billing.begun_before(period) else 0.0)
        left = billing.left(period, left, rest.get((name, period.label)), when)
        if len(intervals):
            hours = per_mwh * c.grid.hours[intervals] * share[intervals]
            yield Quantity(item, p, intervals, hours, max(left, 0.0))


def in_order_of_periods(quantities: Iterator[Quantity]) -> tuple[Quantity, ...]:
    """Thresholds of several items, by period first."""
    return tuple(sorted(quantities, key=lambda quantity: quantity.period))


def counted_mwh(quantity: Quantity, mw: F) -> float:
    """MWh that count towards a threshold."""
    return float(mw[quantity.intervals] @ quantity.mwh_per_mw)


def beyond(quantity: Quantity, mw: F) -> F:
    """MWh of each interval that lie beyond what was left of a threshold, (intervals,)."""
    above = np.zeros(len(mw))
    total = np.cumsum(mw[quantity.intervals] * quantity.mwh_per_mw)
    over = np.maximum(total - quantity.amount, 0.0)
    above[quantity.intervals] = np.diff(over, prepend=0.0)
    return above
