"""Blocks as a contract gives them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Annotated, Any, ClassVar

from pydantic import Field, model_validator

from optimizer.config.base import LocalTime, Name, NonNegative, NonNegativeSeries, OfImport, Section, Series, refuse
from optimizer.config.calendar import When
from optimizer.config.clock import backwards
from optimizer.config.composed import Listed, Place
from optimizer.config.plain import FoundAt, get
from optimizer.config.rates import PriceSeries


class Resale(Section):
    """What of a block is not used is sold at the interval's energy price, at most at a cap."""

    fee_usd_per_mwh: NonNegative = Field(default=0.0, description="Kept by the buyer for each MWh sold, USD/MWh")
    cap_usd_per_mwh: NonNegative | None = Field(
        default=None, description="Paid at most for each MWh sold, before the fee, USD/MWh; no cap when absent"
    )

    @model_validator(mode="after")
    def _cap_leaves_the_fee(self) -> Resale:
        fee, cap = self.fee_usd_per_mwh, self.cap_usd_per_mwh
        if cap is not None and cap < fee:
            sentence = f"is below the fee ({fee:g} USD/MWh): every MWh sold would cost money, whatever the price"
            refuse("Resale", [(("cap_usd_per_mwh",), sentence)])
        return self


class Block(Listed):
    """A quantity bought in advance, paid for whether it is used or not. Its MW are at the hub, losses included."""

    KEY: ClassVar[str] = "blocks"
    PLACE: ClassVar[Place] = "energy"
    ABOUT: ClassVar[str] = "Energy bought in advance; the rest is bought at the interval's price"
    ENTRY: ClassVar[str] = "block"
    TERM: ClassVar[str] = "block"
    PARTS: ClassVar[Mapping[str, str]] = MappingProxyType({"resale": "right to resell"})
    MOST: ClassVar[int] = 50

    name: Name = Field(description="Name of the block, unique in the file")
    mw: Annotated[NonNegativeSeries, Series("MW", "block_mw", within=True), OfImport()] = Field(description="Size, MW")
    price_usd_per_mwh: Annotated[PriceSeries, Series("USD/MWh", "block_price_usd_per_mwh")] = Field(
        description="Price of every MWh of the block, USD/MWh"
    )
    start: LocalTime | None = Field(default=None, description="First delivery; before the plan when absent")
    end: LocalTime | None = Field(default=None, description="End of delivery; after the plan when absent")
    when: When | None = Field(default=None, description="When the block is delivered; always when absent")
    resale: Resale | None = Field(default=None, description="Absent: what is not used is lost")

    @model_validator(mode="after")
    def _ends_after_it_starts(self) -> Block:
        start, end = self.start, self.end
        if start is not None and end is not None and backwards(start, end):
            refuse("Block", [(("end",), f"the block ends ({end}) before it starts ({start})")])
        return self


def faults(farm: Any) -> Iterator[FoundAt]:
    """A minimum bill that selling a block would reach."""
    least = get(get(farm, "energy"), "minimum_bill_usd_per_month")
    sold = any(get(block, "resale") is not None for _, block in Block.standing(farm))
    if sold and isinstance(least, int | float) and least > 0:
        sentence = (
            "cannot stand beside a block with resale: selling the block and buying the energy back would reach it for "
            "nothing; leave one of the two out"
        )
        yield ("energy", "minimum_bill_usd_per_month"), sentence
