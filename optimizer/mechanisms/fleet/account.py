"""Machines: what their hash earns, what starts and frost cost, and the rules that each machine keeps."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np

from optimizer.accounts.breach import UNIT_TOLERANCE, Breach, machines
from optimizer.accounts.cohorts import course
from optimizer.accounts.conditions import Conditions
from optimizer.accounts.dispatch import Dispatch
from optimizer.accounts.flows import group_starts, machine_starts
from optimizer.accounts.ledger import Account, Kind
from optimizer.accounts.settlement import Books
from optimizer.arrays import F
from optimizer.config.fleet import Group
from optimizer.mechanisms.hosting.config import Hosting
from optimizer.units import HOURS_PER_DAY, TERAHASH_PER_PETAHASH, WATTS_PER_MEGAWATT

ACCOUNT = Account()
_BEFORE = 1e-9


@ACCOUNT.offer("load")
def load_mw(c: Conditions, dispatch: Dispatch) -> F:
    """Machines on and on standby times PUE, MW, (intervals,)."""
    watts = np.zeros(len(c.grid))
    for g, group in enumerate(c.farm.fleet):
        watts += group.standby_w * (c.units_available[g] - dispatch.running(group))
        for mode, point in c.points[group.name].items():
            watts += point.power_w * dispatch.units_on[group.name, mode]
    return watts / WATTS_PER_MEGAWATT * c.pue


def _kept_share(c: Conditions, group: Group) -> float:
    """What of a group's hash the farm keeps, after the pool's fee; nothing of customers' machines."""
    fee = c.farm.revenue.pool_fee_share if group.pool_fee_share is None else group.pool_fee_share
    return 0.0 if group.section(Hosting) is not None else 1.0 - fee


@ACCOUNT.offer("earning_th_hours")
def earning_th_hours(c: Conditions, dispatch: Dispatch) -> F:
    """Hash of machines that mine for the farm, TH/s hours, (intervals,)."""
    earning = np.zeros(len(c.grid))
    for group in c.farm.fleet:
        for mode, point in c.points[group.name].items():
            hashed = dispatch.units_on[group.name, mode] * c.grid.hours * point.hashrate_th
            earning += hashed * _kept_share(c, group)
    return earning


@ACCOUNT.offer("lost_th_hours")
def lost_in_starts(c: Conditions, dispatch: Dispatch) -> F:
    """What starts lose of it, TH/s hours, (intervals,)."""
    return _lost_th_hours(c, machine_starts(c, dispatch))


def _lost_th_hours(c: Conditions, starts: Mapping[str, F]) -> F:
    lost = np.zeros(len(c.grid))
    for g, group in enumerate(c.farm.fleet):
        first = c.points[group.name][group.modes[0]]
        lost += starts[group.name] * c.restart_hours[g] * first.hashrate_th * _kept_share(c, group)
    return lost


def earned_usd_per_th_hour(c: Conditions) -> F:
    """What a TH/s earns in an hour, USD, (intervals,)."""
    usd: F = c.market.hashprice_usd_per_ph_day / (TERAHASH_PER_PETAHASH * HOURS_PER_DAY)
    return usd


@ACCOUNT.line("Hash revenue, after the pool's fee", Kind.MACHINES, place=10)
def hash_revenue(b: Books) -> F:
    """Hash times hashprice."""
    return b.flows.earning_th_hours * earned_usd_per_th_hour(b.c)


@ACCOUNT.line("Hash lost while restarting", Kind.MACHINES, place=30)
def restart_loss(b: Books) -> F:
    """Hash that starts lose, times hashprice."""
    return -earned_usd_per_th_hour(b.c) * _lost_th_hours(b.c, b.flows.starts)


@ACCOUNT.line("Wear of starts", Kind.MACHINES, place=40)
def start_wear(b: Books) -> F:
    """Starts times their wear."""
    wear = np.zeros(len(b.c.grid))
    for group in b.c.farm.fleet:
        wear -= group.wear_usd_per_start * b.flows.starts[group.name]
    return wear


@ACCOUNT.line(
    "Penalty: frost damage",
    Kind.PENALTY,
    place=130,
    broken="The plan keeps fewer machines running in frost than protection asks for",
)
def frost_damage(b: Books) -> F:
    """Machines that frost protection is short of, times the damage."""
    frost = np.zeros(len(b.c.grid))
    for g, group in enumerate(b.c.farm.fleet):
        if group.freeze_protection is not None:
            short = np.maximum(b.c.frost_minimum[g] - b.dispatch.running(group), 0.0)
            frost -= short * b.c.grid.hours * group.freeze_protection.damage_usd_per_unit_hour
    return frost


@ACCOUNT.columns("units_on")
def of_machines(_: Books) -> dict[str, F]:
    """None: the schedule shows them."""
    return {}


@ACCOUNT.check
def breaches(c: Conditions, dispatch: Dispatch) -> Iterator[Breach]:
    """Rules that groups of machines break."""
    for g, group in enumerate(c.farm.fleet):
        yield from _of_group(c, dispatch, g, group)


def _of_group(c: Conditions, dispatch: Dispatch, g: int, group: Group) -> Iterator[Breach]:
    name, running, available = group.name, dispatch.running(group), c.units_available[g]
    for mode in group.modes:
        yield from machines("units below zero", name, -dispatch.units_on[name, mode])
    yield from machines("units available", name, running - available)
    started = group_starts(c, dispatch, g)
    if group.minimum_on_hours > 0 or group.minimum_off_hours > 0:
        switched = course(c, g, running)
        yield from machines("minimum on time", name, switched.stopped_early)
        yield from machines("minimum off time", name, switched.started_early)
    if group.starts_per_day is not None:
        for day in range(len(c.grid.days)):
            today = np.flatnonzero(c.grid.day_of_interval == day)
            allowed = group.starts_per_day * float(available[today].max())
            if day == 0 and name in c.state.groups:
                allowed = max(allowed - c.state.groups[name].starts_today, 0.0)
            if (made := float(started[today].sum())) > allowed + UNIT_TOLERANCE:
                yield Breach("starts per day", name, int(today[0]), made - allowed, "starts")
    if group.starts_per_hour is not None:
        yield from machines("start rate", name, started - c.start_limit[g])
        if (c.grid.hours < 1.0).any():
            left = np.maximum(group.starts_per_hour - c.before.started[g], 0.0)
            yield from machines("starts within an hour", name, _within_an_hour(c, started) - left)
    yield from machines("cold start", name, started * c.too_cold_to_start[g])


def _within_an_hour(c: Conditions, started: F) -> F:
    """Machines started less than an hour before each interval's start, this interval's own included."""
    until = np.searchsorted(c.hours_before, c.hours_before + 1.0 - _BEFORE)
    recent = np.zeros(len(started) + 1)
    recent[:-1] += started
    np.subtract.at(recent, np.maximum(until, np.arange(1, len(started) + 1)), started)
    return np.cumsum(recent)[:-1]
