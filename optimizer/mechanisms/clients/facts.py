"""What clients are promised in one plan: hours that count, and the downtime that is left of each step of the credits.

Uptime U over a billing period of H hours with N machines leaves (1 - U) N H machine-hours of downtime. Excused hours
are none of it, so what is left follows from the downtime so far alone, whatever is in service later.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from optimizer.accounts.conditions import Conditions
from optimizer.accounts.dispatch import Dispatch
from optimizer.accounts.ledger import offered
from optimizer.arrays import Bool, F
from optimizer.config.fleet import Group
from optimizer.mechanisms.clients.config import Client, Credit, Excused, Uptime

if TYPE_CHECKING:  # which reckons with what stands here
    from optimizer.mechanisms.clients.state import Standing

_HOUR = pd.Timedelta(hours=1)
_PERCENT = 100.0


@dataclass(frozen=True)
class Promise:
    """The uptime of one client in one billing period, both by position.

    so_far: machine-hours of downtime in it before the plan. hours: of each interval that counts, (intervals,). owed:
    machines that run or are down, (intervals,): all of the client's but those in excused maintenance. maintained:
    machine-hours of that. machine_hours: all of the period's. unavoidable: machine-hours of downtime that outages
    make, whatever is decided.
    """

    client: int
    period: int
    groups: tuple[Group, ...]
    so_far: float
    hours: F
    owed: F
    maintained: float
    machine_hours: float
    unavoidable: float

    def downtime(self, dispatch: Dispatch) -> F:
        """Machine-hours of downtime in a schedule, (intervals,)."""
        running = sum((dispatch.running(group) for group in self.groups), np.zeros(len(dispatch)))
        return self.hours * (self.owed - running)


@dataclass(frozen=True)
class CreditStep:
    """What of a promise's downtime is left before a step of the credits, machine-hours.

    adds_usd: what each further one costs more than in the step before, USD; None where it is forbidden.
    """

    promise: int
    share: float
    left: float
    adds_usd: float | None


def promises(c: Conditions, standing: Standing) -> tuple[Promise, ...]:
    """Every uptime that is promised in every billing period that the plan touches; ``standing`` as it begins."""
    position = {group.name: g for g, group in enumerate(c.farm.fleet)}
    promised = []
    for k, client in enumerate(c.farm.sections(Client)):
        if client.uptime is None:
            continue
        mine = [position[name] for name in client.groups if name in position]
        groups = tuple(c.farm.fleet[g] for g in mine)
        installed, available = float(sum(group.units for group in groups)), c.units_available[mine].sum(axis=0)
        counts = c.grid.hours * ~excused(c, client.uptime.excused)
        for p, period in enumerate(c.billing.periods):
            hours = np.zeros(len(c.grid))
            hours[period.first : period.stop] = counts[period.first : period.stop]
            out = hours * (installed - available)
            most, begun = client.uptime.excused.maintenance_hours, c.billing.begun_before(period)
            used = standing.maintenance_machine_hours.get(client.name, 0.0) if begun else 0.0
            left = np.inf if most is None else max(most * installed - used, 0.0)
            maintained = np.diff(np.minimum(np.cumsum(out), left), prepend=0.0)
            so_far = standing.downtime_machine_hours.get(client.name, 0.0) if begun else 0.0
            owed = installed - np.divide(maintained, hours, out=np.zeros_like(hours), where=hours > 0)
            whole = installed * float((period.ends - period.begins) / _HOUR)
            unavoidable = float((hours * (owed - available)).sum())
            promised.append(Promise(k, p, groups, so_far, hours, owed, float(maintained.sum()), whole, unavoidable))
    return tuple(promised)


def excused(c: Conditions, terms: Excused) -> Bool:
    """Intervals in which downtime does not count, (intervals,): calls cap or pay in them, or energy is too dear."""
    dear = np.inf if terms.above_usd_per_mwh is None else terms.above_usd_per_mwh
    free = np.asarray(c.market.energy_price_usd_per_mwh > dear)
    named = offered("called", c, None if terms.calls == "all" else terms.calls)
    return free | (named > 0)


def credit_steps(c: Conditions, promised: tuple[Promise, ...]) -> tuple[CreditStep, ...]:
    """The steps of every promise, the mildest first."""
    clients = c.farm.sections(Client)
    collected = []
    for k, promise in enumerate(promised):
        client, before = clients[promise.client], 0.0
        assert client.uptime is not None, "it is promised"
        for share, usd in _priced(client, client.uptime, promise):
            left = max(allowed(c, promise, share), 0.0)
            if usd is None:
                collected.append(CreditStep(k, share, max(left, promise.unavoidable), None))
            else:
                collected.append(CreditStep(k, share, left, usd - before))
                before = usd
    return tuple(collected)


def _priced(client: Client, uptime: Uptime, promise: Promise) -> list[tuple[float, float | None]]:
    """Each step's uptime and USD per machine-hour below it; None where that is forbidden."""
    if not uptime.credits:
        return [(uptime.share, None)]

    def usd(credit: Credit) -> float:
        if credit.usd_per_machine_hour is not None:
            return credit.usd_per_machine_hour
        per_point = (credit.fee_share_per_point or 0.0) * (client.fee_usd_per_month or 0.0)
        return per_point * _PERCENT / promise.machine_hours

    return [(uptime.share if one.below is None else one.below, usd(one)) for one in uptime.credits]


def allowed(c: Conditions, promise: Promise, share: float, *, whole: bool = False) -> float:
    """Machine-hours of downtime that an uptime leaves for the plan, below zero where it is missed already.

    Of a period that goes on it is what the rest is not expected to take, else its part by hours; ``whole``: all of it.
    """
    period, name = c.billing.periods[promise.period], c.farm.sections(Client)[promise.client].name
    left = (1.0 - share) * promise.machine_hours - promise.so_far
    if whole or not c.billing.goes_on(period):
        return left
    rest = c.rest.of("downtime_machine_hours").get((name, period.label))
    return left - rest if rest is not None else left * c.billing.share_of_remainder(period)


def fee_usd_per_hour(c: Conditions, client: Client) -> F:
    """The monthly fee, spread over the hours of its period, (intervals,)."""
    spread = np.zeros(len(c.grid))
    for period in c.billing.periods if client.fee_usd_per_month else ():
        hours = float((period.ends - period.begins) / _HOUR)
        spread[period.first : period.stop] = (client.fee_usd_per_month or 0.0) / hours
    return spread
