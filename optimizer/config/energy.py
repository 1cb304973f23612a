"""What a megawatt-hour costs."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from optimizer.config.base import Name, NonNegative, NonNegativeSeries, PriceSeries, Section
from optimizer.config.calendar import When


class Onsite(Section):
    """Generation beside the farm: it may feed the machines, and what it exports is metered apart from import."""

    available_mw: NonNegativeSeries = Field(description="Generation that could be used, MW")
    cost_usd_per_mwh: NonNegative = Field(default=0.0, description="Cost of generating, USD/MWh")
    export_limit_mw: NonNegative = Field(default=0.0, description="Most that may leave through the meter")
    export_price_usd_per_mwh: PriceSeries = Field(default=0.0, description="Earned for export, USD/MWh")


class Resale(Section):
    """What of a block is not used is sold at the interval's energy price."""

    fee_usd_per_mwh: NonNegative = Field(default=0.0, description="Kept by the buyer for each MWh sold, USD/MWh")


class Block(Section):
    """A quantity bought in advance, paid for whether it is used or not. Its MW are at the hub, losses included."""

    name: Name = Field(description="Name of the block, unique in the file")
    mw: NonNegativeSeries = Field(description="Size, MW")
    price_usd_per_mwh: PriceSeries = Field(description="Price of every MWh of the block, USD/MWh")
    when: When | None = Field(default=None, description="When the block is delivered; always when absent")
    resale: Resale | None = Field(default=None, description="Absent: what is not used is lost")


class Energy(Section):
    """Price at the meter: spot or fixed, plus adders, on energy grossed up for losses."""

    price_usd_per_mwh: PriceSeries = Field(description="Spot series or one fixed price")
    adders_usd_per_mwh: PriceSeries = Field(default=0.0, description="Per-MWh charges on top of the price")
    loss_share: Annotated[float, Field(ge=0, lt=1)] = Field(
        default=0.0, description="Energy billed per MWh metered is 1 + loss_share"
    )
    blocks: Annotated[tuple[Block, ...], Field(max_length=50)] = Field(
        default=(), description="Energy bought in advance; the rest is bought at the interval's price"
    )
    onsite: Onsite | None = Field(default=None, description="Generation behind the meter")
