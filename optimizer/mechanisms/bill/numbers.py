"""The fixed charge by the hour, and what each billing period lacks of the minimum bill."""

from __future__ import annotations

import numpy as np

from optimizer.accounts.conditions import Conditions
from optimizer.engine.language import AnySet, LabelSet
from optimizer.engine.parts import Part, in_a_row
from optimizer.mechanisms.bill.facts import fixed_usd_per_hour, least_usd


def numbers(c: Conditions) -> Part:
    """Sets and parameters."""
    billing = c.billing
    least = [billing.periods[p] for p in c.billing.with_minimum]
    sets: dict[str, AnySet] = {
        "LEAST_BILLS": LabelSet(tuple(period.label for period in least)),
        "INTERVALS_OF_BILL": in_a_row("LEAST_BILLS", "INTERVALS", [period.stop - period.first for period in least]),
    }
    return sets, {"fixed_usd_per_hour": fixed_usd_per_hour(c), "least_usd": np.array(least_usd(c))}
