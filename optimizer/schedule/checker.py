"""The rule checker: walks a finished schedule and checks every physical and contractual rule again, without the LP.

It follows machines one by one, as an operator with a clipboard would: a schedule passes exactly when each of its
machines can be given an identity, in service or out, running or resting since some hour, so that every rule holds.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from optimizer.arrays import F
from optimizer.cohorts import course
from optimizer.conditions import Conditions
from optimizer.config.fleet import Group
from optimizer.dispatch import Dispatch
from optimizer.settlement.flows import grid_import_mw
from optimizer.units import WATTS_PER_MEGAWATT

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
    started = np.maximum(np.diff(running, prepend=c.units_before[g]), 0.0)
    if group.minimum_on_hours > 0 or group.minimum_off_hours > 0:
        switched = course(c, g, running)
        yield from _breaches("minimum on time", name, switched.stopped_early, "machines")
        yield from _breaches("minimum off time", name, switched.started_early, "machines")
    if group.starts_per_day is not None:
        for day in range(len(c.grid.days)):
            today = np.flatnonzero(c.grid.day_of_interval == day)
            allowed = group.starts_per_day * float(available[today].max())
            if day == 0 and name in c.state.groups:
                allowed = max(allowed - c.state.groups[name].starts_today, 0.0)
            if (made := float(started[today].sum())) > allowed + UNIT_TOLERANCE:
                yield Breach("starts per day", name, int(today[0]), made - allowed, "starts")
    if group.starts_per_hour is not None:
        yield from _breaches("start rate", name, started - c.start_limit[g], "machines")
        if (c.grid.hours < 1.0).any():
            left = np.maximum(group.starts_per_hour - c.starts_just_before[g], 0.0)
            yield from _breaches("starts within an hour", name, _within_an_hour(c, started) - left, "machines")
    yield from _breaches("cold start", name, started * c.too_cold_to_start[g], "machines")


def _within_an_hour(c: Conditions, started: F) -> F:
    """Machines started less than an hour before each interval's start, this interval's own included."""
    until = np.searchsorted(c.hours_before, c.hours_before + 1.0 - _BEFORE)
    recent = np.zeros(len(started) + 1)
    recent[:-1] += started
    np.subtract.at(recent, np.maximum(until, np.arange(1, len(started) + 1)), started)
    return np.cumsum(recent)[:-1]


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


def _fallen_away_mw(c: Conditions, dispatch: Dispatch) -> F:
    """Load that falls away with machines an outage takes as an interval begins, MW, (intervals,).

    It takes running machines as far as the group's number of them falls, the strongest first: those in whose place
    others start draw as before. Of their load counts what the group's load falls by, should others be turned up. The
    rest of the machines it takes were idle, and save their standby.
    """
    watts = np.zeros(len(c.grid))
    for g, group in enumerate(c.farm.fleet):
        beyond_standby = {mode: point.power_w - group.standby_w for mode, point in c.points[group.name].items()}
        before = {
            mode: np.concatenate([[c.modes_before[group.name, mode]], dispatch.units_on[group.name, mode][:-1]])
            for mode in group.modes
        }
        lost = np.maximum(sum(before.values()) - dispatch.running(group), 0.0)
        left = np.minimum(lost, c.fallen_out[g])
        taken_w, fall_w = np.zeros((2, len(c.grid)))
        for mode in sorted(group.modes, key=lambda mode: -beyond_standby[mode]):
            taken = np.minimum(left, before[mode])
            left = left - taken
            taken_w += beyond_standby[mode] * taken
            fall_w += beyond_standby[mode] * (before[mode] - dispatch.units_on[group.name, mode])
        watts += group.standby_w * c.fallen_out[g] + np.minimum(taken_w, np.maximum(fall_w, 0.0))
    return watts / WATTS_PER_MEGAWATT * c.pue_before


def _site_breaches(c: Conditions, dispatch: Dispatch) -> Iterator[Breach]:
    imported, site, onsite = grid_import_mw(c, dispatch), c.farm.site, c.farm.energy.onsite
    yield from _breaches("import below zero", "", -imported, "MW", MW_TOLERANCE)
    if site.import_violation_usd_per_mwh is None:
        yield from _breaches("import limit", "", imported - c.market.import_limit_mw, "MW", MW_TOLERANCE)
    before = c.state.grid_import_mw
    change = np.diff(imported, prepend=imported[0] if before is None else before)
    if site.ramp_up_mw_per_hour is not None:
        yield from _breaches("ramp up", "", change - site.ramp_up_mw_per_hour * c.grid.hours, "MW", MW_TOLERANCE)
    if site.ramp_down_mw_per_hour is not None:
        allowed = site.ramp_down_mw_per_hour * c.grid.hours + _fallen_away_mw(c, dispatch)
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
