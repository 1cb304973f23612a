"""Numbers on their way into a page."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from optimizer.market.grid import Grid
from optimizer.report.kit.charts import price_range
from optimizer.report.kit.packing import bins_of, packed, script_json


def unpacked(series: Any) -> list[float]:
    if isinstance(series, list):
        return series
    values, counts = series["runs"][::2], series["runs"][1::2]
    return [value for value, count in zip(values, counts, strict=True) for _ in range(count)]


@given(st.lists(st.sampled_from([0.0, -0.0, 1.25, 1.254, 1e6, -3.0]), min_size=1, max_size=40))
def test_packing_keeps_every_rounded_value(values: list[float]) -> None:
    assert unpacked(packed(np.array(values), 2)) == [round(value, 2) for value in values]


def test_a_constant_series_is_short() -> None:
    assert packed(np.full(8760, 5.0), 2) == {"runs": [5, 8760]}


@given(st.text())
def test_script_json_cannot_end_its_element(text: str) -> None:
    written = script_json({"name": text})
    assert not set("<>&") & set(written)
    assert json.loads(written) == {"name": text}


def test_nan_never_reaches_a_page() -> None:
    with pytest.raises(ValueError, match="JSON compliant"):
        script_json([float("nan")])


@pytest.mark.parametrize(("start", "hours"), [("2026-03-07 06:00Z", [24, 23, 24]), ("2026-10-31 05:00Z", [24, 25, 24])])
def test_daily_bins_follow_the_local_day(start: str, hours: list[int]) -> None:
    n = sum(hours) * 4
    grid = Grid(pd.date_range(start, periods=n, freq="15min"), np.full(n, 0.25), "America/Chicago")
    bins = bins_of(grid, most=10)
    assert bins.kind == "daily"
    assert bins.lengths.tolist() == hours
    values = np.arange(float(n))
    assert bins.mean(values) @ bins.lengths == pytest.approx(values @ grid.hours)


def test_hourly_bins_weigh_by_time() -> None:
    starts = pd.DatetimeIndex(["2026-02-11 00:00Z", "2026-02-11 00:15Z", "2026-02-11 01:00Z"])
    grid = Grid(starts, np.array([0.25, 0.75, 1]), "UTC")
    bins = bins_of(grid, most=2)
    assert bins.kind == "hourly"
    assert bins.mean(np.array([[8.0, 0.0, 5.0]])).tolist() == [[2.0, 5.0]]


def test_a_trough_is_clipped_as_well() -> None:
    shown = price_range(np.array([-250.0, 30.0]), np.array([60.0]))
    assert shown["range"][0] == -60.0
    assert shown["full"][0] == -265.0
