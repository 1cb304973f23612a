"""Energy above tiers, metered over a billing period."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from optimizer.accounts.bill import BillLine, by_energy
from optimizer.accounts.conditions import Conditions
from optimizer.accounts.ledger import Account, Kind
from optimizer.accounts.settlement import Books
from optimizer.accounts.thresholds import beyond, counted_mwh
from optimizer.arrays import F
from optimizer.config.farm import Farm
from optimizer.mechanisms.tiers.config import Tier
from optimizer.mechanisms.tiers.facts import tiers_left

ACCOUNT = Account()


@ACCOUNT.line("Energy above a tier", Kind.POWER | Kind.BY_PERIOD, place=170, to_minimum=True)
def energy_tiers(b: Books) -> F:
    """MWh above each tier, times what it adds."""
    charged, tiers = np.zeros(len(b.c.grid)), b.c.farm.sections(Tier)
    for tier in tiers_left(b.c):
        charged -= beyond(tier, b.flows.import_mw) * tiers[tier.item].adds_usd_per_mwh
    return charged


@ACCOUNT.bill
def above(b: Books, p: int) -> Iterator[BillLine]:
    """Energy of a billing period above each tier."""
    for tier in tiers_left(b.c):
        if tier.period == p:
            rule, mwh = b.c.farm.sections(Tier)[tier.item], beyond(tier, b.flows.import_mw)
            usd = mwh * rule.adds_usd_per_mwh
            yield from by_energy(b.c.billing.periods[p], "energy_tiers", rule.name, mwh, usd)


@ACCOUNT.by_period
def by_period(farm: Farm) -> bool:
    """Tiers are."""
    return bool(farm.sections(Tier))


def _of_the_rest(s: Books, head: int) -> Iterator[tuple[str, str, float, float]]:
    """Each tier of the last billing period: its name, the period's label, MWh from an interval on, USD above it."""
    c, last = s.c, len(s.c.billing.periods) - 1
    imported = s.flows.import_mw * (np.arange(len(c.grid)) >= head)
    for tier in tiers_left(c):
        if tier.period == last:
            rule, mwh = c.farm.sections(Tier)[tier.item], counted_mwh(tier, imported)
            yield rule.name, c.billing.periods[last].label, mwh, max(mwh - tier.amount, 0.0) * rule.adds_usd_per_mwh


@ACCOUNT.rest("tier_mwh")
def tiers_after(s: Books, head: int) -> dict[tuple[str, str], float]:
    """Energy from an interval on, by tier."""
    return {(name, label): mwh for name, label, mwh, _ in _of_the_rest(s, head)}


@ACCOUNT.offer("charged_after")
def charged_after(c: Conditions, s: Books, head: int) -> F:
    """What energy from an interval on comes to above tiers, by itself, USD, in the last interval."""
    usd = np.zeros(len(c.grid))
    usd[-1] = sum(above for *_, above in _of_the_rest(s, head))
    return usd


@ACCOUNT.offer("charged_usd")
def charged_usd(c: Conditions, s: Books) -> F:
    """What energy of the last billing period comes to above tiers, as metered, USD, in its last interval."""
    usd, before, rules = np.zeros(len(c.grid)), c.bill_carried.tier_mwh, c.farm.sections(Tier)
    for tier in tiers_left(c):
        if tier.period == len(c.billing.periods) - 1:
            rule = rules[tier.item]
            so_far = before.get(rule.name, 0.0)
            mwh = so_far + counted_mwh(tier, s.flows.import_mw)
            above = [max(energy - rule.above_mwh_per_month, 0.0) for energy in (so_far, mwh)]
            usd[-1] += rule.adds_usd_per_mwh * (above[1] - above[0])
    return usd
