"""A small farm and three summer days of history in files, and the backtests made of them."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import pandas as pd

from optimizer.config.load import load_farm
from optimizer.through_time.backtest.outcomes import Ladder, ladder
from optimizer.through_time.backtest.rungs import RUNGS
from optimizer.through_time.backtest.running import schedules
from optimizer.through_time.history import read_history
from optimizer.through_time.knowledge import Knowledge
from optimizer.through_time.policies import Followed

FIRST, LAST = "2023-07-01", "2023-07-04"
PEAK = "2023-07-02 17:00"  # the grid's highest hour of the month, on the farm's clock
SPIKE = "2023-07-03 15:00"
_ZONE = "America/Chicago"
_PEAKS: dict[str, Any] = {
    "name": "Peak <b>hour",
    "rule": {"months": [7], "count": 1, "per": "month", "interval_minutes": 60, "source": "made up for a test"},
    "usd_per_kw_year": 2.0,
    "estimate": {key: {"file": "load.csv"} for key in ("load_forecast_mw", "load_history_mw")},
}


@dataclass(frozen=True)
class Made:
    """A backtest: what was known, the schedules, and the ladder of their figures."""

    known: Knowledge
    schedules: dict[str, Followed]
    told: Ladder


def write_farm(folder: Path, *, peaks: bool = True, replanning: Any = None, name: str = "Small") -> Path:
    """Two groups of ten machines of 1 MW, hourly prices with a spike, day-ahead prices without it, the grid's load."""
    machine = {"model": "m", "cooling": "air", "source": "made up for a test", "confidence": "low"}
    slow = {"restart_minutes": 15, "minimum_on_hours": 2, "minimum_off_hours": 1}
    rules = {"forecast": {"kind": "day_ahead", "price_usd_per_mwh": {"file": "ahead.csv"}}} | (replanning or {})
    farm = {
        "name": name,
        "timezone": _ZONE,
        "site": {"import_limit_mw": 30},
        "fleet": [
            {"name": "New", "units": 10, "machine": machine | {"hashrate_th": 40_000, "power_w": 1_000_000}, **slow},
            {"name": "Old <i>hall", "units": 10, "machine": machine | {"hashrate_th": 20_000, "power_w": 1_000_000}}
            | slow,
        ],
        "revenue": {"hashprice_usd_per_ph_day": 60},
        "energy": {
            "price_usd_per_mwh": {"file": "price.csv"},
            "adders_usd_per_mwh": 2,
            "demand": [{"name": "Demand", "usd_per_mw": 10, "expected_peak_mw": 0}],
            "coincident_peaks": [_PEAKS] if peaks else [],
        },
        "weather": {"temperature_c": 25},
        "horizon": {"hours": 24, "intervals": [{"minutes": 60}]},
        "replanning": rules,
    }
    (folder / "farm.yaml").write_text(json.dumps(farm, indent=1), encoding="utf-8")  # JSON is YAML, too
    _write_series(folder)
    return folder / "farm.yaml"


def _write_series(folder: Path) -> None:
    days = pd.date_range("2023-06-24", "2023-07-06", freq="h", tz=_ZONE, inclusive="left")
    hour = np.asarray(days.hour)
    ahead = 40.0 + 30.0 * np.sin((hour - 9) / 24 * 2 * np.pi)
    price = ahead + 25.0 * np.sin(np.arange(len(days)) * 1.7)
    price[days == pd.Timestamp(SPIKE, tz=_ZONE)] = 3_000.0
    year = pd.date_range("2023-01-01", "2024-01-01", freq="h", tz=_ZONE, inclusive="left")
    load = 50_000.0 + 20_000.0 * np.sin((np.asarray(year.hour) - 11) / 24 * 2 * np.pi)
    load += 2_000.0 * np.sin(np.asarray(year.day_of_year) * 0.9)
    load[year == pd.Timestamp(PEAK, tz=_ZONE)] = 76_000.0
    for name, times, values in (("price", days, price), ("ahead", days, ahead), ("load", year, load)):
        table = pd.DataFrame({"time": times.tz_convert("UTC").strftime("%Y-%m-%dT%H:%MZ"), name: values.round(3)})
        table.to_csv(folder / f"{name}.csv", index=False)


def replayed(farm: Path, keys: tuple[str, ...] = tuple(RUNGS), first: str = FIRST, hours: float = 72.0) -> Made:
    """Every rung asked for, over days of the small farm's history."""
    loaded = load_farm(farm)
    known = read_history(loaded, farm.parent, datetime.fromisoformat(first), hours)
    made = schedules(known, loaded.backtest, keys, farm.parent / "store" / "pieces.sqlite", 1, lambda _done, _of: None)
    return Made(known, made, ladder(known, made))


@cache
def small() -> Made:
    """The backtest of the small farm; the grid's peak on the second day, a price spike on the third."""
    with TemporaryDirectory() as folder:
        return replayed(write_farm(Path(folder)))


def only(*keys: str) -> Made:
    """The same with these rungs alone on the ladder."""
    made = small()
    rungs = {key: made.told.rungs[key] for key in keys}
    return Made(made.known, {key: made.schedules[key] for key in keys}, replace(made.told, rungs=rungs))
