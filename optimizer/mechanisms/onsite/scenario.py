"""What scenarios change of generation behind the meter."""

from __future__ import annotations

from typing import ClassVar, Literal

from pydantic import Field

from optimizer.config.base import Price, SeriesFile
from optimizer.scenario.parts import Course, Factor


class ExportPriceChange(Course):
    """What exported power earns; it does nothing on a farm without power of its own."""

    SERIES: ClassVar[str] = "export_price_usd_per_mwh"
    OPERATIONS: ClassVar[dict[str, str]] = {
        "scale": "scale", "shift_usd_per_mwh": "shift", "set_usd_per_mwh": "set", "cap_usd_per_mwh": "cap",
        "series": "series",
    }  # fmt: skip
    kind: Literal["export_price"] = Field(description="What exported power earns")
    scale: Factor | None = Field(default=None, description="Times so much")
    shift_usd_per_mwh: Price | None = Field(default=None, description="So much more, USD/MWh")
    set_usd_per_mwh: Price | None = Field(default=None, description="This price, USD/MWh")
    cap_usd_per_mwh: Price | None = Field(default=None, description="At most this, USD/MWh")
    series: SeriesFile | None = Field(default=None, description="Prices of a file, relative to this one")
