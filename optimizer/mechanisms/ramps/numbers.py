"""How fast import may change, and in plans with a ramp down whose load may fall away with outages."""

from __future__ import annotations

import numpy as np

from optimizer.accounts.conditions import Conditions
from optimizer.accounts.limits import within_reach_mw
from optimizer.arrays import F, Int
from optimizer.engine.language import AnySet, LabelSet, Map, RangeSet, Subset
from optimizer.engine.parts import Part, where
from optimizer.units import megawatts


def numbers(c: Conditions) -> Part:
    """Sets and parameters."""
    limits, n = c.farm.site, len(c.grid)
    before = c.state.grid_import_mw
    later, first, nothing = np.arange(1, n), np.arange(1 if before is not None else 0), np.arange(0)
    up, down = limits.ramp_up_mw_per_hour, limits.ramp_down_mw_per_hour
    reach = within_reach_mw(c)
    sets: dict[str, AnySet] = {
        "RAMPS_UP": Subset("INTERVALS", nothing if up is None else later),
        "FIRST_RAMPS_UP": Subset("INTERVALS", nothing if up is None else first),
        "RAMPS_DOWN": Subset("INTERVALS", nothing if down is None else later),
        "FIRST_RAMPS_DOWN": Subset("INTERVALS", nothing if down is None else first),
        "LIMITS_SET_IN": Subset("INTERVALS", where(reach < np.inf)),
    }
    standby = np.array([megawatts(group.standby_w) for group in c.farm.fleet])
    idle_mw = c.pue_before * (standby @ c.fallen_out)
    fall_sets, falls = _falls(c, ramped=down is not None)
    return sets | fall_sets, falls | {
        "import_before": np.array(before or 0.0),
        "ramp_up_mw": (np.inf if up is None else up) * c.grid.hours,
        "ramp_down_mw": (np.inf if down is None else down) * c.grid.hours + idle_mw,
        "within_reach_mw": reach + idle_mw,
    }


def _falls(c: Conditions, *, ramped: bool) -> Part:
    """Falls in the order of time, and in each its group's points; none without a ramp down."""
    n = len(c.grid)
    lost = c.fallen_out * ramped
    interval, group = np.nonzero(lost.T)
    outage = np.cumsum(c.fallen_out.ravel() > 0).reshape(lost.shape)[group, interval] - 1
    counts = np.array([len(group.modes) for group in c.farm.fleet])
    first_point = np.cumsum(counts) - counts
    stop = np.cumsum(counts[group])
    points = [np.arange(first_point[g], first_point[g] + counts[g]) for g in group]
    point = np.concatenate([np.empty(0, np.int64), *points])
    fall_of = np.repeat(np.arange(len(group)), counts[group])
    at = interval[fall_of]
    falls_by = np.searchsorted(interval, np.arange(n + 1))
    taken_by = np.concatenate([[0], stop])[falls_by]
    sets: dict[str, AnySet] = {
        "FALLS": LabelSet(tuple(range(len(group)))),
        "outage_of_fall": Map("OUTAGES", ("FALLS",), outage),
        "group_of_fall": Map("GROUPS", ("FALLS",), group),
        "interval_of_fall": Map("INTERVALS", ("FALLS",), interval),
        "FIRST_FALLS": Subset("FALLS", where(interval == 0)),
        "LATER_FALLS": Subset("FALLS", where(interval > 0)),
        "TAKEN": LabelSet(tuple(range(len(point)))),
        "point_of_taken": Map("POINTS", ("TAKEN",), point),
        "interval_of_taken": Map("INTERVALS", ("TAKEN",), at),
        "TAKEN_IN": RangeSet("TAKEN", ("FALLS",), stop - counts[group], stop),
        "TAKEN_AT": RangeSet("TAKEN", ("INTERVALS",), taken_by[:-1], taken_by[1:]),
        "LATER_TAKEN": Subset("TAKEN", where(at > 0)),
    }
    extra, running, strongest, before = _of_points(c, first_point) if len(group) else np.zeros((4, 0))
    units = lost[group, interval]
    return sets, {
        "fall_units": units,
        "mw_before": before[group],
        "most_mw": strongest[group] * c.units_available[group, interval],
        "most_unreplaced": np.ones(len(group)),
        "most_taken": np.where(at > 0, units[fall_of], np.minimum(units[fall_of], running[point])),
        "taken_mw": c.pue_before[at] * extra[point],
    }


def _of_points(c: Conditions, first_point: Int) -> tuple[F, F, F, F]:
    """MW of a machine beyond standby and machines running before, by point; the most of a group's, and their sum."""
    extra = np.array(
        [megawatts(p.power_w - group.standby_w) for group in c.farm.fleet for p in c.points[group.name].values()]
    )
    running = np.array([c.before.modes[group.name, mode] for group in c.farm.fleet for mode in group.modes])
    return extra, running, np.maximum.reduceat(extra, first_point), np.add.reduceat(extra * running, first_point)
