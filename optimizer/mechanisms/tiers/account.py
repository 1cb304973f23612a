"""Energy above tiers, metered over a billing period."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from optimizer.arrays import F
from optimizer.billing.thresholds import beyond
from optimizer.ledger import Account, Kind
from optimizer.mechanisms.tiers.config import Tier
from optimizer.settlement.account import Books
from optimizer.settlement.bill import BillLine, by_energy

ACCOUNT = Account()


@ACCOUNT.line("Energy above a tier", Kind.POWER | Kind.BY_PERIOD, place=170, to_minimum=True)
def energy_tiers(b: Books) -> F:
    """MWh above each tier, times what it adds."""
    charged, tiers = np.zeros(len(b.c.grid)), b.c.farm.sections(Tier)
    for tier in b.c.billing.tiers:
        charged -= beyond(tier, b.flows.import_mw) * tiers[tier.item].adds_usd_per_mwh
    return charged


@ACCOUNT.bill
def above(b: Books, p: int) -> Iterator[BillLine]:
    """Energy of a billing period above each tier."""
    for tier in b.c.billing.tiers:
        if tier.period == p:
            rule, mwh = b.c.farm.sections(Tier)[tier.item], beyond(tier, b.flows.import_mw)
            usd = mwh * rule.adds_usd_per_mwh
            yield from by_energy(b.c.billing.periods[p], "energy_tiers", rule.name, mwh, usd)
