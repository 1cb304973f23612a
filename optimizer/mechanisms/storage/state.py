"""What batteries hold, carried to the next plan."""

from __future__ import annotations

from typing import ClassVar, Self

import numpy as np
from pydantic import Field

from optimizer.accounts.conditions import Conditions
from optimizer.accounts.dispatch import Dispatch
from optimizer.arrays import F
from optimizer.config.base import Name, NonNegative
from optimizer.config.farm import Farm
from optimizer.config.state import StateSection
from optimizer.mechanisms.storage.config import Storage
from optimizer.mechanisms.storage.facts import Battery, batteries_holding


class StorageState(StateSection):
    """What batteries hold as a plan begins; one that is not told of holds its least."""

    KEY: ClassVar[str] = "storage"

    level_mwh: dict[Name, NonNegative] = Field(default={}, description="What each battery holds, MWh, by its name")

    def after(self, c: Conditions, dispatch: Dispatch) -> Self:
        """What each holds at the end of the schedule."""
        held = {
            battery.of.name: min(max(float(battery.levels_mwh(*power)[-1]), 0.0), battery.of.capacity_mwh)
            for battery, power in zip(batteries(c), powers_mw(c, dispatch), strict=True)
        }
        return self.model_copy(update={"level_mwh": held})

    def fitted(self, farm: Farm) -> Self:
        """No batteries that are gone, and none that holds more than it can."""
        most = {storage.name: storage.capacity_mwh for storage in farm.sections(Storage)}
        held = {name: min(mwh, most[name]) for name, mwh in self.level_mwh.items() if name in most}
        return self.model_copy(update={"level_mwh": held})


def batteries(c: Conditions) -> tuple[Battery, ...]:
    """Every battery with what the state says it holds, in the order of the file."""
    return batteries_holding(c, c.state.section(StorageState).level_mwh)


def powers_mw(c: Conditions, dispatch: Dispatch) -> list[tuple[F, F]]:
    """What each battery charges and discharges, (intervals,) each; nothing in a schedule that knows none."""
    names = [storage.name for storage in c.farm.sections(Storage)]
    if not names:
        return []
    nothing, charge, discharge = np.zeros(len(c.grid)), dispatch["charge_mw"], dispatch["discharge_mw"]
    return [(charge.get(name, nothing), discharge.get(name, nothing)) for name in names]
