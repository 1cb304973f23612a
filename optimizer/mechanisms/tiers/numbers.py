"""Tiers: what is left of each below which energy costs no more."""

from __future__ import annotations

import numpy as np

from optimizer.accounts.conditions import Conditions
from optimizer.engine.language import AnySet, LabelSet
from optimizer.engine.parts import Part, in_a_row
from optimizer.mechanisms.hours import hours_of
from optimizer.mechanisms.tiers.config import Tier
from optimizer.mechanisms.tiers.facts import tiers_left


def numbers(c: Conditions) -> Part:
    """Sets and parameters."""
    rules, billing = c.farm.sections(Tier), c.billing
    tiers = tiers_left(c)
    tier_sets, _, tier_hours = hours_of(tiers, "TIER_BILLS", "TIER_HOURS", "HOURS_OF_TIER")
    sets: dict[str, AnySet] = {
        "TIER_BILLS": LabelSet(tuple((rules[tier.item].name, billing.periods[tier.period].label) for tier in tiers)),
        **tier_sets,
        "TIERS_OF_BILL": in_a_row(
            "LEAST_BILLS", "TIER_BILLS", [sum(tier.period == p for tier in tiers) for p in c.billing.with_minimum]
        ),
    }
    return sets, {
        "tier_mwh_per_mw": tier_hours,
        "tier_left_mwh": np.array([tier.amount for tier in tiers]),
        "tier_adds_usd_per_mwh": np.array([rules[tier.item].adds_usd_per_mwh for tier in tiers]),
    }
