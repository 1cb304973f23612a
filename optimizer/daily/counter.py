"""The number that set-points carry, by which a controller tells new from old: an epoch, and a sequence within it."""

from __future__ import annotations

import csv
import io
import re
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from optimizer.daily.document import MOST, SetPoints
from optimizer.outside import read_regular

_MOST_BYTES = 5_000_000
_EPOCH = re.compile(r'"epoch":\s*(\d{1,16})\b')


@dataclass(frozen=True, order=True)
class Count:
    """The greater is the newer."""

    epoch: int
    sequence: int


def standing(json_file: Path) -> SetPoints | None:
    """The set-points that stand in a file; None where it holds anything else."""
    try:
        return SetPoints.model_validate_json(_text(json_file))
    except ValueError:
        return None


def next_count(before: SetPoints | None, json_file: Path, csv_file: Path, farm_id: str, now: datetime) -> Count:
    """The count after that of ``before``, the set-points that stand in ``json_file``.

    Where there are none, or of another farm, or the table beside them has a newer count, a new epoch begins: the second
    that it is, or one more than any epoch that can still be made out.
    """
    rows = _counts(_text(csv_file))
    if before is not None and before.farm.id == farm_id and before.sequence < MOST:
        last = Count(before.epoch, before.sequence)
        if max([last, *rows]) == last:
            return Count(last.epoch, last.sequence + 1)
    seen = [count.epoch for count in rows] + [int(epoch) for epoch in _EPOCH.findall(_text(json_file))]
    return Count(max([int(now.timestamp()), *(epoch + 1 for epoch in seen if epoch < MOST)]), 1)


def _text(file: Path) -> str:
    """A file's text; nothing where it is missing, no file, or longer than set-points are."""
    try:
        return read_regular(file, _MOST_BYTES).decode("utf-8", "replace")
    except OSError:
        return ""


def _counts(table: str) -> list[Count]:
    """The counts that can be made out in a table."""
    counts = []
    try:
        for row in csv.DictReader(io.StringIO(table)):
            try:
                count = Count(int(row["epoch"]), int(row["sequence"]))
            except (KeyError, TypeError, ValueError):
                continue
            if 0 <= count.epoch <= MOST and 0 <= count.sequence <= MOST:
                counts.append(count)
    except csv.Error:
        return counts
    return counts
