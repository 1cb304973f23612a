"""The scenario language: a closed list of changes, each a typed section, and the file that holds them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal, Union

from pydantic import Discriminator, Field, Tag, model_validator

from optimizer.config.base import LocalTime, Name, NonNegative, Section, refuse
from optimizer.config.composed import Host, Own, composed
from optimizer.config.energy import Energy
from optimizer.config.fleet import ColdRestart, Group
from optimizer.config.rates import PriceSeries
from optimizer.mechanisms.contents import classes
from optimizer.scenario.courses import CourseChange
from optimizer.scenario.parts import Factor, Noticed, Operated, Timed
from optimizer.scenario.times import InPlanDays


def _all_or_names(value: Any) -> str:
    return "names" if isinstance(value, tuple | list) else "all"


Groups = Annotated[
    Annotated[Literal["all"], Tag("all")] | Annotated[tuple[Name, ...], Field(min_length=1), Tag("names")],
    Discriminator(_all_or_names),
]


class OutageChange(Timed, Operated):
    """Machines out of service."""

    OPERATIONS: ClassVar[dict[str, str]] = {"units": "units", "share": "share"}
    kind: Literal["outage"] = Field(description="Machines out of service")
    groups: Groups = Field(default="all", description="all, or the names of groups")
    units: Annotated[int, Field(gt=0, le=10_000_000)] | None = Field(default=None, description="Machines of each group")
    share: Annotated[float, Field(gt=0, le=1)] | None = Field(
        default=None, description="Share of the installed machines of each group; 1 is all of them"
    )


class ColdRestartChange(ColdRestart, Noticed):
    """Restarts that take longer in the cold; it does nothing on a farm without `weather`."""

    kind: Literal["cold_restart"] = Field(description="Longer restarts in the cold")
    groups: Groups = Field(default="all", description="all, or the names of groups")


class FixedCostsChange(Noticed, Operated):
    """The fixed costs of a month."""

    OPERATIONS: ClassVar[dict[str, str]] = {"scale": "scale", "set_usd_per_month": "set"}
    kind: Literal["fixed_costs"] = Field(description="Costs that a schedule does not change")
    scale: Factor | None = Field(default=None, description="Times so much")
    set_usd_per_month: NonNegative | None = Field(default=None, description="This much, USD per month")


class EnergyPart(Energy):
    """Keys of `energy` that take the place of the farm's."""

    price_usd_per_mwh: PriceSeries = Field(default=0.0, description="Spot series, rates by time of use, or one price")


class ContractChange(Noticed):
    """Another power contract, or a part of one."""

    kind: Literal["contract"] = Field(description="What energy costs")
    set: EnergyPart = Field(description="Keys of `energy` as in a farm file; they take the place of the farm's")


@composed
class Sections(Host):
    """Sections of a farm file by their keys, wherever in it they stand."""

    @classmethod
    def takes(cls, kind: type[Own]) -> bool:
        """Those that a scenario may change."""
        return kind.BY_SCENARIO

    @model_validator(mode="after")
    def _changes_something(self) -> Sections:
        if not self.model_fields_set:
            raise ValueError("give one section or more")
        return self


class SectionChange(Noticed):
    """Other sections than those the farm has: each takes the place of the farm's whole, and nothing takes it away."""

    kind: Literal["section"] = Field(description="Whole sections of the farm file")
    set: Annotated[Sections, InPlanDays] = Field(
        description="Sections as in a farm file, by their keys; their times are all dates or all days of the plan"
    )
    groups: Groups = Field(default="all", description="all, or the names of groups, for sections of groups")


class FleetChange(Noticed):
    """Other machines, or other modes of those there are. Applied in the order remove, add, modes, units."""

    kind: Literal["fleet"] = Field(description="The groups of machines")
    remove: tuple[Name, ...] = Field(default=(), description="Names of groups that are gone")
    add: tuple[Group, ...] = Field(default=(), description="Groups as in a farm file; models of the farm's catalogue")
    modes: dict[Name, Annotated[tuple[Name, ...], Field(min_length=1)]] = Field(
        default={}, description="Modes by group, after a re-flash"
    )
    units: dict[Name, Annotated[int, Field(gt=0, le=10_000_000)]] = Field(
        default={}, description="Machines installed, by group"
    )

    @model_validator(mode="after")
    def _changes_something(self) -> FleetChange:
        if not (self.remove or self.add or self.modes or self.units):
            raise ValueError("give one or more of remove, add, modes, units")
        return self


FarmChange = OutageChange | ColdRestartChange | FleetChange | FixedCostsChange | ContractChange
if TYPE_CHECKING:
    Change = Noticed
else:
    _OWN = tuple(kind for kind in classes("scenario", Noticed) if "kind" in kind.model_fields)
    Change = Annotated[Union[(CourseChange, FarmChange, SectionChange, *_OWN)], Field(discriminator="kind")]


class Sweep(Section):
    """Values of one key of one change, each a scenario of its own."""

    change: Annotated[int, Field(ge=0, le=999)] = Field(description="Which of this file's `changes`, from 0")
    key: Annotated[str, Field(min_length=1, max_length=200)] = Field(
        description="The key that varies, such as scale, or spike.usd_per_mwh"
    )
    values: Annotated[tuple[Any, ...], Field(min_length=1, max_length=1000)] = Field(description="Its values")


Sentence = Annotated[str, Field(min_length=1, max_length=2000)]


class ScenarioFile(Section):
    """A scenario as its file has it."""

    name: Name = Field(description="Name of the scenario")
    summary: Sentence = Field(description="What happens, in one or two sentences")
    sources: Annotated[tuple[Sentence, ...], Field(max_length=100)] = Field(
        default=(), description="Addresses, and what each says; may be left out where the scenario extends another"
    )
    assumptions: Annotated[tuple[Sentence, ...], Field(max_length=100)] = Field(
        default=(), description="What is invented, such as the shape between known figures"
    )
    extends: Annotated[str, Field(min_length=1)] | None = Field(
        default=None, description="Another scenario, relative to this file, whose changes come first"
    )
    start: LocalTime | None = Field(default=None, description="When the plan begins, unless told otherwise")
    hours: Annotated[float, Field(gt=0, le=24 * 366)] | None = Field(
        default=None, description="Length of the plan, hours, unless told otherwise"
    )
    changes: Annotated[tuple[Change, ...], Field(max_length=1000)] = Field(
        default=(), description="What is changed, applied in order"
    )
    sweep: Annotated[tuple[Sweep, ...], Field(max_length=2)] = Field(
        default=(), description="One or two keys that vary: a scenario for each value, or pair of values"
    )

    @model_validator(mode="after")
    def _has_sources(self) -> ScenarioFile:
        faults: list[tuple[tuple[str | int, ...], str]] = []
        if self.extends is None and not self.sources:
            faults.append((("sources",), "is missing: where the figures come from, or that they are invented"))
        for i, sweep in enumerate(self.sweep):
            if sweep.change >= len(self.changes):
                counted = f"this file has {len(self.changes)}, counted from 0 (got {sweep.change})"
                faults.append((("sweep", i, "change"), f"names no change: {counted}"))
        refuse("ScenarioFile", faults)
        return self
