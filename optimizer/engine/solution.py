"""What a solved program says: values and shadow prices, by name and shaped like the sets they belong to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from optimizer.engine.language import Float

Ended = Literal["", "work", "clock"]


@dataclass(frozen=True, eq=False)
class Solution:
    """An optimum, or the best schedule found when ``proved`` is False.

    objective: USD, tie-break included. values: variable -> array over its sets. decided: what
    of it is the schedule, variable -> label -> series. shadow_prices: family -> array over
    its sets, d objective / d right-hand side (empty for a program with integers). reduced_costs: variable -> array.
    bound: USD that no schedule exceeds. ended: what ended the search before that was proved, the work or the clock.
    """

    objective: float
    bound: float
    x: Float
    values: Mapping[str, Float]
    decided: Mapping[str, Mapping[Any, Float]]
    row_dual: Float
    column_dual: Float
    shadow_prices: Mapping[str, Float]
    reduced_costs: Mapping[str, Float]
    basis: Any
    ended: Ended
    iterations: int

    @property
    def proved(self) -> bool:
        """Whether the search went to its end."""
        return not self.ended
