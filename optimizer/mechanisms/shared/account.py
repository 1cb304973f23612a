"""The share as a limit that binds whatever is handed out."""

from __future__ import annotations

from collections.abc import Iterator

from optimizer.accounts.breach import Breach, megawatts
from optimizer.accounts.conditions import Conditions
from optimizer.accounts.dispatch import Dispatch
from optimizer.accounts.flows import grid_import_mw
from optimizer.accounts.ledger import Account
from optimizer.accounts.reasons import Reason
from optimizer.arrays import F
from optimizer.mechanisms.shared.facts import share_mw

ACCOUNT = Account()


@ACCOUNT.check
def breaches(c: Conditions, dispatch: Dispatch) -> Iterator[Breach]:
    """Import above the share."""
    yield from megawatts("portfolio share", "", grid_import_mw(c, dispatch) - share_mw(c))


@ACCOUNT.limit(Reason.PORTFOLIO_SHARE)
def most_import_mw(c: Conditions, _priced: bool) -> F:
    """The share, which no price lifts."""
    return share_mw(c).copy()
