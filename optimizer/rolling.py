"""Re-planning: the same horizon planned again whenever more is known, each time from what runs and was billed by then.

What was known and what is really there may differ in machines, suppliers and power of one's own; what is there decides.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from optimizer.carry import state_after
from optimizer.conditions import Conditions
from optimizer.planning import Plan, plan_conditions
from optimizer.policies import Followed
from optimizer.schedule.reasons import Reason
from optimizer.settlement.account import Dispatch
from optimizer.tail import part_of

F = NDArray[np.float64]


def replanned(actual: Conditions, known: Callable[[int], Conditions], moments: Iterable[int]) -> tuple[Followed, bool]:
    """The schedule that is executed when the plan is made again at every moment, and why machines are off in it.

    ``known(t)`` holds the whole horizon as it looks when interval ``t`` begins; ``moments`` are intervals, and the
    first is always among them. The second value says whether every plan was proved best. Raises InfeasibleError where
    notice came too late for the limits it brings.
    """
    n = len(actual.grid)
    turns = sorted({0, *(moment for moment in moments if 0 < moment < n)})
    state, proved = actual.farm.state, True
    pieces: list[Followed] = []
    for first, stop in zip(turns, [*turns[1:], n], strict=True):
        seen = known(first)
        farm = seen.farm.model_copy(update={"state": state})
        plan = plan_conditions(Conditions(farm, part_of(seen.market, first, n), seen.rest))
        proved = proved and plan.proved
        there = actual.farm.model_copy(update={"state": state})
        really = Conditions(there, part_of(actual.market, first, stop))
        pieces.append(executed(really, plan))
        state = state_after(really, pieces[-1])
    whole = joined(pieces)
    none = np.zeros((len(actual.farm.fleet), 1))
    lengths = [len(piece.onsite_mw) for piece in pieces]
    off = {
        reason: np.hstack([p.off.get(reason, none.repeat(k, axis=1)) for p, k in zip(pieces, lengths, strict=True)])
        for reason in Reason
        if any(reason in piece.off for piece in pieces)
    }
    return Followed(whole.units_on, whole.onsite_mw, whole.export_mw, whole.supply_mw, off), proved


def executed(really: Conditions, plan: Plan) -> Followed:
    """The first intervals of a plan, as many as ``really`` has, with the machines and the power that are there.

    Machines the plan counts on but that are out of service do not run; those it does not know of stay off, as out of
    service. Where fewer are there than planned, the last of a group's modes gives way first.
    """
    n = len(really.grid)
    planned = first_part(plan.dispatch, n)
    nothing = np.zeros(n)
    units: dict[tuple[str, str], F] = {}
    for g, group in enumerate(really.farm.fleet):
        left = really.units_available[g].copy()
        for mode in group.modes:
            units[group.name, mode] = np.minimum(planned.units_on.get((group.name, mode), nothing), left)
            left -= units[group.name, mode]
    onsite = np.minimum(planned.onsite_mw, really.market.onsite_available_mw)
    export = np.minimum(planned.export_mw, onsite)
    supply = {
        supply.name: np.minimum(planned.supply_mw.get(supply.name, nothing), really.market.supply_limit_mw[supply.name])
        for supply in really.farm.energy.supplies
    }
    dispatch = Dispatch(MappingProxyType(units), onsite, export, supply)
    return Followed(dispatch.units_on, onsite, export, supply, _off(really, dispatch, plan))


def _off(really: Conditions, dispatch: Dispatch, plan: Plan) -> dict[Reason, F]:
    """Machines off by the plan's reasons; what is off without one is out of service, or not known of."""
    n, fleet = len(really.grid), really.farm.fleet
    place = {group.name: g for g, group in enumerate(plan.farm.fleet)}
    running = np.array([dispatch.running(group) for group in fleet])
    installed = np.array([[float(group.units)] for group in fleet])
    idle = np.maximum(really.units_available - running, 0.0)
    reasons: dict[Reason, F] = {
        reason: np.array([counts[place[g.name], :n] if g.name in place else np.zeros(n) for g in fleet])
        for reason, counts in plan.explanation.off.items()
        if reason is not Reason.OUTAGE
    }
    planned = np.sum([np.zeros_like(idle), *reasons.values()], axis=0)
    scale = np.divide(np.minimum(idle, planned), planned, out=np.zeros_like(idle), where=planned > 0)
    off = {reason: counts * scale for reason, counts in reasons.items()}
    off[Reason.OUTAGE] = installed - running - planned * scale
    return {reason: counts for reason, counts in off.items() if counts.any()}


def first_part(dispatch: Dispatch, n: int) -> Dispatch:
    """The first ``n`` intervals of a schedule."""
    return Dispatch(
        MappingProxyType({point: units[:n] for point, units in dispatch.units_on.items()}),
        dispatch.onsite_mw[:n],
        dispatch.export_mw[:n],
        {name: mw[:n] for name, mw in dispatch.supply_mw.items()},
    )


def joined(pieces: Sequence[Dispatch]) -> Dispatch:
    """Schedules one after the other."""
    return Dispatch(
        MappingProxyType({key: np.concatenate([p.units_on[key] for p in pieces]) for key in pieces[0].units_on}),
        np.concatenate([p.onsite_mw for p in pieces]),
        np.concatenate([p.export_mw for p in pieces]),
        {name: np.concatenate([p.supply_mw[name] for p in pieces]) for name in pieces[0].supply_mw},
    )
