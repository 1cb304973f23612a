"""Fixed charges, and what is paid to reach the minimum bill."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from optimizer.accounts.bill import BillLine
from optimizer.accounts.ledger import Account, Kind, ledger, offered, title
from optimizer.accounts.settlement import Books
from optimizer.arrays import F
from optimizer.config.farm import Farm
from optimizer.mechanisms.bill.facts import fixed_usd_per_hour, least_usd

ACCOUNT = Account()


@ACCOUNT.line("Fixed charges", Kind.POWER, place=220)
def fixed_charges(b: Books) -> F:
    """The customer charge, by the hour."""
    return -fixed_usd_per_hour(b.c) * b.c.grid.hours


@ACCOUNT.line("To the minimum bill", Kind.POWER | Kind.BY_PERIOD, place=230)
def minimum_bill(b: Books) -> F:
    """What the lines that count lack of the minimum, at the end of each billing period."""
    topup, periods = np.zeros(len(b.c.grid)), b.c.billing.periods
    counted = sum((b.usd[line.name] for line in ledger() if line.to_minimum), np.zeros(len(b.c.grid)))
    for p, least in enumerate(least_usd(b.c)):
        charged = -float(counted[periods[p].first : periods[p].stop].sum())
        topup[periods[p].stop - 1] -= max(least - charged, 0.0)
    return topup


@ACCOUNT.bill
def by_period(b: Books, p: int) -> Iterator[BillLine]:
    """The fixed charge of a billing period, and what is paid to the minimum."""
    period = b.c.billing.periods[p]
    for line, name in (("fixed_charges", "Fixed charge"), ("minimum_bill", title("minimum_bill"))):
        charge = -float(b.usd[line][period.first : period.stop].sum())
        if charge:
            yield BillLine(period.label, line, name, 1.0, "period", charge, charge)


@ACCOUNT.by_period
def minimum_by_period(farm: Farm) -> bool:
    """A minimum bill is."""
    return farm.energy.minimum_bill_usd_per_month > 0


@ACCOUNT.rest("charged_usd")
def charged_after(s: Books, head: int) -> dict[tuple[str, str], float]:
    """What counts towards the minimum bill of the last billing period from an interval on; peaks are in no rest."""
    return {("", s.c.billing.periods[-1].label): float(offered("charged_after", s.c, s, head).sum())}
