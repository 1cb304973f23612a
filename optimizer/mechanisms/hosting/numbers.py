"""Which machines are customers', and what these pay."""

from __future__ import annotations

import numpy as np

from optimizer.accounts.conditions import Conditions
from optimizer.engine.language import Subset
from optimizer.engine.parts import Part, where
from optimizer.mechanisms.hosting.config import Hosting
from optimizer.units import megawatts


def numbers(c: Conditions) -> Part:
    """Sets and parameters."""
    points = [(group.section(Hosting), point) for group in c.farm.fleet for point in c.points[group.name].values()]
    fees = [0.0 if fee is None else fee.fee_usd_per_mwh * megawatts(point.power_w) for fee, point in points]
    hosted = np.array([fee is not None for fee, _ in points])
    return {"HOSTED_POINTS": Subset("POINTS", where(hosted))}, {"hosting_usd_per_hour": np.array(fees)}
