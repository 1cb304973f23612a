"""What a megawatt-hour costs: price, adders, losses, fixed charges, and what mechanisms add to them."""

from __future__ import annotations

from typing import Annotated, ClassVar

from pydantic import Field

from optimizer.config.base import NonNegative, Series
from optimizer.config.calendar import Holidays
from optimizer.config.composed import Host, Place, composed
from optimizer.config.rates import PriceSeries


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
    billing_day: Annotated[int, Field(ge=1, le=28)] = Field(
        default=1, description="Day of the month on which a billing period begins"
    )
    fixed_usd_per_month: NonNegative = Field(default=0.0, description="Customer charge, USD per billing period")
    minimum_bill_usd_per_month: NonNegative = Field(
        default=0.0,
        description="Least that energy at the interval's price, adders, tiers, demand and fixed charge come to",
    )
