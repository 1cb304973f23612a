"""What the parts of a problem share."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from optimizer.engine.language import AnySet

F = NDArray[np.float64]
LOOSE_MW = 1.0  # beyond what can be drawn: the row of a choice not made never binds, so it charges nothing for power
Part = tuple[dict[str, AnySet], dict[str, F]]


def where(condition: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Positions at which a condition holds."""
    return np.flatnonzero(condition).astype(np.int64)
