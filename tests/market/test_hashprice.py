"""The hashprice identity, the subsidy schedule and the next retarget, against published numbers."""

from __future__ import annotations

from datetime import UTC, date, datetime

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from optimizer.config.revenue import Epoch
from optimizer.market.hashprice import (
    HALVINGS,
    btc_per_ph_day,
    hashprice,
    next_difficulty,
    subsidy_at_height,
    subsidy_on,
)


def epoch(blocks: int, hours: float) -> Epoch:
    return Epoch(at="2026-02-11 00:00", blocks_so_far=blocks, hours_so_far=hours)


def test_february_2026() -> None:
    # 3.125 BTC * 86400 s * 1e15 H/s / (125.86e12 * 2**32 H) * 66680.4 USD/BTC
    assert hashprice(66_680.4, 125.86e12, 3.125) == pytest.approx(33.31, abs=0.005)
    assert hashprice(66_680.4, 125.86e12, 3.125) == pytest.approx(
        3.125 * 86400e15 / (125.86e12 * 2**32) * 66_680.4, rel=1e-14
    )


def test_fees_add_to_the_subsidy_and_arrays_are_taken() -> None:
    with_fees = hashprice(
        np.array([66_680.4] * 2), np.array([125.86e12] * 2), np.array([3.125] * 2), np.array([0, 3.125])
    )
    assert with_fees[1] == pytest.approx(2 * with_fees[0])
    assert btc_per_ph_day(125.86e12, 3.0, 0.125) == pytest.approx(33.3054 / 66_680.4, rel=1e-4)


def test_the_retarget_of_19_february_2026() -> None:
    # Blocks came 14.73 % faster than every ten minutes: 125.86 T became 144.4 T.
    hours = 2000 / 6 / 1.1473
    estimate, left = next_difficulty(125.86e12, epoch(2000, hours))
    assert estimate / 1e12 == pytest.approx(144.4, abs=0.05)
    assert left == pytest.approx(16 / 6 / 1.1473)


@pytest.mark.parametrize(("hours", "factor"), [(1.0, 4.0), (8000.0, 0.25), (336.0 / 2, 1.0)])
def test_a_retarget_is_at_most_a_factor_of_four(hours: float, factor: float) -> None:
    estimate, _ = next_difficulty(100.0, epoch(1008, hours))
    assert estimate == pytest.approx(100.0 * factor)


def test_an_epoch_that_is_over_has_no_hours_left() -> None:
    assert next_difficulty(100.0, epoch(2016, 336.0)) == (
        pytest.approx(100.0),
        0.0,
    )


@pytest.mark.parametrize(
    ("height", "subsidy"),
    [(0, 50), (209_999, 50), (210_000, 25), (630_000, 6.25), (840_000, 3.125), (1_050_000, 1.5625),
     (210_000 * 10, 0.04882812), (210_000 * 33, 0.0), (210_000 * 100, 0.0)],
)  # fmt: skip
def test_subsidies_by_height_in_whole_satoshi(height: int, subsidy: float) -> None:
    assert subsidy_at_height(height) == subsidy


def test_a_negative_height() -> None:
    with pytest.raises(ValueError, match="not negative"):
        subsidy_at_height(-1)


@pytest.mark.parametrize(
    ("day", "subsidy"),
    [("2012-11-28", 50), ("2012-11-29", 25), ("2016-07-09", 25), ("2016-07-10", 12.5), ("2020-05-12", 6.25),
     ("2024-04-20", 6.25), ("2024-04-21", 3.125), ("2028-04-01", 3.125), ("2028-05-01", 1.5625)],
)  # fmt: skip
def test_subsidies_by_date(day: str, subsidy: float) -> None:
    assert subsidy_on(date.fromisoformat(day)) == subsidy


def test_the_moment_of_a_halving() -> None:
    assert subsidy_on(HALVINGS[-1]) == 3.125
    assert subsidy_on(datetime(2024, 4, 20, 0, 9, 26, tzinfo=UTC)) == 6.25
    with pytest.raises(ValueError, match="needs an offset"):
        subsidy_on(datetime(2024, 4, 20))


@given(st.floats(1e10, 1e16), st.floats(1, 1e7), st.floats(0, 50), st.floats(1.01, 100))
def test_hashprice_falls_with_difficulty_and_rises_with_price(
    difficulty: float, price: float, subsidy: float, factor: float
) -> None:
    base = hashprice(price, difficulty, subsidy)
    assert hashprice(price * factor, difficulty, subsidy) == pytest.approx(base * factor)
    assert hashprice(price, difficulty * factor, subsidy) == pytest.approx(base / factor)
