"""The hours that thresholds over a billing period count, as sets of a program."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from optimizer.accounts.thresholds import Quantity
from optimizer.arrays import F
from optimizer.engine.language import AnySet, Int, LabelSet, Map
from optimizer.engine.parts import in_a_row


def hours_of(quantities: Sequence[Quantity], bills: str, hours: str, sum_of: str) -> tuple[dict[str, AnySet], Int, F]:
    """Sets of the hours each threshold counts, the threshold of each hour, and its MWh per MW."""
    counts = [len(q.intervals) for q in quantities]
    sets: dict[str, AnySet] = {
        hours: LabelSet(tuple(range(sum(counts)))),
        sum_of: in_a_row(bills, hours, counts),
    }
    interval = np.concatenate([np.arange(0), *(q.intervals for q in quantities)]).astype(np.int64)
    sets[f"interval_of_{hours.split('_')[0].lower()}"] = Map("INTERVALS", (hours,), interval)
    owner = np.repeat(np.arange(len(quantities)), counts)
    return sets, owner, np.concatenate([np.zeros(0), *(q.mwh_per_mw for q in quantities)])
