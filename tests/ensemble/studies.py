"""Small studies for tests: a farm and ensemble as files, and what is made of them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import yaml

from optimizer.config.load import load_farm
from optimizer.ensemble.load import load_ensemble
from optimizer.ensemble.study import EnsembleStudy, make_study

MACHINE = {
    "hashrate_th": 200.0,
    "power_w": 3500.0,
    "cooling": "air",
    "source": "made up for a test",
    "confidence": "low",
}
FARM: dict[str, Any] = {
    "name": "Test farm",
    "timezone": "America/Chicago",
    "site": {"import_limit_mw": 12.0, "ramp_up_mw_per_hour": 6.0},
    "fleet": [
        {"name": "Hall A", "units": 1500, "machine": {"model": "A", **MACHINE}, "restart_minutes": 8.0},
        {
            "name": "Hall B",
            "units": 1500,
            "machine": {"model": "B", **MACHINE, "power_w": 4800.0},
            "restart_minutes": 10.0,
            "minimum_on_hours": 2.0,
            "wear_usd_per_start": 0.05,
        },
    ],
    "revenue": {"btc_price_usd": 66680.4, "difficulty": 125.86e12, "pool_fee_share": 0.01},
    "energy": {"price_usd_per_mwh": 40.0, "adders_usd_per_mwh": 3.0},
    "horizon": {"start": "2026-02-11 00:00", "hours": 48, "intervals": [{"minutes": 60}]},
}
ENSEMBLE: dict[str, Any] = {
    "name": "Test ensemble",
    "seed": 7,
    "scenarios": 24,
    "prices": {"history": {"file": "history.csv"}, "block_days": 2, "season_days": 183, "same_weekday": False},
    "btc": {"volatility_per_year": 0.6},
    "difficulty": {"first_retarget_hours": 30, "deviation_share": 0.05},
    "storms": [
        {
            "name": "Front",
            "probability_per_week": 0.6,
            "least_hours": 6,
            "most_hours": 24,
            "price": {"multiply": 6, "add_usd_per_mwh": 50},
            "outage": {"share": 0.25},
        }
    ],
}


def write_history(path: Path, days: int = 60, *, start: str = "2025-01-01", zone: str = "America/Chicago") -> None:
    """Hourly prices of whole local days; each day has a level of its own, so that it is known again."""
    import pandas as pd

    first = pd.Timestamp(start, tz=zone)
    hours = pd.date_range(first, first + pd.DateOffset(days=days), freq="h", inclusive="left")
    day = (hours.tz_localize(None).normalize() - first.tz_localize(None)).days
    price = 20.0 + np.asarray(day) + 10.0 * np.sin(np.asarray(hours.hour) / 24.0 * 2 * np.pi)
    table = pd.DataFrame({"time": [hour.isoformat() for hour in hours], "price_usd_per_mwh": price.round(4)})
    table.to_csv(path, index=False)


def write_files(folder: Path, farm: dict[str, Any] | None = None, **ensemble: Any) -> tuple[Path, Path]:
    """Farm file, ensemble file and history in a folder; a key of the ensemble given as None is left out."""
    write_history(folder / "history.csv")
    told = {key: value for key, value in (ENSEMBLE | ensemble).items() if value is not None}
    paths = folder / "farm.yaml", folder / "ensemble.yaml"
    for path, data in zip(paths, (FARM | (farm or {}), told), strict=True):
        path.write_text(yaml.safe_dump(data, sort_keys=False), encoding="utf-8")
    return paths


def study_in(folder: Path, farm: dict[str, Any] | None = None, **ensemble: Any) -> EnsembleStudy:
    """The study of these files."""
    farm_file, ensemble_file = write_files(folder, farm, **ensemble)
    loaded = load_farm(farm_file)
    return make_study(loaded, folder, load_ensemble(ensemble_file, loaded), folder)
