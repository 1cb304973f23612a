"""What the last set-points had machines do, where the schedule they are of is lost."""

from __future__ import annotations

import pandas as pd

from optimizer.daily.counter import standing
from optimizer.daily.folder import StateFolder, record_in
from optimizer.daily.identity import SETPOINTS
from optimizer.daily.record import Record
from optimizer.errors import CurtailError


def handed_out(folder: StateFolder, before: Record, now: pd.Timestamp) -> dict[str, int] | None:
    """Machines running by group as set-points have them whose schedule is lost; None where it is there, or is this one.

    ``before`` is the schedule that a plan would go on from.
    """
    document = standing(folder.path / SETPOINTS)
    if document is None or document.plan in (None, before.name) or pd.Timestamp(document.made_at) <= before.start:
        return None
    try:
        record_in(folder.runs / document.plan)
        return None
    except CurtailError:
        pass
    running: dict[str, int] = {}
    for point in document.setpoints:
        changed = point.next is not None and pd.Timestamp(point.next.at) <= now
        on = point.next.machines_on if changed and point.next is not None else point.machines_on
        running[point.group] = running.get(point.group, 0) + on
    return running
