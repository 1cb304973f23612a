"""The set-points of the moment: how many machines of each group run in each mode, since when, until when and why."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from optimizer.daily.record import Record
from optimizer.outputs import write_file

JSON_FILE, CSV_FILE = "setpoints.json", "setpoints.csv"


@dataclass(frozen=True)
class SetPoint:
    """One mode of a group. Times are on the farm's clock with their offset; ``reason`` is why others of it are off."""

    group: str
    mode: str
    machines_on: int
    since: str
    until: str
    reason: str
    plan: str


def setpoints(record: Record, now: pd.Timestamp, before: Mapping[tuple[str, str], SetPoint]) -> tuple[SetPoint, ...]:
    """What a schedule says of a moment. Before its start its first interval holds, after its end its last.

    ``since`` reaches back into the set-points ``before`` where nothing has changed.
    """
    grid, zone = record.market.grid, record.farm.timezone
    t = int(np.clip(grid.starts.searchsorted(now, side="right") - 1, 0, len(grid) - 1))
    found = []
    for g, group in enumerate(record.farm.fleet):
        for mode in group.modes:
            units = record.dispatch.units_on[group.name, mode]
            changes = np.flatnonzero(np.diff(units)) + 1
            first = int(changes[changes <= t].max(initial=0))
            stop = int(changes[changes > t].min(initial=len(grid)))
            since = grid.starts[first].tz_convert(zone).isoformat()
            old = before.get((group.name, mode))
            if first == 0 and old is not None and old.machines_on == round(float(units[t])):
                since = min(since, old.since, key=pd.Timestamp)
            until = grid.ends[stop - 1].tz_convert(zone).isoformat()
            found.append(
                SetPoint(group.name, mode, round(float(units[t])), since, until, record.reasons[g][t], record.name)
            )
    return tuple(found)


def written(folder: Path) -> dict[tuple[str, str], SetPoint]:
    """The set-points that stand in a folder; none where they cannot be read."""
    try:
        data = json.loads((folder / JSON_FILE).read_text(encoding="utf-8"))
        points = [SetPoint(**row) for row in data["setpoints"]]
        for point in points:
            pd.Timestamp(point.since)
        return {(point.group, point.mode): point for point in points}
    except (OSError, ValueError, KeyError, TypeError):
        return {}


def write(folder: Path, points: tuple[SetPoint, ...], **more: Any) -> None:
    """Put both files in place, each whole. Raises CurtailError; the old ones stay."""
    rows = [asdict(point) for point in points]
    text = json.dumps({**more, "setpoints": rows}, indent=2, allow_nan=False) + "\n"
    buffer = io.StringIO()
    table = csv.DictWriter(buffer, list(SetPoint.__dataclass_fields__), lineterminator="\n")
    table.writeheader()
    table.writerows(rows)
    for name, content in ((JSON_FILE, text), (CSV_FILE, buffer.getvalue())):
        write_file(folder / name, partial(_fill, content=content))


def _fill(path: Path, content: str) -> None:
    path.write_text(content, encoding="utf-8")
