"""The rule checker: walks a finished schedule and checks every physical and contractual rule again, without the LP.

It counts machines from one interval to the next, as an operator with a clipboard would. An outage of n machines
excuses n of the group's machines from minimum times for as long as those would bind.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from optimizer.conditions import Conditions
from optimizer.config.fleet import Group
from optimizer.settlement.account import Dispatch, grid_import_mw

F = NDArray[np.float64]
MW_TOLERANCE = 1e-6
UNIT_TOLERANCE = 1e-6
_BEFORE = 1e-9


@dataclass(frozen=True)
class Breach:
    """A rule broken: which, by whom, in which interval, by how much of what."""

    rule: str
    who: str
    interval: int
    amount: float
    unit: str

    def __str__(self) -> str:
        return (
            f"{self.rule} broken by {self.who or 'the site'} in interval {self.interval}: {self.amount:.6g} {self.unit}"
        )


def _breaches(rule: str, who: str, excess: F, unit: str, tolerance: float = UNIT_TOLERANCE) -> Iterator[Breach]:
    for t in np.flatnonzero(excess > tolerance).tolist():
        yield Breach(rule, who, t, float(excess[t]), unit)


def check(c: Conditions, dispatch: Dispatch, *, whole: bool = True) -> list[Breach]:
    """Every breach of a rule in the schedule; with ``whole``, machines must be whole containers too."""
    found: list[Breach] = []
    for g, group in enumerate(c.farm.fleet):
        found.extend(_group_breaches(c, dispatch, g, group))
        if whole:
            found.extend(_container_breaches(c, dispatch, g, group))
    found.extend(_site_breaches(c, dispatch))
    return found


def _group_breaches(c: Conditions, dispatch: Dispatch, g: int, group: Group) -> Iterator[Breach]:
    name, running, available = group.name, dispatch.running(group), c.units_available[g]
    for mode in group.modes:
        yield from _breaches("units below zero", name, -dispatch.units_on[name, mode], "machines")
    yield from _breaches("units available", name, running - available, "machines")
    change = np.diff(running, prepend=c.units_before[g])
    started, stopped = np.maximum(change, 0.0), np.maximum(-change, 0.0)
    bound_on, bound_off = c.units_bound[0][g], c.units_bound[1][g]
    in_service = np.concatenate([[c.in_service_before[g]], available[:-1]])
    fallen_out = np.maximum(in_service - available, 0.0)
    forced = np.minimum(stopped, fallen_out)  # an outage takes running machines first, where machines stop
    if group.minimum_on_hours > 0:
        must_run = _still_bound(c, started - forced, group.minimum_on_hours) + bound_on
        yield from _breaches("minimum on time", name, must_run - running, "machines")
    if group.minimum_off_hours > 0:
        resting = _still_bound(c, (stopped - forced) - (fallen_out - forced), group.minimum_off_hours) + bound_off
        yield from _breaches("minimum off time", name, resting - (available - running), "machines")
    if group.starts_per_day is not None:
        for day in range(len(c.grid.days)):
            today = np.flatnonzero(c.grid.day_of_interval == day)
            allowed = group.starts_per_day * float(available[today].max())
            if day == 0 and name in c.farm.state.groups:
                allowed = max(allowed - c.farm.state.groups[name].starts_today, 0.0)
            if (made := float(started[today].sum())) > allowed + UNIT_TOLERANCE:
                yield Breach("starts per day", name, int(today[0]), made - allowed, "starts")
    if group.starts_per_hour is not None:
        yield from _breaches("start rate", name, started - c.start_limit[g], "machines")
        if (c.grid.hours < 1.0).any():
            left = np.maximum(group.starts_per_hour - c.starts_just_before[g], 0.0)
            yield from _breaches("starts within an hour", name, _still_bound(c, started, 1.0) - left, "machines")
    yield from _breaches("cold start", name, started * c.too_cold_to_start[g], "machines")


def _still_bound(c: Conditions, switched: F, hours: float) -> F:
    """Machines switched less than so many hours before each interval's start, this interval's own included."""
    until = np.searchsorted(c.hours_before, c.hours_before + hours - _BEFORE)
    bound = np.zeros(len(switched) + 1)
    bound[:-1] += switched
    np.subtract.at(bound, np.maximum(until, np.arange(1, len(switched) + 1)), switched)
    return np.cumsum(bound)[:-1]


def _container_breaches(c: Conditions, dispatch: Dispatch, g: int, group: Group) -> Iterator[Breach]:
    size = float(group.units_switched_together)
    partly_filled = c.units_available[g] % size
    every = np.array([dispatch.units_on[group.name, mode] for mode in group.modes])
    beside = np.abs(every - np.round(every / size) * size)
    if (beside <= UNIT_TOLERANCE).all():
        return
    partial_runs = np.zeros(len(c.grid))
    for units, left in zip(every, beside, strict=True):
        with_partial = np.abs((units - partly_filled) - np.round((units - partly_filled) / size) * size)
        uses_partial = (left > UNIT_TOLERANCE) & (partly_filled > 0)
        partial_runs += uses_partial
        yield from _breaches("whole containers", group.name, np.where(uses_partial, with_partial, left), "machines")
    yield from _breaches("one partly filled container", group.name, partial_runs - 1.0, "containers")


def _site_breaches(c: Conditions, dispatch: Dispatch) -> Iterator[Breach]:
    imported, site, onsite = grid_import_mw(c, dispatch), c.farm.site, c.farm.energy.onsite
    yield from _breaches("import below zero", "", -imported, "MW", MW_TOLERANCE)
    if site.import_violation_usd_per_mwh is None:
        yield from _breaches("import limit", "", imported - c.market.import_limit_mw, "MW", MW_TOLERANCE)
    before = c.farm.state.grid_import_mw
    change = np.diff(imported, prepend=imported[0] if before is None else before)
    if site.ramp_up_mw_per_hour is not None:
        yield from _breaches("ramp up", "", change - site.ramp_up_mw_per_hour * c.grid.hours, "MW", MW_TOLERANCE)
    if site.ramp_down_mw_per_hour is not None:
        allowed = site.ramp_down_mw_per_hour * c.grid.hours + c.outage_mw
        yield from _breaches("ramp down", "", -change - allowed, "MW", MW_TOLERANCE)
    for cap in c.event_caps:
        if cap.violation_usd_per_mwh is None and imported[cap.interval] > cap.cap_mw + MW_TOLERANCE:
            name = c.farm.events[cap.event].name
            yield Breach("event cap", name, cap.interval, float(imported[cap.interval] - cap.cap_mw), "MW")
    for span in c.paid_spans:
        if span.holds is not None and imported[span.interval] > span.held_mw + MW_TOLERANCE:
            name = c.farm.events[span.holds.event].name
            excess = float(imported[span.interval] - span.held_mw)
            yield Breach("baseline of a paid event", name, span.interval, excess, "MW")
    limit = 0.0 if onsite is None else onsite.export_limit_mw
    yield from _breaches("on-site below zero", "", -dispatch.onsite_mw, "MW", MW_TOLERANCE)
    yield from _breaches("export below zero", "", -dispatch.export_mw, "MW", MW_TOLERANCE)
    yield from _breaches(
        "on-site generation", "", dispatch.onsite_mw - c.market.onsite_available_mw, "MW", MW_TOLERANCE
    )
    yield from _breaches("export limit", "", dispatch.export_mw - limit, "MW", MW_TOLERANCE)
    drawn = np.zeros(len(c.grid))
    for supply in c.farm.energy.supplies:
        mw = dispatch.supply_mw[supply.name]
        drawn = drawn + mw
        yield from _breaches("supply below zero", supply.name, -mw, "MW", MW_TOLERANCE)
        limit_mw = c.market.supply_limit_mw[supply.name]
        yield from _breaches("supplier's limit", supply.name, mw - limit_mw, "MW", MW_TOLERANCE)
    billed = imported * (1.0 + c.farm.energy.loss_share)
    if c.farm.energy.supplies:
        yield from _breaches("suppliers above import", "", drawn - billed, "MW", MW_TOLERANCE)
    yield from _breaches("export from on-site only", "", dispatch.export_mw - dispatch.onsite_mw, "MW", MW_TOLERANCE)
