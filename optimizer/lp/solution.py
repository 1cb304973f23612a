"""What a solved program says: values and shadow prices, by name and shaped like the sets they belong to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from optimizer.lp.language import Float


@dataclass(frozen=True, eq=False)
class Solution:
    """An optimum, or the best schedule found when ``proved`` is False.

    objective: USD, tie-break included. values: variable -> array over its sets. shadow_prices: family -> array over
    its sets, d objective / d right-hand side (empty for a program with integers). reduced_costs: variable -> array.
    """

    objective: float
    x: Float
    values: Mapping[str, Float]
    row_dual: Float
    column_dual: Float
    shadow_prices: Mapping[str, Float]
    reduced_costs: Mapping[str, Float]
    basis: Any
    proved: bool
    iterations: int
