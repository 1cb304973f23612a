"""Energy of the billing period so far."""

from __future__ import annotations

from collections.abc import Mapping

from optimizer.accounts.conditions import Conditions
from optimizer.accounts.dispatch import Dispatch
from optimizer.accounts.flows import grid_import_mw
from optimizer.accounts.thresholds import counted_mwh
from optimizer.config.farm import Farm
from optimizer.config.state import Key
from optimizer.mechanisms.tiers.config import Tier
from optimizer.mechanisms.tiers.facts import tiers_left


def after(c: Conditions, dispatch: Dispatch) -> dict[str, float]:
    """Energy of the billing period the schedule ends in, by tier."""
    last, rules = len(c.billing.periods) - 1, c.farm.sections(Tier)
    if not rules or not c.billing.goes_on(c.billing.periods[last]):
        return {}
    so_far, imported = c.bill_carried.tier_mwh, grid_import_mw(c, dispatch)
    used = {rules[tier.item].name: counted_mwh(tier, imported) for tier in tiers_left(c) if tier.period == last}
    return {rule.name: so_far.get(rule.name, 0.0) + used.get(rule.name, 0.0) for rule in rules}


def fitted(tier_mwh: Mapping[str, float], farm: Farm) -> dict[str, float]:
    """Without tiers that are gone."""
    there = {tier.name for tier in farm.sections(Tier)}
    return {name: mwh for name, mwh in tier_mwh.items() if name in there}


KEYS = (Key("bill.tier_mwh", after, fitted),)
