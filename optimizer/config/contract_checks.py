"""What a power contract can only be checked for as a whole: its holidays, its past peaks, the bill so far.

As in ``consistency``, a validated `Farm` and the plain data of a file are read alike.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from pydantic import BaseModel, ValidationError

from optimizer.config.calendar import DAYS, slot_text
from optimizer.config.composed import kinds
from optimizer.config.plain import FoundAt, entries, get, meant
from optimizer.config.rates import Rates
from optimizer.config.yaml12 import Keys

_HOLIDAY = DAYS.index("holiday")
BILL_KEYS = {
    "taken_mwh": ("supplies", "supplier"),
}


def contract_faults(farm: Any) -> Iterator[FoundAt]:
    """Faults of the contract with their paths; none for a consistent one."""
    yield from _holidays(farm)
    yield from _bill_so_far(farm)


def has_bill(state: Any) -> bool:
    """Whether a state carries a bill in."""
    bill = get(state, "bill")
    return any(get(bill, key) for key in (*BILL_KEYS, "charged_usd"))


def _holidays(farm: Any) -> Iterator[FoundAt]:
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


def _bill_so_far(farm: Any) -> Iterator[FoundAt]:
    bill = get(get(farm, "state"), "bill")
    for key, (section, what) in BILL_KEYS.items():
        names = [get(entry, "name") for _, entry in entries(get(farm, "energy"), section)]
        known = [name for name in names if isinstance(name, str)]
        amounts = get(bill, key)
        for name in amounts if isinstance(amounts, dict) else ():
            if isinstance(name, str) and name not in known:
                yield ("state", "bill", key, name), f"no {what} of the contract has this name; {meant(name, known)}"
