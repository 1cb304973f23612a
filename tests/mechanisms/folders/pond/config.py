"""A made-up mechanism: a pond cools the machines, its water is bought, and groups hang on pumps."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any, ClassVar

from pydantic import Field

from optimizer.config.base import Celsius, LocalTime, NonNegative, NonNegativeSeries, Section, Series, ShareSeries
from optimizer.config.composed import Listed, Place, Single
from optimizer.config.plain import FoundAt, get, meant
from optimizer.config.rates import PriceSeries


class Cleaning(Section):
    """When the pond is cleaned."""

    start: LocalTime
    end: LocalTime


class Pond(Single):
    """A pond."""

    KEY: ClassVar[str] = "pond"
    ABOUT: ClassVar[str] = "A pond that cools the machines"
    BY_TEMPERATURE: ClassVar[tuple[str, ...]] = ("freezes_below_c",)

    inflow_m3: Annotated[NonNegativeSeries, Series("m3/h", "pond_inflow", known="seen", absent=0.0, words="inflow")]
    volume_m3: NonNegative = 100.0
    freezes_below_c: Celsius | None = None
    cleanings: tuple[Cleaning, ...] = ()


class Water(Listed):
    """Who sells water."""

    KEY: ClassVar[str] = "waters"
    PLACE: ClassVar[Place] = "energy"
    ABOUT: ClassVar[str] = "Who sells water"
    ENTRY: ClassVar[str] = "seller of water"
    MOST: ClassVar[int] = 3

    usd_per_m3: Annotated[PriceSeries, Series("USD/m3", "water_price", known="held")]
    most_m3: NonNegative = 5.0


class Pump(Single):
    """The pump of a group."""

    KEY: ClassVar[str] = "pump"
    PLACE: ClassVar[Place] = "group"
    ABOUT: ClassVar[str] = "The pump that the group hangs on"

    works: Annotated[ShareSeries, Series("", "pump_works", lumps="least")] = 1.0
    water: str = Field(default="", description="One of `energy.waters`")


class Thirst(Single):
    """How much a model drinks."""

    KEY: ClassVar[str] = "thirst"
    PLACE: ClassVar[Place] = "machine"
    ABOUT: ClassVar[str] = "What a machine of the model drinks"

    m3_per_hour: NonNegative


class Lease(Listed):
    """Of the ground; no scenario changes it."""

    KEY: ClassVar[str] = "leases"
    PLACE: ClassVar[Place] = "site"
    ABOUT: ClassVar[str] = "Ground that is leased"
    ENTRY: ClassVar[str] = "lease"
    BY_SCENARIO: ClassVar[bool] = False


def faults(farm: Any) -> Iterator[FoundAt]:
    """Pumps with the water of nobody."""
    known = [str(get(water, "name")) for _, water in Water.standing(farm)]
    for path, pump in Pump.standing(farm):
        if (name := get(pump, "water")) and name not in known:
            yield (*path, "water"), f"nobody sells this water; {meant(str(name), known)}"
