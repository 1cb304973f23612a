"""The interconnection and the load that is not mining."""

from __future__ import annotations

import numpy as np

from optimizer.accounts.conditions import Conditions
from optimizer.engine.language import LabelSet
from optimizer.engine.parts import Part


def numbers(c: Conditions) -> Part:
    """Sets and parameters."""
    soft = c.farm.site.import_violation_usd_per_mwh
    return {"OVERRUNS": LabelSet(() if soft is None else ("import limit",))}, {
        "auxiliary_mw": c.market.auxiliary_load_mw,
        "import_limit_mw": c.market.import_limit_mw,
        "overrun_usd_per_mwh": np.array([] if soft is None else [soft]),
    }
