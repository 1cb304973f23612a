"""A plan shorter than its billing period: what the rest of the period adds to the charges that depend on all of it.

The plan and its tail are solved as one program, so that a start or a minimum time across the border between them is
reckoned with, and the plan is published. It is charged by itself: what the tail does to every peak and quantity is
given to its account as an expectation.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType

import numpy as np

from optimizer.billing import NO_REST, Rest
from optimizer.billing.thresholds import counted_mwh
from optimizer.conditions import Conditions
from optimizer.config.farm import Farm
from optimizer.config.state import State
from optimizer.dispatch import Dispatch
from optimizer.market.inputs import MarketInputs
from optimizer.mechanisms.demand.config import Demand
from optimizer.mechanisms.suppliers.config import Supply
from optimizer.mechanisms.tiers.config import Tier
from optimizer.settlement.account import settle

_NOTHING: Mapping[tuple[str, str], float] = MappingProxyType({})


def charged_by_period(farm: Farm) -> bool:
    """Whether anything in the contract is charged over a whole billing period."""
    energy = farm.energy
    takes = any(supply.minimum_take is not None for supply in energy.sections(Supply))
    return bool(energy.sections(Demand) or energy.sections(Tier) or takes or energy.minimum_bill_usd_per_month)


def metered(
    farm: Farm, market: MarketInputs, state: State, expected: Mapping[tuple[str, str], float] = _NOTHING
) -> Conditions:
    """Conditions of intervals that are over, to be settled.

    ``expected``: the peaks that the rest of a billing period was expected to have; where none is told, a demand charge
    falls on the intervals that set the peak.
    """
    c = Conditions(farm, market, state, Rest(peaks_mw=dict(expected)))
    lacking = [demand.name for demand in farm.sections(Demand) if demand.expected_peak_mw is None]
    if not lacking:
        return c
    nothing = {(name, period.label): 0.0 for name in lacking for period in c.billing.periods}
    return replace(c, rest=Rest(peaks_mw=nothing | dict(expected)))


def to_the_end(c: Conditions) -> Conditions:
    """The plan and its tail in one, as one program solves them; the plan itself where it has no tail."""
    if c.tail is None:
        return c
    return replace(c, market=c.market.followed_by(c.tail), rest=NO_REST, tail=None, head=len(c.grid))


def plan_alone(c: Conditions) -> Conditions:
    """The plan's own intervals of a plan and its tail in one."""
    return c if c.head is None else replace(c, market=c.market.part(0, c.head), head=None)


def rest_after(c: Conditions, expected: Dispatch, head: int) -> Rest:
    """What the intervals from ``head`` on add to the charges of the last billing period, in an expected schedule."""
    billing, energy = c.billing, c.farm.energy
    last = len(billing.periods) - 1
    label = billing.periods[last].label
    settlement = settle(c, expected)
    imported = settlement.import_mw * (np.arange(len(c.grid)) >= head)
    charged = -float((settlement.usd["energy"] + settlement.usd["adders"])[head:].sum())
    for tier in billing.tiers:
        if tier.period == last:  # of the tier's energy, what the rest alone brings above it
            above = max(counted_mwh(tier, imported) - tier.amount, 0.0)
            charged += above * energy.sections(Tier)[tier.item].adds_usd_per_mwh
    return Rest(
        peaks_mw={
            (energy.sections(Demand)[bill.charge].name, label): float(imported[bill.intervals].max())
            for bill in billing.peak_bills
            if bill.period == last
        },
        tier_mwh={
            (energy.sections(Tier)[tier.item].name, label): counted_mwh(tier, imported)
            for tier in billing.tiers
            if tier.period == last
        },
        taken_mwh={
            (name, label): counted_mwh(take, expected.supply_mw[name] * (np.arange(len(c.grid)) >= head))
            for take in billing.takes
            if take.period == last and (name := energy.sections(Supply)[take.item].name)
        },
        charged_usd={label: charged},
    )
