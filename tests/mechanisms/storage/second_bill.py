"""Storage on a second bill: from the columns of power.csv, the farm file and its state."""

from __future__ import annotations

from collections.abc import Mapping

from tests.audit.published import Published, many, number


def second_bill(p: Published, _: Mapping[str, float]) -> dict[str, float]:
    """Wear of what is discharged, and the worth of what is held at the end beyond what was at the beginning."""
    wear = worth = 0.0
    held = ((p.farm.get("state") or {}).get("storage") or {}).get("level_mwh") or {}
    for battery in many(p.farm, "storage"):
        name, least = battery["name"], number(battery, "least_mwh")
        wear -= float(p.mw(f"{name}/discharge_mw") @ p.hours) * number(battery, "wear_usd_per_mwh")
        gained = float(p.mw(f"{name}/level_mwh")[-1]) - number(held, name, least)
        worth += gained * number(battery, "left_usd_per_mwh")
    return {"storage_wear": wear, "stored_energy": worth}
