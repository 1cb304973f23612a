"""What counts towards the minimum bill so far."""

from __future__ import annotations

from optimizer.accounts.conditions import Conditions
from optimizer.accounts.dispatch import Dispatch
from optimizer.accounts.ledger import offered
from optimizer.accounts.settlement import settle
from optimizer.config.state import Key


def charged_after(c: Conditions, dispatch: Dispatch) -> float:
    """What was charged so far in the billing period the schedule ends in, USD; as carried without a minimum bill."""
    billing = c.billing
    if not billing.goes_on(billing.periods[-1]):
        return 0.0
    so_far = c.bill_carried.charged_usd
    if c.farm.energy.minimum_bill_usd_per_month:
        so_far += float(offered("charged_usd", c, settle(c, dispatch)).sum())
    return max(so_far, 0.0)


KEYS = (Key("bill.charged_usd", charged_after, asked=lambda farm: farm.energy.minimum_bill_usd_per_month > 0),)
