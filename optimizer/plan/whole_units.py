"""From the continuous optimum to whole machines and whole containers: rounding down never draws more power.

What comes of it is judged, and bettered where it is not good enough, in `optimizer.plan.search`.
"""

from __future__ import annotations

import numpy as np

from optimizer.accounts.conditions import Conditions
from optimizer.accounts.dispatch import Dispatch
from optimizer.accounts.ledger import declarations
from optimizer.arrays import F
from optimizer.engine.solution import Solution

_SNAP = 1e-6


def dispatch_of(solution: Solution) -> Dispatch:
    """The schedule as the solver returned it, fractions of machines included."""
    return Dispatch(solution.decided)


def round_down(c: Conditions, dispatch: Dispatch) -> Dispatch:
    """Whole containers, never more machines than the continuous schedule runs, never more power."""
    units: dict[tuple[str, str], F] = {}
    planned = c.planned
    for g, group in enumerate(c.farm.fleet):
        size, available = float(group.units_switched_together), c.units_available[g]
        wanted = np.array([dispatch.units_on[group.name, mode] for mode in group.modes])
        full = np.floor((wanted + _SNAP) / size) * size
        watts = [point.power_w for point in c.points[group.name].values()]
        frugal = watts.index(min(watts))
        total = wanted.sum(axis=0) + _SNAP
        full[frugal] += np.floor((total - full.sum(axis=0)) / size) * size
        partly_filled = available % size
        fits = (partly_filled > 0) & (total - full.sum(axis=0) >= partly_filled)
        full[frugal] += np.where(fits, partly_filled, 0.0)
        full[:, planned:] = wanted[:, planned:]
        units |= {(group.name, mode): row for mode, row in zip(group.modes, full, strict=True)}
    return within_load(c, dispatch.with_(units_on=units))


def within_load(c: Conditions, dispatch: Dispatch) -> Dispatch:
    """The schedule after its machines were changed: what else is decided follows, one interval at a time.

    That is for what is executed of a plan. A plan itself is solved once more.
    """
    for follow in declarations("follow"):
        dispatch = follow(c, dispatch)
    return dispatch


def snapped(c: Conditions, solution: Solution) -> Dispatch:
    """The schedule of a program with integers, the solver's last digits taken off."""
    dispatch, planned = dispatch_of(solution), np.arange(len(c.grid)) < c.planned
    whole = {point: np.where(planned, np.round(units), units) for point, units in dispatch.units_on.items()}
    return dispatch.with_(units_on=whole)


def units_of(dispatch: Dispatch) -> F:
    """Machines on, (points, intervals)."""
    return np.array(list(dispatch.units_on.values()))


def containers(c: Conditions) -> F:
    """Machines that are switched together, (points, 1)."""
    modes = [len(group.modes) for group in c.farm.fleet]
    return np.repeat([float(group.units_switched_together) for group in c.farm.fleet], modes)[:, None]
