"""A small farm in a folder of its own, with prices that the tests write."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from optimizer.daily.files import Done
from optimizer.daily.job import run_once
from tests.commands.running import curtail, process

START = datetime(2026, 2, 11)
FARM = """
name: Daily
timezone: America/Chicago
site: {{import_limit_mw: 20, ramp_up_mw_per_hour: 30, ramp_down_mw_per_hour: 60}}
fleet:
  - name: Old
    units: 3000
    minimum_on_hours: 2
    minimum_off_hours: 3
    restart_minutes: 10
    wear_usd_per_start: 0.02
    machine: {{model: o, hashrate_th: 100, power_w: 3100, cooling: air, source: made up for a test, confidence: low}}
  - name: New
    units: 2000
    restart_minutes: 6
    machine: {{model: n, hashrate_th: 200, power_w: 3500, cooling: air, source: made up for a test, confidence: low}}
revenue: {{hashprice_usd_per_ph_day: 33}}
energy:
  price_usd_per_mwh: {{file: prices.csv}}
  demand:
    - {{name: Any time, usd_per_kw: 2, expected_peak_mw: 12}}
horizon:
  hours: {hours}
  intervals: [{{minutes: 15, hours: 1}}, {{minutes: 60}}]
state: {{at: 2026-02-11 00:00, bill: {{peaks_mw: {{Any time: 6}}}}}}
{more}
"""
DAY = [20, 18, 15, 14, 18, 30, 55, 90, 70, 48, 40, 35, 30, 28, 30, 35, 45, 80, 120, 90, 60, 45, 35, 25]


def write_farm(folder: Path, more: str = "", hours: int = 12) -> Path:
    """The farm file and three days of prices in a folder; ``more`` are further sections."""
    folder.mkdir(parents=True, exist_ok=True)
    write_prices(folder / "prices.csv", [price for day in range(3) for price in shifted(day)])
    file = folder / "farm.yaml"
    file.write_text(FARM.format(hours=hours, more=more))
    return file


def shifted(day: int) -> list[float]:
    """A day's prices, a little different each day."""
    return [price + 7.0 * day * (-1) ** hour for hour, price in enumerate(DAY)]


def write_prices(file: Path, prices: Sequence[float], start: datetime = START, minutes: int = 60) -> None:
    """A plain CSV on the farm's clock."""
    rows = [f"{(start + i * timedelta(minutes=minutes)).isoformat()}-06:00,{price}" for i, price in enumerate(prices)]
    file.write_text("\n".join(["interval_start,price_usd_per_mwh", *rows]) + "\n")


def run(farm: Path, state: Path, hour: float = 0.0, day: int = 11) -> Done:
    """A run of the job at an hour of a day of February, on the farm's clock."""
    return run_once(farm, state, START + timedelta(days=day - 11, hours=hour), report=False)


def daily(farm: Path, state: Path, at: object, *more: object, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run ``curtail daily``; with an environment of its own, as cron would."""
    words = ("daily", farm, "--state", state, "--at", at, *more)
    return process(*words, **environment) if environment else curtail(*words)


def files_in(folder: Path) -> dict[str, bytes]:
    """The bytes of every file in a folder."""
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def data_of(text: str) -> dict[str, Any]:
    """What a command printed with --json."""
    return dict(json.loads(text))
