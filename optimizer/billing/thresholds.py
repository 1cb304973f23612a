"""Thresholds over a billing period: what a schedule adds to them."""

from __future__ import annotations

import numpy as np

from optimizer.arrays import F
from optimizer.billing.facts import Quantity


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
