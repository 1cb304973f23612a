"""The fleet: groups of one model in one place under one firmware and owner."""

from __future__ import annotations

from typing import Annotated, ClassVar

from pydantic import Field, model_validator

from optimizer.config.base import (
    Celsius,
    Count,
    LocalTime,
    Name,
    NonNegative,
    Positive,
    Section,
    Series,
    Share,
    ShareSeries,
    refuse,
)
from optimizer.config.catalogue import Machine, OperatingPoint
from optimizer.config.clock import backwards
from optimizer.config.composed import Host, Place, composed


class Outage(Section):
    """Machines of a group out of service for a while."""

    start: LocalTime
    end: LocalTime
    units: Count = Field(description="Machines out of service")


class FreezeProtection(Section):
    """Keep a share of the machines warm below a temperature, or pay for the damage."""

    below_c: Celsius = Field(description="Outdoor temperature under which water or coolant may freeze")
    minimum_running_share: Share = Field(description="Share of the available machines kept running")
    damage_usd_per_unit_hour: NonNegative = Field(
        description="Cost of damage for each machine-hour short of that share"
    )


class ColdRestart(Section):
    """A machine that has gone cold takes longer to come up."""

    below_c: Celsius = Field(description="Outdoor temperature under which a start takes longer")
    minutes: Annotated[float, Field(ge=0, le=24 * 60)] = Field(
        description="Time a machine started in such cold draws power before it hashes, in place of restart_minutes"
    )


@composed
class Group(Host):
    """Machines that are alike: one model, one place, one firmware, one owner."""

    HOLDS: ClassVar[Place] = "group"

    name: Name = Field(description="Name of the group, unique in this file")
    model: Name | None = Field(default=None, description="A model of the catalogue; or give `machine`")
    machine: Machine | None = Field(default=None, description="A machine described here, not in the catalogue")
    units: Annotated[int, Field(gt=0, le=10_000_000, description="Machines installed")]
    availability: Annotated[ShareSeries, Series("", lumps="least")] = Field(
        default=1.0, description="Share of the machines that work, over time"
    )
    outages: tuple[Outage, ...] = Field(default=(), description="Machines out of service for a while")
    modes: Annotated[tuple[Name, ...], Field(min_length=1, max_length=20)] = Field(
        default=("normal",), description="Modes the group may run in; `normal` is the nameplate"
    )
    standby_w: NonNegative = Field(default=0.0, description="W at the wall of a machine that is off")
    restart_minutes: Annotated[float, Field(ge=0, le=24 * 60)] = Field(
        default=0.0, description="Time a started machine draws power before it hashes"
    )
    cold_restart: ColdRestart | None = Field(default=None, description="Longer restarts in the cold")
    minimum_on_hours: Annotated[float, Field(ge=0, le=168)] = Field(
        default=0.0, description="A started machine runs at least so long"
    )
    minimum_off_hours: Annotated[float, Field(ge=0, le=168)] = Field(
        default=0.0, description="A stopped machine rests at least so long"
    )
    starts_per_day: Positive | None = Field(
        default=None,
        description="Starts per available machine and local day, at most (of the most machines available that day)",
    )
    starts_per_hour: Positive | None = Field(
        default=None, description="Machines of the group started per hour, at most (inrush, pool reconnects)"
    )
    wear_usd_per_start: NonNegative = Field(default=0.0, description="Wear of one start of one machine")
    minimum_start_temperature_c: Celsius | None = Field(default=None, description="No start when colder")
    freeze_protection: FreezeProtection | None = Field(default=None, description="Keeps machines warm in the cold")
    units_switched_together: Annotated[int, Field(gt=0, le=1_000_000)] = Field(
        default=1, description="Machines behind one switch, such as a container"
    )
    smallest_step: Annotated[int, Field(gt=0, le=1_000_000)] = Field(
        default=1, description="Machines that are worth a switch: no fewer change, where limits allow that"
    )
    pool_fee_share: Share | None = Field(default=None, description="Overrides revenue.pool_fee_share")

    @model_validator(mode="after")
    def _is_consistent(self) -> Group:
        # A loaded group has both: the model's name, and what the catalogue says of it.
        if self.machine is None and self.model is None:
            raise ValueError("give a `model` of the catalogue, or describe the `machine`")
        faults: list[tuple[tuple[str | int, ...], str]] = []
        if self.machine is not None:
            if self.model not in (None, self.machine.model):
                faults.append((("model",), "give `model` or `machine`, not both"))
            faults += [(("modes", i), fault) for i, fault in unknown_modes(self.machine, self.modes)]
            faults += [(("standby_w",), fault) for fault in standby_faults(self.machine, self.modes, self.standby_w)]
        if self.cold_restart is not None and self.cold_restart.minutes < self.restart_minutes:
            sentence = f"must be at least restart_minutes, {self.restart_minutes:g} (got {self.cold_restart.minutes:g})"
            faults.append((("cold_restart", "minutes"), sentence))
        container, rate = self.units_switched_together, self.starts_per_hour
        if rate is not None and rate < container:
            sentence = f"a container of {container} machines can never start at a rate of {rate:g} an hour"
            faults.append((("starts_per_hour",), f"must be at least {container}: {sentence}"))
        for i, mode in enumerate(self.modes):
            if mode in self.modes[:i]:
                faults.append((("modes", i), f"the mode {mode!r} is listed twice"))
        for i, outage in enumerate(self.outages):
            start, end = outage.start, outage.end
            if backwards(start, end):
                faults.append((("outages", i, "end"), f"the outage ends ({end}) before it starts ({start})"))
            if outage.units > self.units:
                sentence = f"must be at most {self.units}, the units of the group (got {outage.units})"
                faults.append((("outages", i, "units"), sentence))
        refuse("Group", faults)
        return self

    @property
    def points(self) -> dict[str, OperatingPoint]:
        """Operating points by mode, in the order of `modes`; the catalogue has been looked up."""
        assert self.machine is not None, "load_farm resolves every model"
        return {mode: self.machine.point(mode) for mode in self.modes}


def unknown_modes(machine: Machine, modes: tuple[str, ...]) -> list[tuple[int, str]]:
    """Modes that the machine does not have, by their place in ``modes``, with what it has."""
    known = ", ".join(machine.mode_names)
    return [
        (i, f"{machine.model} has no mode {mode!r}; it has: {known}")
        for i, mode in enumerate(modes)
        if mode not in machine.mode_names
    ]


def standby_faults(machine: Machine, modes: tuple[str, ...], standby_w: float) -> list[str]:
    """A sentence where a machine draws no less when off than in the most frugal of ``modes``, else nothing."""
    watts = {mode: machine.point(mode).power_w for mode in modes if mode in machine.mode_names}
    mode = min(watts, key=watts.__getitem__, default=None)
    if mode is None or standby_w < watts[mode]:
        return []
    return [f"must be less than {watts[mode]:g}, the W of mode {mode!r} (got {standby_w:g})"]
