"""Energy at the interval's price, and adders on all that is imported."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from optimizer.accounts.bill import BillLine, by_energy
from optimizer.accounts.conditions import Conditions
from optimizer.accounts.ledger import Account, Kind, title
from optimizer.accounts.settlement import Books
from optimizer.arrays import F
from optimizer.config.rates import Rates

ACCOUNT = Account()


@ACCOUNT.offer("paid_to_draw")
def below_zero(c: Conditions) -> F:
    """Where a MWh through the meter costs less than nothing."""
    return np.where(c.market.energy_price_usd_per_mwh + c.market.adders_usd_per_mwh < 0.0, 1.0, 0.0)


@ACCOUNT.offer("supplied")
def spot_mw(_: Conditions, b: Books) -> F:
    """What is bought at spot, MW, (intervals,)."""
    return b.flows.spot_mw


@ACCOUNT.line("Energy at the interval's price", Kind.POWER, place=50, to_minimum=True)
def energy(b: Books) -> F:
    """MWh bought at spot, times the price."""
    return -b.flows.spot_mw * b.c.grid.hours * b.c.market.energy_price_usd_per_mwh


def _billed_mwh(b: Books) -> F:
    return b.flows.import_mw * (1.0 + b.c.farm.energy.loss_share) * b.c.grid.hours


@ACCOUNT.line("Adders (wires, services, margin)", Kind.POWER, place=90, to_minimum=True)
def adders(b: Books) -> F:
    """MWh imported, losses included, times the adders."""
    return -_billed_mwh(b) * b.c.market.adders_usd_per_mwh


@ACCOUNT.bill
def by_rate(b: Books, p: int) -> Iterator[BillLine]:
    """Energy of a billing period, by the rate it is charged at, and its adders."""
    period, spot_mwh, market = b.c.billing.periods[p], b.flows.spot_mw * b.c.grid.hours, b.c.market
    if market.rate_shares:
        for name, share in market.rate_shares.items():
            yield from by_energy(period, "energy", name, spot_mwh * share, spot_mwh * share * _rate(b.c, name))
    else:
        usd = spot_mwh * market.energy_price_usd_per_mwh
        yield from by_energy(period, "energy", title("energy"), spot_mwh, usd)
    if (usd := _billed_mwh(b) * market.adders_usd_per_mwh).any():
        yield from by_energy(period, "adders", "Adders", _billed_mwh(b), usd)


def _rate(c: Conditions, name: str) -> float:
    """USD per MWh of a rate by its name; the rest of the hours have another."""
    rates = c.farm.energy.price_usd_per_mwh
    assert isinstance(rates, Rates), "only rates have shares"
    return next((rate.usd_per_mwh for rate in rates.rates if rate.name == name), rates.otherwise_usd_per_mwh or 0.0)


@ACCOUNT.offer("charged_after")
def charged_after(c: Conditions, s: Books, head: int) -> F:
    """What energy and adders come to from an interval on, USD, (intervals,)."""
    return -(s.usd["energy"] + s.usd["adders"]) * (np.arange(len(c.grid)) >= head)


@ACCOUNT.offer("charged_usd")
def charged_usd(c: Conditions, s: Books) -> F:
    """What energy and adders come to in the last billing period, USD, (intervals,)."""
    return -(s.usd["energy"] + s.usd["adders"]) * (np.arange(len(c.grid)) >= c.billing.periods[-1].first)
