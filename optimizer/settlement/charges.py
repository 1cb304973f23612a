"""Charges over billing periods, from the import alone: what a utility would reckon when the period is over."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from optimizer.arrays import F
from optimizer.billing import LaterBill, Quantity, Tag
from optimizer.conditions import Conditions


@dataclass(frozen=True)
class Peak:
    """The peak of one demand charge in one period: what was measured and in which interval, what is billed, MW.

    ``at`` is None where no hour that counts lies in the plan.
    """

    measured_mw: float
    at: int | None
    billed_mw: float


def peaks(c: Conditions, imported: F) -> tuple[Peak, ...]:
    """The peak of every bill of ``c.billing.peak_bills``. imported: MW, (intervals,)."""
    found: list[Peak] = []
    for bill in c.billing.peak_bills:
        if not len(bill.intervals):
            found.append(Peak(0.0, None, bill.floor_mw))
            continue
        at = int(bill.intervals[np.argmax(imported[bill.intervals])])
        found.append(Peak(float(imported[at]), at, max(float(imported[at]), bill.floor_mw)))
    for later, earlier, share in c.billing.ratchets:
        held = max(found[later].billed_mw, share * found[earlier].measured_mw)
        found[later] = Peak(found[later].measured_mw, found[later].at, held)
    return tuple(found)


def counted_mwh(quantity: Quantity, mw: F) -> float:
    """MWh that count towards a threshold."""
    return float(mw[quantity.intervals] @ quantity.mwh_per_mw)


def beyond(quantity: Quantity, mw: F) -> F:
    """MWh of each interval that lie beyond what was left of a threshold, (intervals,)."""
    above = np.zeros(len(mw))
    total = np.cumsum(mw[quantity.intervals] * quantity.mwh_per_mw)
    over = np.maximum(total - quantity.amount, 0.0)
    above[quantity.intervals] = np.diff(over, prepend=0.0)
    return above


def short_of(take: Quantity, mw: F) -> float:
    """MWh that a minimum take is missed by."""
    return max(take.amount - counted_mwh(take, mw), 0.0)


def later_usd(bill: LaterBill, found: Sequence[Peak]) -> tuple[float, int]:
    """What the plan adds to a bill after it, USD, and which of its peaks does: the highest, by its position."""
    highest = max(bill.earlier, key=lambda b: found[b].measured_mw)
    held = bill.share * found[highest].measured_mw
    return bill.rate_usd_per_mw * max(held - bill.floor_mw, 0.0), highest


def tag_usd(tag: Tag, imported: F) -> F:
    """What the import of each interval adds to a coincident-peak charge, USD, (intervals,)."""
    if not tag.cases:
        return tag.rate_usd_per_mw * tag.weight * imported
    at_others = [tag.others(peak) * imported for peak in range(len(tag.chances))]
    others_mw = [float(mw.sum()) for mw in at_others]
    added = np.zeros(len(imported))
    for case in tag.cases:
        inside = slice(case.first, case.first + len(case.shares))
        here = imported[inside] * case.shares
        import_mw = float(here.sum()) + others_mw[case.peak] + case.elsewhere_mw
        above = max(import_mw / tag.count - case.floor_mw, 0.0)
        if above > 0 and here.any():
            added[inside] += case.chance * above * here / here.sum()
        elif above > 0:  # the place itself draws nothing: the peaks beside it do
            added += case.chance * above * at_others[case.peak] / others_mw[case.peak]
    return tag.rate_usd_per_mw * added


def charges(c: Conditions, imported: F, supply_mw: Mapping[str, F], energy_usd: F) -> dict[str, F]:
    """USD per interval of every charge, negative. A peak is charged in the interval that sets it.

    energy_usd: energy at the interval's price and adders, (intervals,), negative; they count to the minimum bill.
    """
    n, hours, energy, billing = len(c.grid), c.grid.hours, c.farm.energy, c.billing
    demand, later, tiers, coincident, shortfall, topup = (np.zeros(n) for _ in range(6))
    found = peaks(c, imported)
    for bill, peak in zip(billing.peak_bills, found, strict=True):
        at = billing.periods[bill.period].stop - 1 if peak.at is None else peak.at
        demand[at] -= bill.rate_usd_per_mw * (peak.billed_mw - bill.owed_mw)
    for held_up in billing.later_bills:
        usd, highest = later_usd(held_up, found)
        later[found[highest].at or 0] -= usd
    for tier in billing.tiers:
        tiers -= beyond(tier, imported) * energy.tiers[tier.item].adds_usd_per_mwh
    for tag in billing.tags:
        coincident -= tag_usd(tag, imported)
    for take in billing.takes:
        supply = energy.supplies[take.item]
        if supply.minimum_take is not None:
            short = short_of(take, supply_mw[supply.name])
            shortfall[take.intervals[-1]] -= short * supply.minimum_take.shortfall_usd_per_mwh
    for p, least in enumerate(billing.least_usd):
        inside = slice(billing.periods[p].first, billing.periods[p].stop)
        charged = -float((energy_usd + demand + tiers)[inside].sum())
        topup[billing.periods[p].stop - 1] -= max(least - charged, 0.0)
    return {
        "energy_tiers": tiers,
        "demand_charge": demand,
        "later_demand_charge": later,
        "coincident_peak": coincident,
        "take_shortfall_penalty": shortfall,
        "fixed_charges": -billing.fixed_usd_per_hour * hours,
        "minimum_bill": topup,
    }
