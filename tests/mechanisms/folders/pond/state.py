"""How full the pond is."""

from __future__ import annotations

from typing import Any, ClassVar, Self

from optimizer.accounts.conditions import Conditions
from optimizer.config.base import NonNegative
from optimizer.config.state import StateSection


class Level(StateSection):
    """Water in the pond, m3."""

    KEY: ClassVar[str] = "level"
    m3: NonNegative = 0.0

    def after(self, c: Conditions, dispatch: Any) -> Self:
        """What flows in stays there."""
        return self.model_copy(update={"m3": self.m3 + float(c.market.table["pond_inflow"] @ c.grid.hours)})

    def fitted(self, farm: Any) -> Self:
        """All of it."""
        return self
