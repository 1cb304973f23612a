"""Generation behind the meter as a farm file gives it."""

from __future__ import annotations

from typing import Annotated, ClassVar

from pydantic import Field

from optimizer.config.base import NonNegative, NonNegativeSeries, Series
from optimizer.config.composed import Place, Single
from optimizer.config.rates import PriceSeries


class Onsite(Single):
    """Generation beside the farm: it may feed the machines, and what it exports is metered apart from import."""

    KEY: ClassVar[str] = "onsite"
    PLACE: ClassVar[Place] = "energy"
    ABOUT: ClassVar[str] = "Generation behind the meter"

    available_mw: Annotated[NonNegativeSeries, Series("MW", "onsite_available_mw", absent=0.0)] = Field(
        description="Generation that could be used, MW"
    )
    cost_usd_per_mwh: NonNegative = Field(default=0.0, description="Cost of generating, USD/MWh")
    export_limit_mw: NonNegative = Field(default=0.0, description="Most that may leave through the meter")
    export_price_usd_per_mwh: Annotated[PriceSeries, Series("USD/MWh", words="export price", absent=0.0)] = Field(
        default=0.0, description="Earned for export, USD/MWh"
    )
