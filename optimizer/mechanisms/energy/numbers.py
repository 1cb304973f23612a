"""Energy at the interval's price; below zero none may be bought beside blocks that hold all that can be drawn."""

from __future__ import annotations

import numpy as np

from optimizer.accounts.conditions import Conditions
from optimizer.engine.parts import Part


def numbers(c: Conditions) -> Part:
    """Sets and parameters."""
    market, billed = c.market, 1.0 + c.farm.energy.loss_share
    return {}, {
        "energy_usd_per_mwh": market.energy_price_usd_per_mwh,
        "billed_share": np.array(billed),
        "adders_usd_per_mwh": billed * market.adders_usd_per_mwh,
    }
