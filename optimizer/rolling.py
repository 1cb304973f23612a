"""Re-planning: the same horizon planned again whenever more is known, each time from what runs and was billed by then."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from types import MappingProxyType

import numpy as np

from optimizer.carry import state_after
from optimizer.conditions import Conditions
from optimizer.planning import plan_conditions
from optimizer.settlement.account import Dispatch
from optimizer.tail import part_of

Known = Callable[[int], Conditions]


def replanned(actual: Conditions, known: Known, moments: Iterable[int]) -> Dispatch:
    """The schedule that is executed when the plan is made again at every moment.

    ``known(t)`` holds all of the horizon as it looks when interval ``t`` begins; ``moments`` are intervals, the first
    is always among them. What is executed up to the next moment moves the state as ``actual`` has it.
    """
    n = len(actual.grid)
    turns = sorted({0, *(moment for moment in moments if 0 < moment < n)})
    state, pieces = actual.farm.state, []
    for first, stop in zip(turns, [*turns[1:], n], strict=True):
        seen = known(first)
        farm = seen.farm.model_copy(update={"state": state})
        plan = plan_conditions(Conditions(farm, part_of(seen.market, first, n)))
        pieces.append(first_part(plan.dispatch, stop - first))
        really = actual.farm.model_copy(update={"state": state})
        state = state_after(Conditions(really, part_of(actual.market, first, stop)), pieces[-1])
    return joined(pieces)


def first_part(dispatch: Dispatch, n: int) -> Dispatch:
    """The first ``n`` intervals of a schedule."""
    return Dispatch(
        MappingProxyType({point: units[:n] for point, units in dispatch.units_on.items()}),
        dispatch.onsite_mw[:n],
        dispatch.export_mw[:n],
        {name: mw[:n] for name, mw in dispatch.supply_mw.items()},
    )


def joined(pieces: list[Dispatch]) -> Dispatch:
    """Schedules one after the other."""
    return Dispatch(
        MappingProxyType({key: np.concatenate([p.units_on[key] for p in pieces]) for key in pieces[0].units_on}),
        np.concatenate([p.onsite_mw for p in pieces]),
        np.concatenate([p.export_mw for p in pieces]),
        {name: np.concatenate([p.supply_mw[name] for p in pieces]) for name in pieces[0].supply_mw},
    )
