"""Machines that no ramp lets switch: judged when every group has its machine."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import Any

from optimizer.config.plain import FoundAt
from optimizer.units import megawatts

_MW = 1e-9  # what rounding does to a ramp


def loaded_faults(farm: Any) -> Iterator[FoundAt]:
    """Ramps too slow for a container in the shortest interval: it would never start, and never stop for a call."""
    minutes = min(step.minutes for step in farm.horizon.intervals)
    for key, what in (("ramp_up_mw_per_hour", "rise"), ("ramp_down_mw_per_hour", "fall")):
        ramp = getattr(farm.site, key)
        for group in farm.fleet if ramp is not None else ():
            step_mw = _step_mw(farm, group)
            if group.units_switched_together == 1 or step_mw <= ramp * minutes / 60 + _MW:
                continue
            longer = [longer for longer in (15, 30, 60) if step_mw <= ramp * longer / 60 + _MW]
            advice = f"intervals of {longer[0]} minutes and more, " if longer else ""
            sentence = (
                f"lets import {what} by {ramp * minutes / 60:.4g} MW in an interval of {minutes} minutes; {group.name} "
                f"switches {step_mw:.4g} MW together, and never could: {advice}fewer units_switched_together, or the "
                f"ramp that the site really has (got {ramp:g})"
            )
            yield ("site", key), sentence
            break


def _step_mw(farm: Any, group: Any) -> float:
    """The largest step a container takes on its way through the modes, MW at the meter with the least PUE."""
    watts = sorted([group.standby_w, *(point.power_w for point in group.points.values())])
    pue: float = farm.site.pue if isinstance(farm.site.pue, float) else min(farm.site.pue.pue)
    together: int = group.units_switched_together
    return together * pue * megawatts(max(b - a for a, b in pairwise(watts)))
