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
ALL_MODES = ("eco", "normal", "turbo")


def write_instance(
    folder: Path,
    hours: int,
    groups: int,
    *,
    modes: tuple[str, ...] = ALL_MODES,
    minutes: int = 60,
    contract: bool = False,
) -> Path:
    """Write farm file and series for ``groups`` groups over ``hours`` hours; returns the farm file.

    Intervals and prices are ``minutes`` long, temperatures hourly. ``contract`` adds what a power contract charges over
    whole billing periods, and a block; it changes nothing else.
    """
    folder.mkdir(parents=True, exist_ok=True)
    dice = random.Random(SEED)
    fleet = [_group(i, dice, modes) for i in range(groups)]
    per_hour = 60 // minutes
    prices, temperatures = _prices(hours, per_hour, dice), _temperatures(hours, dice)
    _write_series(folder / "prices.csv", "price_usd_per_mwh", prices, minutes)
    _write_series(folder / "temperature.csv", "temperature_c", temperatures)
    farm = _farm(fleet, hours, minutes)
    if contract:
        farm["energy"] |= _contract(fleet)
        _write_series(folder / "peaks.csv", "probability", _peak_probability(temperatures, per_hour), minutes)
    path = folder / FARM_FILE
    path.write_text(yaml.safe_dump(farm, sort_keys=False), encoding="utf-8")
    return path


def _group(i: int, dice: random.Random, modes: tuple[str, ...]) -> dict[str, Any]:
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
                if mode in modes
            },
        },
        "units": dice.randrange(300, 1200),
        "modes": list(modes),
        "standby_w": 25.0,
        "restart_minutes": dice.choice([6.0, 8.0, 10.0]),
        "wear_usd_per_start": round(dice.uniform(0.02, 0.08), 3),
    }


def _nameplate_mw(fleet: list[dict[str, Any]]) -> float:
    return sum(group["units"] * group["machine"]["power_w"] for group in fleet) / 1e6


def _farm(fleet: list[dict[str, Any]], hours: int, minutes: int) -> dict[str, Any]:
    return {
        "name": "Benchmark",
        "timezone": "America/Chicago",
        "site": {
            "import_limit_mw": round(_nameplate_mw(fleet) * _LIMIT_SHARE, 1),
            "pue": {"temperature_c": [-15, 10, 25, 35, 42], "pue": [1.02, 1.03, 1.04, 1.07, 1.10]},
            "auxiliary_load_mw": 0.35,
        },
        "fleet": fleet,
        "revenue": {"hashprice_usd_per_ph_day": 36.0, "btc_price_usd": 66680.4, "pool_fee_share": 0.01},
        "energy": {"price_usd_per_mwh": {"file": "prices.csv"}, "adders_usd_per_mwh": 5, "loss_share": 0.02},
        "weather": {"temperature_c": {"file": "temperature.csv"}},
        "horizon": {"start": START.isoformat(), "hours": hours, "intervals": [{"minutes": minutes}]},
    }


def _contract(fleet: list[dict[str, Any]]) -> dict[str, Any]:
    """A monthly demand charge with a ratchet, four coincident peaks, a block for half of the fleet (assumptions)."""
    ratchet = {"share": 0.8, "months": 11, "first_month": f"{START:%Y-%m}"}
    peaks = {"rule": "ercot_4cp", "usd_per_kw_year": 60.0, "probability": {"file": "peaks.csv"}}
    return {
        "demand": [{"name": "Demand", "usd_per_kw": 5.0, "ratchet": ratchet, "expected_peak_mw": 0.0}],
        "coincident_peaks": [{"name": "4CP", **peaks}],
        "blocks": [
            {
                "name": "Block",
                "mw": round(_nameplate_mw(fleet) / 2, 1),
                "price_usd_per_mwh": 38.0,
                "resale": {"fee_usd_per_mwh": 0.5},
            }
        ],
    }


def _peak_probability(temperatures: list[float], per_hour: int) -> list[float]:
    """A peak a month from June to September: at four or five in the afternoon of one of its ten hottest days."""
    chance = [0.0] * (len(temperatures) * per_hour)
    for month in (6, 7, 8, 9):
        days = [day for day in range(len(temperatures) // 24) if (START + timedelta(days=day)).month == month]
        for day in sorted(days, key=lambda day: max(temperatures[24 * day : 24 * day + 24]))[-10:]:
            first = (24 * day + 15) * per_hour  # 16:00 in summer time
            chance[first : first + 2 * per_hour] = [0.05 / per_hour] * (2 * per_hour)
    return chance


def _prices(hours: int, per_hour: int, dice: random.Random) -> list[float]:
    """USD/MWh: dearer in evenings, midwinter and midsummer; slow noise; a spike in four intervals of a thousand."""
    prices, drift = [], 0.0
    for step in range(hours * per_hour):
        hour = step / per_hour
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


def _write_series(path: Path, column: str, values: list[float], minutes: int = 60) -> None:
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["interval_start", column])
        for step, value in enumerate(values):
            writer.writerow([(START + timedelta(minutes=minutes * step)).isoformat(), value])
