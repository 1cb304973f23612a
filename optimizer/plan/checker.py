"""The rule checker: walks a finished schedule and checks every physical and contractual rule again, without the LP.

It follows machines one by one, as an operator with a clipboard would: a schedule passes exactly when each of its
machines can be given an identity, in service or out, running or resting since some hour, so that every rule holds.
"""

from __future__ import annotations

from optimizer.accounts.breach import Breach
from optimizer.accounts.conditions import Conditions
from optimizer.accounts.dispatch import Dispatch
from optimizer.accounts.ledger import accounts


def check(c: Conditions, dispatch: Dispatch, *, whole: bool = True) -> list[Breach]:
    """Every breach of a rule in the schedule; with ``whole``, machines must be whole containers too."""
    asked = (rule for account in accounts() for of_whole, rule in account.checks if whole or not of_whole)
    return [breach for rule in asked for breach in rule(c, dispatch)]
