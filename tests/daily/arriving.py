"""A farm that plans again as prices arrive, with a week of prices before the 11th."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np

from optimizer.daily.files import Done
from optimizer.daily.job import run_once
from optimizer.daily.record import Record
from tests.daily.farms import DAY, START, write_farm, write_prices

BEFORE = 8  # days of files before the 11th
AHEAD = "{kind: day_ahead, price_usd_per_mwh: {file: ahead.csv}}"
KINDS = {
    "day_ahead": f"{{forecast: {AHEAD}, deviation_half_life_minutes: 60}}",
    "late": f"{{forecast: {AHEAD}, deviation_half_life_minutes: 30, price_lag_intervals: 1}}",
    "last_week": "{forecast: {kind: same_hour_last_week}}",
    "persistence": "{forecast: {kind: persistence}, price_lag_intervals: 2}",
    "column": "{forecast: {kind: column, price_usd_per_mwh: {file: ahead.csv}, known_hours_before: 5}}",
    "frozen": f"{{forecast: {AHEAD}, frozen_intervals: 2}}",
    "change": f"{{forecast: {AHEAD}, change_usd_per_machine: 0.002}}",
}
FIRST = START - timedelta(days=BEFORE)


def ahead_prices() -> list[float]:
    """Hourly, what is said in advance, to the end of the 13th."""
    return [price + 3.0 * (day % 3) for day in range(BEFORE + 3) for price in DAY]


def real_prices() -> list[float]:
    """Every quarter of an hour: what was said, noise, and spikes that nobody had said."""
    random = np.random.default_rng(5)
    said = np.repeat(ahead_prices(), 4)
    spikes = np.where(random.random(len(said)) < 0.06, random.uniform(40.0, 300.0, len(said)), 0.0)
    return list(np.round(said + random.normal(0.0, 6.0, len(said)) + spikes, 2))


def site(folder: Path, rules: str, more: str = "") -> Path:
    """A farm with a week of prices before the 11th."""
    farm = write_farm(folder, f"replanning: {rules}\n{more}")
    write_real(folder, real_prices())
    write_prices(folder / "ahead.csv", ahead_prices(), FIRST)
    return farm


def write_real(folder: Path, prices: Sequence[float]) -> None:
    write_prices(folder / "prices.csv", prices, FIRST, minutes=15)


def until(moment: datetime) -> list[float]:
    """The prices of the intervals that have begun."""
    return real_prices()[: int((moment - FIRST) / timedelta(minutes=15)) + 1]


def run(farm: Path, state: Path, moment: datetime) -> Done:
    return run_once(farm, state, moment, report=False)


def now_on(record: Record | None) -> dict[tuple[str, str], float]:
    return {point: float(units[0]) for point, units in record.dispatch.units_on.items()}
