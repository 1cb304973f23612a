"""What scenarios change of the pond."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, ClassVar, Literal

from optimizer.mechanisms.pond.config import Cleaning, Pond
from pydantic import Field

from optimizer.config.farm import Farm
from optimizer.scenario.parts import Course, Factor, MechanismChange
from optimizer.scenario.placed import Placed
from optimizer.scenario.times import InPlanDays


class InflowChange(Course):
    """What flows into the pond."""

    SERIES: ClassVar[str] = "pond_inflow"
    OPERATIONS: ClassVar[dict[str, str]] = {"scale": "scale"}
    kind: Literal["inflow"] = Field(description="What flows into the pond")
    scale: Factor | None = Field(default=None, description="Times so much")


class LeakChange(MechanismChange):
    """Water is lost for a while."""

    LASTS: ClassVar[str | None] = "leak"
    kind: Literal["leak"] = Field(description="Water that is lost")
    leak: Annotated[Cleaning, InPlanDays]
    share: Annotated[float, Field(ge=0, le=1)]

    def farm(self, farm: Farm, placed: Placed, begins: datetime) -> Farm:
        """With a smaller pond."""
        pond = farm.section(Pond)
        if pond is None:
            raise placed.refuse((), "there is no pond")
        return placed.rebuilt(farm, {}, pond=pond.model_copy(update={"volume_m3": pond.volume_m3 * (1 - self.share)}))
