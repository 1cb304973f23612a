"""From what a rule wishes to what a farm can do: interval after interval, within every limit that is known.

It keeps to what nobody may leave out (`accounts.limits`): machines in service, whole containers, the import limit, the
caps of events and how fast import may rise and fall, by merit order: what can pay least for power gives way first. What
must run against frost runs whatever power costs, as far as these limits allow; what must run its minimum time gives way
to hard limits only, not to priced ones. It staggers starts as the farm file asks, rests machines as long,
and starts none that a cap or the import limit would stop again within their minimum time. Else it looks at one interval
at a time and never ahead: what that breaks the rule checker counts as breaches.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from optimizer.accounts.conditions import Conditions
from optimizer.accounts.dispatch import Dispatch
from optimizer.accounts.ledger import declarations
from optimizer.accounts.limits import hard_limit
from optimizer.accounts.reasons import Reason, reasons
from optimizer.arrays import F
from optimizer.mechanisms.onsite.config import Onsite
from optimizer.through_time.policies.wish import Wish, extra_mw, meter_price
from optimizer.units import WATTS_PER_MEGAWATT

_TOLERANCE = 1e-9


@dataclass(frozen=True)
class Followed(Dispatch):
    """The schedule of a policy, and the machines it has off by reason, Reason -> (groups, intervals)."""

    off: Mapping[Reason, F] = field(default_factory=dict)


def walked(c: Conditions, wish: Wish) -> Followed:
    """The schedule that comes of a wish."""
    walk = _Walk(c, wish)
    for t in range(len(c.grid)):
        walk.step(t)
    units = {
        (group.name, name): np.where(wish.mode[g] == m, walk.running[g], 0.0)
        for g, group in enumerate(c.farm.fleet)
        for m, name in enumerate(group.modes)
    }
    off = {reason: machines for reason, machines in walk.off.items() if machines.any()}
    made = Dispatch.of(units, walk.onsite, walk.exported)
    for idle in declarations("idle"):
        made = idle(c, made)
    return Followed(made.table, off)


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
    full = container * math.ceil((units - _TOLERANCE) / container)
    filled = part + container * max(math.ceil((units - part - _TOLERANCE) / container), 0)
    return float(min(full, filled))


class _Walk:
    """Interval after interval, as an operator would: who may start, who must stay, what the limits leave room for."""

    def __init__(self, c: Conditions, wish: Wish) -> None:
        self.c, self.wish = c, wish
        shape = wish.runs.shape
        each = np.arange(shape[1])
        self.extra: F = np.array([mw[wish.mode[g], each] for g, mw in enumerate(extra_mw(c))])
        self.running, self.started, self.stopped = np.zeros((3, *shape))
        self.onsite, self.exported, self.imported = np.zeros((3, shape[1]))
        self.price = meter_price(c)
        self.off: dict[Reason, F] = {reason: np.zeros(shape) for reason in reasons()}
        installed = np.array([[float(group.units)] for group in c.farm.fleet])
        self.off[Reason.OUTAGE] = installed - c.units_available
        self.containers = [float(group.units_switched_together) for group in c.farm.fleet]
        self.hard = hard_limit(c).import_mw
        self.kept = hard_limit(c, priced=True)  # what may be missed at a price is kept too
        self.least = [
            np.array([getattr(group, key) for group in c.farm.fleet])
            for key in ("minimum_on_hours", "minimum_off_hours")
        ]
        self.bound_until = np.searchsorted(c.hours_before, c.hours_before + self.least[0][:, None] - _TOLERANCE)
        bound_mw = (c.before.bound[0] * self.extra).sum(axis=0)
        self.room_ahead: F = self.kept.import_mw + c.market.onsite_available_mw - c.idle_load_mw - bound_mw
        self.first_of_day = np.searchsorted(c.grid.day_of_interval, np.arange(len(c.grid.days)))

    def step(self, t: int) -> None:
        """Decide one interval."""
        c, available = self.c, self.c.units_available[:, t]
        there = available.tolist()
        before = c.before.units if t == 0 else self.running[:, t - 1]
        kept = np.minimum(before, available)
        most, why = self._startable(t, kept, available)
        hold = np.minimum(self._within(self.started, t, self.least[0]) + c.before.bound[0][:, t], kept)
        frost = np.minimum([*map(_whole_above, c.frost_minimum[:, t].tolist(), there, self.containers)], most)
        wanted = np.where(self.wish.runs[:, t], most, np.maximum(hold, frost))
        target = np.array([*map(_whole, wanted.tolist(), there, self.containers)])
        limit, limited_by = self._limit(t)
        free = float(c.market.onsite_available_mw[t] - c.idle_load_mw[t])
        held = self._by_merit(t, (np.minimum(hold, target),), float(self.hard[t]) + free, kept, np.zeros(len(target)))
        room = limit + free - float(self.extra[:, t] @ held)
        running = self._by_merit(t, (np.minimum(frost, target), target), room, kept, held)
        running = self._slowed(t, running, kept, before, limit)
        self._feed(t, float(c.idle_load_mw[t] + self.extra[:, t] @ running), limit)
        self.running[:, t] = running
        self.started[:, t] = np.maximum(running - before, 0.0)
        self.stopped[:, t] = np.maximum(kept - running, 0.0)
        self.off[limited_by][:, t] += np.maximum(target - running, 0.0)
        waiting = available - np.maximum(target, running)
        for g in np.flatnonzero(waiting).tolist():
            self.off[why[g] if self.wish.runs[g, t] else Reason.PRICE][g, t] += waiting[g]

    def _within(self, switched: F, t: int, hours: F) -> F:
        """Machines switched less than so many hours before an interval's start, in the plan, (groups,)."""
        first = int(np.searchsorted(self.c.hours_before, self.c.hours_before[t] - float(hours.max(initial=0.0))))
        since = self.c.hours_before[t] - self.c.hours_before[first:t]
        recent: F = (switched[:, first:t] * (since[None, :] < hours[:, None] - _TOLERANCE)).sum(axis=1)
        return recent

    def _startable(self, t: int, kept: F, available: F) -> tuple[F, list[Reason]]:
        """Most machines that may run, and what keeps the others from starting, by group."""
        c, day = self.c, self.c.grid.day_of_interval[t]
        made_today = self.started[:, self.first_of_day[day] : t].sum(axis=1)
        per_day = np.array([np.inf if group.starts_per_day is None else 0.0 for group in c.farm.fleet])
        rate = c.start_limit[:, t].copy()
        if (c.grid.hours < 1.0).any():
            hour = np.ones(len(kept))
            rate = np.minimum(rate, c.hourly_rate - c.before.started[:, t] - self._within(self.started, t, hour))
        resting = self._within(self.stopped, t, self.least[1]) + c.before.bound[1][:, t]
        limits = {
            Reason.START_RATE: rate,
            Reason.STARTS_PER_DAY: np.maximum(per_day, c.before.starts_allowed[:, day] - made_today),
            Reason.MINIMUM_OFF: available - kept - resting,
            Reason.COLD_START: np.where(c.too_cold_to_start[:, t], 0.0, np.inf),
        }
        least = np.maximum(np.min(list(limits.values()), axis=0), 0.0)
        tightest = np.argmin(list(limits.values()), axis=0)
        return np.minimum(kept + least, available), [list(limits)[i] for i in tightest]

    def _limit(self, t: int) -> tuple[float, Reason]:
        """The most import, MW, and the limit that says so."""
        c, rate = self.c, self.c.farm.site.ramp_up_mw_per_hour
        limits = {reason: float(limit[t]) for reason, limit in self.kept.by_reason.items()}
        last = c.state.grid_import_mw if t == 0 else float(self.imported[t - 1])
        if rate is not None and last is not None:
            limits[Reason.RAMP] = last + rate * float(c.grid.hours[t])
        tightest = min((reason for reason in self.off if reason in limits), key=limits.__getitem__)
        return limits[tightest], tightest

    def _by_merit(self, t: int, ranks: tuple[F, ...], room: float, kept: F, running: F) -> F:
        """What of the machines wanted fits beside those running: by rank, in each first those that can pay most."""
        all_of_it, rest = ranks[-1], ranks[-1] - running
        fits_whole = len(ranks) > 1 and (all_of_it <= kept).all() and float(self.extra[:, t] @ rest) <= room
        if fits_whole or not all_of_it.any():  # nothing starts, and there is room for all
            return np.maximum(running, all_of_it)
        order = np.argsort(-self.wish.strike[:, t], kind="stable").tolist()
        now, before, each_mw = running.tolist(), kept.tolist(), self.extra[:, t].tolist()
        available = self.c.units_available[:, t].tolist()
        for wanted in (rank.tolist() for rank in ranks):
            for g in order:
                mw = each_mw[g]
                fits = max(room, 0.0) / mw if mw > 0 else np.inf
                most = min(wanted[g], now[g] + fits)
                if most > before[g]:
                    most = min(most, max(now[g], before[g]) + self._startable_ahead(g, t))
                more = max(_whole(most, available[g], self.containers[g]) - now[g], 0.0)
                if started := max(now[g] + more - max(now[g], before[g]), 0.0):
                    window = slice(t + 1, self.bound_until[g, t])
                    self.room_ahead[window] -= started * self.extra[g, window]
                now[g] += more
                room -= more * mw
        return np.array(now)

    def _startable_ahead(self, g: int, t: int) -> float:
        """Machines that may start and still find room as long as they must then run."""
        window = slice(t + 1, self.bound_until[g, t])
        room, mw = np.maximum(self.room_ahead[window], 0.0), self.extra[g, window]
        return float(np.divide(room, mw, out=np.full_like(room, np.inf), where=mw > 0).min(initial=np.inf))

    def _slowed(self, t: int, running: F, kept: F, before: F, limit: float) -> F:
        """The machines that run when import may fall only so fast, whatever else holds: what pays most stays on.

        Load that machines take with them which go out of service may fall besides.
        """
        c, rate = self.c, self.c.farm.site.ramp_down_mw_per_hour
        last = c.state.grid_import_mw if t == 0 else float(self.imported[t - 1])
        if rate is None or last is None:
            return running
        there = c.before.in_service if t == 0 else c.units_available[:, t - 1]
        standby = np.array([group.standby_w for group in c.farm.fleet]) / WATTS_PER_MEGAWATT * float(c.pue[t])
        gone = standby @ np.maximum(there - c.units_available[:, t], 0.0)
        gone += self.extra[:, max(t - 1, 0)] @ np.maximum(before - kept, 0.0)
        running = running.copy()
        for g in np.argsort(-self.wish.strike[:, t], kind="stable").tolist():
            load = float(c.idle_load_mw[t] + self.extra[:, t] @ running)
            short = last - rate * float(c.grid.hours[t]) - float(gone) - (load - self._own(t, load, limit))
            if short > _TOLERANCE and self.extra[g, t] > 0:
                most = min(running[g] + short / float(self.extra[g, t]), kept[g])
                running[g] = min(_whole_above(most, c.units_available[g, t], self.containers[g]), kept[g])
        return running

    def _own(self, t: int, load: float, limit: float) -> float:
        """On-site power used where it is cheaper than the grid's or the grid's is not enough, MW."""
        onsite = self.c.farm.section(Onsite)
        if onsite is None:
            return 0.0
        dear = onsite.cost_usd_per_mwh >= self.price[t]
        return min(float(self.c.market.onsite_available_mw[t]), max(load - limit, 0.0) if dear else load)

    def _feed(self, t: int, load: float, limit: float) -> None:
        """Use power of one's own, and export what is left of it where that pays."""
        c, onsite = self.c, self.c.farm.section(Onsite)
        if onsite is not None:
            own, cost, used = float(c.market.onsite_available_mw[t]), onsite.cost_usd_per_mwh, self._own(t, load, limit)
            sells = c.market.export_price_usd_per_mwh[t] > cost
            self.exported[t] = min(onsite.export_limit_mw, own - used) if sells else 0.0
            self.onsite[t] = used + self.exported[t]
        self.imported[t] = load - self.onsite[t] + self.exported[t]
