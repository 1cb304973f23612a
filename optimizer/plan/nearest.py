"""The nearest schedule where none meets every limit: the least MWh above what binds, then the most profit.

What gives way, and in which order, is that of `accounts.limits`: first machines that have not run their minimum time,
then calls and the site's limit by as little as can be.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, replace

import numpy as np

from optimizer.accounts.conditions import Conditions
from optimizer.accounts.limits import (
    ABOVE_ALL_USD_PER_MWH,
    HardLimit,
    bound_to,
    owed_limit,
    shortfalls,
    within_reach_mw,
)
from optimizer.accounts.reasons import Reason
from optimizer.accounts.settlement import settle
from optimizer.arrays import F
from optimizer.config.state import GroupState, State
from optimizer.errors import InfeasibleError, SolverError
from optimizer.plan.explain import Explanation
from optimizer.plan.planning import Plan, plan_conditions

_MW = 1e-6
_SLACK_MW = 1e-4  # less than a machine draws, and more than a solver's tolerance


@dataclass(frozen=True)
class Obeyed:
    """A plan that keeps every limit as far as can be; ``messages``: what gives way and why, () where nothing does."""

    plan: Plan
    nearest: bool = False
    messages: tuple[str, ...] = ()


def plan_or_nearest(c: Conditions) -> Obeyed:
    """The plan, or where limits collide the nearest schedule to them.

    Raises InfeasibleError where what stands against a call is no limit that may give way, such as how fast import may
    rise.
    """
    try:
        return Obeyed(plan_conditions(c))
    except InfeasibleError as error:
        collision = str(error)
    released = replace(c, state=_released(c))
    if released.state != c.state:
        try:
            return Obeyed(plan_conditions(released), messages=("machines stop before their minimum time", collision))
        except InfeasibleError:
            pass
    plan = _nearest(released)
    short = shortfalls(plan.conditions, plan.settled.import_mw, proved=plan.proved)
    return Obeyed(plan, nearest=True, messages=(*short, collision))


def _released(c: Conditions) -> State:
    """The state with no machine bound to run on by a start before the plan."""
    least = {group.name: group.minimum_on_hours for group in c.farm.fleet}

    def free(name: str, group: GroupState) -> GroupState:
        return group.model_copy(update={"started": ()}) if least.get(name) else group

    groups = {name: free(name, group) for name, group in c.state.groups.items()}
    return c.state.model_copy(update={"groups": groups})


def _nearest(c: Conditions) -> Plan:
    """Sought twice: for the least energy above what binds, then for the most profit with no more in any interval.

    What binds is also what the way down to a later call asks for. What the first search leaves of less than a machine
    is first taken to be none.
    """
    owed = owed_limit(c)
    binds = np.minimum(owed.import_mw, np.append(within_reach_mw(c)[1:], np.inf))
    plan = first = plan_conditions(bound_to(c, binds, ABOVE_ALL_USD_PER_MWH))
    least = np.maximum(binds, plan.settled.import_mw + _SLACK_MW)
    for limit in (np.where(least - binds < c.least_machine_mw, binds, least), least):
        with suppress(SolverError, InfeasibleError):  # else the first is as near, and keeps every rule
            plan = plan_conditions(bound_to(c, limit, None))
            break
    settled = settle(c, plan.dispatch)
    searched = plan.settled.profit - settled.profit
    return replace(
        plan,
        conditions=c,
        explanation=_by_calls(plan.explanation, owed, binds),
        settled=settled,
        continuous=settle(c, plan.dispatch),
        objective=plan.objective - searched,
        ended=plan.ended or first.ended,
    )


def _by_calls(explanation: Explanation, owed: HardLimit, binds: F) -> Explanation:
    """Machines that the one limit keeps off are off for the call where that is lower, or for the way down to one."""
    off = dict(explanation.off)
    held = off.pop(Reason.IMPORT_LIMIT, None)
    if held is None:
        return explanation
    down = (binds < owed.import_mw) & np.isinf(owed.by_reason[Reason.EVENT])
    by_call = owed.by_reason[Reason.EVENT] < owed.by_reason[Reason.IMPORT_LIMIT]
    calls = ~down & by_call
    for reason, there in ((Reason.EVENT, calls), (Reason.RAMP, down), (Reason.IMPORT_LIMIT, ~calls & ~down)):
        off[reason] = off.get(reason, np.zeros_like(held)) + held * there
    return replace(explanation, off={reason: machines for reason, machines in off.items() if machines.any()})
