"""The interconnection: load that runs always, and import above the limit where that is priced."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from optimizer.accounts.breach import Breach, mw_breaches
from optimizer.accounts.conditions import Conditions
from optimizer.accounts.dispatch import Dispatch
from optimizer.accounts.flows import grid_import_mw
from optimizer.accounts.ledger import Account, Kind
from optimizer.accounts.reasons import Reason
from optimizer.accounts.settlement import Books
from optimizer.arrays import F

ACCOUNT = Account()


@ACCOUNT.offer("load")
def auxiliary_load_mw(c: Conditions, _: Dispatch) -> F:
    """Load that runs always, MW, (intervals,)."""
    return c.market.auxiliary_load_mw


@ACCOUNT.line(
    "Penalty: import above the limit",
    Kind.PENALTY,
    place=120,
    broken="The plan imports more than the interconnection allows and pays for it",
)
def import_overrun_penalty(b: Books) -> F:
    """MWh above the limit, times their price."""
    overrun = np.maximum(b.flows.import_mw - b.c.market.import_limit_mw, 0.0) * b.c.grid.hours
    return -overrun * (b.c.farm.site.import_violation_usd_per_mwh or 0.0)


@ACCOUNT.check
def breaches(c: Conditions, dispatch: Dispatch) -> Iterator[Breach]:
    """Import below zero, or above a hard limit."""
    imported = grid_import_mw(c, dispatch)
    yield from mw_breaches("import below zero", "", -imported)
    if c.farm.site.import_violation_usd_per_mwh is None:
        yield from mw_breaches("import limit", "", imported - c.market.import_limit_mw)


@ACCOUNT.limit(Reason.IMPORT_LIMIT)
def most_import_mw(c: Conditions, priced: bool) -> F:
    """The import limit, unless it may be exceeded at a price."""
    soft = c.farm.site.import_violation_usd_per_mwh is not None
    return np.full(len(c.grid), np.inf) if soft and not priced else c.market.import_limit_mw.copy()
