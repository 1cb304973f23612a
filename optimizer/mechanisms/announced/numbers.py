"""The schedule that was announced before: what of it is frozen, and what changing the rest must be worth."""

from __future__ import annotations

import numpy as np

from optimizer.accounts.conditions import Conditions
from optimizer.arrays import F
from optimizer.engine.language import AnySet, LabelSet, Map
from optimizer.engine.parts import Part


def numbers(c: Conditions) -> Part:
    """Sets and parameters.

    What was announced holds for the plan's first intervals, as long as they have the first one's length. Where a group
    has fewer machines in service than were announced, nothing is held or priced.
    """
    announced, frozen, change = _announced(c), 0, 0.0
    if c.farm.replanning is not None:
        frozen, change = c.farm.replanning.frozen_intervals, c.farm.replanning.change_usd_per_machine
    counts = np.array([len(group.modes) for group in c.farm.fleet])
    first = np.cumsum(counts) - counts
    of_groups = np.add.reduceat(announced, first, axis=0)
    holds = of_groups <= c.units_available[:, : of_groups.shape[1]]
    group, interval = np.nonzero(holds if change else holds[:, :0])
    by_point = np.repeat(holds, counts, axis=0)
    point, at = np.nonzero(by_point[:, :frozen])
    sets: dict[str, AnySet] = {
        "FROZEN": LabelSet(tuple(range(len(point)))),
        "point_of_frozen": Map("POINTS", ("FROZEN",), point),
        "interval_of_frozen": Map("INTERVALS", ("FROZEN",), at),
        "ANNOUNCED": LabelSet(tuple(range(len(group)))),
        "group_of_announced": Map("GROUPS", ("ANNOUNCED",), group),
        "interval_of_announced": Map("INTERVALS", ("ANNOUNCED",), interval),
    }
    parameters: dict[str, F] = {
        "frozen_units": announced[point, at],
        "announced_units": of_groups[group, interval],
        "change_usd": np.full(len(group), change),
    }
    return sets, parameters


def _announced(c: Conditions) -> F:
    """Machines announced before, (points, intervals): as far as told, over first intervals of the same length."""
    announced, hours = c.state.announced, c.grid.hours
    same = int(np.argmax(np.append(hours != hours[0], True)))
    points = [(group.name, mode) for group in c.farm.fleet for mode in group.modes]
    rows = [announced.get(group, {}).get(mode, ()) for group, mode in points]
    n = min(same, min(map(len, rows)))
    return np.array([row[:n] for row in rows], dtype=np.float64).reshape(len(points), n)
