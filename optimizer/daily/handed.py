"""What the last set-points had machines do, where the schedule they are of is lost."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from optimizer.daily.counter import standing
from optimizer.daily.identity import SETPOINTS
from optimizer.daily.record import Record


def handed_out(folder: Path, before: Record, now: pd.Timestamp) -> dict[str, int] | None:
    """Machines running by group as set-points later than a schedule have them; None where they are that schedule's."""
    document = standing(folder / SETPOINTS)
    if document is None or document.plan in (None, before.name):
        return None
    if pd.Timestamp(document.made_at) <= before.start:
        return None
    running: dict[str, int] = {}
    for point in document.setpoints:
        changed = point.next is not None and pd.Timestamp(point.next.at) <= now
        on = point.next.machines_on if changed and point.next is not None else point.machines_on
        running[point.group] = running.get(point.group, 0) + on
    return running
