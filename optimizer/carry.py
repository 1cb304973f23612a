"""The state at the end of a schedule, for the plan that goes on from there."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from optimizer.cohorts import Cohorts, course
from optimizer.conditions import Conditions
from optimizer.config.horizon import BillState, GroupState, State, Switched
from optimizer.dispatch import Dispatch
from optimizer.settlement.account import grid_import_mw, settle
from optimizer.settlement.charges import counted_mwh, peaks
from optimizer.settlement.events import misses

F = NDArray[np.float64]


def state_after(c: Conditions, dispatch: Dispatch) -> State:
    """What runs, what still binds and what was billed so far at the end of a whole schedule; old states carry on."""
    imported, today = grid_import_mw(c, dispatch), _on_last_day(c)
    return c.farm.state.model_copy(
        update={
            "at": c.grid.end.to_pydatetime(),
            "groups": {group.name: _group(c, g, dispatch, today) for g, group in enumerate(c.farm.fleet)},
            "announced": {},  # of intervals that are over
            "grid_import_mw": max(float(imported[-1]), 0.0),
            "bill": _bill(c, dispatch, imported),
            "missed_mw": _missed(c, imported),
        }
    )


def _missed(c: Conditions, imported: F) -> dict[str, float]:
    """The worst miss so far of every event that is charged for it."""
    missed = dict(c.farm.state.missed_mw)
    for miss in misses(c, imported):
        event = c.farm.events[miss.event]
        if event.violation_usd_per_mw is not None:
            missed[event.name] = max(missed.get(event.name, 0.0), miss.worst_mw)
    return missed


def _group(c: Conditions, g: int, dispatch: Dispatch, today: NDArray[np.bool_]) -> GroupState:
    group = c.farm.fleet[g]
    running = dispatch.running(group)
    before = c.farm.state.groups.get(group.name)
    starts = np.maximum(np.diff(running, prepend=c.units_before[g]), 0.0)
    switched, last = course(c, g, running), round(running[-1])
    made = before.starts_today if before is not None and today[0] else 0.0
    return (before or GroupState(running=last)).model_copy(
        update={
            "running": last,
            "modes": {mode: round(float(dispatch.units_on[group.name, mode][-1])) for mode in group.modes},
            "in_service": round(float(c.units_available[g, -1])),
            "started": tuple(_recent(c, switched.running, max(group.minimum_on_hours, 1.0))),
            "stopped": tuple(_recent(c, switched.resting, group.minimum_off_hours)),
            "starts_today": float(starts[today].sum()) + made,
        }
    )


def _recent(c: Conditions, machines: Cohorts, hours: float) -> Iterator[Switched]:
    """Those switched no longer ago than so many hours when the schedule ends."""
    begin, length = c.grid.starts[0], float(c.grid.hours.sum())
    for since, units in machines.cohorts:
        if since + hours > length and round(units) > 0:
            yield Switched(at=(begin + pd.Timedelta(seconds=round(since * 3600))).to_pydatetime(), units=round(units))


def newest(switches: Sequence[Switched], most: int) -> tuple[Switched, ...]:
    """The latest switches of at most so many machines: those switched again since count no longer."""
    kept: list[Switched] = []
    for switch in reversed(switches):
        units = min(switch.units, most - sum(one.units for one in kept))
        if units > 0:
            kept.append(Switched(at=switch.at, units=units))
    return tuple(reversed(kept))


def _on_last_day(c: Conditions) -> NDArray[np.bool_]:
    """Intervals of the local day in which the schedule ends, (intervals,); none where it ends at midnight."""
    return np.asarray(c.grid.day_of_interval == (len(c.grid.days) - 1 if c.grid.last_day_goes_on else -1))


def _bill(c: Conditions, dispatch: Dispatch, imported: F) -> BillState:
    """What was metered and charged so far in the billing period the schedule ends in, and the peaks of those before."""
    billing, energy, old = c.billing, c.farm.energy, c.farm.state.bill
    last, first = billing.periods[-1], billing.periods[0]
    metered = _metered(c, imported)
    past = {name: dict(months) for name, months in old.past_peaks_mw.items()}
    for (name, label), mw in metered.items():
        if label != last.label or not billing.goes_on(last):
            past.setdefault(name, {})[label] = mw
    if not billing.goes_on(last):
        begun = last.ends < c.grid.end  # by the end of an interval that began before
        return BillState(peaks_mw={demand.name: 0.0 for demand in energy.demand if begun}, past_peaks_mw=past)
    carried = old if billing.begun_before(last) and last is first else BillState()
    used = {
        energy.tiers[t.item].name: counted_mwh(t, imported) for t in billing.tiers if billing.periods[t.period] is last
    }
    taken = {
        name: counted_mwh(take, dispatch.supply_mw[name])
        for take in billing.takes
        if billing.periods[take.period] is last and (name := energy.supplies[take.item].name)
    }
    takes = [supply.name for supply in energy.supplies if supply.minimum_take is not None]
    tier_mwh = {tier.name: carried.tier_mwh.get(tier.name, 0.0) + used.get(tier.name, 0.0) for tier in energy.tiers}
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
    billing, energy, so_far = c.billing, c.farm.energy, c.farm.state.bill.peaks_mw
    first = billing.periods[0]
    found = {(demand.name, period.label): 0.0 for demand in energy.demand for period in billing.periods}
    if billing.begun_before(first):
        found |= {(name, first.label): mw for name, mw in so_far.items()}
        for demand in energy.demand:
            if demand.name not in so_far and billing.counted_before(demand, first):
                del found[demand.name, first.label]
    for bill, peak in zip(billing.peak_bills, peaks(c, imported), strict=True):
        key = energy.demand[bill.charge].name, billing.periods[bill.period].label
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
    for tier in energy.tiers:
        above = [max(mwh.get(tier.name, 0.0) - tier.above_mwh_per_month, 0.0) for mwh in (before, after)]
        charged += tier.adds_usd_per_mwh * (above[1] - above[0])
    for bill, peak in zip(billing.peak_bills, peaks(c, s.import_mw), strict=True):
        if billing.periods[bill.period] is last:
            charged += bill.rate_usd_per_mw * (max(bill.known_mw, peak.measured_mw) - bill.so_far_mw)
    return charged
