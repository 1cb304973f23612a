"""Other suppliers: what is drawn from them, and less than agreed."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from optimizer.accounts.bill import BillLine, by_energy
from optimizer.accounts.breach import Breach, mw_breaches
from optimizer.accounts.conditions import Conditions
from optimizer.accounts.dispatch import Dispatch
from optimizer.accounts.flows import grid_import_mw
from optimizer.accounts.ledger import Account, Kind
from optimizer.accounts.settlement import Books
from optimizer.accounts.thresholds import counted_mwh
from optimizer.arrays import F
from optimizer.config.farm import Farm
from optimizer.mechanisms.suppliers.config import Supply
from optimizer.mechanisms.suppliers.facts import takes

ACCOUNT = Account()


@ACCOUNT.offer("paid_to_draw")
def worth_taking(c: Conditions) -> F:
    """Where a supplier asks less than nothing, or less than what not taking its minimum costs."""
    worth = np.zeros(len(c.grid))
    for supply in c.farm.sections(Supply):
        spared = 0.0 if supply.minimum_take is None else supply.minimum_take.shortfall_usd_per_mwh
        price = c.market.supply_price_usd_per_mwh[supply.name] + c.market.adders_usd_per_mwh
        worth += price < spared
    return worth


@ACCOUNT.offer("delivered")
def drawn_mw(c: Conditions, dispatch: Dispatch) -> F:
    """What is drawn from all of them, MW, (intervals,)."""
    drawn = [dispatch["supply_mw"][supply.name] for supply in c.farm.sections(Supply)]
    return np.asarray(np.sum([np.zeros(len(c.grid)), *drawn], axis=0), dtype=np.float64)


@ACCOUNT.offer("supplied")
def supplied_mw(c: Conditions, b: Books) -> F:
    """As `drawn_mw`."""
    return drawn_mw(c, b.dispatch)


@ACCOUNT.line("Other suppliers", Kind.POWER, place=80)
def supply_cost(b: Books) -> F:
    """MWh drawn, times their price."""
    cost = np.zeros(len(b.c.grid))
    for supply in b.c.farm.sections(Supply):
        price = b.c.market.supply_price_usd_per_mwh[supply.name]
        cost -= b.dispatch["supply_mw"][supply.name] * b.c.grid.hours * price
    return cost


@ACCOUNT.line("Penalty: less taken than agreed", Kind.POWER | Kind.PENALTY | Kind.BY_PERIOD, place=210)
def take_shortfall_penalty(b: Books) -> F:
    """MWh not taken of a minimum, times their price, in the last interval that counts."""
    shortfall = np.zeros(len(b.c.grid))
    for _, _, at, mwh, price in _missed(b):
        shortfall[at] -= mwh * price
    return shortfall


def _missed(b: Books) -> Iterator[tuple[str, int, int, float, float]]:
    """Each minimum take: the supplier, the period, its last interval, MWh that it is missed by, and their price."""
    for take in takes(b.c):
        supply = b.c.farm.sections(Supply)[take.item]
        if supply.minimum_take is not None:
            mwh = max(take.amount - counted_mwh(take, b.dispatch["supply_mw"][supply.name]), 0.0)
            yield supply.name, take.period, int(take.intervals[-1]), mwh, supply.minimum_take.shortfall_usd_per_mwh


@ACCOUNT.bill
def drawn(b: Books, p: int) -> Iterator[BillLine]:
    """What is drawn in a billing period, and what is not taken."""
    period = b.c.billing.periods[p]
    for supply in b.c.farm.sections(Supply):
        mwh = b.dispatch["supply_mw"][supply.name] * b.c.grid.hours
        usd = mwh * b.c.market.supply_price_usd_per_mwh[supply.name]
        yield from by_energy(period, "supply_cost", supply.name, mwh, usd)
    for name, of, at, short, price in _missed(b):
        if of == p:
            missed = np.zeros(len(b.c.grid))
            missed[at] = short
            yield from by_energy(period, "take_shortfall_penalty", f"Not taken from {name}", missed, missed * price)


@ACCOUNT.columns("supply_mw")
def by_supplier(b: Books) -> dict[str, F]:
    """What is drawn from each."""
    return {f"{name}/mw": mw for name, mw in b.dispatch["supply_mw"].items()}


@ACCOUNT.idle
def where_spot_is_dearer(c: Conditions, dispatch: Dispatch) -> Dispatch:
    """Drawn beyond the blocks, the cheapest first, where spot is dearer."""
    imported = grid_import_mw(c, dispatch)
    open_mw = imported * (1.0 + c.farm.energy.loss_share) - sum(c.market.block_mw.values(), np.zeros(len(imported)))
    prices = c.market.supply_price_usd_per_mwh
    drawn = {}
    for name in sorted(prices, key=lambda name: float(prices[name].mean())):
        cheaper = prices[name] < c.market.energy_price_usd_per_mwh
        drawn[name] = np.where(cheaper, np.clip(open_mw, 0.0, c.market.supply_limit_mw[name]), 0.0)
        open_mw = open_mw - drawn[name]
    return dispatch.with_(supply_mw=drawn)


@ACCOUNT.labels("supply_mw")
def names(farm: Farm) -> set[str]:
    """The suppliers."""
    return {supply.name for supply in farm.sections(Supply)}


@ACCOUNT.check
def breaches(c: Conditions, dispatch: Dispatch) -> Iterator[Breach]:
    """More drawn than a supplier has, or than is imported."""
    supplies = c.farm.sections(Supply)
    for supply in supplies:
        mw = dispatch["supply_mw"][supply.name]
        yield from mw_breaches("supply below zero", supply.name, -mw)
        yield from mw_breaches("supplier's limit", supply.name, mw - c.market.supply_limit_mw[supply.name])
    if supplies:
        billed = grid_import_mw(c, dispatch) * (1.0 + c.farm.energy.loss_share)
        yield from mw_breaches("suppliers above import", "", drawn_mw(c, dispatch) - billed)


@ACCOUNT.there
def there(c: Conditions, dispatch: Dispatch) -> Dispatch:
    """No more is drawn than a supplier has; nothing from one that is not known of."""
    nothing = np.zeros(len(c.grid))
    return dispatch.with_(
        supply_mw={
            supply.name: np.minimum(
                dispatch["supply_mw"].get(supply.name, nothing), c.market.supply_limit_mw[supply.name]
            )
            for supply in c.farm.sections(Supply)
        }
    )


@ACCOUNT.follow
def follow(c: Conditions, dispatch: Dispatch) -> Dispatch:
    """What fewer machines no longer take is not drawn, from the dearest first."""
    supply_mw, price = dict(dispatch["supply_mw"]), c.market.supply_price_usd_per_mwh
    if not supply_mw:
        return dispatch
    billed = grid_import_mw(c, dispatch) * (1.0 + c.farm.energy.loss_share)
    over = np.maximum(np.sum([np.zeros(len(billed)), *supply_mw.values()], axis=0) - billed, 0.0)
    for name in sorted(supply_mw, key=lambda name: -float(price[name].mean())):
        less = np.minimum(supply_mw[name], over)
        supply_mw[name] = supply_mw[name] - less
        over = over - less
    return dispatch.with_(supply_mw=supply_mw)


@ACCOUNT.by_period
def by_period(farm: Farm) -> bool:
    """A minimum to take is."""
    return any(supply.minimum_take is not None for supply in farm.sections(Supply))


@ACCOUNT.rest("taken_mwh")
def taken_after(s: Books, head: int) -> dict[tuple[str, str], float]:
    """Energy taken from an interval on, by supplier, in the last billing period."""
    c, last = s.c, len(s.c.billing.periods) - 1
    later = np.arange(len(c.grid)) >= head
    return {
        (name, c.billing.periods[last].label): counted_mwh(take, s.dispatch["supply_mw"][name] * later)
        for take in takes(c)
        if take.period == last and (name := c.farm.sections(Supply)[take.item].name)
    }
