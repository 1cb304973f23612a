"""What farm and market together say of each interval: machines in service, PUE, cold, frost, event caps in MW.

Facts only, no money and no decisions: the linear program, the settlement and the rule checker all start from here.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property, wraps
from typing import Any, TypeVar

import numpy as np

from optimizer.accounts.before import Before, hours_before, hours_since_start
from optimizer.accounts.billing import NO_REST, Billing, Rest, touched
from optimizer.accounts.ledger import declarations, offered
from optimizer.arrays import Bool, F
from optimizer.config.catalogue import OperatingPoint
from optimizer.config.clock import to_utc
from optimizer.config.farm import Farm
from optimizer.config.fleet import Group
from optimizer.config.site import PueCurve
from optimizer.config.state import BillState, State
from optimizer.market.grid import Grid
from optimizer.market.inputs import MarketInputs
from optimizer.units import MINUTES_PER_HOUR, megawatts

_WHOLE = 1e-9  # a share such as 0.95 of 1,000 machines is 950, not 949.9999


@dataclass(frozen=True)
class Conditions:
    """A farm over a grid of intervals; arrays are (groups, intervals) or (intervals,).

    ``state`` is what runs, still binds and was billed when they begin. ``rest`` is what the rest of the last billing
    period, after the plan, is expected to add to its charges; ``tail`` is the market of that rest, where it is part of
    the program. Of conditions that hold plan and tail in one, the first ``head`` intervals are the plan's; of others
    all are. ``eased`` are those of a search in which limits give way: its one limit on import is what it found, and no
    call that sets in. ``whole`` asks the program for whole machines and containers. ``known`` are the `fact`s
    worked out so far.
    """

    farm: Farm
    market: MarketInputs
    state: State
    rest: Rest = NO_REST
    tail: MarketInputs | None = None
    head: int | None = None
    eased: bool = False
    whole: bool = False
    known: dict[str, Any] = field(default_factory=dict, init=False, repr=False, compare=False)

    @property
    def grid(self) -> Grid:
        """The dispatch intervals."""
        return self.market.grid

    @property
    def planned(self) -> int:
        """How many of the intervals are the plan's, in whole machines."""
        return len(self.grid) if self.head is None else self.head

    @cached_property
    def billing(self) -> Billing:
        """The billing periods."""
        return Billing(self.farm, self.market.grid)

    @property
    def bill_carried(self) -> BillState:
        """The bill so far, as far as it is of the billing period that the intervals end in."""
        first, last = self.billing.periods[0], self.billing.periods[-1]
        return self.state.bill if last is first and self.billing.begun_before(first) else BillState()

    @property
    def warnings(self) -> tuple[str, ...]:
        """What an operator should know of the data."""
        remarks = (sentence for remark in declarations("remark") for sentence in remark(self))
        return (*self.market.warnings, *remarks)

    @cached_property
    def units_available(self) -> F:
        """Whole machines in service, (groups, intervals)."""
        return np.array([self._available(group) for group in self.farm.fleet])

    def _available(self, group: Group) -> F:
        units = np.floor(self.market.availability[group.name] * group.units + _WHOLE)
        for outage in group.outages:
            units = units - outage.units * self.overlaps(outage.start, outage.end)
        return np.maximum(units, 0.0)

    def overlaps(self, start: datetime, end: datetime) -> Bool:
        """Intervals that [start, end) touches, (intervals,)."""
        zone = self.farm.timezone
        return touched(self.grid, to_utc(start, zone), to_utc(end, zone))

    @cached_property
    def pue(self) -> F:
        """Site load per MW of machines, (intervals,)."""
        pue = self.farm.site.pue
        if isinstance(pue, PueCurve):
            return np.interp(self._temperature, pue.temperature_c, pue.pue)
        return np.full(len(self.grid), float(pue))

    @cached_property
    def pue_before(self) -> F:
        """Site load per MW of machines just before each interval, (intervals,); before the first as in it."""
        return np.concatenate([self.pue[:1], self.pue[:-1]])

    @property
    def _temperature(self) -> F:
        temperature = self.market.temperature_c
        assert temperature is not None, "the farm file was checked for weather"
        return temperature

    @cached_property
    def too_cold_to_start(self) -> Bool:
        """Where it is colder than a group's start limit, (groups, intervals)."""
        limits = [group.minimum_start_temperature_c for group in self.farm.fleet]
        never = np.zeros(len(self.grid), dtype=np.bool_)
        return np.array([never if limit is None else self._temperature < limit for limit in limits])

    @cached_property
    def frost_minimum(self) -> F:
        """Machines that must run against frost, (groups, intervals); zero where there is none."""
        least = np.zeros(self.units_available.shape)
        for g, group in enumerate(self.farm.fleet):
            if (frost := group.freeze_protection) is not None:
                share = np.floor(frost.minimum_running_share * self.units_available[g] + _WHOLE)
                least[g] = share * (self._temperature < frost.below_c)
        return least

    @cached_property
    def idle_load_mw(self) -> F:
        """Grid import with every machine off, (intervals,)."""
        standby = np.array([megawatts(group.standby_w) for group in self.farm.fleet])
        return self.pue * (standby @ self.units_available) + self.market.auxiliary_load_mw

    @cached_property
    def full_load_mw(self) -> F:
        """Site load with every available machine in its strongest mode, (intervals,)."""
        return self.pue * (self.strongest_mw @ self.units_available) + self.market.auxiliary_load_mw

    @cached_property
    def full_import_mw(self) -> F:
        """Grid import at full load with all on-site power used, within the import limit, (intervals,)."""
        beyond = self.full_load_mw - self.market.onsite_available_mw
        return np.clip(beyond, 0.0, self.market.import_limit_mw)

    @cached_property
    def most_load_mw(self) -> F:
        """What no schedule draws more than, (intervals,): full load, and all that mechanisms may draw besides."""
        return self.full_load_mw + offered("most_load", self)

    @cached_property
    def most_import_mw(self) -> F:
        """Grid import that no schedule exceeds, (intervals,): within the import limit where that is hard."""
        hard = self.farm.site.import_violation_usd_per_mwh is None
        return np.minimum(self.most_load_mw, self.market.import_limit_mw) if hard else self.most_load_mw

    @cached_property
    def hours_before(self) -> F:
        """Hours from the plan's beginning to each interval's start, (intervals,)."""
        return hours_before(self.grid)

    def hours_since_start(self, moment: datetime) -> float:
        """Hours from the plan's beginning to a moment; negative before it."""
        return hours_since_start(self.grid, moment)

    @cached_property
    def hourly_rate(self) -> F:
        """Machines of each group that may start within an hour, (groups,); inf without a limit."""
        return np.array([np.inf if g.starts_per_hour is None else g.starts_per_hour for g in self.farm.fleet])

    @cached_property
    def start_limit(self) -> F:
        """Machines that may start in each interval, in whole containers, (groups, intervals); inf without a limit.

        The hourly rate times the interval's hours, rounded up to containers; where intervals are shorter than an hour,
        starts within any hour are held to the rate besides.
        """
        if np.isinf(self.hourly_rate).all():
            return np.full(self.units_available.shape, np.inf)
        rows = []
        for group, rate in zip(self.farm.fleet, self.hourly_rate, strict=True):
            container = float(group.units_switched_together)
            share = rate * self.grid.hours / container
            rounded = np.where(self.grid.hours < 1.0, np.ceil(share - _WHOLE), np.floor(share + _WHOLE))
            rows.append(rounded * container)
        return np.array(rows)

    @cached_property
    def points(self) -> dict[str, dict[str, OperatingPoint]]:
        """The operating points of each group, by its name and by mode in the order of `modes`."""
        return {group.name: group.points for group in self.farm.fleet}

    @cached_property
    def strongest_mw(self) -> F:
        """MW of one machine of each group in its strongest mode, (groups,)."""
        return np.array([megawatts(max(p.power_w for p in points.values())) for points in self.points.values()])

    @cached_property
    def least_machine_mw(self) -> F:
        """What the most frugal machine in its most frugal mode draws beyond standby, MW at the meter, (intervals,)."""
        extra = (point.power_w - group.standby_w for group in self.farm.fleet for point in group.points.values())
        return np.asarray(megawatts(min(extra)) * self.pue)

    @cached_property
    def before(self) -> Before:
        """Machines just before the plan."""
        return Before(self.farm, self.state, self.grid, self.units_available)

    @cached_property
    def fallen_out(self) -> F:
        """Machines that go out of service as each interval begins, (groups, intervals)."""
        return np.maximum(-np.diff(self.units_available, axis=1, prepend=self.before.in_service[:, None]), 0.0)

    @cached_property
    def come_back(self) -> F:
        """Machines back in service as each interval begins, (groups, intervals); before the first all are there."""
        return np.maximum(np.diff(self.units_available, axis=1, prepend=np.inf), 0.0)

    @cached_property
    def restart_hours(self) -> F:
        """Hash hours that one start loses, (groups, intervals): more of them where machines have gone cold."""
        minutes = np.array([np.full(len(self.grid), group.restart_minutes) for group in self.farm.fleet])
        for g, group in enumerate(self.farm.fleet):
            if group.cold_restart is not None:
                minutes[g, self._temperature < group.cold_restart.below_c] = group.cold_restart.minutes
        return minutes / MINUTES_PER_HOUR


T = TypeVar("T")


def fact(work_out: Callable[[Conditions], T]) -> Callable[[Conditions], T]:
    """What one mechanism's program and account both start from, worked out once for the same conditions."""
    name = f"{work_out.__module__}.{work_out.__qualname__}"  # conditions go to other processes, functions do not

    @wraps(work_out)
    def cached(c: Conditions) -> T:
        if name not in c.known:
            c.known[name] = work_out(c)
        known: T = c.known[name]
        return known

    return cached
