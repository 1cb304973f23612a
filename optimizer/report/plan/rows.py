"""The rows of a report's tables, as plain numbers."""

from __future__ import annotations

from dataclasses import dataclass

from optimizer.accounts.reasons import Reason
from optimizer.arrays import F


@dataclass(frozen=True)
class GroupRow:
    """One group over the plan. ``run_share`` is of installed machine-hours; strikes in USD/MWh at the meter."""

    name: str
    model: str
    units: int
    hosted: bool
    run_share: float
    starts: float
    mwh: float
    strike_low: float
    strike_high: float
    off_for: tuple[Reason, ...]


@dataclass(frozen=True)
class ReasonRow:
    """One reason over the plan: machine-hours off and the MWh they would have drawn, all and by group."""

    reason: Reason
    meaning: str
    machine_hours: float
    mwh: float
    by_group: F


@dataclass(frozen=True)
class LineRow:
    """One line of the account, USD: of the whole schedule, and of the continuous optimum."""

    line: str
    title: str
    usd: float
    continuous_usd: float


@dataclass(frozen=True)
class ItemRow:
    """One item of the marginal power price: hours it counts in, its mean over them, its extremes, USD/MWh."""

    item: str
    title: str
    hours: float
    mean: float
    low: float
    high: float
    worst: str


@dataclass(frozen=True)
class Penalty:
    """A limit broken and paid for."""

    sentence: str
    usd: float
    hours: float
    worst: str


@dataclass(frozen=True)
class FillRow:
    """A gap in a series file that was filled."""

    file: str
    start: str
    end: str
    count: int
    method: str
