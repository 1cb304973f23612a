"""What the parts of a problem share."""

from __future__ import annotations

import numpy as np

from optimizer.arrays import Bool, F, Int
from optimizer.engine.language import AnySet

LOOSE_MW = 1.0  # beyond what can be drawn: the row of a choice not made never binds, so it charges nothing for power
Part = tuple[dict[str, AnySet], dict[str, F]]


def where(condition: Bool) -> Int:
    """Positions at which a condition holds."""
    return np.flatnonzero(condition).astype(np.int64)
