"""Why machines are off: one reason for every machine and interval, from a closed list."""

from __future__ import annotations

from enum import StrEnum


class Reason(StrEnum):
    """Why a machine is off in an interval."""

    OUTAGE = "outage"
    PRICE = "price"
    RESALE = "resale"
    DEMAND_CHARGE = "demand_charge"
    COINCIDENT_PEAK = "coincident_peak"
    ENERGY_TIER = "energy_tier"
    EVENT = "event"
    EVENT_PAYMENT = "event_payment"
    IMPORT_LIMIT = "import_limit"
    RAMP = "ramp"
    EXPORT = "export"
    COLD_START = "cold_start"
    START_RATE = "start_rate"
    STARTS_PER_DAY = "starts_per_day"
    MINIMUM_OFF = "minimum_off"
    MINIMUM_ON = "minimum_on"
    RESTART_COST = "restart_cost"
    ANNOUNCED = "announced"
    WHOLE_UNITS = "whole_units"
    EXTENSION = "extension"
    SAFE_POSTURE = "safe_posture"


MEANING: dict[Reason, str] = {
    Reason.OUTAGE: "out of service",
    Reason.PRICE: "power costs more than the hash earns",
    Reason.RESALE: "the block's power sells for more than the hash earns",
    Reason.DEMAND_CHARGE: "running would raise the billed peak by more than the hash earns",
    Reason.COINCIDENT_PEAK: "the interval may be one of the grid's peaks, and the charge for it exceeds the hash",
    Reason.ENERGY_TIER: "energy beyond the tier costs more than the hash earns",
    Reason.EVENT: "a curtailment event caps the load",
    Reason.EVENT_PAYMENT: "a curtailment event pays more for the cut than the hash earns",
    Reason.IMPORT_LIMIT: "the interconnection is full",
    Reason.RAMP: "load may not change faster",
    Reason.EXPORT: "on-site power earns more when exported, or there is none to spare",
    Reason.COLD_START: "too cold to start",
    Reason.START_RATE: "waiting for its turn to start",
    Reason.STARTS_PER_DAY: "no start left today",
    Reason.MINIMUM_OFF: "must rest its minimum time",
    Reason.MINIMUM_ON: "would have to run on through hours that do not pay",
    Reason.RESTART_COST: "the hours to come do not repay a restart",
    Reason.ANNOUNCED: "the announced schedule is kept",
    Reason.WHOLE_UNITS: "only whole machines and whole containers can be switched",
    Reason.EXTENSION: "a constraint added with --extend",
    Reason.SAFE_POSTURE: "no plan could be made: the posture keeps it off; in no plan",
}

ITEM_REASON: dict[str, Reason] = {
    "event_cap": Reason.EVENT,
    "event_payment": Reason.EVENT_PAYMENT,
    "demand_charge": Reason.DEMAND_CHARGE,
    "coincident_peak": Reason.COINCIDENT_PEAK,
    "energy_tier": Reason.ENERGY_TIER,
    "import_limit": Reason.IMPORT_LIMIT,
    "ramp_up": Reason.RAMP,
    "ramp_down": Reason.RAMP,
    "first_ramp_up": Reason.RAMP,
    "first_ramp_down": Reason.RAMP,
    "ramp_to_limit": Reason.RAMP,
}
"""Items of the marginal power price and the reason each one is; an item not listed comes from an extension."""
