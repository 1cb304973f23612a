"""A farm file: the sections put together, and what only the whole can be checked for."""

from __future__ import annotations

import zoneinfo
from collections.abc import Iterator
from datetime import datetime
from difflib import get_close_matches
from typing import Annotated, Any, ClassVar

from pydantic import AfterValidator, ConfigDict, Field, model_validator

from optimizer.config.backtest import Backtest
from optimizer.config.base import CelsiusSeries, Name, Section, Series, refuse
from optimizer.config.clock import zone_of
from optimizer.config.composed import Host, Listed, Place, composed, kinds
from optimizer.config.consistency import by_temperature, faults_of_the_whole
from optimizer.config.daily import Daily
from optimizer.config.energy import Energy
from optimizer.config.fleet import Group
from optimizer.config.horizon import Horizon
from optimizer.config.replanning import Replanning
from optimizer.config.revenue import Revenue
from optimizer.config.silenced import Silenced
from optimizer.config.site import Site
from optimizer.config.state import State


def _known_zone(name: str) -> str:
    try:
        zone_of(name)
    except ValueError as error:
        close = get_close_matches(name, zoneinfo.available_timezones(), n=1)
        raise ValueError(f"is not a time zone; did you mean {close[0]}?" if close else str(error)) from None
    return name


TimeZone = Annotated[str, Field(min_length=1, max_length=64), AfterValidator(_known_zone)]


class Weather(Section):
    """Outdoor conditions."""

    temperature_c: Annotated[CelsiusSeries, Series("degrees Celsius", known="seen", words="temperature")] = Field(
        description="Outdoor temperature, degrees Celsius"
    )


class Costs(Section):
    """Costs that a schedule does not change; they enter the loaded cost of a bitcoin only."""

    fixed_usd_per_month: Annotated[float, Field(ge=0, le=1e12)] = Field(
        default=0.0, description="Rent, staff and the like, USD per month"
    )
    depreciation_usd_per_th_year: Annotated[float, Field(ge=0, le=1e6)] = Field(
        default=0.0, description="Depreciation, USD per TH/s and year"
    )


def _energy_or_contract(schema: dict[str, Any]) -> None:
    """In a file, one of the two; `load_farm` puts the contract's energy in its place."""
    schema["required"].remove("energy")
    schema["oneOf"] = [{"required": ["energy"]}, {"required": ["contract"]}]


@composed
class Farm(Host):
    """Everything `curtail` knows about a farm."""

    HOLDS: ClassVar[Place] = "farm"
    model_config = ConfigDict(json_schema_extra=_energy_or_contract)

    name: Name = Field(description="Name of the farm")
    id: Name | None = Field(
        default=None, description="What tells this farm from others when its name and file change; `daily` minds it"
    )
    timezone: TimeZone = Field(description="The farm's clock, such as America/Chicago")
    catalogue: Annotated[str, Field(min_length=1)] | None = Field(
        default=None, description="Machine catalogue file, relative to this file"
    )
    site: Site = Field(description="The interconnection and what is behind it")
    fleet: Annotated[tuple[Group, ...], Field(min_length=1, max_length=500)] = Field(
        description="The groups of machines"
    )
    revenue: Revenue = Field(description="What hashing earns")
    contract: Annotated[str, Field(min_length=1)] | None = Field(
        default=None, description="Contract file that holds `energy`, relative to this file; in place of it"
    )
    energy: Energy = Field(description="What energy costs; or name a `contract` file that says so")
    weather: Weather | None = Field(default=None, description="Outdoor conditions")
    horizon: Horizon = Field(default=Horizon(), description="When the plan begins, how far it looks")
    state: State = Field(default=State(), description="What runs when the plan begins")
    replanning: Replanning | None = Field(default=None, description="How the farm plans again as prices arrive")
    backtest: Backtest = Field(default=Backtest(), description="How rules on the ladder of a backtest are set")
    costs: Costs = Field(default=Costs(), description="Costs outside the schedule")
    silenced: Silenced = Field(
        default=Silenced(), description="Remarks that are not to be made, each with the reason why the data are right"
    )
    daily: Daily = Field(default=Daily(), description="The scheduled job: newest files, stale data, safe posture")

    @model_validator(mode="after")
    def _is_consistent(self) -> Farm:
        refuse("Farm", faults_of_the_whole(self))
        return self

    def known_at(self, moment: datetime) -> Farm:
        """The farm as it is known at a moment, UTC: without the calls and the like whose notice is later."""
        later = [entry for entry, notice in self.noticed() if notice > moment]
        lists = {kind.KEY: self.sections(kind) for kind in kinds() if issubclass(kind, Listed) and self.takes(kind)}
        known = {key: tuple(entry for entry in entries if entry not in later) for key, entries in lists.items()}
        return self.model_copy(update=known)

    def noticed(self) -> Iterator[tuple[Listed, datetime]]:
        """The calls and the like that the farm learns of at a moment, UTC, and when."""
        for kind in kinds():
            if issubclass(kind, Listed) and self.takes(kind):
                for entry in self.sections(kind):
                    if (notice := entry.known_at(self.timezone)) is not None:
                        yield entry, notice

    @property
    def needs_temperature(self) -> bool:
        """Whether anything in this farm depends on the outdoor temperature."""
        return any(True for _ in by_temperature(self))
