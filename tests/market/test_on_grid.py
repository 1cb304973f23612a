"""A series on a grid: the mean is exact, and what is not covered is an error."""

from __future__ import annotations

import time
from itertools import pairwise
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from optimizer.errors import MissingDataError
from optimizer.market.grid import Grid
from optimizer.market.series import TimeSeries, on_grid
from tests.market.farms import series_of
from tests.sampling import examples

T0 = pd.Timestamp("2026-02-11T00:00Z").as_unit("us")


def series(minutes: list[int], values: list[float], gap_after: int | None = None) -> TimeSeries:
    """Back-to-back intervals of so many minutes; one left out after a position, when given."""
    edges = T0 + pd.to_timedelta(np.concatenate([[0], np.cumsum(minutes)]), unit="min")
    keep = np.arange(len(minutes)) != (-1 if gap_after is None else gap_after + 1)
    return TimeSeries(edges[:-1][keep], edges[1:][keep], np.array(values)[keep], "price", file="p.csv")


def grid(minutes: list[int], first: int = 0) -> Grid:
    starts = T0 + pd.to_timedelta(first + np.concatenate([[0], np.cumsum(minutes)[:-1]]), unit="min")
    return Grid(pd.DatetimeIndex(starts), np.array(minutes) / 60, "America/Chicago")


def test_a_coarser_series_is_held() -> None:
    assert on_grid(series([60, 60], [33.31, 0.1]), grid([15] * 8)).tolist() == [33.31] * 4 + [0.1] * 4


def test_a_finer_series_is_averaged_by_time() -> None:
    # 10 for 15 min and 50 for 45 min: (10 * 15 + 50 * 45) / 60 = 40
    assert on_grid(series([15, 45], [10.0, 50.0]), grid([60])).tolist() == [40.0]


def test_an_interval_may_begin_inside_a_row() -> None:
    # the last 30 min of the first hour and the first 30 of the second: (10 + 30) / 2
    assert on_grid(series([60, 60], [10.0, 30.0]), grid([60], first=30)).tolist() == [20.0]


def test_negative_and_huge_prices_are_kept_as_they_are() -> None:
    assert on_grid(series([60, 60], [-251.0, 9310.0]), grid([60, 60])).tolist() == [-251.0, 9310.0]


@pytest.mark.parametrize(("first", "minutes"), [(-15, [15]), (120, [15]), (0, [60, 75]), (-30, [60])])
def test_hours_outside_the_file_name_it_and_what_it_covers(first: int, minutes: list[int]) -> None:
    with pytest.raises(MissingDataError) as caught:
        on_grid(series([60, 60], [1.0, 2.0]), grid(minutes, first))
    assert "p.csv: price: covers 2026-02-10 18:00-06:00 to 2026-02-10 20:00-06:00" in str(caught.value)
    assert "the plan asks for" in str(caught.value)


def test_a_hole_inside_is_named() -> None:
    with pytest.raises(MissingDataError, match="the first 2026-02-10 19:00-06:00 to 2026-02-10 20:00-06:00"):
        on_grid(series([60, 60, 60], [1.0, 2.0, 3.0], gap_after=0), grid([180]))


def test_no_values_at_all() -> None:
    empty = TimeSeries(pd.DatetimeIndex([], tz="UTC"), pd.DatetimeIndex([], tz="UTC"), np.array([]), "price")
    with pytest.raises(MissingDataError, match="has no values"):
        on_grid(empty, grid([60]))


@examples(60)
@given(
    rows=st.lists(st.tuples(st.sampled_from([5, 15, 30, 60]), st.floats(-1e4, 1e4)), min_size=1, max_size=40),
    steps=st.lists(st.sampled_from([5, 15, 30, 60]), min_size=1, max_size=40),
)
def test_energy_is_conserved_whatever_the_lengths(rows: list[tuple[int, float]], steps: list[int]) -> None:
    total = sum(minutes for minutes, _ in rows)
    cut, left = [], total
    for step in [*steps, *[5] * (total // 5)]:
        if left:
            cut.append(min(step, left))
            left -= cut[-1]
    means = on_grid(series([m for m, _ in rows], [v for _, v in rows]), grid(cut))
    expected = sum(minutes * value for minutes, value in rows)
    assert float(np.dot(means, cut)) == pytest.approx(expected, rel=1e-9, abs=1e-6)
    brute = np.repeat([v for _, v in rows], [m for m, _ in rows])
    edges = np.concatenate([[0], np.cumsum(cut)])
    assert means == pytest.approx([brute[a:b].mean() for a, b in pairwise(edges)], rel=1e-9, abs=1e-9)


def test_a_year_of_quarter_hours_is_read_and_averaged_quickly(tmp_path: Path) -> None:
    times = pd.date_range("2026-01-01", periods=35_040, freq="15min", tz="America/Chicago")
    text = "interval_start,price\n" + "".join(f"{t.isoformat()},{i % 97}.25\n" for i, t in enumerate(times))
    series_of(tmp_path, text)  # the first call imports what pandas imports late
    began = time.perf_counter()
    year = series_of(tmp_path, text)
    read = time.perf_counter()
    hours = Grid(year.starts[::4], np.ones(8760), "America/Chicago")
    means = on_grid(year, hours)
    averaged = time.perf_counter()
    assert len(means) == 8760
    assert read - began < 0.5  # about 0.08 s on an idle core
    assert averaged - read < 0.1  # about 0.004 s
