"""Customers' machines: energy times their fee."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from optimizer.accounts.bill import BillLine, by_energy, owner_of
from optimizer.accounts.ledger import Account, Kind
from optimizer.accounts.settlement import Books
from optimizer.arrays import F
from optimizer.mechanisms.hosting.config import Hosting
from optimizer.units import WATTS_PER_MEGAWATT

ACCOUNT = Account()


@ACCOUNT.line("Hosting fees", Kind.MACHINES, place=20)
def hosting_revenue(b: Books) -> F:
    """MWh that customers' machines draw, times the fee."""
    hosting = np.zeros(len(b.c.grid))
    for _, mwh, fee in _drawn(b):
        hosting += mwh * fee
    return hosting


@ACCOUNT.bill
def energy_of_owners(b: Books, p: int) -> Iterator[BillLine]:
    """The energy of a billing period, by group, for owners who are told of."""
    for group in b.c.farm.fleet:
        if owner := owner_of(b.c.farm, group.name):
            mwh, usd = np.zeros(len(b.c.grid)), np.zeros(len(b.c.grid))
            for of, drawn, fee in _drawn(b):
                if of == group.name:
                    mwh, usd = mwh + drawn, usd + drawn * fee
            for line in by_energy(b.c.billing.periods[p], "hosting_revenue", f"Energy of {group.name}", mwh, usd):
                yield replace(line, party=owner)


def _drawn(b: Books) -> Iterator[tuple[str, F, float]]:
    """MWh of customers' machines in each mode, (intervals,): the group, and its fee."""
    for group in b.c.farm.fleet:
        terms = group.section(Hosting)
        if terms is not None:
            for mode, point in b.c.points[group.name].items():
                mwh = b.dispatch.units_on[group.name, mode] * b.c.grid.hours * point.power_w / WATTS_PER_MEGAWATT
                yield group.name, mwh, terms.fee_usd_per_mwh
