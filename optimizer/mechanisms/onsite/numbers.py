"""Generation behind the meter, and what of it may be exported."""

from __future__ import annotations

import numpy as np

from optimizer.accounts.conditions import Conditions
from optimizer.accounts.dispatch import EXPORT, ONSITE
from optimizer.engine.language import LabelSet
from optimizer.engine.parts import Part
from optimizer.mechanisms.onsite.config import Onsite


def numbers(c: Conditions) -> Part:
    """Sets and parameters."""
    onsite, market, n = c.farm.section(Onsite), c.market, len(c.grid)
    exports = onsite is not None and onsite.export_limit_mw > 0
    return {
        "SOURCES": LabelSet(() if onsite is None else (ONSITE,)),
        "EXPORTS": LabelSet((EXPORT,) if exports else ()),
    }, {
        "source_limit_mw": market.onsite_available_mw[None, :] if onsite is not None else np.zeros((0, n)),
        "export_limit_mw": np.array([onsite.export_limit_mw] if onsite is not None and exports else []),
        "source_usd_per_mwh": np.array([] if onsite is None else [onsite.cost_usd_per_mwh]),
        "export_usd_per_mwh": market.export_price_usd_per_mwh,
    }
