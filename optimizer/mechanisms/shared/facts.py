"""The share, as a limit on import."""

from __future__ import annotations

import numpy as np

from optimizer.accounts.conditions import Conditions, fact
from optimizer.arrays import F


@fact
def share_mw(c: Conditions) -> F:
    """Most import, MW, (intervals,); inf where nothing is shared, and where limits give way."""
    share = c.market.table.get("share_mw")
    return share if isinstance(share, np.ndarray) and not c.eased else np.full(len(c.grid), np.inf)
