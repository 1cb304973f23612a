"""What scenarios change of storage."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, ClassVar, Literal

from pydantic import Field

from optimizer.config.base import Name
from optimizer.config.farm import Farm
from optimizer.config.plain import meant
from optimizer.mechanisms.storage.config import Storage, StorageOutage
from optimizer.scenario.parts import MechanismChange
from optimizer.scenario.placed import Placed
from optimizer.scenario.times import InPlanDays


class StorageOutageChange(MechanismChange):
    """Batteries are out of service for a while."""

    LASTS: ClassVar[str | None] = "outage"
    kind: Literal["storage_outage"] = Field(description="Batteries that are out of service for a while")
    outage: Annotated[StorageOutage, InPlanDays]
    batteries: tuple[Name, ...] | Literal["all"] = Field(default="all", description="Which; all when absent")

    def farm(self, farm: Farm, placed: Placed, begins: datetime) -> Farm:
        """With the outage beside those of the file."""
        known = [storage.name for storage in farm.sections(Storage)]
        for i, name in enumerate(() if self.batteries == "all" else self.batteries):
            if name not in known:
                raise placed.refuse(("batteries", i), f"no battery of the farm has this name; {meant(name, known)}")
        outage = placed.on_clock(self.outage, begins, farm.timezone)
        chosen = known if self.batteries == "all" else self.batteries
        return placed.rebuilt(
            farm,
            {},
            storage=tuple(
                storage.model_copy(update={"outages": (*storage.outages, outage)})
                if storage.name in chosen
                else storage
                for storage in farm.sections(Storage)
            ),
        )
