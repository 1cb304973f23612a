"""Energy prices as they turned out, and how much each is worth."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

import numpy as np

from optimizer.arrays import F, Int


class Rank(IntEnum):
    """How much a price is worth: of the same moment the higher stays."""

    FORESEEN = 0  # the series that plans are made on
    SETTLED = 1  # daily.settled_prices
    FED = 2  # a feed


@dataclass(frozen=True)
class Prices:
    """Energy prices as they turned out: UTC seconds, [start, end), USD/MWh, each (rows,), by start."""

    starts: Int
    ends: Int
    usd_per_mwh: F

    def __len__(self) -> int:
        return len(self.starts)


NO_PRICES = Prices(np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int64), np.zeros(0))
