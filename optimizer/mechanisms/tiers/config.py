"""Tiers as a contract gives them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any, ClassVar

from pydantic import Field, model_validator

from optimizer.config.base import Name, NonNegative, refuse
from optimizer.config.calendar import When
from optimizer.config.composed import Listed, Place
from optimizer.config.plain import FoundAt


class Tier(Listed):
    """Energy above an amount in a billing period costs more. Counted as billed, losses included."""

    KEY: ClassVar[str] = "tiers"
    PLACE: ClassVar[Place] = "energy"
    ABOUT: ClassVar[str] = "What energy above an amount in a billing period costs more"
    ENTRY: ClassVar[str] = "tier"
    TERM: ClassVar[str] = "energy tier"
    MOST: ClassVar[int] = 50

    name: Name = Field(description="What the bill calls it, unique in the file")
    above_mwh_per_month: NonNegative = Field(description="Amount above which it is charged, MWh")
    adds_usd_per_mwh: Annotated[float, Field(ge=-1e6, le=1e6)] = Field(
        description="Added to the price of every MWh above it; not below zero"
    )
    when: When | None = Field(default=None, description="Energy that is counted; all when absent")

    @model_validator(mode="after")
    def _rises(self) -> Tier:
        if self.adds_usd_per_mwh < 0:
            sentence = (
                "must not be below zero: where more energy makes the rest cheaper, the best of many schedules cannot "
                f"be found by a linear program (got {self.adds_usd_per_mwh:g}); plan with the price of the tier the "
                "farm will end in"
            )
            refuse("Tier", [(("adds_usd_per_mwh",), sentence)])
        return self


def faults(farm: Any) -> Iterator[FoundAt]:
    """What was used of tiers that are not in the contract."""
    return Tier.unknown(farm, "state", "bill", "tier_mwh")
