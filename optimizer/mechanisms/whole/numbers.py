"""Containers, where machines are to be whole."""

from __future__ import annotations

import numpy as np

from optimizer.accounts.conditions import Conditions
from optimizer.engine.language import AnySet, LabelSet, Subset
from optimizer.engine.parts import Part, where


def numbers(c: Conditions) -> Part:
    """Sets and parameters; the sets are empty where machines may run in fractions."""
    groups = c.farm.fleet
    group_of_point = np.repeat(np.arange(len(groups)), [len(group.modes) for group in groups])
    container = np.array([float(group.units_switched_together) for group in groups])
    partial = (c.units_available % container[:, None])[group_of_point]
    points = tuple((group.name, mode) for group in groups for mode in group.modes) if c.whole else ()
    sets: dict[str, AnySet] = {
        "WHOLE_POINTS": LabelSet(points),
        "WHOLE_INTERVALS": LabelSet(tuple(range(c.planned))),
        "WHOLE_GROUPS": Subset("GROUPS", where(container > 1) if c.whole else np.arange(0)),
    }
    return sets, {
        "container_units": container[group_of_point],
        "partial_units": partial,
        "partial_limit": (partial > 0).astype(np.float64)[: len(points), : c.planned],
    }
