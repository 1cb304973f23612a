"""What a megawatt-hour costs."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from optimizer.config.base import NonNegative, NonNegativeSeries, PriceSeries, Section


class Onsite(Section):
    """Generation beside the farm: it may feed the machines, and what it exports is metered apart from import."""

    available_mw: NonNegativeSeries = Field(description="Generation that could be used, MW")
    cost_usd_per_mwh: NonNegative = Field(default=0.0, description="Cost of generating, USD/MWh")
    export_limit_mw: NonNegative = Field(default=0.0, description="Most that may leave through the meter")
    export_price_usd_per_mwh: PriceSeries = Field(default=0.0, description="Earned for export, USD/MWh")


class Energy(Section):
    """Price at the meter: spot or fixed, plus adders, on energy grossed up for losses."""

    price_usd_per_mwh: PriceSeries = Field(description="Spot series or one fixed price")
    adders_usd_per_mwh: PriceSeries = Field(default=0.0, description="Per-MWh charges on top of the price")
    loss_share: Annotated[float, Field(ge=0, lt=1)] = Field(
        default=0.0, description="Energy billed per MWh metered is 1 + loss_share"
    )
    onsite: Onsite | None = Field(default=None, description="Generation behind the meter")
