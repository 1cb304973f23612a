"""The same program written by hand for NumPy, as someone would who needs this one matrix and knows HiGHS well.

No rules, no names: the arrays are allocated once at their final size and filled through reshaped views. It covers the
families that the benchmark's farm has and refuses any other.
"""

from __future__ import annotations

import itertools

import numpy as np

from optimizer.plan.formulation import DispatchProblem
from optimizer.plan.formulation import build_problem as arrays
from tests.benchmarks.routes.raw import Arrays
from tests.benchmarks.routes.raw import load as load
from tests.benchmarks.routes.raw import solve as solve
from tests.benchmarks.routes.starting_point import conditions as prepare

__all__ = ["arrays", "build", "load", "prepare", "solve"]

_NOT_COVERED = (
    *("OUTAGES", "FROSTS", "COLDS", "MINIMUM_ON_GROUPS", "MINIMUM_OFF_GROUPS", "DAILY_STARTS_GROUPS"),
    *("STAGED_GROUPS", "HOSTED_POINTS", "SOURCES", "EXPORTS", "OVERRUNS", "EVENT_CAPS", "PAID_CUTS", "WHOLE_POINTS"),
    *("SUPPLIES", "TAKES", "PEAK_BILLS", "TIER_BILLS", "TAGS", "LEAST_BILLS"),
    *("WHOLE_GROUPS", "BLOCKS", "RAMPS_UP", "RAMPS_DOWN", "FIRST_RAMPS_UP", "FIRST_RAMPS_DOWN"),
)


def build(p: DispatchProblem) -> Arrays:
    """Columns: units on (group, mode, interval), started, stopped (group, interval), import, spot (interval).

    Rows: availability (group, interval), first change (group), later changes (group, interval), balance, import limit
    and supply (interval).
    """
    assert not any(p.size(name) for name in _NOT_COVERED)
    assert not p.fixed_usd_per_hour.any()
    n_groups, n_points, n = p.size("GROUPS"), p.size("POINTS"), p.size("INTERVALS")
    n_modes = n_points // n_groups
    assert n_modes * n_groups == n_points

    on = np.arange(n_points * n, dtype=np.int32).reshape(n_groups, n_modes, n).transpose(0, 2, 1)
    started = np.arange(n_groups * n, dtype=np.int32).reshape(n_groups, n) + n_points * n
    stopped = started + n_groups * n
    grid_import = np.arange(n, dtype=np.int32) + (n_points + 2 * n_groups) * n
    spot = grid_import + n

    blocks = (  # rows, entries in each
        (n_groups * n, n_modes),
        (n_groups, n_modes + 2),
        (n_groups * (n - 1), 2 * n_modes + 2),
        (n, n_points + 1),
        (n, 1),
        (n, 2),
    )
    widths = np.repeat(np.array([w for _, w in blocks], np.int32), [rows for rows, _ in blocks])
    starts = np.zeros(len(widths) + 1, np.int32)
    np.cumsum(widths, out=starts[1:])
    indices, coefficients = np.empty(starts[-1], np.int32), np.empty(starts[-1])
    row_lower, row_upper = np.empty(len(widths)), np.empty(len(widths))

    edges = np.cumsum([0] + [rows * width for rows, width in blocks])
    row_edges = np.cumsum([0] + [rows for rows, _ in blocks])
    entries = [slice(a, b) for a, b in itertools.pairwise(edges)]
    rows = [slice(a, b) for a, b in itertools.pairwise(row_edges)]

    indices[entries[0]].reshape(n_groups, n, n_modes)[:] = on
    coefficients[entries[0]] = 1.0
    row_lower[rows[0]], row_upper[rows[0]] = -np.inf, p.units_available.ravel()

    index = indices[entries[1]].reshape(n_groups, n_modes + 2)
    index[:, :n_modes], index[:, -2], index[:, -1] = on[:, 0], started[:, 0], stopped[:, 0]
    coefficients[entries[1]].reshape(n_groups, -1)[:] = [1.0] * n_modes + [-1.0, 1.0]
    row_lower[rows[1]] = row_upper[rows[1]] = p.units_before

    index = indices[entries[2]].reshape(n_groups, n - 1, 2 * n_modes + 2)
    index[..., :n_modes], index[..., n_modes:-2] = on[:, 1:], on[:, :-1]
    index[..., -2], index[..., -1] = started[:, 1:], stopped[:, 1:]
    coefficients[entries[2]].reshape(-1, 2 * n_modes + 2)[:] = [1.0] * n_modes + [-1.0] * n_modes + [-1.0, 1.0]
    row_lower[rows[2]] = row_upper[rows[2]] = 0.0

    index = indices[entries[3]].reshape(n, n_points + 1)
    index[:, 0] = grid_import
    index[:, 1:] = np.arange(n_points, dtype=np.int32) * n + np.arange(n, dtype=np.int32)[:, None]
    value = coefficients[entries[3]].reshape(n, n_points + 1)
    value[:, 0] = 1.0
    np.multiply.outer(-p.pue, p.extra_mw, out=value[:, 1:])
    row_lower[rows[3]] = row_upper[rows[3]] = p.pue * (p.standby_mw @ p.units_available) + p.auxiliary_mw

    indices[entries[4]], coefficients[entries[4]] = grid_import, 1.0
    row_lower[rows[4]], row_upper[rows[4]] = -np.inf, p.import_limit_mw

    index = indices[entries[5]].reshape(n, 2)
    index[:, 0], index[:, 1] = spot, grid_import
    coefficients[entries[5]].reshape(n, 2)[:] = [1.0, -float(p.billed_share)]
    row_lower[rows[5]] = row_upper[rows[5]] = 0.0

    n_columns = (n_points + 2 * n_groups + 2) * n
    cost = np.zeros(n_columns)
    np.multiply.outer(p.hash_yield_th, p.hours * p.hashprice, out=cost[: n_points * n].reshape(n_points, n))
    cost[started] = -p.restart_th_hours * p.hashprice
    cost[started] -= (p.wear_usd + p.start_order_usd)[:, None]
    cost[grid_import] = -p.hours * p.adders_usd_per_mwh
    cost[spot] = -p.hours * p.energy_usd_per_mwh
    return Arrays(
        cost=cost,
        col_lower=np.zeros(n_columns),
        col_upper=np.full(n_columns, np.inf),
        row_lower=row_lower,
        row_upper=row_upper,
        starts=starts,
        indices=indices,
        coefficients=coefficients,
        offset=0.0,
    )
