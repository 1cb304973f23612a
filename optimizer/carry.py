"""The state at the end of a schedule, for the plan that goes on from there."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from optimizer.conditions import Conditions
from optimizer.config.fleet import Group
from optimizer.config.horizon import BillState, GroupState, State, Switched
from optimizer.settlement.account import Dispatch, settle
from optimizer.settlement.charges import counted_mwh, peaks

F = NDArray[np.float64]


def state_after(c: Conditions, dispatch: Dispatch) -> State:
    """What runs, what still binds and what was billed so far at the end of a whole schedule; old states carry on."""
    s = settle(c, dispatch)
    return State(
        at=c.grid.end.to_pydatetime(),
        groups={group.name: _group(c, group, dispatch.running(group), s.starts[group.name]) for group in c.farm.fleet},
        grid_import_mw=max(float(s.import_mw[-1]), 0.0),
        bill=_bill(c, dispatch),
    )


def _group(c: Conditions, group: Group, running: F, starts: F) -> GroupState:
    before = c.farm.state.groups.get(group.name)
    stops = np.maximum(-np.diff(running, prepend=_before(c, group)), 0.0)
    length = float(c.grid.hours.sum())
    last = round(running[-1])
    idle = group.units - last
    on_hours, off_hours = max(group.minimum_on_hours, 1.0), group.minimum_off_hours
    started = [*_carried(c, before, "started", length, on_hours), *_recent(c, starts, length, on_hours)]
    stopped = [*_carried(c, before, "stopped", length, off_hours), *_recent(c, stops, length, off_hours)]
    return GroupState(
        running=last,
        started=_newest(started, last),
        stopped=_newest(stopped, idle),
        starts_today=_starts_today(c, before, starts),
    )


def _before(c: Conditions, group: Group) -> float:
    return float(c.units_before[[g.name for g in c.farm.fleet].index(group.name)])


def _recent(c: Conditions, switched: F, length: float, hours: float) -> Iterator[Switched]:
    for t in np.flatnonzero(switched > 0).tolist():
        if c.hours_before[t] + hours > length:
            yield Switched(at=c.grid.starts[t].to_pydatetime(), units=round(switched[t]))


def _carried(c: Conditions, before: GroupState | None, key: str, length: float, hours: float) -> Iterator[Switched]:
    for switch in () if before is None else getattr(before, key):
        if c.hours_since_start(switch.at) + hours > length:
            yield switch


def _newest(switches: list[Switched], most: int) -> tuple[Switched, ...]:
    """The latest switches of at most so many machines: those switched again since count no longer."""
    kept: list[Switched] = []
    for switch in reversed(switches):
        units = min(switch.units, most - sum(one.units for one in kept))
        if units > 0:
            kept.append(Switched(at=switch.at, units=units))
    return tuple(reversed(kept))


def _starts_today(c: Conditions, before: GroupState | None, starts: F) -> float:
    """Starts made on the local day in which the schedule ends; none where it ends at midnight."""
    today = c.grid.end.tz_convert(c.grid.timezone).strftime("%Y-%m-%d")
    if today not in c.grid.days:
        return 0.0
    day = c.grid.days.index(today)
    made = float(starts[c.grid.day_of_interval == day].sum())
    return made + (before.starts_today if before is not None and day == 0 else 0.0)


def _bill(c: Conditions, dispatch: Dispatch) -> BillState:
    billing, energy, old = c.billing, c.farm.energy, c.farm.state.bill
    s = settle(c, dispatch)
    last = len(billing.periods) - 1
    open_ = billing.goes_on(billing.periods[last])
    past = {name: dict(months) for name, months in old.past_peaks_mw.items()}
    now: dict[str, float] = {demand.name: 0.0 for demand in energy.demand} if open_ else {}
    if billing.begun_before(billing.periods[0]):
        label = billing.periods[0].label
        for name, mw in old.peaks_mw.items():
            _raise(
                now if open_ and last == 0 else past.setdefault(name, {}), name if open_ and last == 0 else label, mw
            )
    charged = 0.0
    for bill, peak in zip(billing.peak_bills, peaks(c, s.import_mw), strict=True):
        name, label = energy.demand[bill.charge].name, billing.periods[bill.period].label
        if open_ and bill.period == last:
            _raise(now, name, peak.measured_mw)
            billed = max(bill.so_far_mw, peak.measured_mw, energy.demand[bill.charge].minimum_mw)
            charged += bill.rate_usd_per_mw * (billed - bill.so_far_mw)
        else:
            _raise(past.setdefault(name, {}), label, peak.measured_mw)
    for label in (period.label for period in billing.periods if not (open_ and period is billing.periods[last])):
        for demand in energy.demand:
            _raise(past.setdefault(demand.name, {}), label, 0.0)
    if not open_:
        return BillState(past_peaks_mw=past)
    inside = slice(billing.periods[last].first, billing.periods[last].stop)
    charged -= sum(float(s.usd[line][inside].sum()) for line in ("energy", "adders", "energy_tiers"))
    same = billing.begun_before(billing.periods[last])
    return BillState(
        peaks_mw=now,
        past_peaks_mw=past,
        tier_mwh={
            energy.tiers[tier.item].name: counted_mwh(tier, s.import_mw)
            + (old.tier_mwh.get(energy.tiers[tier.item].name, 0.0) if same else 0.0)
            for tier in billing.tiers
            if tier.period == last
        },
        taken_mwh={
            name: counted_mwh(take, dispatch.supply_mw[name]) + (old.taken_mwh.get(name, 0.0) if same else 0.0)
            for take in billing.takes
            if take.period == last and (name := energy.supplies[take.item].name)
        },
        charged_usd=max(charged + (old.charged_usd if same else 0.0), 0.0),
    )


def _raise(peaks_mw: dict[str, Any], key: str, mw: float) -> None:
    """Keep the higher of two peaks."""
    peaks_mw[key] = max(peaks_mw.get(key, 0.0), mw)
