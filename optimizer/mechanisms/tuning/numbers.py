"""Changes of mode: each into a point of a group that is tuned, as an interval begins."""

from __future__ import annotations

import numpy as np

from optimizer.accounts.conditions import Conditions
from optimizer.arrays import Bool, F
from optimizer.engine.language import AnySet, LabelSet, Map, RangeSet, Subset
from optimizer.engine.parts import Part, where
from optimizer.mechanisms.tuning.config import Tuning
from optimizer.mechanisms.tuning.count import tunings
from optimizer.mechanisms.tuning.facts import changes_allowed
from optimizer.units import usd_per_th_hour


def numbers(c: Conditions) -> Part:
    """Sets and parameters; the changes of a group stand in a row, by interval and mode."""
    fleet, n = c.farm.fleet, len(c.grid)
    modes = np.array([len(group.modes) for group in fleet])
    each_tuning = [tunings(c).get(group.name) for group in fleet]
    tuned = np.array([tuning is not None for tuning in each_tuning])
    each = modes * tuned  # changes that may be made as an interval begins
    group = np.repeat(np.arange(len(fleet)), each * n)
    within = np.arange(len(group)) - np.repeat(np.cumsum(each * n) - each * n, each * n)
    interval, point = within // np.maximum(each[group], 1), within % np.maximum(each[group], 1)
    point += (np.cumsum(modes) - modes)[group]
    first = (np.cumsum(each * n) - each * n)[:, None] + each[:, None] * np.arange(n + 1)  # of each interval
    day_start = np.append(np.searchsorted(c.grid.day_of_interval, np.arange(len(c.grid.days))), n)
    allowed, cheaper = np.full((len(fleet), len(c.grid.days)), np.inf), np.zeros((len(fleet), n), dtype=np.bool_)
    for g in np.flatnonzero(tuned).tolist():
        allowed[g] = changes_allowed(c, g)
        cheaper[g] = _start_is_cheaper(c, g, limited=bool(np.isfinite(allowed[g]).all()))
    growing, at = np.nonzero(cheaper)
    in_service = c.units_available + c.fallen_out
    sets: dict[str, AnySet] = {
        "TUNED_GROUPS": Subset("GROUPS", where(tuned)),
        "CHANGES": LabelSet(tuple(range(len(group)))),
        "point_of_change": Map("POINTS", ("CHANGES",), point),
        "interval_of_change": Map("INTERVALS", ("CHANGES",), interval),
        "FIRST_CHANGES": Subset("CHANGES", where(interval == 0)),
        "LATER_CHANGES": Subset("CHANGES", where(interval > 0)),
        "CHANGES_AT": RangeSet("CHANGES", ("GROUPS", "INTERVALS"), first[:, :-1], first[:, 1:]),
        "CHANGES_LIMITED_GROUPS": Subset("GROUPS", where(np.isfinite(allowed).all(axis=1))),
        "CHANGES_OF_DAY": RangeSet("CHANGES", ("GROUPS", "DAYS"), first[:, day_start[:-1]], first[:, day_start[1:]]),
        "GROWTHS": LabelSet(tuple(range(len(growing)))),
        "group_of_growth": Map("GROUPS", ("GROWTHS",), growing),
        "interval_of_growth": Map("INTERVALS", ("GROWTHS",), at),
        "FIRST_GROWTHS": Subset("GROWTHS", where(at == 0)),
        "LATER_GROWTHS": Subset("GROWTHS", where(at > 0)),
    }
    before = np.array([c.before.modes[one.name, mode] for one in fleet for mode in one.modes] if tuned.any() else [])
    hours, wear = np.array([_per_change(tuning) for tuning in each_tuning]).T
    return sets, {
        "mode_before": before[point],
        "tuning_hours": hours[group],
        "tuning_wear_usd": wear[group],
        "changes_left": np.where(np.isfinite(allowed), allowed, 0.0),
        "growth_units": in_service[growing, at],
        "growth_limit": np.ones(len(growing)),
    }


def _per_change(tuning: Tuning | None) -> tuple[float, float]:
    """Hours of hash and USD of wear."""
    return (0.0, 0.0) if tuning is None else (tuning.lost_hours, tuning.wear_usd_per_change)


def _start_is_cheaper(c: Conditions, g: int, *, limited: bool) -> Bool:
    """Where starting another machine might cost less than changing the mode of one that runs, (intervals,).

    Whatever share of the hash is the farm's own: if not of none and not of all of it, then of no share.
    """
    group, (hours, wear) = c.farm.fleet[g], _per_change(tunings(c).get(c.farm.fleet[g].name))
    if hours + wear == 0.0 and not limited:
        return np.zeros(len(c.grid), dtype=np.bool_)
    hashed = [point.hashrate_th for point in c.points[group.name].values()]
    worth: F = usd_per_th_hour(1.0) * c.market.hashprice_usd_per_ph_day
    more_usd = worth * (hours * max(hashed) - c.restart_hours[g] * hashed[0])
    more_wear = wear - group.wear_usd_per_start
    return np.asarray(limited | (more_wear > 0.0) | (more_usd + more_wear > 0.0))
