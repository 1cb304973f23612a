"""Tiers: energy above an amount in a billing period costs more."""

from __future__ import annotations

from optimizer.accounts.reasons import Reason
from optimizer.engine.language import Expression, Index, Item, Model, Parameter, Relation, Rules, Variable

RULES = Rules()


@RULES.family(
    ("TIER_BILLS",),
    "energy above tier {TIER_BILLS} is charged more",
    unit="MWh",
    item=Item("energy_tier", "Energy above a tier", Reason.ENERGY_TIER),
    soft="tier_adds_usd_per_mwh",
)
def energy_tier(m: Model, b: Index) -> Relation:
    r"""Energy beyond what is left of the tier below is charged more: :math:`\sum_t h_{bt} i_t \le E_b + x_b`.

    Its shadow price is what one more MWh below the tier saves, USD/MWh: what the tier adds at most.
    """
    counted = m.sum(m.HOURS_OF_TIER[b], lambda j: m.tier_mwh_per_mw[j] * m.grid_import[m.interval_of_tier[j]])
    return counted <= m.tier_left_mwh[b] + m.tier_above_mwh[b]


@RULES.offer("towards_minimum")
def tiers_billed(m: Model, n: Index) -> Expression:
    """What energy above tiers costs more in a billing period, USD."""
    return m.sum(m.TIERS_OF_BILL[n], lambda b: m.tier_adds_usd_per_mwh[b] * m.tier_above_mwh[b])


@RULES.term(("TIER_BILLS",))
def energy_tiers(m: Model, b: Index) -> Expression:
    r"""What energy above a tier costs more: :math:`-c_b x_b`."""
    return -m.tier_adds_usd_per_mwh[b] * m.tier_above_mwh[b]


PARAMETERS = (
    Parameter("tier_mwh_per_mw", ("TIER_HOURS",)),  # as billed, losses included
    Parameter("tier_left_mwh", ("TIER_BILLS",)),
    Parameter("tier_adds_usd_per_mwh", ("TIER_BILLS",)),
)

VARIABLES = (Variable("tier_above_mwh", ("TIER_BILLS",)),)
