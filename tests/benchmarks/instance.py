"""The farm that every benchmark plans: files on disk, made from a seed.

Everything starts from the same files, so that all routes see the same program. Standard library and PyYAML only: the
process that starts the measurements stays smaller than anything it measures (`processes` says why that matters).
"""

from __future__ import annotations

import csv
import math
import random
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import yaml

START = datetime(2025, 1, 1, 6, tzinfo=UTC)  # midnight in Texas
SEED = 20250101
FARM_FILE = "farm.yaml"

# Nameplates, TH/s and W, as in configs/machines.yaml.
_NAMEPLATES = (
    ("S19j Pro", 104.0, 3068.0),
    ("S19 XP", 140.0, 3010.0),
    ("S21", 200.0, 3500.0),
    ("S21 XP", 270.0, 3645.0),
    ("M50S", 126.0, 3276.0),
    ("M60S", 186.0, 3441.0),
)
# Shares of nameplate hashrate and power: slower modes are more efficient, faster ones less (assumption).
_MODES = {"eco": (0.85, 0.77), "turbo": (1.12, 1.22)}
_LIMIT_SHARE = 1.24  # of the nameplate load: binds in some hours when all of the fleet wants turbo


def write_instance(folder: Path, hours: int, groups: int) -> Path:
    """Write farm file and series for ``groups`` groups of three modes over ``hours`` hours; returns the farm file."""
    folder.mkdir(parents=True, exist_ok=True)
    dice = random.Random(SEED)
    fleet = [_group(i, dice) for i in range(groups)]
    _write_series(folder / "prices.csv", "price_usd_per_mwh", _prices(hours, dice))
    _write_series(folder / "temperature.csv", "temperature_c", _temperatures(hours, dice))
    path = folder / FARM_FILE
    path.write_text(yaml.safe_dump(_farm(fleet, hours), sort_keys=False), encoding="utf-8")
    return path


def _group(i: int, dice: random.Random) -> dict[str, Any]:
    model, hashrate, power = _NAMEPLATES[i % len(_NAMEPLATES)]
    hashrate, power = (round(value * dice.uniform(0.96, 1.04), 1) for value in (hashrate, power))
    return {
        "name": f"G{i:02d} {model}",
        "machine": {
            "model": model,
            "hashrate_th": hashrate,
            "power_w": power,
            "cooling": "air",
            "source": "a nameplate, varied for the benchmark",
            "confidence": "low",
            "modes": {
                mode: {"hashrate_th": round(hashrate * th, 1), "power_w": round(power * w, 1)}
                for mode, (th, w) in _MODES.items()
            },
        },
        "units": dice.randrange(300, 1200),
        "modes": ["eco", "normal", "turbo"],
        "standby_w": 25.0,
        "restart_minutes": dice.choice([6.0, 8.0, 10.0]),
        "wear_usd_per_start": round(dice.uniform(0.02, 0.08), 3),
    }


def _farm(fleet: list[dict[str, Any]], hours: int) -> dict[str, Any]:
    nameplate_mw = sum(group["units"] * group["machine"]["power_w"] for group in fleet) / 1e6
    return {
        "name": "Benchmark",
        "timezone": "America/Chicago",
        "site": {
            "import_limit_mw": round(nameplate_mw * _LIMIT_SHARE, 1),
            "pue": {"temperature_c": [-15, 10, 25, 35, 42], "pue": [1.02, 1.03, 1.04, 1.07, 1.10]},
            "auxiliary_load_mw": 0.35,
        },
        "fleet": fleet,
        "revenue": {"hashprice_usd_per_ph_day": 36.0, "btc_price_usd": 66680.4, "pool_fee_share": 0.01},
        "energy": {"price_usd_per_mwh": {"file": "prices.csv"}, "adders_usd_per_mwh": 5, "loss_share": 0.02},
        "weather": {"temperature_c": {"file": "temperature.csv"}},
        "horizon": {"start": START.isoformat(), "hours": hours},
    }


def _prices(hours: int, dice: random.Random) -> list[float]:
    """Hourly USD/MWh: dearer in evenings, midwinter and midsummer; slow noise; a spike in four hours of a thousand."""
    prices, drift = [], 0.0
    for hour in range(hours):
        drift = 0.9 * drift + dice.gauss(0.0, 5.0)
        wave = 40 - 16 * math.cos(2 * math.pi * (hour - 5) / 24) + 6 * math.cos(4 * math.pi * hour / 8760)
        spike = dice.uniform(150, 3000) if dice.random() < 0.004 else 0.0
        prices.append(round(wave + drift + spike, 2))
    return prices


def _temperatures(hours: int, dice: random.Random) -> list[float]:
    """Hourly degrees Celsius of a place in West Texas, roughly."""
    return [
        round(
            18
            - 11 * math.cos(2 * math.pi * hour / 8760)
            - 7 * math.cos(2 * math.pi * (hour - 4) / 24)
            + dice.gauss(0, 2),
            1,
        )
        for hour in range(hours)
    ]


def _write_series(path: Path, column: str, values: list[float]) -> None:
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["interval_start", column])
        for hour, value in enumerate(values):
            writer.writerow([(START + timedelta(hours=hour)).isoformat(), value])
