"""Why machines are off: one reason for every machine and interval, from a closed list."""

from __future__ import annotations

from enum import StrEnum


class Reason(StrEnum):
    """Why a machine is off in an interval: the code in files, and its meaning."""

    meaning: str

    def __new__(cls, code: str, meaning: str = "") -> Reason:
        """A member is its code; the meaning goes with it."""
        reason = str.__new__(cls, code)
        reason._value_ = code
        reason.meaning = meaning
        return reason

    OUTAGE = "outage", "out of service"
    PRICE = "price", "power costs more than the hash earns"
    RESALE = "resale", "the block's power sells for more than the hash earns"
    DEMAND_CHARGE = "demand_charge", "running would raise the billed peak by more than the hash earns"
    COINCIDENT_PEAK = (
        "coincident_peak",
        "the interval may be one of the grid's peaks, and the charge for it exceeds the hash",
    )
    ENERGY_TIER = "energy_tier", "energy beyond the tier costs more than the hash earns"
    EVENT = "event", "a curtailment event caps the load"
    EVENT_PAYMENT = "event_payment", "a curtailment event pays more for the cut than the hash earns"
    IMPORT_LIMIT = "import_limit", "the interconnection is full"
    RAMP = "ramp", "load may not change faster"
    EXPORT = "export", "on-site power earns more when exported, or there is none to spare"
    COLD_START = "cold_start", "too cold to start"
    START_RATE = "start_rate", "waiting for its turn to start"
    STARTS_PER_DAY = "starts_per_day", "no start left today"
    MINIMUM_OFF = "minimum_off", "must rest its minimum time"
    MINIMUM_ON = "minimum_on", "would have to run on through hours that do not pay"
    RESTART_COST = "restart_cost", "the hours to come do not repay a restart"
    ANNOUNCED = "announced", "the announced schedule is kept"
    WHOLE_UNITS = "whole_units", "only whole machines and whole containers can be switched"
    EXTENSION = "extension", "a constraint added with --extend"
    SAFE_POSTURE = "safe_posture", "no plan could be made: the posture keeps it off; in no plan"
