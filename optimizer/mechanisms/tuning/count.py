"""Changes of mode counted: from the machines on, as an operator with a clipboard would."""

from __future__ import annotations

import numpy as np

from optimizer.accounts.conditions import Conditions, fact
from optimizer.accounts.dispatch import Dispatch
from optimizer.accounts.flows import group_starts
from optimizer.arrays import F
from optimizer.mechanisms.tuning.config import Tuning, tuning_of


@fact
def tunings(c: Conditions) -> dict[str, Tuning]:
    """What a change of mode takes, by the groups that are tuned."""
    each = ((group.name, tuning_of(group)) for group in c.farm.fleet)
    return {name: tuning for name, tuning in each if tuning is not None}


def changes(c: Conditions, dispatch: Dispatch) -> dict[tuple[str, str], F]:
    """Machines that change into each mode as each interval begins, of groups that are tuned; (intervals,) each.

    What a mode has more than before comes from rest as far as the group grows, into the mode with the most hash first,
    which costs most to tune for, and from other modes else. What stops or falls out changes nothing.
    """
    changed = {}
    for g, group in enumerate(c.farm.fleet):
        if group.name not in tunings(c):
            continue
        resting, points = group_starts(c, dispatch, g), c.points[group.name]
        for mode in sorted(points, key=lambda mode: -points[mode].hashrate_th):
            units = dispatch.units_on[group.name, mode]
            more = np.maximum(np.diff(units, prepend=c.before.modes[group.name, mode]), 0.0)
            changed[group.name, mode] = np.maximum(more - resting, 0.0)
            resting = np.maximum(resting - more, 0.0)
    return changed


def changes_by_group(c: Conditions, dispatch: Dispatch) -> dict[str, F]:
    """Machines of each group that is tuned that change their mode as each interval begins, (intervals,) each."""
    changed: dict[str, F] = {}
    for (name, _), units in changes(c, dispatch).items():
        changed[name] = changed.get(name, 0.0) + units
    return changed
