"""The hub prices between which a study's machines stop over its years: where weeks must be right."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from optimizer.arrays import F
from optimizer.conversion.files.study import Study
from optimizer.conversion.groups import Groups
from optimizer.conversion.paths import CentralBitcoin
from optimizer.conversion.timeline import MONTHS_PER_YEAR
from optimizer.conversion.weeks_curves import strikes_between
from optimizer.units import HOURS_PER_DAY, TERAHASH_PER_PETAHASH

_LEAST = 1.0  # USD/MWh: strikes are spaced by their logarithm


def strikes_of(
    fleets: Sequence[Groups], bitcoin: CentralBitcoin, study: Study, *, adders_usd_per_mwh: float, loss_share: float
) -> F:
    """Strikes from the lowest to the highest of any machine in any month of the central path, USD/MWh at the hub.

    In prices of the history: its rise over the years is taken out of them.
    """
    hashprice = bitcoin.price_usd * bitcoin.btc_per_ph_day * (1.0 - study.bitcoin.pool_fee_share)
    years = (np.arange(len(hashprice)) + 0.5) / MONTHS_PER_YEAR
    per_mwh = np.concatenate([fleet.th_per_mw for fleet in fleets]) / (TERAHASH_PER_PETAHASH * HOURS_PER_DAY)
    hosted = np.concatenate([fleet.hosted_usd_per_mwh for fleet in fleets])
    at_meter = per_mwh[:, None] * hashprice + hosted[:, None]
    strikes = (at_meter / (1.0 + loss_share) - adders_usd_per_mwh) / (1.0 + study.power.growth_per_year) ** years
    low, high = (max(float(strike), _LEAST) for strike in (strikes.min(), strikes.max()))
    return strikes_between(low, high)
