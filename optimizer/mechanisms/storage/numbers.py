"""Batteries: limits, losses, and the intervals in which one either charges or discharges."""

from __future__ import annotations

import numpy as np

from optimizer.accounts.conditions import Conditions
from optimizer.accounts.ledger import offered
from optimizer.engine.language import AnySet, LabelSet, Map, Subset
from optimizer.engine.parts import Part
from optimizer.mechanisms.storage.state import batteries

_TIE_BREAK_USD_PER_MWH = 1e-5  # far below a cent per MWh, far above the solver's tolerance


def numbers(c: Conditions) -> Part:
    """Sets and parameters."""
    n, there = len(c.grid), batteries(c)
    charge = np.array([battery.charge_mw for battery in there]).reshape(-1, n)
    discharge = np.array([battery.discharge_mw for battery in there]).reshape(-1, n)
    # Elsewhere to charge and discharge at once loses energy that costs something, and no optimum does so
    storage, interval = np.nonzero((offered("paid_to_draw", c) > 0.0) & (charge > 0.0) & (discharge > 0.0))
    sets: dict[str, AnySet] = {
        "STORAGE": LabelSet(tuple(battery.of.name for battery in there)),
        "LAST_INTERVALS": Subset("INTERVALS", np.array([n - 1], dtype=np.int64)),
        "STORAGE_CHOICES": LabelSet(tuple(range(len(storage)))),
        "storage_of_choice": Map("STORAGE", ("STORAGE_CHOICES",), storage),
        "interval_of_choice": Map("INTERVALS", ("STORAGE_CHOICES",), interval),
    }
    return sets, {
        "charge_limit_mw": charge,
        "discharge_limit_mw": discharge,
        "stored_limit_mwh": np.array([[one.of.capacity_mwh - one.least_mwh] * n for one in there]).reshape(-1, n),
        "stored_before_mwh": np.array([one.begin_mwh - one.least_mwh for one in there]),
        "stored_kept_share": np.array([one.kept_share for one in there]).reshape(-1, n),
        "stored_per_charged": np.array([one.of.charge_efficiency for one in there]),
        "stored_per_discharged": np.array([1.0 / one.of.discharge_efficiency for one in there]),
        "storage_wear_usd_per_mwh": np.array([one.of.wear_usd_per_mwh for one in there]),
        "stored_usd_per_mwh": np.array([one.of.left_usd_per_mwh for one in there]),
        "storage_order_usd_per_mwh": np.array([_TIE_BREAK_USD_PER_MWH] * len(there)),
    }
