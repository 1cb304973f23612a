"""Customers' machines: energy times their fee."""

from __future__ import annotations

import numpy as np

from optimizer.arrays import F
from optimizer.ledger import Account, Kind
from optimizer.mechanisms.hosting.config import Hosting
from optimizer.settlement.account import Books
from optimizer.units import WATTS_PER_MEGAWATT

ACCOUNT = Account()


@ACCOUNT.line("Hosting fees", Kind.MACHINES, place=20)
def hosting_revenue(b: Books) -> F:
    """MWh that customers' machines draw, times the fee."""
    hosting = np.zeros(len(b.c.grid))
    for group in b.c.farm.fleet:
        terms = group.section(Hosting)
        fee = 0.0 if terms is None else terms.fee_usd_per_mwh
        for mode, point in b.c.points[group.name].items():
            mwh = b.dispatch.units_on[group.name, mode] * b.c.grid.hours * point.power_w / WATTS_PER_MEGAWATT
            hosting += mwh * fee
    return hosting
