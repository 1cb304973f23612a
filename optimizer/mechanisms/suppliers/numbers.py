"""Suppliers: limits, prices, and what is left to be taken of a minimum."""

from __future__ import annotations

import numpy as np

from optimizer.accounts.conditions import Conditions
from optimizer.engine.language import AnySet, LabelSet, Map
from optimizer.engine.parts import Part
from optimizer.mechanisms.hours import hours_of
from optimizer.mechanisms.suppliers.config import Supply
from optimizer.mechanisms.suppliers.facts import takes


def numbers(c: Conditions) -> Part:
    """Sets and parameters."""
    market, n = c.market, len(c.grid)
    suppliers, least = c.farm.sections(Supply), takes(c)
    take_sets, take_of_hour, take_hours = hours_of(least, "TAKES", "TAKE_HOURS", "HOURS_OF_TAKE")
    minimum = [suppliers[take.item].minimum_take for take in least]
    supplier = np.array([take.item for take in least], dtype=np.int64)[take_of_hour]
    sets: dict[str, AnySet] = {
        "SUPPLIES": LabelSet(tuple(one.name for one in suppliers)),
        "TAKES": LabelSet(tuple((suppliers[take.item].name, c.billing.periods[take.period].label) for take in least)),
        **take_sets,
        "supply_of_take": Map("SUPPLIES", ("TAKE_HOURS",), supplier),
    }
    return sets, {
        "supply_limit_mw": np.array([market.supply_limit_mw[one.name] for one in suppliers]).reshape(-1, n),
        "supply_usd_per_mwh": np.array([market.supply_price_usd_per_mwh[one.name] for one in suppliers]).reshape(-1, n),
        "take_mwh_per_mw": take_hours,
        "take_left_mwh": np.array([take.amount for take in least]),
        "take_shortfall_usd_per_mwh": np.array([0.0 if m is None else m.shortfall_usd_per_mwh for m in minimum]),
    }
