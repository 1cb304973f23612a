"""The shares as limits."""

from __future__ import annotations

import numpy as np

from optimizer.accounts.conditions import Conditions, fact
from optimizer.arrays import F
from optimizer.mechanisms.shared.config import PortfolioShare


@fact
def share_mw(c: Conditions) -> F:
    """Most import, MW, (intervals,); inf where no ceiling is shared, and where limits give way."""
    share = c.market.table.get("share_mw")
    return share if isinstance(share, np.ndarray) and not c.eased else np.full(len(c.grid), np.inf)


@fact
def share_usd(c: Conditions) -> tuple[float, ...]:
    """Most that energy and adders may cost over the plan, USD; none where no treasury is shared, or limits give way."""
    share = c.farm.section(PortfolioShare)
    return () if share is None or share.energy_usd is None or c.eased else (share.energy_usd,)
