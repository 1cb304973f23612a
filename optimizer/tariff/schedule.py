"""Schedules of months and hours to the few rectangles of a contract's `when`."""

from __future__ import annotations

from itertools import groupby
from typing import Any

from optimizer.arrays import Bool

WEEKDAYS = ["mon", "tue", "wed", "thu", "fri"]
WEEKEND = ["sat", "sun"]


def when_data(mask: Bool, *, holidays: bool = False) -> dict[str, Any] | None:
    """A `when` that covers exactly ``mask``, (12 months, weekday or weekend, 24 hours); None where that is always.

    With ``holidays`` they go with the weekend. Months with the same hours are put together, weekdays and weekends too
    where both have them.

    >>> import numpy as np
    >>> mask = np.zeros((12, 2, 24), dtype=np.bool_)
    >>> mask[5:9, 0, 12:20] = True
    >>> when_data(mask)
    {'months': [6, 7, 8, 9], 'days': ['mon', 'tue', 'wed', 'thu', 'fri'], 'hours': [{'start': 12, 'end': 20}]}
    """
    if mask.all():
        return None
    days_off = [*WEEKEND, "holiday"] if holidays else WEEKEND
    months_of = [_months_by_hours(mask[:, kind]) for kind in (0, 1)]
    parts = []
    for hours in dict.fromkeys((*months_of[0], *months_of[1])):
        week, weekend = (months.get(hours, frozenset()) for months in months_of)
        for months, days in ((week & weekend, None), (week - weekend, WEEKDAYS), (weekend - week, days_off)):
            if months:
                parts.append(_part(months, days, hours))
    return parts[0] if len(parts) == 1 else {"any_of": parts}


def months_data(months: frozenset[int]) -> dict[str, Any] | None:
    """A `when` of whole months, 0 to 11; None where that is always."""
    return None if len(months) == 12 else _part(months, None, (True,) * 24)


def _months_by_hours(mask: Bool) -> dict[tuple[bool, ...], frozenset[int]]:
    rows = [tuple(row) for row in mask.tolist()]
    return {hours: frozenset(m for m in range(12) if rows[m] == hours) for hours in dict.fromkeys(rows) if any(hours)}


def _part(months: frozenset[int], days: list[str] | None, hours: tuple[bool, ...]) -> dict[str, Any]:
    part: dict[str, Any] = {}
    if len(months) < 12:
        part["months"] = sorted(month + 1 for month in months)
    if days is not None:
        part["days"] = list(days)
    if not all(hours):
        runs = [list(run) for covered, run in groupby(range(24), key=hours.__getitem__) if covered]
        part["hours"] = [{"start": run[0], "end": run[-1] + 1} for run in runs]
    return part
