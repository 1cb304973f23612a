"""Farm and market -> DispatchProblem: labels and float64 arrays, ready for the rules, a file per concern."""

from __future__ import annotations

import numpy as np

from optimizer.arrays import F
from optimizer.assembly.charges import charges
from optimizer.assembly.fleet import containers, fleet
from optimizer.assembly.outages import outages
from optimizer.assembly.replanning import replanning
from optimizer.assembly.site import events, site
from optimizer.assembly.supply import supply
from optimizer.conditions import Conditions
from optimizer.engine.language import AnySet
from optimizer.errors import InputError
from optimizer.lp.formulation import DispatchProblem

__all__ = ["MOST_ENTRIES", "build_problem"]

MOST_ENTRIES = 30e6  # of the matrix; HiGHS takes about 450 bytes for each


def _judge_size(c: Conditions) -> None:
    """Refuse a plan that would not fit into memory, before anything large is built."""
    n, shortest = len(c.grid), float(c.grid.hours.min())
    entries = 0.0
    for group in c.farm.fleet:
        windows = (group.minimum_on_hours, group.minimum_off_hours)
        entries += n * (5.0 * len(group.modes) + 4.0 + sum(min(hours / shortest, n) for hours in windows))
    if entries > MOST_ENTRIES:
        raise InputError(
            f"the plan would have about {entries / 1e6:,.0f} million matrix entries, more than the "
            f"{MOST_ENTRIES / 1e6:,.0f} million that are sure to fit into memory: use longer horizon.intervals, fewer "
            "hours, or shorter minimum times"
        )


def build_problem(conditions: Conditions, *, whole: bool = False) -> DispatchProblem:
    """The numbers of one plan; with ``whole`` the rules for whole containers are switched on."""
    _judge_size(conditions)
    sets: dict[str, AnySet] = {}
    parameters: dict[str, F] = {}
    for part in (fleet, site, outages, supply, charges, events, replanning):
        part_sets, part_parameters = part(conditions)
        sets |= part_sets
        parameters |= part_parameters
    part_sets, part_parameters = containers(conditions, whole)
    parameters |= part_parameters
    return DispatchProblem(
        sets | part_sets, {name: np.asarray(values, dtype=np.float64) for name, values in parameters.items()}
    )
