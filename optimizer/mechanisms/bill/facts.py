"""The fixed charge by the hour, and the least that each billing period's bill still comes to."""

from __future__ import annotations

import numpy as np
import pandas as pd

from optimizer.accounts.conditions import Conditions, fact
from optimizer.accounts.ledger import offered
from optimizer.arrays import F

_HOUR = pd.Timedelta(hours=1)


@fact
def fixed_usd_per_hour(c: Conditions) -> F:
    """The customer charge, spread over the hours of its period, (intervals,)."""
    spread, charge = np.zeros(len(c.grid)), c.farm.energy.fixed_usd_per_month
    for period in c.billing.periods if charge else ():
        spread[period.first : period.stop] = charge / float((period.ends - period.begins) / _HOUR)
    return spread


@fact
def least_usd(c: Conditions) -> tuple[float, ...]:
    """What the lines that count towards it come to at least, by period; () without a minimum."""
    energy, rest = c.farm.energy, c.rest.of("charged_usd")
    if not energy.minimum_bill_usd_per_month:
        return ()
    owed = offered("owed_usd", c)
    amounts = []
    for period in c.billing.periods:
        left = energy.minimum_bill_usd_per_month - energy.fixed_usd_per_month
        left -= c.state.bill.charged_usd if c.billing.begun_before(period) else 0.0
        left -= float(owed[period.first : period.stop].sum())
        amounts.append(c.billing.left(period, left, rest.get(("", period.label))))
    return tuple(amounts)
