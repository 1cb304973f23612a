"""Blocks of hours in place of a year of prices: what is kept, and how much is lost."""

from __future__ import annotations

import gzip
import os
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from optimizer.conversion.power import duration_blocks

REAL = os.environ.get("CURTAIL_REAL_DATA")
STRIKES = (25.0, 31.0, 40.0, 47.0, 60.0, 79.0, 100.0)  # USD/MWh: from old machines in bad times to new ones in good


def margin(prices: np.ndarray, hours: np.ndarray, strike: float) -> float:
    """What a machine with this strike price earns that stops whenever power is dearer."""
    return float((hours * np.maximum(strike - prices, 0.0)).sum())


@given(
    st.lists(st.floats(-100.0, 9_000.0), min_size=1, max_size=60),
    st.integers(1, 12),
    st.floats(-20.0, 500.0),
)
def test_hours_and_money_are_kept_and_flexibility_is_never_overstated(
    prices: list[float], count: int, strike: float
) -> None:
    price = np.array(prices)
    hours, mean = duration_blocks(price, np.ones(len(price)), count)
    assert len(hours) <= count
    assert hours.sum() == pytest.approx(len(price))
    assert (hours * mean).sum() == pytest.approx(price.sum(), abs=1e-6)
    assert margin(mean, hours, strike) <= margin(price, np.ones(len(price)), strike) + 1e-6


def test_a_week_that_stands_for_ten_has_its_hours_ten_times() -> None:
    hours, price = duration_blocks(np.array([10.0, 90.0]), np.array([10.0, 1.0]), 2)
    assert (hours.tolist(), price.tolist()) == ([10.0, 1.0], [10.0, 90.0])


@pytest.mark.skipif(REAL is None, reason="CURTAIL_REAL_DATA is not set")
@pytest.mark.parametrize("year", [2020, 2021, 2023])
def test_ten_blocks_keep_what_machines_earn_in_a_real_year_within_one_per_cent(year: int) -> None:
    """Real-time prices at HB_WEST, 2021 with the winter storm Uri."""
    assert REAL is not None
    with gzip.open(Path(REAL) / "ercot" / "real_time_15min_2020_2021_2023.csv.gz") as file:
        table = pd.read_csv(file)
    starts = pd.to_datetime(table["interval_start_utc"], utc=True)
    price = table.loc[starts.dt.tz_convert("America/Chicago").dt.year == year, "HB_WEST"].dropna().to_numpy(dtype=float)
    quarter = np.full(len(price), 0.25)
    hours, mean = duration_blocks(price, quarter, 10)
    errors = [margin(mean, hours, strike) / margin(price, quarter, strike) - 1.0 for strike in STRIKES]
    print(year, [f"{100 * error:.2f} %" for error in errors])
    assert min(errors) > -0.01
    assert max(errors) <= 1e-12
