"""Small URDB rates for tests, and the real ones where CURTAIL_REAL_DATA names the folder that holds them."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

FOLDER = os.environ.get("CURTAIL_REAL_DATA")
REAL = Path(FOLDER or ".") / "tariffs"
needs_real_files = pytest.mark.skipif(not FOLDER, reason="CURTAIL_REAL_DATA names no folder of real files")

FLORIDA = "Florida_Power___Light_Co__GSLDT-1__General_Service_Large_Demand_-_Time-Of-Use_.json"
EDISON = "SCE_TOU-8__Option-D_Under-2-kV.json"
SACRAMENTO = "Sacramento_Municipal_Utility_District_CI_TOD4_Commercial_and_Industrial_TOD_Secondary_1000_kW.json"
SAN_DIEGO = "San_Diego_Gas_Electric_Co_AL_TOU_Secondary_Above_500kW.json"
TIERED = "REopt_multi_tier_urdb_response.json"
TAKEN = {FLORIDA: (), EDISON: ("demandreactivepowercharge",), SACRAMENTO: (), SAN_DIEGO: ("demandReactPwrCharge",)}
"""Tariffs a contract can hold, with what it is left out of each."""


def real(name: str) -> dict[str, Any]:
    """The one rate of a real file."""
    whole = json.loads((REAL / name).read_text(encoding="utf-8"))
    return whole["items"][0] if "items" in whole else whole


def flat(period: int = 0) -> list[list[int]]:
    """A schedule in which one period always holds."""
    return [[period] * 24 for _ in range(12)]


def rate(**more: Any) -> dict[str, Any]:
    """A rate of 50 USD/MWh and nothing else; a key given as None is left out."""
    whole = {
        "label": "5d0000000000000000000001",
        "utility": "Test Electric Co",
        "name": "Large General Service",
        "energyratestructure": [[{"rate": 0.04, "adj": 0.01, "unit": "kWh"}]],
        "energyweekdayschedule": flat(),
        "energyweekendschedule": flat(),
        **more,
    }
    return {key: value for key, value in whole.items() if value is not None}


def saved(folder: Path, *rates: dict[str, Any], text: str | None = None) -> Path:
    """A file of one rate as it is, or of a response with several."""
    path = folder / "rate.json"
    whole = rates[0] if len(rates) == 1 else {"items": list(rates)}
    path.write_text(json.dumps(whole, indent=1) if text is None else text, encoding="utf-8")
    return path
