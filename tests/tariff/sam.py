"""Bills by NREL's System Advisor Model, straight from a URDB rate: nothing of the import is used here."""

from __future__ import annotations

import json
from typing import Any

import numpy as np

from optimizer.arrays import F

HOURS = 8760  # its year begins on a Monday and has neither leap day nor daylight saving


def sam_bill(rate: dict[str, Any], load_kw: F) -> dict[str, F]:
    """USD by month, (12,), of a year's hourly load, (8760,): energy, demand_tou, demand_flat, fixed, minimum, total.

    The rate is converted by NREL's own tool, https://nrel-pysam.readthedocs.io (UtilityRateTools), and billed by its
    module Utilityrate5 without any generation.
    """
    from PySAM import Utilityrate5, UtilityRateTools

    converted = UtilityRateTools.URDBv8_to_ElectricityRates(_same_tiers(json.loads(json.dumps(rate))))
    if converted["ur_enable_billing_demand"]:
        # The conversion leaves the month's own peak out of a ratchet; nothing was metered the year before.
        share = converted["ur_billing_demand_lookback_percentages"][0][0]
        converted["ur_billing_demand_lookback_percentages"] = [[share, 1]] * 12
        converted["ur_yearzero_usage_peaks"] = [0.0] * 12
    model = Utilityrate5.new()
    model.Lifetime.assign({"analysis_period": 1, "system_use_lifetime_output": 0, "inflation_rate": 0})
    model.SystemOutput.assign({"gen": [0.0] * HOURS, "degradation": [0.0]})
    model.Load.load = load_kw.tolist()
    model.ElectricityRates.assign(converted)
    model.execute()
    outputs = model.Outputs
    lines = {
        "energy": outputs.charge_wo_sys_ec_ym,
        "demand_tou": outputs.charge_wo_sys_dc_tou_ym,
        "demand_flat": outputs.charge_wo_sys_dc_fixed_ym,
        "fixed": outputs.charge_wo_sys_fixed_ym,
        "minimum": outputs.charge_wo_sys_minimum_ym,
        "total": outputs.utility_bill_wo_sys_ym,
    }
    return {name: np.asarray(years)[1] for name, years in lines.items()}  # its year 0 is empty


def _same_tiers(rate: dict[str, Any]) -> dict[str, Any]:
    """The rate with every period split at the same amounts, as the module asks for; splitting changes no price."""
    for key in ("energyratestructure", "demandratestructure", "flatdemandstructure"):
        tops = sorted({tier["max"] for period in rate.get(key, ()) for tier in period if "max" in tier})
        rate[key] = [[_tier_at(period, top) for top in (*tops, None)] for period in rate.get(key, ())]
        if not rate[key]:
            del rate[key]
    return rate


def _tier_at(period: list[dict[str, Any]], top: float | None) -> dict[str, Any]:
    """The tier that covers what lies just below an amount, or below no amount at all."""
    reach = float("inf")
    covering = next(tier for tier in period if (top or reach) <= tier.get("max", reach))
    return {name: value for name, value in covering.items() if name != "max"} | ({} if top is None else {"max": top})
