"""Suppliers as a contract gives them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any, ClassVar

from pydantic import Field

from optimizer.config.base import Name, NonNegative, NonNegativeSeries, Positive, Section, Series
from optimizer.config.calendar import When
from optimizer.config.composed import Listed, Place
from optimizer.config.plain import FoundAt
from optimizer.config.rates import PriceSeries


class MinimumTake(Section):
    """What must be taken over a billing period, and the price of taking less."""

    mwh_per_month: Positive = Field(description="Least to be taken over a billing period, MWh at the hub")
    shortfall_usd_per_mwh: NonNegative = Field(description="Paid for every MWh not taken, USD/MWh")


class Supply(Listed):
    """Another supplier: as much as wanted up to a limit. Its MW are at the hub, losses included."""

    KEY: ClassVar[str] = "supplies"
    PLACE: ClassVar[Place] = "energy"
    ABOUT: ClassVar[str] = "Further suppliers that may be drawn on"
    ENTRY: ClassVar[str] = "supplier"
    TERM: ClassVar[str] = "supplier"
    MOST: ClassVar[int] = 20

    name: Name = Field(description="Name of the supplier, unique in the file")
    limit_mw: Annotated[NonNegativeSeries, Series("MW", "supply_limit_mw", lumps="least", within=True)] = Field(
        description="Most that can be drawn, MW"
    )
    price_usd_per_mwh: Annotated[PriceSeries, Series("USD/MWh", "supply_price_usd_per_mwh")] = Field(
        description="Price of what is drawn, USD/MWh"
    )
    when: When | None = Field(default=None, description="When it can be drawn; always when absent")
    minimum_take: MinimumTake | None = Field(default=None, description="Least to be taken")


def faults(farm: Any) -> Iterator[FoundAt]:
    """What was taken of suppliers that are not in the contract."""
    return Supply.unknown(farm, "state", "bill", "taken_mwh")
