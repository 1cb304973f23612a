"""Generation behind the meter: what it costs, and what its export brings."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from optimizer.accounts.bill import BillLine, by_energy
from optimizer.accounts.breach import Breach, mw_breaches
from optimizer.accounts.conditions import Conditions
from optimizer.accounts.dispatch import EXPORT, ONSITE, Dispatch
from optimizer.accounts.flows import grid_import_mw
from optimizer.accounts.ledger import Account, Kind, offered, title
from optimizer.accounts.settlement import Books
from optimizer.arrays import F
from optimizer.mechanisms.onsite.config import Onsite

ACCOUNT = Account()


@ACCOUNT.offer("behind_the_meter")
def used_less_exported_mw(_: Conditions, dispatch: Dispatch) -> F:
    """Generation that stays on the site, MW, (intervals,)."""
    return dispatch.onsite_mw - dispatch.export_mw


@ACCOUNT.offer("exportable")
def generated_mw(_: Conditions, dispatch: Dispatch) -> F:
    """Generation, MW, (intervals,)."""
    return dispatch.onsite_mw


@ACCOUNT.offer("paid_to_draw")
def worth_exporting(c: Conditions) -> F:
    """Where what is drawn could earn as export."""
    own = c.farm.section(Onsite)
    exports = own is not None and own.export_limit_mw > 0.0
    return np.where(exports & (c.market.export_price_usd_per_mwh > 0.0), 1.0, 0.0)


@ACCOUNT.offer("supplied")
def supplied_mw(_: Conditions, b: Books) -> F:
    """Generation, MW, (intervals,)."""
    return b.dispatch.onsite_mw


@ACCOUNT.offer("sold")
def exported_mw(_: Conditions, b: Books) -> F:
    """Export, MW, (intervals,)."""
    return b.dispatch.export_mw


@ACCOUNT.line("On-site generation", Kind.POWER, place=100)
def onsite_cost(b: Books) -> F:
    """MWh generated, times their cost."""
    onsite = b.c.farm.section(Onsite)
    return -b.dispatch.onsite_mw * b.c.grid.hours * (0.0 if onsite is None else onsite.cost_usd_per_mwh)


@ACCOUNT.line("Export", Kind.SALE, place=110)
def export_revenue(b: Books) -> F:
    """MWh exported, times their price."""
    return b.dispatch.export_mw * b.c.grid.hours * b.c.market.export_price_usd_per_mwh


@ACCOUNT.bill
def exported(b: Books, p: int) -> Iterator[BillLine]:
    """What is exported in a billing period."""
    mwh = b.dispatch.export_mw * b.c.grid.hours
    earned = mwh * b.c.market.export_price_usd_per_mwh
    yield from by_energy(b.c.billing.periods[p], "export_revenue", title("export_revenue"), mwh, -earned)


@ACCOUNT.columns("source_mw")
def generated(b: Books) -> dict[str, F]:
    """Generation."""
    return {"onsite_mw": b.dispatch.onsite_mw}


@ACCOUNT.columns("export_mw")
def sent_out(b: Books) -> dict[str, F]:
    """Export."""
    return {"export_mw": b.dispatch.export_mw}


@ACCOUNT.check
def breaches(c: Conditions, dispatch: Dispatch) -> Iterator[Breach]:
    """More generated or exported than there is, or than may be."""
    onsite = c.farm.section(Onsite)
    limit = 0.0 if onsite is None else onsite.export_limit_mw
    yield from mw_breaches("on-site below zero", "", -dispatch.onsite_mw)
    yield from mw_breaches("export below zero", "", -dispatch.export_mw)
    yield from mw_breaches("on-site generation", "", dispatch.onsite_mw - c.market.onsite_available_mw)
    yield from mw_breaches("export limit", "", dispatch.export_mw - limit)
    yield from mw_breaches("export from on-site only", "", dispatch.export_mw - offered("exportable", c, dispatch))


@ACCOUNT.there
def there(c: Conditions, dispatch: Dispatch) -> Dispatch:
    """No more than there is is generated, and no more exported than may be."""
    onsite = np.minimum(dispatch.onsite_mw, c.market.onsite_available_mw)
    dispatch = dispatch.with_(source_mw={ONSITE: onsite})
    return dispatch.with_(export_mw={EXPORT: np.minimum(dispatch.export_mw, offered("exportable", c, dispatch))})


@ACCOUNT.follow
def follow(c: Conditions, dispatch: Dispatch) -> Dispatch:
    """What fewer machines no longer take is exported where that pays, else turned down."""
    own = c.farm.section(Onsite)
    if own is None:
        return dispatch
    surplus = np.maximum(-grid_import_mw(c, dispatch), 0.0)
    room = np.maximum(own.export_limit_mw - dispatch.export_mw, 0.0)
    sold = np.where(c.market.export_price_usd_per_mwh > own.cost_usd_per_mwh, np.minimum(surplus, room), 0.0)
    less, more = {ONSITE: dispatch.onsite_mw - (surplus - sold)}, {EXPORT: dispatch.export_mw + sold}
    return dispatch.with_(source_mw=less, export_mw=more)
