"""Why machines are off: one reason for every machine and interval, from a list that is declared."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from optimizer.mechanisms.contents import parts

_DECLARED: dict[str, Reason] = {}


class Reason(str):
    """Why a machine is off in an interval: the code in files, and its meaning.

    One that a mechanism's program declares is one of `reasons` from then on.
    """

    meaning: str
    OUTAGE: ClassVar[Reason]
    PRICE: ClassVar[Reason]
    RESALE: ClassVar[Reason]
    DEMAND_CHARGE: ClassVar[Reason]
    COINCIDENT_PEAK: ClassVar[Reason]
    ENERGY_TIER: ClassVar[Reason]
    EVENT: ClassVar[Reason]
    EVENT_PAYMENT: ClassVar[Reason]
    IMPORT_LIMIT: ClassVar[Reason]
    RAMP: ClassVar[Reason]
    EXPORT: ClassVar[Reason]
    COLD_START: ClassVar[Reason]
    START_RATE: ClassVar[Reason]
    STARTS_PER_DAY: ClassVar[Reason]
    MINIMUM_OFF: ClassVar[Reason]
    MINIMUM_ON: ClassVar[Reason]
    RESTART_COST: ClassVar[Reason]
    ANNOUNCED: ClassVar[Reason]
    WHOLE_UNITS: ClassVar[Reason]
    EXTENSION: ClassVar[Reason]
    SAFE_POSTURE: ClassVar[Reason]

    def __new__(cls, code: str, meaning: str) -> Reason:
        """The reason is its code; the meaning goes with it."""
        reason = _DECLARED.setdefault(code, str.__new__(cls, code))
        reason.meaning = meaning
        return reason

    def __getnewargs__(self) -> tuple[str, str]:  # type: ignore[override]  # what makes it again
        return str(self), self.meaning


def reasons() -> Iterator[Reason]:
    """Every reason there is."""
    parts("program")  # which declare their own
    yield from _DECLARED.values()


def reason_of(code: str) -> Reason:
    """The reason of a code. Raises KeyError for one that nobody declares."""
    return {str(reason): reason for reason in reasons()}[code]


Reason.OUTAGE = Reason("outage", "out of service")
Reason.PRICE = Reason("price", "power costs more than the hash earns")
Reason.RESALE = Reason("resale", "the block's power sells for more than the hash earns")
Reason.DEMAND_CHARGE = Reason("demand_charge", "running would raise the billed peak by more than the hash earns")
Reason.COINCIDENT_PEAK = Reason(
    "coincident_peak", "the interval may be one of the grid's peaks, and the charge for it exceeds the hash"
)
Reason.ENERGY_TIER = Reason("energy_tier", "energy beyond the tier costs more than the hash earns")
Reason.EVENT = Reason("event", "a curtailment event caps the load")
Reason.EVENT_PAYMENT = Reason("event_payment", "a curtailment event pays more for the cut than the hash earns")
Reason.IMPORT_LIMIT = Reason("import_limit", "the interconnection is full")
Reason.RAMP = Reason("ramp", "load may not change faster")
Reason.EXPORT = Reason("export", "on-site power earns more when exported, or there is none to spare")
Reason.COLD_START = Reason("cold_start", "too cold to start")
Reason.START_RATE = Reason("start_rate", "waiting for its turn to start")
Reason.STARTS_PER_DAY = Reason("starts_per_day", "no start left today")
Reason.MINIMUM_OFF = Reason("minimum_off", "must rest its minimum time")
Reason.MINIMUM_ON = Reason("minimum_on", "would have to run on through hours that do not pay")
Reason.RESTART_COST = Reason("restart_cost", "the hours to come do not repay a restart")
Reason.ANNOUNCED = Reason("announced", "the announced schedule is kept")
Reason.WHOLE_UNITS = Reason("whole_units", "only whole machines and whole containers can be switched")
Reason.EXTENSION = Reason("extension", "a constraint added with --extend")
Reason.SAFE_POSTURE = Reason("safe_posture", "no plan could be made: the posture keeps it off; in no plan")
