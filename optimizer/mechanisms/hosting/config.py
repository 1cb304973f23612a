"""Hosting as a farm file gives it."""

from __future__ import annotations

from typing import ClassVar

from pydantic import Field

from optimizer.config.base import Price
from optimizer.config.composed import Place, Single


class Hosting(Single):
    """The machines belong to a customer who pays per kWh; their hash is not the farm's."""

    KEY: ClassVar[str] = "hosting"
    PLACE: ClassVar[Place] = "group"
    ABOUT: ClassVar[str] = "Absent: self-mined"

    fee_usd_per_mwh: Price = Field(description="What the customer pays per MWh the machines draw")
