"""Why machines are off: one reason for every machine and interval, from a list that is declared."""

from __future__ import annotations

from collections.abc import Iterator
from enum import StrEnum, auto
from typing import ClassVar

from optimizer.mechanisms.contents import parts

_DECLARED: dict[str, Reason] = {}
_LAST = 9


class Kin(StrEnum):
    """What reasons have in common. Pages show kin beside each other, in this order, and in one colour."""

    MONEY = auto()
    CHARGE = auto()
    EVENT = auto()
    LIMIT = auto()
    COLD = auto()
    TIME = auto()
    GONE = auto()


class Reason(str):
    """Why a machine is off in an interval: the code in files, its meaning, its kin and its place among them.

    One that a mechanism's program declares is one of `reasons` from then on.
    """

    meaning: str
    kin: Kin
    place: int
    OUTAGE: ClassVar[Reason]
    PRICE: ClassVar[Reason]
    RESALE: ClassVar[Reason]
    DEMAND_CHARGE: ClassVar[Reason]
    COINCIDENT_PEAK: ClassVar[Reason]
    ENERGY_TIER: ClassVar[Reason]
    EVENT: ClassVar[Reason]
    EVENT_PAYMENT: ClassVar[Reason]
    IMPORT_LIMIT: ClassVar[Reason]
    PORTFOLIO_SHARE: ClassVar[Reason]
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

    def __new__(cls, code: str, meaning: str, kin: Kin = Kin.GONE, place: int = _LAST) -> Reason:
        """The reason is its code; the rest goes with it."""
        reason = _DECLARED.setdefault(code, str.__new__(cls, code))
        reason.meaning, reason.kin, reason.place = meaning, kin, place
        return reason

    def __getnewargs__(self) -> tuple[str, str, Kin, int]:  # type: ignore[override]  # what makes it again
        return str(self), self.meaning, self.kin, self.place


def reasons() -> Iterator[Reason]:
    """Every reason there is."""
    parts("program")  # which declare their own
    yield from _DECLARED.values()


def reason_of(code: str) -> Reason:
    """The reason of a code. Raises KeyError for one that nobody declares."""
    return {str(reason): reason for reason in reasons()}[code]


Reason.OUTAGE = Reason("outage", "out of service", Kin.GONE, 0)
Reason.PRICE = Reason("price", "power costs more than the hash earns", Kin.MONEY, 0)
Reason.RESALE = Reason("resale", "the block's power sells for more than the hash earns", Kin.EVENT, 2)
Reason.DEMAND_CHARGE = Reason(
    "demand_charge", "running would raise the billed peak by more than the hash earns", Kin.CHARGE, 0
)
Reason.COINCIDENT_PEAK = Reason(
    "coincident_peak",
    "the interval may be one of the grid's peaks, and the charge for it exceeds the hash",
    Kin.CHARGE,
    1,
)
Reason.ENERGY_TIER = Reason("energy_tier", "energy beyond the tier costs more than the hash earns", Kin.CHARGE, 2)
Reason.EVENT = Reason("event", "a curtailment event caps the load", Kin.EVENT, 0)
Reason.EVENT_PAYMENT = Reason(
    "event_payment", "a curtailment event pays more for the cut than the hash earns", Kin.EVENT, 1
)
Reason.IMPORT_LIMIT = Reason("import_limit", "the interconnection is full", Kin.LIMIT, 0)
Reason.PORTFOLIO_SHARE = Reason("portfolio_share", "other sites have the rest of what is shared", Kin.LIMIT, 3)
Reason.RAMP = Reason("ramp", "load may not change faster", Kin.LIMIT, 1)
Reason.EXPORT = Reason("export", "on-site power earns more when exported, or there is none to spare", Kin.LIMIT, 2)
Reason.COLD_START = Reason("cold_start", "too cold to start", Kin.COLD, 0)
Reason.START_RATE = Reason("start_rate", "waiting for its turn to start", Kin.TIME, 0)
Reason.STARTS_PER_DAY = Reason("starts_per_day", "no start left today", Kin.TIME, 1)
Reason.MINIMUM_OFF = Reason("minimum_off", "must rest its minimum time", Kin.TIME, 2)
Reason.MINIMUM_ON = Reason("minimum_on", "would have to run on through hours that do not pay", Kin.MONEY, 2)
Reason.RESTART_COST = Reason("restart_cost", "the hours to come do not repay a restart", Kin.MONEY, 1)
Reason.ANNOUNCED = Reason("announced", "the announced schedule is kept", Kin.COLD, 1)
Reason.WHOLE_UNITS = Reason("whole_units", "only whole machines and whole containers can be switched", Kin.GONE, 1)
Reason.EXTENSION = Reason("extension", "a constraint added with --extend", Kin.GONE, 2)
Reason.SAFE_POSTURE = Reason("safe_posture", "no plan could be made: the posture keeps it off; in no plan", Kin.GONE, 3)
