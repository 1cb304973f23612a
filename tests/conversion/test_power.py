"""Blocks of hours in place of a year of prices: what is kept, and how much is lost."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from optimizer.conversion.power import duration_blocks


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
