"""Re-planning: the same horizon planned again whenever more is known, each time from what runs and was billed by then.

What was known and what is really there may differ in machines, suppliers and power of one's own; what is there decides.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace

import numpy as np

from optimizer.accounts.breach import MW_TOLERANCE
from optimizer.accounts.conditions import Conditions
from optimizer.accounts.dispatch import Dispatch, joined
from optimizer.accounts.flows import grid_import_mw
from optimizer.accounts.ledger import declarations
from optimizer.accounts.limits import hard_limit
from optimizer.accounts.reasons import Reason, reasons
from optimizer.arrays import F
from optimizer.config.fleet import Group
from optimizer.config.state import Announced, State
from optimizer.plan.planning import Plan, plan_conditions
from optimizer.plan.state import state_after
from optimizer.plan.tail import metered
from optimizer.plan.whole_units import within_load
from optimizer.through_time.policies import Followed
from optimizer.units import megawatts

_WHOLE = 1e-9  # what 3 containers draw is shed with 3, not 4


Decide = Callable[[Conditions, Conditions], tuple[Followed, Announced]]


def step(known: Conditions, actual: Conditions, first: int, stop: int, decide: Decide) -> tuple[Followed, State]:
    """One step through time: decide on what is known, execute it as it really is, carry the state on.

    ``known`` begins with interval ``first``, in the state of then; until ``stop`` it is executed. ``decide(known,
    really)`` gives what is executed and what is announced for later.
    """
    really = metered(actual.farm, actual.market.part(first, stop), known.state)
    followed, announced = decide(known, really)
    return followed, state_after(really, followed).model_copy(update={"announced": announced})


class Planner:
    """Decides by a plan each time; tells of the latest, and whether all were proved best."""

    latest: Plan
    proved = True

    def __call__(self, known: Conditions, really: Conditions) -> tuple[Followed, Announced]:
        """What becomes of a plan."""
        self.latest = plan_conditions(known)
        self.proved = self.proved and self.latest.proved
        return executed(really, self.latest), {}


def replanned(actual: Conditions, known: Callable[[int], Conditions], moments: Iterable[int]) -> tuple[Followed, bool]:
    """The schedule that is executed when the plan is made again at every moment, and why machines are off in it.

    ``known(t)`` holds the whole horizon as it looks when interval ``t`` begins; ``moments`` are intervals, and the
    first is always among them. The second value says whether every plan was proved best. Raises InfeasibleError where
    notice came too late for the limits it brings.
    """
    n = len(actual.grid)
    turns = sorted({0, *(moment for moment in moments if 0 < moment < n)})
    state, planner = actual.state, Planner()
    pieces: list[Followed] = []
    for first, stop in zip(turns, [*turns[1:], n], strict=True):
        seen = known(first)
        left = replace(seen, market=seen.market.part(first, n), state=state)
        followed, state = step(left, actual, first, stop, planner)
        pieces.append(followed)
    return chained(pieces), planner.proved


def chained(pieces: Sequence[Followed]) -> Followed:
    """Executed schedules one after the other, with their reasons."""
    whole = joined(pieces)
    groups = max((counts.shape[0] for piece in pieces for counts in piece.off.values()), default=0)
    off = {
        reason: np.hstack([p.off.get(reason, np.zeros((groups, len(p.onsite_mw)))) for p in pieces])
        for reason in reasons()
        if any(reason in piece.off for piece in pieces)
    }
    return Followed(whole.table, off)


def executed(really: Conditions, plan: Plan) -> Followed:
    """The first intervals of a plan, as many as ``really`` has, with the machines and the power that are there.

    Machines the plan counts on but that are out of service do not run; those it does not know of stay off, as out of
    service. Machines planned in a mode that is gone run in the nearest to it by power. Nothing starts where it is too
    cold to, and a hard limit on import is kept by shedding machines. Where fewer run than planned, the last of a
    group's modes gives way first; on-site and supplied power follow the load.
    """
    planned = plan.dispatch.first(len(really.grid))
    dispatch = planned.with_(units_on=_in_modes_there(really, plan, planned))
    for there in declarations("there"):
        dispatch = there(really, dispatch)
    kept_off = _held_to_what_is_there(really, plan, dispatch)
    dispatch = within_load(really, dispatch)
    off = _off(really, dispatch, plan, kept_off)
    return Followed(dispatch.table, off)


def _in_modes_there(really: Conditions, plan: Plan, planned: Dispatch) -> dict[tuple[str, str], F]:
    """Machines planned, by the groups and modes that are there."""
    groups = {group.name: group for group in plan.farm.fleet}
    units = {(group.name, mode): np.zeros(len(really.grid)) for group in really.farm.fleet for mode in group.modes}
    for group in really.farm.fleet:
        watts = {mode: point.power_w for mode, point in group.points.items()}
        known = groups[group.name].points if group.name in groups else {}
        for mode, point in known.items():
            apart = {there: (there != mode, abs(power_w - point.power_w)) for there, power_w in watts.items()}
            units[group.name, min(apart, key=apart.__getitem__)] += planned.units_on[group.name, mode]
    return units


def _held_to_what_is_there(really: Conditions, plan: Plan, dispatch: Dispatch) -> dict[Reason, F]:
    """Take machines off, in place, that are not there, cannot start or draw too much; those of the last two kinds."""
    fleet, n = really.farm.fleet, len(really.grid)
    hard = hard_limit(really)
    off = {reason: np.zeros((len(fleet), n)) for reason in (Reason.COLD_START, *hard.by_reason)}
    limit = hard.import_mw
    near_limit = grid_import_mw(really, dispatch) > limit  # with all that is planned: taking off only lowers import
    strike = {group.name: plan.explanation.strike[g] for g, group in enumerate(plan.farm.fleet)}
    before = really.before.units
    for t in range(n):
        for g, group in enumerate(fleet):
            _take_off(dispatch, group, t, _running(dispatch, group, t) - really.units_available[g, t])
            if really.too_cold_to_start[g, t]:
                off[Reason.COLD_START][g, t] = _take_off(dispatch, group, t, _running(dispatch, group, t) - before[g])
        known = [g for g, group in enumerate(fleet) if group.name in strike and near_limit[t]]
        for g in sorted(known, key=lambda g: float(strike[fleet[g].name][t])):
            off[hard.reason(t)][g, t] = _shed(really, dispatch, fleet[g], t, float(limit[t]))
        before = np.array([_running(dispatch, group, t) for group in fleet])
    return off


def _running(dispatch: Dispatch, group: Group, t: int) -> float:
    return float(sum(dispatch.units_on[group.name, mode][t] for mode in group.modes))


def _take_off(dispatch: Dispatch, group: Group, t: int, machines: float) -> float:
    """Take so many machines of a group off in an interval, in place, the last mode first; those taken off."""
    left = max(machines, 0.0)
    for mode in reversed(group.modes):
        units = dispatch.units_on[group.name, mode]
        less = min(float(units[t]), left)
        units[t] -= less
        left -= less
    return max(machines, 0.0) - left


def _shed(really: Conditions, dispatch: Dispatch, group: Group, t: int, limit_mw: float) -> float:
    """Take a group's machines off, in place, in whole containers, until import is within a limit; those taken off."""
    size, shed = float(group.units_switched_together), 0.0
    for mode in reversed(group.modes):
        over = float(grid_import_mw(really, dispatch)[t]) - limit_mw
        saved = megawatts(group.points[mode].power_w - group.standby_w) * float(really.pue[t]) * size
        if over > MW_TOLERANCE and saved > 0:
            units = dispatch.units_on[group.name, mode]
            less = min(float(units[t]), np.ceil(over / saved - _WHOLE) * size)
            units[t] -= less
            shed += less
    return shed


def _off(really: Conditions, dispatch: Dispatch, plan: Plan, kept_off: Mapping[Reason, F]) -> dict[Reason, F]:
    """Machines off by what kept them off, else by the plan's reasons; the others are out of service or not known of."""
    n, fleet = len(really.grid), really.farm.fleet
    place = {group.name: g for g, group in enumerate(plan.farm.fleet)}
    running = np.array([dispatch.running(group) for group in fleet])
    installed = np.array([[float(group.units)] for group in fleet])
    kept = np.sum(list(kept_off.values()), axis=0)
    idle = np.maximum(really.units_available - running - kept, 0.0)
    reasons: dict[Reason, F] = {
        reason: np.array([counts[place[g.name], :n] if g.name in place else np.zeros(n) for g in fleet])
        for reason, counts in plan.explanation.off.items()
        if reason is not Reason.OUTAGE
    }
    planned = np.sum([np.zeros_like(idle), *reasons.values()], axis=0)
    scale = np.divide(np.minimum(idle, planned), planned, out=np.zeros_like(idle), where=planned > 0)
    off = {reason: counts * scale for reason, counts in reasons.items()}
    for reason, counts in kept_off.items():
        off[reason] = off.get(reason, 0.0) + counts
    off[Reason.OUTAGE] = installed - running - planned * scale - kept
    return {reason: counts for reason, counts in off.items() if counts.any()}
