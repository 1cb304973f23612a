"""Outages in plans with a ramp down: whose load may fall away with them."""

from __future__ import annotations

import numpy as np

from optimizer.assembly.parts import Part, where
from optimizer.conditions import Conditions
from optimizer.engine.language import AnySet, LabelSet, Map, RangeSet, Subset
from optimizer.units import megawatts


def outages(c: Conditions) -> Part:
    """Sets and parameters of ``lp/rules/outages.py``: falls in the order of time, and in each its group's points."""
    ramped, n = c.farm.site.ramp_down_mw_per_hour is not None, len(c.grid)
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
    extra = np.array(
        [megawatts(p.power_w - group.standby_w) for group in c.farm.fleet for p in c.points[group.name].values()]
    )
    running = np.array([c.modes_before[group.name, mode] for group in c.farm.fleet for mode in group.modes])
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
    strongest = np.maximum.reduceat(extra, first_point)
    before = np.add.reduceat(extra * running, first_point)
    units = lost[group, interval]
    return sets, {
        "fall_units": units,
        "mw_before": before[group],
        "most_mw": strongest[group] * c.units_available[group, interval],
        "most_unreplaced": np.ones(len(group)),
        "most_taken": np.where(at > 0, units[fall_of], np.minimum(units[fall_of], running[point])),
        "taken_mw": c.pue_before[at] * extra[point],
    }
