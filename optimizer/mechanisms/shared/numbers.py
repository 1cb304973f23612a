"""The shares, where there are any."""

from __future__ import annotations

import numpy as np

from optimizer.accounts.conditions import Conditions
from optimizer.engine.language import LabelSet, Subset
from optimizer.engine.parts import Part, in_a_row, where
from optimizer.mechanisms.shared.facts import share_mw, share_usd


def numbers(c: Conditions) -> Part:
    """Sets and parameters."""
    ceiling, treasury = share_mw(c), share_usd(c)
    return {
        "SHARED": Subset("INTERVALS", where(ceiling < np.inf)),
        "TREASURIES": LabelSet(("treasury",) * len(treasury)),
        "INTERVALS_OF_TREASURY": in_a_row("TREASURIES", "INTERVALS", [c.planned] * len(treasury)),
    }, {"share_mw": ceiling, "share_usd": np.array(treasury)}
