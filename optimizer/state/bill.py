"""The bill so far: what was metered in the billing period a schedule ends in, and the peaks of those before."""

from __future__ import annotations

from collections.abc import Mapping

from optimizer.arrays import F
from optimizer.billing.thresholds import counted_mwh
from optimizer.conditions import Conditions
from optimizer.config.farm import Farm
from optimizer.config.state import BillState
from optimizer.dispatch import Dispatch
from optimizer.mechanisms.demand.account import peaks
from optimizer.mechanisms.demand.config import Demand
from optimizer.mechanisms.suppliers.config import Supply
from optimizer.mechanisms.tiers.config import Tier
from optimizer.settlement.account import settle
from optimizer.settlement.flows import grid_import_mw


def after(c: Conditions, dispatch: Dispatch) -> BillState:
    """What was metered and charged so far in the billing period the schedule ends in, and the peaks of those before."""
    billing, energy, old = c.billing, c.farm.energy, c.state.bill
    imported = grid_import_mw(c, dispatch)
    last, first = billing.periods[-1], billing.periods[0]
    metered = _metered(c, imported)
    past = {name: dict(months) for name, months in old.past_peaks_mw.items()}
    for (name, label), mw in metered.items():
        if label != last.label or not billing.goes_on(last):
            past.setdefault(name, {})[label] = mw
    if not billing.goes_on(last):
        begun = last.ends < c.grid.end  # by the end of an interval that began before
        return BillState(peaks_mw={demand.name: 0.0 for demand in energy.sections(Demand) if begun}, past_peaks_mw=past)
    carried = old if billing.begun_before(last) and last is first else BillState()
    used = {
        energy.sections(Tier)[t.item].name: counted_mwh(t, imported)
        for t in billing.tiers
        if billing.periods[t.period] is last
    }
    taken = {
        name: counted_mwh(take, dispatch.supply_mw[name])
        for take in billing.takes
        if billing.periods[take.period] is last and (name := energy.sections(Supply)[take.item].name)
    }
    takes = [supply.name for supply in energy.sections(Supply) if supply.minimum_take is not None]
    tier_mwh = {
        tier.name: carried.tier_mwh.get(tier.name, 0.0) + used.get(tier.name, 0.0) for tier in energy.sections(Tier)
    }
    return carried.model_copy(
        update={
            "peaks_mw": {name: mw for (name, label), mw in metered.items() if label == last.label},
            "past_peaks_mw": past,
            "tier_mwh": tier_mwh,
            "taken_mwh": {name: carried.taken_mwh.get(name, 0.0) + taken.get(name, 0.0) for name in takes},
            "charged_usd": max(carried.charged_usd + _charged(c, dispatch, carried.tier_mwh, tier_mwh), 0.0),
        }
    )


def _metered(c: Conditions, imported: F) -> dict[tuple[str, str], float]:
    """The measured peak of every demand charge in every period so far, by name and label; none that is not known."""
    billing, energy, so_far = c.billing, c.farm.energy, c.state.bill.peaks_mw
    first = billing.periods[0]
    found = {(demand.name, period.label): 0.0 for demand in energy.sections(Demand) for period in billing.periods}
    if billing.begun_before(first):
        found |= {(name, first.label): mw for name, mw in so_far.items()}
        for demand in energy.sections(Demand):
            if demand.name not in so_far and billing.counted_before(demand, first):
                del found[demand.name, first.label]
    for bill, peak in zip(billing.peak_bills, peaks(c, imported), strict=True):
        key = energy.sections(Demand)[bill.charge].name, billing.periods[bill.period].label
        if key in found:
            found[key] = max(found[key], peak.measured_mw)
    return found


def _charged(c: Conditions, dispatch: Dispatch, before: Mapping[str, float], after: Mapping[str, float]) -> float:
    """What the schedule adds to the sum that counts towards the last period's minimum bill, USD; 0 without one."""
    billing, energy = c.billing, c.farm.energy
    if not energy.minimum_bill_usd_per_month:
        return 0.0
    s, last = settle(c, dispatch), billing.periods[-1]
    inside = slice(last.first, last.stop)
    charged = -float((s.usd["energy"] + s.usd["adders"])[inside].sum())
    for tier in energy.sections(Tier):
        above = [max(mwh.get(tier.name, 0.0) - tier.above_mwh_per_month, 0.0) for mwh in (before, after)]
        charged += tier.adds_usd_per_mwh * (above[1] - above[0])
    for bill, peak in zip(billing.peak_bills, peaks(c, s.import_mw), strict=True):
        if billing.periods[bill.period] is last:
            charged += bill.rate_usd_per_mw * (max(bill.known_mw, peak.measured_mw) - bill.so_far_mw)
    return charged


def fitted(bill: BillState, farm: Farm) -> BillState:
    """Without charges, tiers and suppliers that are gone."""
    energy = farm.energy
    demand = {charge.name for charge in energy.sections(Demand)}
    tiers = {tier.name for tier in energy.sections(Tier)}
    takes = {supply.name for supply in energy.sections(Supply) if supply.minimum_take is not None}
    return bill.model_copy(
        update={
            "peaks_mw": {name: mw for name, mw in bill.peaks_mw.items() if name in demand},
            "past_peaks_mw": {name: mw for name, mw in bill.past_peaks_mw.items() if name in demand},
            "tier_mwh": {name: mwh for name, mwh in bill.tier_mwh.items() if name in tiers},
            "taken_mwh": {name: mwh for name, mwh in bill.taken_mwh.items() if name in takes},
        }
    )
