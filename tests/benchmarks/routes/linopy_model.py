"""The same program in linopy, vectorised over labelled axes as its documentation has it.

Its constraints are kept sparse (``Model(sparse=True)``) and it reaches HiGHS through ``to_highspy``, the path behind
``io_api="direct"`` without names: the fastest way that linopy has.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from optimizer.plan.formulation import DispatchProblem
from optimizer.plan.formulation import build_problem as arrays
from tests.benchmarks.routes.raw import solve as solve
from tests.benchmarks.routes.starting_point import conditions as prepare

if TYPE_CHECKING:
    import linopy
    import xarray as xr

__all__ = ["arrays", "build", "load", "prepare", "solve"]


def build(p: DispatchProblem) -> linopy.Model:
    """The model, with variables over (group, mode, interval)."""
    import linopy  # late: doctests are collected where linopy and xarray may be absent
    import xarray as xr

    linopy.options["semantics"] = "v1"
    groups = pd.Index(p.labels("GROUPS"), name="group")
    modes = pd.Index(list(dict.fromkeys(mode for _, mode in p.labels("POINTS"))), name="mode")
    intervals = pd.RangeIndex(p.size("INTERVALS"), name="interval")

    def over(values: Any, *axes: pd.Index) -> xr.DataArray:
        return xr.DataArray(values.reshape([len(axis) for axis in axes]), coords=list(axes))

    available = over(p.units_available, groups, intervals)
    pue, hours, hashprice = (over(values, intervals) for values in (p.pue, p.hours, p.hashprice))
    extra_mw, yield_th = (over(values, groups, modes) for values in (p.extra_mw, p.hash_yield_th))
    per_start = over(p.restart_th_hours, groups, intervals) * hashprice + over(p.wear_usd + p.start_order_usd, groups)
    idle_mw = pue * (over(p.standby_mw, groups) * available).sum("group") + over(p.auxiliary_mw, intervals)
    price, adders = (over(values, intervals) for values in (p.energy_usd_per_mwh, p.adders_usd_per_mwh))

    m = linopy.Model(sparse=True)
    on = m.add_variables(lower=0, coords=[groups, modes, intervals], name="units_on")
    started = m.add_variables(lower=0, coords=[groups, intervals], name="units_started")
    stopped = m.add_variables(lower=0, coords=[groups, intervals], name="units_stopped")
    grid_import = m.add_variables(lower=0, coords=[intervals], name="grid_import")
    spot = m.add_variables(lower=0, coords=[intervals], name="spot_mw")

    running = on.sum("mode")
    change = started - stopped
    m.add_constraints(running <= available, name="availability")
    first = running.isel(interval=0) - change.isel(interval=0)
    m.add_constraints(first == over(p.units_before, groups), name="first_change")
    # The shift leaves the first interval absent, so the family has no row there.
    m.add_constraints(running - running.shift(interval=1) - change == 0, name="later_change")
    load_mw = (pue * extra_mw * on).sum(["group", "mode"])
    m.add_constraints(grid_import - load_mw == idle_mw, name="balance")
    m.add_constraints(grid_import <= over(p.import_limit_mw, intervals), name="import_limit")
    m.add_constraints(spot - float(p.billed_share) * grid_import == 0, name="supply")
    revenue = (hours * hashprice * yield_th * on).sum()
    cost = (per_start * started).sum() + (hours * price * spot).sum() + (hours * adders * grid_import).sum()
    m.add_objective(revenue - cost, sense="max")
    return m


def load(model: linopy.Model) -> Any:
    """A HiGHS instance that holds the model."""
    return model.to_highspy()
