"""Terms for holidays that go by a calendar, and what its days cost.

As in ``consistency``, a validated `Farm` and the plain data of a file are read alike.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from pydantic import BaseModel, ValidationError

from optimizer.config.calendar import DAYS, slot_text
from optimizer.config.composed import kinds
from optimizer.config.document import Keys
from optimizer.config.plain import FoundAt, get
from optimizer.config.rates import Rates

_HOLIDAY = DAYS.index("holiday")


def holiday_faults(farm: Any) -> Iterator[FoundAt]:
    """Terms for holidays without a calendar of them, and rates that leave the calendar's days without a price."""
    calendar = get(get(farm, "energy"), "holidays")
    for path, section in _sections(farm):
        days = get(section, "days")
        if calendar is None and isinstance(days, tuple | list) and "holiday" in days:
            at = (*path, "days", days.index("holiday"))
            yield at, "goes by a calendar: the farm needs `energy.holidays` besides it, such as nerc, US-TX or dates"
        rates = _rates(section) if calendar else None
        if rates is not None and rates.otherwise_usd_per_mwh is None:
            left_open = ~np.any([rate.when.table()[:, _HOLIDAY] for rate in rates.rates], axis=0)
            if left_open.any():
                month, slot = np.argwhere(left_open)[0].tolist()
                moment = slot_text(month, _HOLIDAY, slot)
                sentence = f"leave holidays without a price, such as {moment}: give otherwise_usd_per_mwh, "
                yield (*path, "rates"), f"{sentence}or name `holiday` among the days of a rate"


def _sections(farm: Any) -> Iterator[tuple[Keys, Any]]:
    """Every section of the contract and of mechanisms, however deep, with its path."""
    todo: list[tuple[Keys, Any]] = [
        (("energy",), get(farm, "energy")),
        (("horizon", "tail"), get(get(farm, "horizon"), "tail")),
        *(own for kind in kinds() if kind.PLACE != "energy" for own in kind.standing(farm)),
    ]
    while todo:
        path, value = todo.pop()
        if isinstance(value, tuple | list):
            todo += [((*path, i), inner) for i, inner in enumerate(value)]
        elif isinstance(value, dict | BaseModel):
            yield path, value
            todo += [((*path, key), inner) for key, inner in dict(value).items()]


def _rates(section: Any) -> Rates | None:
    """The section as rates, if it is that and has no fault of its own."""
    if isinstance(section, Rates):
        return section
    if not isinstance(section, dict) or "rates" not in section:
        return None
    try:
        return Rates.model_validate(section)
    except ValidationError:
        return None
