"""What sets and numbers of a concern are made of."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from optimizer.arrays import Bool, F, Int
from optimizer.engine.language import AnySet, RangeSet

Part = tuple[dict[str, AnySet], dict[str, F]]  # sets and parameters by name
LOOSE_MW = 1.0  # beyond what can be drawn: the row of a choice not made never binds, so it charges nothing for power


def where(condition: Bool) -> Int:
    """Positions at which a condition holds."""
    return np.flatnonzero(condition).astype(np.int64)


def in_a_row(over: str, of: str, lengths: Sequence[int]) -> RangeSet:
    """Members of ``of`` that stand in a row, so many for each member of ``over``."""
    stop = np.cumsum(np.asarray(lengths, dtype=np.int64))
    return RangeSet(of, (over,), stop - np.asarray(lengths, dtype=np.int64), stop)


def positions(pairs: Sequence[tuple[int, ...]], which: int) -> Int:
    """One of the positions in each of several tuples."""
    return np.array([pair[which] for pair in pairs], dtype=np.int64)
