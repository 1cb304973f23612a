"""The share, where there is one."""

from __future__ import annotations

import numpy as np

from optimizer.accounts.conditions import Conditions
from optimizer.engine.language import Subset
from optimizer.engine.parts import Part, where
from optimizer.mechanisms.shared.facts import share_mw


def numbers(c: Conditions) -> Part:
    """Sets and parameters."""
    share = share_mw(c)
    return {"SHARED": Subset("INTERVALS", where(share < np.inf))}, {"share_mw": share}
