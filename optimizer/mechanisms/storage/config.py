"""Storage behind the meter as a farm file gives it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any, ClassVar

from pydantic import Field, model_validator

from optimizer.config.base import LocalTime, NonNegative, Positive, Section, refuse
from optimizer.config.clock import backwards
from optimizer.config.composed import Listed
from optimizer.config.plain import FoundAt, get

Efficiency = Annotated[float, Field(gt=0, le=1)]


class StorageOutage(Section):
    """When a battery is out of service: it neither charges nor discharges, and keeps what it holds."""

    start: LocalTime
    end: LocalTime

    @model_validator(mode="after")
    def _ends_after_it_starts(self) -> StorageOutage:
        if backwards(self.start, self.end):
            refuse("StorageOutage", [(("end",), f"the outage ends ({self.end}) before it starts ({self.start})")])
        return self


class Storage(Listed):
    """A battery. Its MW are at the site's side of the inverter, its MWh are what the cells hold: losses lie between.

    It begins a plan with what the state says it holds, or with the least where that says nothing. What it holds at a
    plan's end is free, and worth ``left_usd_per_mwh`` where that is given. No level is asked for there: one that goes
    by the level a plan begins with would rise with every plan that is made anew, and any other may be out of reach.
    """

    KEY: ClassVar[str] = "storage"
    ABOUT: ClassVar[str] = "Batteries behind the meter; what they discharge is exported as far as `onsite` may"
    ENTRY: ClassVar[str] = "battery"
    MOST: ClassVar[int] = 20

    capacity_mwh: Positive = Field(description="Most it holds, MWh")
    least_mwh: NonNegative = Field(default=0.0, description="Least it is discharged to, MWh")
    charge_mw: Positive = Field(description="Most it charges with, MW")
    discharge_mw: Positive = Field(description="Most it discharges, MW")
    charge_efficiency: Efficiency = Field(description="MWh held per MWh charged")
    discharge_efficiency: Efficiency = Field(description="MWh discharged per MWh no longer held")
    wear_usd_per_mwh: NonNegative = Field(default=0.0, description="Wear of every MWh discharged, USD/MWh")
    standing_loss_share_per_day: Annotated[float, Field(ge=0, lt=1)] = Field(
        default=0.0, description="Share of what it holds beyond the least that is lost within a day"
    )
    left_usd_per_mwh: NonNegative = Field(
        default=0.0, description="What a MWh held at the end is worth, USD/MWh; what is held at the beginning as much"
    )
    outages: tuple[StorageOutage, ...] = Field(default=(), description="When it is out of service")

    @model_validator(mode="after")
    def _holds_its_least(self) -> Storage:
        if self.least_mwh >= self.capacity_mwh:
            sentence = f"must be less than capacity_mwh, {self.capacity_mwh:g} (got {self.least_mwh:g})"
            refuse("Storage", [(("least_mwh",), sentence)])
        return self


def faults(farm: Any) -> Iterator[FoundAt]:
    """A state of batteries that are not there, or that hold more than they can."""
    yield from Storage.unknown(farm, "state", "storage", "level_mwh")
    held = get(get(get(farm, "state"), "storage"), "level_mwh")
    for _, battery in Storage.standing(farm):
        name, most = get(battery, "name"), get(battery, "capacity_mwh")
        level = held.get(name) if isinstance(held, dict) and isinstance(name, str) else None
        if isinstance(level, int | float) and isinstance(most, int | float) and level > most:
            sentence = f"is more than the {most:g} MWh that the battery can hold (got {level:g})"
            yield ("state", "storage", "level_mwh", name), sentence
