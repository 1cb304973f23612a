"""What is left of each tier."""

from __future__ import annotations

from optimizer.accounts.conditions import Conditions, fact
from optimizer.accounts.thresholds import Quantity, in_order_of_periods, quantities
from optimizer.mechanisms.tiers.config import Tier


@fact
def tiers_left(c: Conditions) -> tuple[Quantity, ...]:
    """Every energy tier in every period in which its hours come."""
    done, rest, billed = c.state.bill.tier_mwh, c.rest.of("tier_mwh"), 1.0 + c.farm.energy.loss_share
    return in_order_of_periods(
        quantity
        for i, tier in enumerate(c.farm.sections(Tier))
        for quantity in quantities(
            c, i, tier.name, tier.when, tier.above_mwh_per_month, per_mwh=billed, done=done, rest=rest
        )
    )
