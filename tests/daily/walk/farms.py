"""A farm for a day, from a seed: what stands on it, what holds it, and the text of its file."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import yaml

ZONE = "America/Chicago"
PRICES = (20, 18, 15, 14, 18, 30, 55, 90, 70, 48, 40, 35, 30, 28, 30, 35, 45, 80, 120, 90, 60, 45, 35, 25)
BEGINNINGS = (  # local midnights: an ordinary day, a month's end, both days on which the clock is changed
    *(datetime(2026, 2, 11, 6, tzinfo=UTC), datetime(2026, 1, 31, 6, tzinfo=UTC)),
    *(datetime(2026, 3, 8, 6, tzinfo=UTC), datetime(2026, 11, 1, 5, tzinfo=UTC)),
)


def text_of(moment: datetime) -> str:
    """A moment on the farm's clock with its offset."""
    return moment.astimezone(ZoneInfo(ZONE)).isoformat(timespec="seconds")


def strongest_mw(group: dict[str, Any], pue: float) -> float:
    """MW at the meter of one machine in its strongest mode."""
    machine = group["machine"]
    watts = [machine["power_w"], *(point["power_w"] for point in machine.get("modes", {}).values())]
    return float(max(watts)) * pue / 1e6


def full_mw(farm: dict[str, Any]) -> float:
    """Load with every machine on, MW."""
    site = farm["site"]
    machines = sum(group["units"] * strongest_mw(group, site["pue"]) for group in farm["fleet"])
    return float(machines + site["auxiliary_load_mw"])


def farm_of(dice: random.Random) -> dict[str, Any]:
    """The data of a farm file without calls."""
    fleet = [_group(dice, name) for name in "ABC"[: dice.choice((1, 2, 2, 3))]]
    for group in fleet[1:]:
        group.pop("units_switched_together", None)
    site: dict[str, Any] = {"pue": dice.choice((1.0, 1.0, 1.06)), "auxiliary_load_mw": dice.choice((0, 0, 0.3))}
    farm: dict[str, Any] = {"name": f"Walk {dice.randrange(10**6)}", "timezone": ZONE, "site": site, "fleet": fleet}
    full = full_mw(farm)
    site["import_limit_mw"] = round(full * dice.choice((1.2, 1.2, 1.2, 0.8)), 3)
    if dice.random() < 0.5:
        site["ramp_down_mw_per_hour"] = round(full / dice.choice((0.5, 1, 2, 4)), 3)
    if dice.random() < 0.4:
        site["ramp_up_mw_per_hour"] = round(full / dice.choice((0.5, 1, 2)), 3)
    if dice.random() < 0.25:
        farm["weather"] = {"temperature_c": dice.choice((-15.0, -5.0, 4.0))}
        for group in fleet:
            group["freeze_protection"] = {
                **{"below_c": -10.0, "minimum_running_share": dice.choice((0.1, 0.3)), "damage_usd_per_unit_hour": 0.5}
            }
    farm["revenue"] = {"hashprice_usd_per_ph_day": 33}
    farm["energy"] = {"price_usd_per_mwh": {"file": "prices.csv"}}
    if dice.random() < 0.15:
        farm["energy"]["demand"] = [{"name": "Any time", "usd_per_kw": 0.2, "expected_peak_mw": round(full, 2)}]
    steps = dice.choice(
        ([(15, 1), (60, None)], [(15, 1), (60, None)], [(15, None)], [(60, None)], [(5, 1), (30, None)])
    )
    farm["horizon"] = {
        "hours": dice.choice((8, 12, 12)),
        "intervals": [{"minutes": m} | ({} if hours is None else {"hours": hours}) for m, hours in steps],
    }
    slowest = min(site.get(f"ramp_{way}_mw_per_hour", full) for way in ("up", "down"))
    for group in fleet:  # the job refuses a farm whose containers no ramp lets switch in its shortest interval
        together = group.get("units_switched_together", 1) * strongest_mw(group, site["pue"])
        if together > slowest * min(minutes for minutes, _ in steps) / 60:
            group.pop("units_switched_together", None)
    posture = dice.choice((None, {"all_off": True, "hours": 12}, {"off_above_usd_per_mwh": 60, "hours": 12}))
    farm["daily"] = {} if posture is None else {"safe_posture": posture}
    return farm


def _group(dice: random.Random, name: str) -> dict[str, Any]:
    units, watts = dice.choice((40, 600, 2000, 3000)), dice.choice((3100, 3250, 3500))
    machine: dict[str, Any] = {
        **{"model": name.lower(), "hashrate_th": dice.choice((100, 200)), "power_w": watts, "cooling": "air"},
        **{"source": "made up for a test", "confidence": "low"},
    }
    group: dict[str, Any] = {"name": name, "units": units, "machine": machine}
    if dice.random() < 0.25:
        machine["modes"] = {"eco": {"hashrate_th": machine["hashrate_th"] * 0.7, "power_w": watts * 0.6}}
        group["modes"] = ["normal", "eco"]
    group["standby_w"] = dice.choice((0, 0, 40))
    group["restart_minutes"] = dice.choice((0, 6, 10))
    group["minimum_on_hours"] = dice.choice((0, 0, 2, 4))
    group["minimum_off_hours"] = dice.choice((0, 0, 1, 3))
    if units > 40 and dice.random() < 0.4:
        group["units_switched_together"] = dice.choice((25, 70))
        if dice.random() < 0.7:  # such searches are long beside minimum times
            group["minimum_on_hours"] = group["minimum_off_hours"] = 0
    return group


def prices_of(dice: random.Random, begins: datetime, hours: float = 72) -> str:
    """A price file from a day before a midnight on, every hour, for ``hours`` after it."""
    rows = ["interval_start,price_usd_per_mwh"]
    for hour in range(-24, int(hours)):
        price = PRICES[hour % 24] + dice.uniform(-8, 8) + (dice.random() < 0.04) * 900
        rows.append(f"{text_of(begins + timedelta(hours=hour))},{price:.2f}")
    return "\n".join(rows) + "\n"


def yaml_of(data: Any) -> str:
    """YAML text that reads the same by version 1.1 and 1.2."""
    return yaml.safe_dump(data, sort_keys=False, allow_unicode=True)
