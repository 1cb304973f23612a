"""What a megawatt-hour costs: prices, blocks, other suppliers, generation behind the meter, and the charges on top."""

from __future__ import annotations

from typing import Annotated, ClassVar

from pydantic import Field, model_validator

from optimizer.config.base import LocalTime, Name, NonNegative, NonNegativeSeries, Positive, Section, Series, refuse
from optimizer.config.calendar import Holidays, When
from optimizer.config.clock import backwards
from optimizer.config.composed import Host, Place, composed
from optimizer.config.rates import PriceSeries


class Onsite(Section):
    """Generation beside the farm: it may feed the machines, and what it exports is metered apart from import."""

    available_mw: Annotated[NonNegativeSeries, Series("MW", "onsite_available_mw", absent=0.0)] = Field(
        description="Generation that could be used, MW"
    )
    cost_usd_per_mwh: NonNegative = Field(default=0.0, description="Cost of generating, USD/MWh")
    export_limit_mw: NonNegative = Field(default=0.0, description="Most that may leave through the meter")
    export_price_usd_per_mwh: Annotated[PriceSeries, Series("USD/MWh", words="export price", absent=0.0)] = Field(
        default=0.0, description="Earned for export, USD/MWh"
    )


class Resale(Section):
    """What of a block is not used is sold at the interval's energy price."""

    fee_usd_per_mwh: NonNegative = Field(default=0.0, description="Kept by the buyer for each MWh sold, USD/MWh")


class Block(Section):
    """A quantity bought in advance, paid for whether it is used or not. Its MW are at the hub, losses included."""

    name: Name = Field(description="Name of the block, unique in the file")
    mw: Annotated[NonNegativeSeries, Series("MW", "block_mw", within=True)] = Field(description="Size, MW")
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


class MinimumTake(Section):
    """What must be taken over a billing period, and the price of taking less."""

    mwh_per_month: Positive = Field(description="Least to be taken over a billing period, MWh at the hub")
    shortfall_usd_per_mwh: NonNegative = Field(description="Paid for every MWh not taken, USD/MWh")


class Supply(Section):
    """Another supplier: as much as wanted up to a limit. Its MW are at the hub, losses included."""

    name: Name = Field(description="Name of the supplier, unique in the file")
    limit_mw: Annotated[NonNegativeSeries, Series("MW", "supply_limit_mw", lumps="least", within=True)] = Field(
        description="Most that can be drawn, MW"
    )
    price_usd_per_mwh: Annotated[PriceSeries, Series("USD/MWh", "supply_price_usd_per_mwh")] = Field(
        description="Price of what is drawn, USD/MWh"
    )
    when: When | None = Field(default=None, description="When it can be drawn; always when absent")
    minimum_take: MinimumTake | None = Field(default=None, description="Least to be taken")


@composed
class Energy(Host):
    """Price at the meter: spot, fixed or by time of use, plus adders, on energy grossed up for losses; and charges.

    A billing period is a calendar month, or begins on `billing_day` of each month.
    """

    HOLDS: ClassVar[Place] = "energy"

    price_usd_per_mwh: Annotated[
        PriceSeries, Series("USD/MWh", "energy_price_usd_per_mwh", known="forecast", words="energy price")
    ] = Field(description="Spot series, rates by time of use, or one fixed price")
    adders_usd_per_mwh: Annotated[PriceSeries, Series("USD/MWh", words="adders")] = Field(
        default=0.0, description="Per-MWh charges on top of the price"
    )
    loss_share: Annotated[float, Field(ge=0, lt=1)] = Field(
        default=0.0, description="Energy billed per MWh metered is 1 + loss_share"
    )
    holidays: Holidays | None = Field(
        default=None,
        description="Days that count as `holiday`: nerc (its six), the public holidays of a country or state "
        "such as US-TX, or dates",
    )
    blocks: Annotated[tuple[Block, ...], Field(max_length=50)] = Field(
        default=(), description="Energy bought in advance; the rest is bought at the interval's price"
    )
    supplies: Annotated[tuple[Supply, ...], Field(max_length=20)] = Field(
        default=(), description="Further suppliers that may be drawn on"
    )
    onsite: Onsite | None = Field(default=None, description="Generation behind the meter")
    billing_day: Annotated[int, Field(ge=1, le=28)] = Field(
        default=1, description="Day of the month on which a billing period begins"
    )
    fixed_usd_per_month: NonNegative = Field(default=0.0, description="Customer charge, USD per billing period")
    minimum_bill_usd_per_month: NonNegative = Field(
        default=0.0,
        description="Least that energy at the interval's price, adders, tiers, demand and fixed charge come to",
    )

    @model_validator(mode="after")
    def _minimum_bill_stands_alone(self) -> Energy:
        if self.minimum_bill_usd_per_month > 0 and any(block.resale is not None for block in self.blocks):
            sentence = (
                "cannot stand beside a block with resale: selling the block and buying the energy back would reach it "
                "for nothing; leave one of the two out"
            )
            refuse("Energy", [(("minimum_bill_usd_per_month",), sentence)])
        return self
