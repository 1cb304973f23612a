"""What a farm without a plan would do: run always, or run wherever hashing pays more than power costs.

Both keep to what nobody may leave out: machines in service, whole containers, the import limit, the caps of events and
how fast import may rise, by merit order: what can pay least for power gives way first. What must run against frost runs
whatever power costs, as far as these limits allow. They stagger starts as the farm file asks and rest machines as long.
They look at one interval at a time and never ahead: what that breaks, such as a
limit on how fast load may fall, the rule checker counts as breaches.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from optimizer.conditions import Conditions
from optimizer.schedule.reasons import Reason
from optimizer.settlement.account import Dispatch
from optimizer.units import WATTS_PER_MEGAWATT, megawatts, usd_per_th_hour

F = NDArray[np.float64]
Int = NDArray[np.int64]
_TOLERANCE = 1e-9


@dataclass(frozen=True)
class Followed(Dispatch):
    """The schedule of a policy, and the machines it has off by reason, Reason -> (groups, intervals)."""

    off: Mapping[Reason, F] = field(default_factory=dict)


@dataclass(frozen=True)
class _Wish:
    """What a policy would do without limits. mode: position among the group's modes; strike: USD/MWh at the meter."""

    runs: NDArray[np.bool_]
    mode: Int
    strike: F


def always_on(c: Conditions) -> Followed:
    """Every machine in service, in the mode that earns most before power; of equal ones the more frugal."""
    return on_where(c, np.ones(len(c.grid), dtype=np.bool_))


def on_where(c: Conditions, on: NDArray[np.bool_]) -> Followed:
    """As `always_on` in the intervals that ``on`` marks, (intervals,); in the others nothing that may be off runs."""
    shape = (len(c.farm.fleet), len(c.grid))
    mode, strike = np.zeros(shape, dtype=np.int64), np.zeros(shape)
    for g, (earned, extra) in enumerate(zip(_earned(c), _extra_mw(c), strict=True)):
        best = int(np.lexsort((extra[:, 0], -np.round(earned.mean(axis=1), 9)))[0])
        mode[g], strike[g] = best, earned[best] / extra[best]
    return _followed(c, _Wish(np.broadcast_to(on, shape), mode, strike))


def strike_rule(c: Conditions) -> Followed:
    """Each group in the mode that earns most after power, wherever its strike price is above the price at the meter."""
    shape = (len(c.farm.fleet), len(c.grid))
    mode, strike, runs = np.zeros(shape, dtype=np.int64), np.zeros(shape), np.zeros(shape, dtype=np.bool_)
    price = meter_price(c)
    each = np.arange(len(c.grid))
    for g, (earned, extra) in enumerate(zip(_earned(c), _extra_mw(c), strict=True)):
        net = earned - extra * price
        mode[g] = net.argmax(axis=0)
        runs[g] = net[mode[g], each] > 0.0
        strike[g] = (earned / extra)[mode[g], each]
    return _followed(c, _Wish(runs, mode, strike))


def meter_price(c: Conditions) -> F:
    """The price of one more MWh at the meter: energy at the interval's price and adders, losses included, USD/MWh."""
    return (c.market.energy_price_usd_per_mwh + c.market.adders_usd_per_mwh) * (1.0 + c.farm.energy.loss_share)


def _earned(c: Conditions) -> list[F]:
    """USD per hour of one machine by group, (modes, intervals): hash after the pool's fee, or the hosting fee."""
    worth = np.array([usd_per_th_hour(value) for value in c.market.hashprice_usd_per_ph_day])
    found = []
    for group in c.farm.fleet:
        fee = c.farm.revenue.pool_fee_share if group.pool_fee_share is None else group.pool_fee_share
        points = group.points.values()
        if group.hosting is None:
            found.append(np.array([point.hashrate_th * (1.0 - fee) * worth for point in points]))
        else:
            usd = group.hosting.fee_usd_per_mwh
            found.append(np.array([megawatts(p.power_w) * usd * np.ones(len(c.grid)) for p in points]))
    return found


def _extra_mw(c: Conditions) -> list[F]:
    """MW at the meter that a machine adds when it runs, by group, (modes, intervals)."""
    return [
        np.array([[point.power_w - group.standby_w] for point in group.points.values()]) / WATTS_PER_MEGAWATT * c.pue
        for group in c.farm.fleet
    ]


def _followed(c: Conditions, wish: _Wish) -> Followed:
    walk = _Walk(c, wish)
    for t in range(len(c.grid)):
        walk.step(t)
    units = {
        (group.name, name): np.where(wish.mode[g] == m, walk.running[g], 0.0)
        for g, group in enumerate(c.farm.fleet)
        for m, name in enumerate(group.modes)
    }
    off = {reason: machines for reason, machines in walk.off.items() if machines.any()}
    return Followed(MappingProxyType(units), walk.onsite, walk.exported, _suppliers(c, walk.imported), off)


def _suppliers(c: Conditions, imported: F) -> dict[str, F]:
    """What is drawn from other suppliers: beyond the blocks, the cheapest first, where spot is dearer."""
    open_mw = imported * (1.0 + c.farm.energy.loss_share) - sum(c.market.block_mw.values(), np.zeros(len(imported)))
    prices = c.market.supply_price_usd_per_mwh
    drawn = {}
    for name in sorted(prices, key=lambda name: float(prices[name].mean())):
        cheaper = prices[name] < c.market.energy_price_usd_per_mwh
        drawn[name] = np.where(cheaper, np.clip(open_mw, 0.0, c.market.supply_limit_mw[name]), 0.0)
        open_mw = open_mw - drawn[name]
    return drawn


def _whole(units: float, available: float, container: float) -> float:
    """The most machines in whole containers, and the partly filled one, that are not more than ``units``.

    >>> _whole(25.0, 43.0, 10.0), _whole(43.0, 43.0, 10.0), _whole(4.0, 43.0, 10.0)
    (23.0, 43.0, 3.0)
    """
    part, limit = available % container, min(units, available) + _TOLERANCE
    full = container * (limit // container)
    filled = container * ((limit - part) // container) + part if limit >= part else 0.0
    return float(max(full, filled))


def _whole_above(units: float, available: float, container: float) -> float:
    """The fewest machines in whole containers, and the partly filled one, that are not less than ``units``.

    >>> _whole_above(25.0, 43.0, 10.0), _whole_above(31.0, 43.0, 10.0), _whole_above(41.0, 43.0, 10.0)
    (30.0, 33.0, 43.0)
    """
    part = available % container
    full = container * np.ceil((units - _TOLERANCE) / container)
    filled = part + container * max(np.ceil((units - part - _TOLERANCE) / container), 0.0)
    return float(min(full, filled))


class _Walk:
    """Interval after interval, as an operator would: who may start, who must stay, what the limits leave room for."""

    def __init__(self, c: Conditions, wish: _Wish) -> None:
        self.c, self.wish = c, wish
        shape = wish.runs.shape
        each = np.arange(shape[1])
        self.extra: F = np.array([mw[wish.mode[g], each] for g, mw in enumerate(_extra_mw(c))])
        self.running, self.started, self.stopped = np.zeros((3, *shape))
        self.onsite, self.exported, self.imported = np.zeros((3, shape[1]))
        self.price = meter_price(c)
        self.off: dict[Reason, F] = {reason: np.zeros(shape) for reason in Reason}
        installed = np.array([[float(group.units)] for group in c.farm.fleet])
        self.off[Reason.OUTAGE] = installed - c.units_available
        self.containers = [float(group.units_switched_together) for group in c.farm.fleet]
        self.event = np.full(shape[1], np.inf)
        for cap in c.calls.caps:
            self.event[cap.interval] = min(self.event[cap.interval], cap.cap_mw)
        for paid in c.calls.paid:  # import stays at or below the baseline that cuts are paid against
            self.event[paid.interval] = min(self.event[paid.interval], paid.baseline_mw)
        self.least = [
            np.array([getattr(group, key) for group in c.farm.fleet])
            for key in ("minimum_on_hours", "minimum_off_hours")
        ]

    def step(self, t: int) -> None:
        """Decide one interval."""
        c, available = self.c, self.c.units_available[:, t]
        before = c.units_before if t == 0 else self.running[:, t - 1]
        kept = np.minimum(before, available)
        most, why = self._startable(t, kept, available)
        hold = np.minimum(self._within(self.started, t, self.least[0]) + c.units_bound[0][:, t], kept)
        least = [_whole_above(c.frost_minimum[g, t], available[g], size) for g, size in enumerate(self.containers)]
        frost = np.minimum(least, most)
        wanted = np.where(self.wish.runs[:, t], most, np.maximum(hold, frost))
        target = np.array([_whole(wanted[g], available[g], size) for g, size in enumerate(self.containers)])
        limit, limited_by = self._limit(t)
        room = limit + float(c.market.onsite_available_mw[t] - c.idle_load_mw[t])
        running = self._by_merit(t, (np.minimum(hold, target), np.minimum(frost, target), target), room)
        self._feed(t, float(c.idle_load_mw[t] + self.extra[:, t] @ running), limit)
        self.running[:, t] = running
        self.started[:, t] = np.maximum(running - before, 0.0)
        self.stopped[:, t] = np.maximum(kept - running, 0.0)
        for g in range(len(available)):
            cut, waiting = target[g] - running[g], available[g] - target[g]
            self.off[limited_by][g, t] += cut
            self.off[why[g] if self.wish.runs[g, t] else Reason.PRICE][g, t] += waiting

    def _within(self, switched: F, t: int, hours: F) -> F:
        """Machines switched less than so many hours before an interval's start, in the plan, (groups,)."""
        since = self.c.hours_before[t] - self.c.hours_before[:t]
        recent: F = (switched[:, :t] * (since[None, :] < hours[:, None] - _TOLERANCE)).sum(axis=1)
        return recent

    def _startable(self, t: int, kept: F, available: F) -> tuple[F, list[Reason]]:
        """Most machines that may run, and what keeps the others from starting, by group."""
        c, day = self.c, self.c.grid.day_of_interval[t]
        made_today = self.started[:, :t][:, c.grid.day_of_interval[:t] == day].sum(axis=1)
        per_day = np.array([np.inf if group.starts_per_day is None else 0.0 for group in c.farm.fleet])
        rate = c.start_limit[:, t].copy()
        if (c.grid.hours < 1.0).any():
            hour = np.ones(len(kept))
            rate = np.minimum(rate, c.hourly_rate - c.starts_just_before[:, t] - self._within(self.started, t, hour))
        resting = self._within(self.stopped, t, self.least[1]) + c.units_bound[1][:, t]
        limits = {
            Reason.START_RATE: rate,
            Reason.STARTS_PER_DAY: np.maximum(per_day, c.starts_allowed[:, day] - made_today),
            Reason.MINIMUM_OFF: available - kept - resting,
            Reason.COLD_START: np.where(c.too_cold_to_start[:, t], 0.0, np.inf),
        }
        least = np.maximum(np.min(list(limits.values()), axis=0), 0.0)
        tightest = np.argmin(list(limits.values()), axis=0)
        return np.minimum(kept + least, available), [list(limits)[i] for i in tightest]

    def _limit(self, t: int) -> tuple[float, Reason]:
        """The most import, MW, and the limit that says so."""
        c, rate = self.c, self.c.farm.site.ramp_up_mw_per_hour
        limits = {Reason.EVENT: float(self.event[t]), Reason.IMPORT_LIMIT: float(c.market.import_limit_mw[t])}
        last = c.farm.state.grid_import_mw if t == 0 else float(self.imported[t - 1])
        if rate is not None and last is not None:
            limits[Reason.RAMP] = last + rate * float(c.grid.hours[t])
        tightest = min(limits, key=lambda reason: limits[reason])
        return limits[tightest], tightest

    def _by_merit(self, t: int, ranks: tuple[F, ...], room: float) -> F:
        """What of the machines wanted fits: rank after rank, in each rank first those that can pay most."""
        running = np.zeros(len(self.containers))
        order = np.argsort(-self.wish.strike[:, t], kind="stable")
        for wanted in ranks:
            for g in order.tolist():
                mw = float(self.extra[g, t])
                fits = max(room, 0.0) / mw if mw > 0 else np.inf
                most = min(wanted[g], running[g] + fits)
                more = max(_whole(most, self.c.units_available[g, t], self.containers[g]) - running[g], 0.0)
                running[g] += more
                room -= more * mw
        return running

    def _feed(self, t: int, load: float, limit: float) -> None:
        """On-site power where it is cheaper than the grid's or the grid's is not enough; the rest is exported."""
        c, onsite = self.c, self.c.farm.energy.onsite
        if onsite is not None:
            own, cost = float(c.market.onsite_available_mw[t]), onsite.cost_usd_per_mwh
            used = min(own, load if cost < self.price[t] else max(load - limit, 0.0))
            sells = c.market.export_price_usd_per_mwh[t] > cost
            self.exported[t] = min(onsite.export_limit_mw, own - used) if sells else 0.0
            self.onsite[t] = used + self.exported[t]
        self.imported[t] = load - self.onsite[t] + self.exported[t]
