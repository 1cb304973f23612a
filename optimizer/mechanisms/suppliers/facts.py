"""What is left to be taken of each minimum."""

from __future__ import annotations

from optimizer.accounts.conditions import Conditions, fact
from optimizer.accounts.thresholds import Quantity, in_order_of_periods, quantities
from optimizer.mechanisms.suppliers.config import Supply


@fact
def takes(c: Conditions) -> tuple[Quantity, ...]:
    """Every minimum take in every period the plan touches."""
    done, rest = c.state.bill.taken_mwh, c.rest.of("taken_mwh")
    return in_order_of_periods(
        quantity
        for i, supply in enumerate(c.farm.sections(Supply))
        if supply.minimum_take is not None
        for quantity in quantities(
            c, i, supply.name, supply.when, supply.minimum_take.mwh_per_month, per_mwh=1.0, done=done, rest=rest
        )
    )
