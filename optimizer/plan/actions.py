"""What is to be done: every change of a group's machines, when, from what to what, why, and what it is worth."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import NamedTuple

import numpy as np
import pandas as pd

from optimizer.accounts.conditions import Conditions
from optimizer.accounts.dispatch import Dispatch
from optimizer.accounts.reasons import Reason
from optimizer.arrays import F
from optimizer.config.fleet import Group
from optimizer.plan.explain import REASONS, Explanation
from optimizer.plan.items import NO_IMPORT
from optimizer.units import megawatts

OFF = "off"
_ONE = 0.5  # machines that make a change


class Switch(NamedTuple):
    """Machines of a group that change from one mode to another as an interval begins; ``OFF`` stands among the modes.

    The interval ``end`` is the one in which the group changes next, or that after the last. ``mw`` is what that changes
    of the load at the meter, standby and PUE included, as the interval begins.
    """

    group: int
    at: int
    end: int
    before: str
    after: str
    units: float
    mw: float


@dataclass(frozen=True)
class Action:
    """A switch of a schedule, and what stands behind it.

    reason: why machines go off; of those that come on what they were off for; None where only the mode changes, and
    where they were off before the schedule. worth: what stands behind it in money, of a schedule that is a plan.
    """

    switch: Switch
    reason: Reason | None
    worth: SwitchWorth | None = None


class SwitchWorth(NamedTuple):
    """What a switch is worth until the group changes next.

    price, pays: the marginal power price, and what the machines earn with the power that is switched, USD/MWh at the
    meter, means over that time. usd: of the switch at these, against leaving it; starts are not counted.
    """

    price: float
    pays: float
    usd: float


def switches(c: Conditions, dispatch: Dispatch) -> list[Switch]:
    """Every change of a group's machines, in the order of time and then of groups; one that an outage takes is none."""
    every = [switch for g, group in enumerate(c.farm.fleet) for switch in _of_group(c, dispatch, g, group)]
    return sorted(every, key=lambda switch: (switch.at, switch.group))


def _of_group(c: Conditions, dispatch: Dispatch, g: int, group: Group) -> Iterator[Switch]:
    modes = sorted(group.points, key=lambda mode: group.points[mode].power_w)
    on = np.array([[c.before.modes[group.name, mode], *dispatch.units_on[group.name, mode]] for mode in modes])
    change = np.diff(np.round(on), axis=1)
    idle = np.diff(np.append(c.before.in_service[g], c.units_available[g]) - on.sum(axis=0))
    turns = np.flatnonzero((np.abs(change) > _ONE).any(axis=0))
    draw = {OFF: group.standby_w} | {mode: group.points[mode].power_w for mode in modes}
    for t, end in pairwise([*turns.tolist(), len(c.grid)]):
        for before, after, units in _moves(modes, change[:, t], float(idle[t])):
            mw = megawatts((draw[after] - draw[before]) * units) * float(c.pue[t])
            yield Switch(g, t, end, before, after, units, mw)


def _moves(modes: Sequence[str], change: F, idle: float) -> Iterator[tuple[str, str, float]]:
    """From which modes to which so many machines go; ``idle`` is by how many more in service are off.

    >>> list(_moves(["eco", "normal"], np.array([40.0, -100.0]), 50.0))  # an outage takes the ten that are left
    [('normal', 'eco', 40.0), ('normal', 'off', 50.0)]
    """
    left = {mode: float(-units) for mode, units in zip(modes, change, strict=True) if units < -_ONE}
    come = {mode: float(units) for mode, units in zip(modes, change, strict=True) if units > _ONE}
    for after in come:
        for before in left:
            units = min(left[before], come[after])
            if units > _ONE:
                left[before] -= units
                come[after] -= units
                yield before, after, units
    yield from ((OFF, after, units) for after, units in come.items() if units > _ONE)
    for before in left:
        units = min(left[before], idle)
        if units > _ONE:
            idle -= units
            yield before, OFF, units


def actions(c: Conditions, dispatch: Dispatch, off: Mapping[Reason, F], e: Explanation | None = None) -> list[Action]:
    """The switches of a schedule with what stands behind them; ``off``: machines by reason, (groups, intervals)."""
    every = [Action(switch, _reason(switch, off)) for switch in switches(c, dispatch)]
    if e is None:
        return every
    alone = c.market.onsite_available_mw <= 0  # there, that nothing is imported makes no MWh cheaper
    price = e.marginal_price - np.where(alone, e.items.get(NO_IMPORT.name, np.zeros(len(c.grid))), 0.0)
    p, by_group = 0, []
    for group in c.farm.fleet:  # USD per hour and MW at the meter of a machine in each mode
        extra = [megawatts(point.power_w - group.standby_w) * c.pue for point in group.points.values()]
        strikes = e.point_strike[p : p + len(extra)]
        hourly = {mode: (strike * mw, mw) for mode, strike, mw in zip(group.points, strikes, extra, strict=True)}
        nothing = np.zeros(len(c.grid))
        by_group.append({OFF: (nothing, nothing)} | hourly)
        p += len(extra)
    return [replace(one, worth=_worth(c, one.switch, by_group[one.switch.group], price)) for one in every]


def _worth(c: Conditions, switch: Switch, hourly: Mapping[str, tuple[F, F]], marginal_price: F) -> SwitchWorth:
    during = slice(switch.at, switch.end)
    hours, price = c.grid.hours[during], marginal_price[during]
    (earned_before, mw_before), (earned, mw) = hourly[switch.before], hourly[switch.after]
    more_mw, more_usd = (mw - mw_before)[during], (earned - earned_before)[during]
    mwh = float(more_mw @ hours)
    return SwitchWorth(
        price=float(np.average(price, weights=hours)),
        pays=float(more_usd @ hours) / mwh if mwh else 0.0,
        usd=switch.units * float((more_usd - price * more_mw) @ hours),
    )


def _reason(switch: Switch, off: Mapping[Reason, F]) -> Reason | None:
    """Why machines go off: what more of them than before are off for; of those that come on, what fewer are."""
    if OFF not in (switch.before, switch.after):
        return None
    sign = 1.0 if switch.after == OFF else -1.0
    more = {}
    for reason in REASONS:
        if reason in off and reason is not Reason.OUTAGE:
            units = off[reason][switch.group]
            more[reason] = sign * float(units[switch.at] - (units[switch.at - 1] if switch.at else 0.0))
    most = max(more, key=lambda reason: more[reason], default=None)
    return most if most is not None and more[most] > _ONE else None


class News(NamedTuple):
    """How the switches of a plan compare with those of the one before, as far as that reaches.

    new: which of them it did not have, by position; ``until``: when it ran out. dropped: (when, group, from, to,
    machines) of those that it had from the start of the plan on, and this one has not.
    """

    new: frozenset[int]
    until: pd.Timestamp
    dropped: tuple[tuple[pd.Timestamp, str, str, str, float], ...]


def news(c: Conditions, dispatch: Dispatch, before: tuple[Conditions, Dispatch]) -> News:
    """What is new against the schedule ``before`` and what is dropped of it."""
    old, mine = _by_time(*before), _by_time(c, dispatch)
    until, first = before[0].grid.end, c.grid.starts[0]
    known = frozenset(old)
    return News(
        frozenset(i for i, entry in enumerate(mine) if entry not in known and entry[0] < until),
        until,
        tuple(entry for entry in old if entry[0] >= first and entry not in frozenset(mine) and entry[0] < c.grid.end),
    )


def _by_time(c: Conditions, dispatch: Dispatch) -> list[tuple[pd.Timestamp, str, str, str, float]]:
    fleet = c.farm.fleet
    return [(c.grid.starts[s.at], fleet[s.group].name, s.before, s.after, s.units) for s in switches(c, dispatch)]
