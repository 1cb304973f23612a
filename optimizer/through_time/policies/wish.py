"""What a policy would do without limits, and what it goes by: the price at the meter and what machines draw."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from optimizer.accounts.conditions import Conditions
from optimizer.arrays import Bool, F, Int
from optimizer.units import WATTS_PER_MEGAWATT


@dataclass(frozen=True)
class Wish:
    """What a policy would do without limits. mode: position among the group's modes; strike: USD/MWh at the meter."""

    runs: Bool
    mode: Int
    strike: F


def meter_price(c: Conditions) -> F:
    """The price of one more MWh at the meter: energy at the interval's price and adders, losses included, USD/MWh."""
    return (c.market.energy_price_usd_per_mwh + c.market.adders_usd_per_mwh) * (1.0 + c.farm.energy.loss_share)


def extra_mw(c: Conditions) -> list[F]:
    """MW at the meter that a machine adds when it runs, by group, (modes, intervals)."""
    return [
        np.array([[point.power_w - group.standby_w] for point in group.points.values()]) / WATTS_PER_MEGAWATT * c.pue
        for group in c.farm.fleet
    ]
