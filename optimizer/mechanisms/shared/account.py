"""The shares as limits, that of import as one that binds whatever is handed out."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from optimizer.accounts.breach import Breach, mw_breaches
from optimizer.accounts.conditions import Conditions
from optimizer.accounts.dispatch import Dispatch
from optimizer.accounts.flows import grid_import_mw
from optimizer.accounts.ledger import Account
from optimizer.accounts.reasons import Reason
from optimizer.accounts.settlement import Books, settle
from optimizer.arrays import F
from optimizer.mechanisms.shared.config import PortfolioShare
from optimizer.mechanisms.shared.facts import share_mw, share_usd

ACCOUNT = Account()
_CENT = 0.01


@ACCOUNT.check
def breaches(c: Conditions, dispatch: Dispatch) -> Iterator[Breach]:
    """Import above the share, or energy that costs more."""
    if (share := share_mw(c)).min() < np.inf:
        yield from mw_breaches("portfolio share", "", grid_import_mw(c, dispatch) - share)
    for usd in share_usd(c):
        spent = spent_usd(settle(c, dispatch))
        if spent > usd + _CENT:
            yield Breach("treasury", "", 0, spent - usd, "USD")


def spent_usd(b: Books) -> float:
    """What energy and adders cost over the plan, USD."""
    return -float((b.usd["energy"] + b.usd["adders"])[: b.c.planned].sum())


@ACCOUNT.share
def held_to_share(c: Conditions, import_mw: F | None, energy_usd: float | None) -> Conditions:
    """The site with its share, where it has no smaller one of its own; a tail is not shared."""
    own, market, tail = c.farm.section(PortfolioShare) or PortfolioShare(), c.market, c.tail
    if import_mw is not None:
        market = market.with_(share_mw=np.maximum(np.minimum(import_mw, share_mw(c)), 0.0))
        tail = None if tail is None else tail.with_(share_mw=np.full(len(tail.grid), np.inf))
    if energy_usd is not None:
        own = own.model_copy(update={"energy_usd": min(energy_usd, *share_usd(c), np.inf)})
    site = c.farm.site.model_copy(update={PortfolioShare.KEY: own})
    return replace(c, farm=c.farm.model_copy(update={"site": site}), market=market, tail=tail)


@ACCOUNT.limit(Reason.PORTFOLIO_SHARE)
def most_import_mw(c: Conditions, _priced: bool) -> F:
    """The share, which no price lifts."""
    return share_mw(c).copy()
