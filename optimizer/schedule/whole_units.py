"""From the continuous optimum to whole machines and whole containers: rounding down never draws more power.

What comes of it is judged, and bettered where it is not good enough, in `optimizer.schedule.search`.
"""

from __future__ import annotations

from dataclasses import replace
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from optimizer.conditions import Conditions
from optimizer.lp.solution import Solution
from optimizer.settlement.account import Dispatch, grid_import_mw

F = NDArray[np.float64]
_SNAP = 1e-6


def dispatch_of(c: Conditions, solution: Solution) -> Dispatch:
    """The schedule as the solver returned it, fractions of machines included."""
    points = [(group.name, mode) for group in c.farm.fleet for mode in group.modes]
    units = np.maximum(solution.values["units_on"], 0.0)
    nothing = np.zeros(len(c.grid))
    return Dispatch(
        MappingProxyType(dict(zip(points, units, strict=True))),
        np.maximum(solution.values["source_mw"].sum(axis=0), 0.0) + nothing,
        np.maximum(solution.values["export_mw"].sum(axis=0), 0.0) + nothing,
        MappingProxyType(
            {
                supply.name: np.clip(mw, 0.0, c.market.supply_limit_mw[supply.name])
                for supply, mw in zip(c.farm.energy.supplies, solution.values["supply_mw"], strict=True)
            }
        ),
    )


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
    return within_load(c, replace(dispatch, units_on=MappingProxyType(units)))


def within_load(c: Conditions, dispatch: Dispatch) -> Dispatch:
    """Export on-site power that fewer machines no longer take, where that pays, else turn it down; and turn suppliers
    down, the dearest first.

    It looks at one interval at a time: what is executed of a plan. A plan itself is solved once more.
    """
    surplus, own = np.maximum(-grid_import_mw(c, dispatch), 0.0), c.farm.energy.onsite
    if own is not None:
        room = np.maximum(own.export_limit_mw - dispatch.export_mw, 0.0)
        sold = np.where(c.market.export_price_usd_per_mwh > own.cost_usd_per_mwh, np.minimum(surplus, room), 0.0)
        onsite_mw = dispatch.onsite_mw - (surplus - sold)
        dispatch = replace(dispatch, onsite_mw=onsite_mw, export_mw=dispatch.export_mw + sold)
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
    return replace(dispatch, supply_mw=MappingProxyType(supply_mw))


def snapped(c: Conditions, solution: Solution) -> Dispatch:
    """The schedule of a program with integers, the solver's last digits taken off."""
    dispatch, planned = dispatch_of(c, solution), np.arange(len(c.grid)) < c.planned
    whole = {point: np.where(planned, np.round(units), units) for point, units in dispatch.units_on.items()}
    return replace(dispatch, units_on=MappingProxyType(whole))


def units_of(dispatch: Dispatch) -> F:
    """Machines on, (points, intervals)."""
    return np.array(list(dispatch.units_on.values()))


def containers(c: Conditions) -> F:
    """Machines that are switched together, (points, 1)."""
    modes = [len(group.modes) for group in c.farm.fleet]
    return np.repeat([float(group.units_switched_together) for group in c.farm.fleet], modes)[:, None]
