"""From the continuous optimum to whole machines and whole containers: rounding down never draws more power.

What comes of it is judged, and bettered where it is not good enough, in `optimizer.schedule.search`.
"""

from __future__ import annotations

import numpy as np

from optimizer.arrays import F
from optimizer.conditions import Conditions
from optimizer.dispatch import EXPORT, ONSITE, Dispatch
from optimizer.engine.solution import Solution
from optimizer.settlement.flows import grid_import_mw

_SNAP = 1e-6


def dispatch_of(solution: Solution) -> Dispatch:
    """The schedule as the solver returned it, fractions of machines included."""
    return Dispatch(solution.decided)


def round_down(c: Conditions, dispatch: Dispatch) -> Dispatch:
    """Whole containers, never more machines than the continuous schedule runs, never more power."""
    units: dict[tuple[str, str], F] = {}
    for g, group in enumerate(c.farm.fleet):
        size, available = float(group.units_switched_together), c.units_available[g]
        wanted = np.array([dispatch.units_on[group.name, mode] for mode in group.modes])
        full = np.floor((wanted + _SNAP) / size) * size
        watts = [point.power_w for point in c.points[group.name].values()]
        frugal = int(np.argmin(watts))
        total = wanted.sum(axis=0) + _SNAP
        full[frugal] += np.floor((total - full.sum(axis=0)) / size) * size
        partly_filled = available % size
        fits = (partly_filled > 0) & (total - full.sum(axis=0) >= partly_filled)
        full[frugal] += np.where(fits, partly_filled, 0.0)
        full[:, c.planned :] = wanted[:, c.planned :]
        units |= {(group.name, mode): row for mode, row in zip(group.modes, full, strict=True)}
    return within_load(c, dispatch.with_(units_on=units))


def within_load(c: Conditions, dispatch: Dispatch) -> Dispatch:
    """Export on-site power that fewer machines no longer take, where that pays, else turn it down; and turn suppliers
    down, the dearest first.

    It looks at one interval at a time: what is executed of a plan. A plan itself is solved once more.
    """
    surplus, own = np.maximum(-grid_import_mw(c, dispatch), 0.0), c.farm.energy.onsite
    if own is not None:
        room = np.maximum(own.export_limit_mw - dispatch.export_mw, 0.0)
        sold = np.where(c.market.export_price_usd_per_mwh > own.cost_usd_per_mwh, np.minimum(surplus, room), 0.0)
        less, more = {ONSITE: dispatch.onsite_mw - (surplus - sold)}, {EXPORT: dispatch.export_mw + sold}
        dispatch = dispatch.with_(source_mw=less, export_mw=more)
    supply_mw = dict(dispatch.supply_mw)
    if not supply_mw:
        return dispatch
    billed = grid_import_mw(c, dispatch) * (1.0 + c.farm.energy.loss_share)
    over = np.maximum(np.sum([np.zeros(len(billed)), *supply_mw.values()], axis=0) - billed, 0.0)
    price = c.market.supply_price_usd_per_mwh
    for name in sorted(supply_mw, key=lambda name: -float(price[name].mean())):
        less = np.minimum(supply_mw[name], over)
        supply_mw[name] = supply_mw[name] - less
        over = over - less
    return dispatch.with_(supply_mw=supply_mw)


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
