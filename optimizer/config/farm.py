"""A farm file: the sections put together, and what only the whole can be checked for."""

from __future__ import annotations

import zoneinfo
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import datetime
from difflib import get_close_matches
from pathlib import Path
from typing import Annotated, Any, ClassVar

from pydantic import AfterValidator, ConfigDict, Field, model_validator

from optimizer.config.backtest import Backtest
from optimizer.config.base import CelsiusSeries, Currency, Name, Rate, Section, Series, refuse
from optimizer.config.clock import zone_of
from optimizer.config.composed import Host, Listed, Place, composed, kinds
from optimizer.config.consistency import by_temperature, faults_of_the_whole
from optimizer.config.currency import money_of
from optimizer.config.daily import Daily, FeedRules
from optimizer.config.energy import Energy
from optimizer.config.fleet import Group
from optimizer.config.handed import document_of, merged
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
    currency: Currency = Field(
        default="USD", description="Money of the farm: of its reports, files and bills, and of keys that name no other"
    )
    exchange_rates: dict[Currency, Rate] = Field(
        default={}, description="What one of another currency is worth in the farm's: a number, or a file of rates"
    )
    catalogue: Annotated[str, Field(min_length=1)] | None = Field(
        default=None, description="Machine catalogue file, relative to this file; the one that ships when absent"
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
    # what is left out is constructed: to validate it would compile a form for each, whenever a command starts
    horizon: Horizon = Field(default=Horizon.model_construct(), description="When the plan begins, how far it looks")
    state: State = Field(default=State.model_construct(), description="What runs when the plan begins")
    replanning: Replanning | None = Field(default=None, description="How the farm plans again as prices arrive")
    backtest: Backtest = Field(
        default=Backtest.model_construct(), description="How rules on the ladder of a backtest are set"
    )
    costs: Costs = Field(default=Costs.model_construct(), description="Costs outside the schedule")
    silenced: Silenced = Field(
        default=Silenced.model_construct(),
        description="Remarks that are not to be made, each with the reason why the data are right",
    )
    daily: Daily = Field(
        default=Daily.model_construct(), description="The scheduled job: newest files, stale data, safe posture"
    )

    @model_validator(mode="after")
    def _is_consistent(self) -> Farm:
        refuse("Farm", faults_of_the_whole(self))
        return self

    @classmethod
    def from_dict(cls, data: Mapping[str, Any], folder: Path | str = ".") -> Farm:
        """A farm from plain data with the keys of a farm file; files it names are relative to ``folder``.

        Raises InputError with every fault, as reading a file does.
        """
        from optimizer.config.load import farm_in

        return farm_in(document_of(data), Path(folder) / "farm")

    def changed(self, **sections: Any) -> Farm:
        """The farm with other values under some keys, judged as a file is; of lists, entries by their names.

        Amounts are as in a farm file. Raises InputError with every fault.

        >>> from optimizer.config.load import load_farm
        >>> farm = load_farm(Path("configs/fixed_tariff_12mw.yaml"))
        >>> other = farm.changed(energy={"price_per_mwh": "45 USD/MWh"}, fleet={"S21": {"units": 500}})
        >>> other.energy.price_usd_per_mwh, other.fleet[3].units, farm.fleet[3].units
        (45.0, 500, 400)
        """
        from optimizer.config.load import farm_in

        change = document_of(sections, money_of(self))
        data = merged(self.model_dump(exclude_unset=True), change.data)
        data["fleet"] = tuple(
            {
                key: part
                for key, part in group.items()
                if key != "machine" or group.get("model") in (None, part["model"])
            }
            for group in data["fleet"]
        )
        return farm_in(replace(change, data=data), Path("farm"))

    def __repr__(self) -> str:
        """The farm in a line."""
        groups, machines = len(self.fleet), sum(group.units for group in self.fleet)
        return f"<Farm {self.name}: {groups} group{'s' * (groups > 1)}, {machines:,} machines, {self.currency}>"

    def known_at(self, moment: datetime) -> Farm:
        """The farm as it is known at a moment, UTC: without the calls and the like whose notice is later."""
        later = [entry for entry, notice in self.noticed() if notice > moment]
        if not later:
            return self
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
    def feed_rules(self) -> FeedRules:
        """What a row of the price feed must say, the currency and its rate among it."""
        feed = self.daily.feed
        currency = feed.currency or self.currency
        rate = feed.usd_per_unit or self.exchange_rates.get(currency)
        return feed.model_copy(update={"currency": currency, "usd_per_unit": rate})

    @property
    def needs_temperature(self) -> bool:
        """Whether anything in this farm depends on the outdoor temperature."""
        return any(True for _ in by_temperature(self))
