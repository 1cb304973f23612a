"""Gaps, duplicates, disorder, overlaps and ranges: listed with their lines, or settled as asked."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from optimizer.config.base import SeriesFile
from optimizer.errors import InputError
from optimizer.market.grid import Grid
from optimizer.market.series import Limits, on_grid, read_series
from tests.market.farms import ZONE, series_of


def hourly(values: list[Any], skip: tuple[int, ...] = (), start: str = "2026-02-11") -> str:
    times = pd.date_range(start, periods=len(values), freq="h", tz=ZONE)
    rows = [f"{t.isoformat()},{v}" for i, (t, v) in enumerate(zip(times, values, strict=True)) if i not in skip]
    return "\n".join(["interval_start,price", *rows]) + "\n"


def test_a_whole_series_has_no_fills(tmp_path: Path) -> None:
    series = series_of(tmp_path, hourly([1, 2, 3]))
    assert series.values.tolist() == [1, 2, 3]
    assert series.fills == ()
    assert series.ends[-1] == pd.Timestamp("2026-02-11T09:00Z")


@pytest.mark.parametrize("hole", ["", "NaN", "inf", "-inf", "n/a", "-"])
def test_no_number_is_a_gap_with_its_place(tmp_path: Path, hole: str) -> None:
    with pytest.raises(InputError) as caught:
        series_of(tmp_path, hourly([1, hole, 3]))
    assert str(caught.value) == (
        "prices.csv:4:1: gap of 1 interval, 2026-02-11 01:00-06:00 to 2026-02-11 02:00-06:00; "
        "add the rows, or say how to fill with `fill_gaps`"
    )


def test_left_out_rows_are_a_gap_too_and_all_are_counted(tmp_path: Path) -> None:
    with pytest.raises(InputError) as caught:
        series_of(tmp_path, hourly(list(range(90)), skip=tuple(range(1, 88, 3))))
    assert len(caught.value.faults) == 11
    assert "and 19 more gaps, 29 in all" in str(caught.value)


@pytest.mark.parametrize(
    ("method", "values"),
    [
        ("previous", [1, 1, 1, 1, 7, 7, 7]),
        ("linear", [1, 1, 3, 5, 7, 7, 7]),  # 1 + (7 - 1) * 1/3 and * 2/3
    ],
)
def test_fills_are_made_and_recorded(tmp_path: Path, method: str, values: list[float]) -> None:
    series = series_of(tmp_path, hourly([1, 1, 0, 0, 7, 7, 7], skip=(2, 3)), fill_gaps=method)
    assert series.values.tolist() == pytest.approx(values)
    (fill,) = series.fills
    assert (fill.file, fill.method, fill.count) == ("prices.csv", method, 2)
    assert (fill.start, fill.end) == (pd.Timestamp("2026-02-11T08:00Z"), pd.Timestamp("2026-02-11T10:00Z"))


def test_the_same_hour_of_the_day_before(tmp_path: Path) -> None:
    series = series_of(tmp_path, hourly(list(range(48)), skip=(30,)), fill_gaps="same_hour_day_before")
    assert series.values[30] == 6


def test_the_same_hour_is_that_of_the_farms_clock(tmp_path: Path) -> None:
    """A file in UTC: 10:00 on the farm's clock is 15:00 UTC after the change and was 16:00 UTC before it."""
    times = pd.date_range("2026-03-07 06:00", periods=47, freq="h")
    rows = [f"{time:%Y-%m-%d %H:%M},{row}" for row, time in enumerate(times) if row != 33]
    series = series_of(tmp_path, "\n".join(["time_utc,price", *rows, ""]), fill_gaps="same_hour_day_before")
    assert series.values[33] == 10


def test_days_are_filled_from_the_last_day_that_has_the_hour(tmp_path: Path) -> None:
    keys = {"fill_gaps": "same_hour_day_before"}
    text = hourly(list(range(96)), skip=tuple(range(30, 80)))  # 50 hours
    with pytest.raises(InputError, match="longer than fill_at_most_hours: 48"):
        series_of(tmp_path, text, **keys, fill_at_most_hours=48)
    series = series_of(tmp_path, text, **keys, fill_at_most_hours=60)
    assert series.values[30:80].tolist() == [24 + hour % 24 if hour % 24 < 6 else hour % 24 for hour in range(30, 80)]
    window = Grid(series.starts[76:80], np.ones(4), ZONE)
    (tmp_path / "p.csv").write_text(text)
    spec = SeriesFile.model_validate({"file": "p.csv", "fill_at_most_hours": 60} | keys)
    assert on_grid(read_series(tmp_path / "p.csv", spec, ZONE, within=window), window).tolist() == [28, 29, 6, 7]


def test_the_same_hour_across_the_spring_change(tmp_path: Path) -> None:
    # 2026-03-08 10:00 CDT is 15:00 UTC; the day before at 10:00 CST is 16:00 UTC, 23 hours earlier
    text = hourly(list(range(48)), skip=(33,), start="2026-03-07")
    series = series_of(tmp_path, text, fill_gaps="same_hour_day_before")
    assert series.starts[33].tz_convert(ZONE).hour == 10
    assert series.values[33] == 10


@pytest.mark.parametrize("day", ["2026-04-23", "2026-04-24"])
def test_the_same_hour_where_midnight_does_not_exist(tmp_path: Path, day: str) -> None:
    times = pd.date_range(day, periods=48, freq="h", tz="UTC") + pd.Timedelta(hours=2)
    rows = [f"{time.isoformat()},{row}" for row, time in enumerate(times) if row != 20 + 24]
    text = "\n".join(["interval_start,price", *rows, ""])
    series = series_of(tmp_path, text, zone="Africa/Cairo", fill_gaps="same_hour_day_before")
    assert len(series) == 48
    assert series.fills[0].count == 1


def test_a_gap_longer_than_allowed_stays_an_error(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="longer than fill_at_most_hours: 1"):
        series_of(tmp_path, hourly([1, 1, 0, 0, 7, 7, 7], skip=(2, 3)), fill_gaps="linear", fill_at_most_hours=1)


def test_a_hole_at_the_edge_cannot_be_interpolated(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no neighbours"):
        series_of(tmp_path, hourly([1, 2, "NaN"]), fill_gaps="linear")
    assert series_of(tmp_path, hourly([1, 2, "NaN"]), fill_gaps="previous").values.tolist() == [1, 2, 2]


DOUBLE = "time,price\n2026-02-11T00:00Z,1\n2026-02-11T01:00Z,2\n2026-02-11T01:00Z,6\n2026-02-11T02:00Z,3\n"


def test_duplicates_are_listed_with_both_lines(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"prices.csv:4:1: 2026-02-10 19:00-06:00 comes again, 6 after 2 on line 3"):
        series_of(tmp_path, DOUBLE)


@pytest.mark.parametrize(("how", "value"), [("first", 2), ("last", 6), ("mean", 4)])
def test_duplicates_settled_as_asked(tmp_path: Path, how: str, value: float) -> None:
    assert series_of(tmp_path, DOUBLE, duplicates=how).values.tolist() == [1, value, 3]


SHUFFLED = "time,price\n2026-02-11T00:00Z,1\n2026-02-11T02:00Z,3\n2026-02-11T01:00Z,2\n"


def test_disorder_is_told_or_sorted(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"prices.csv:4:1: .* rows are out of order"):
        series_of(tmp_path, SHUFFLED)
    assert series_of(tmp_path, SHUFFLED, disorder="sort").values.tolist() == [1, 2, 3]


def test_overlapping_intervals(tmp_path: Path) -> None:
    rows = ["2026-02-11T00:00Z,2026-02-11T02:00Z,1", "2026-02-11T01:00Z,2026-02-11T02:00Z,2"]
    text = "\n".join(["interval_start,interval_end,price", *rows, ""])
    with pytest.raises(InputError, match=r"prices.csv:3:1: .* begins before the interval on line 2 ends"):
        series_of(tmp_path, text)
    backward = "interval_start,interval_end,price\n2026-02-11T02:00Z,2026-02-11T01:00Z,1\n"
    with pytest.raises(InputError, match="ends before it starts"):
        series_of(tmp_path, backward)


def test_all_kinds_of_faults_come_together(tmp_path: Path) -> None:
    text = DOUBLE + "2026-02-11T05:00Z,4\n2026-02-11T04:00Z,4\n"
    with pytest.raises(InputError) as caught:
        series_of(tmp_path, text)
    assert {"comes again", "out of order", "gap of"} <= {
        words for fault in caught.value.faults for words in ("comes again", "out of order", "gap of")
        if words in fault.message
    }  # fmt: skip


def test_values_out_of_range_have_their_line(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text(hourly([20.0, 900.0, -300.0, 21.0]))
    with pytest.raises(InputError) as caught:
        read_series(tmp_path / "t.csv", SeriesFile(file="t.csv"), ZONE, limits=Limits(-80, 80))
    assert [fault.line for fault in caught.value.faults] == [3, 4]
    assert "must be at least -80 and at most 80 (got 900 at 2026-02-11 01:00-06:00)" in str(caught.value)


def test_only_rows_that_matter_to_the_plan_are_judged(tmp_path: Path) -> None:
    values: list[Any] = [*range(96)]
    values[3] = "NaN"
    (tmp_path / "p.csv").write_text(hourly(values, skip=(90, 91)))
    spec = SeriesFile(file="p.csv")
    plan = Grid(pd.date_range("2026-02-13", periods=24, freq="h", tz=ZONE).tz_convert("UTC"), np.ones(24), ZONE)
    series = read_series(tmp_path / "p.csv", spec, ZONE, within=plan)
    assert series.values.max() < 90
    assert series.covers == (pd.Timestamp("2026-02-11T06:00Z"), pd.Timestamp("2026-02-15T06:00Z"))
    with pytest.raises(InputError) as caught:
        read_series(tmp_path / "p.csv", spec, ZONE)
    assert len(caught.value.faults) == 2


def test_values_that_hold_until_the_next_have_no_gaps(tmp_path: Path) -> None:
    rows = ["2026-01-22T05:00Z,141.67e12", "2026-02-09T01:00Z,125.86e12", "2026-02-19T20:00Z,144.4e12"]
    text = "\n".join(["time,difficulty", *rows, ""])
    series = series_of(tmp_path, text, holds_until_next=True)
    assert (series.starts[1:] == series.ends[:-1]).all()
    # the last holds as long as the median of 17.8 and 10.8 days
    assert series.ends[-1] - series.starts[-1] == pd.Timedelta(days=14, hours=7, minutes=30)


def test_daily_rows_are_local_days_of_23_and_25_hours(tmp_path: Path) -> None:
    text = "date,price_usd\n" + "".join(f"2026-03-{day:02d},{day}\n" for day in range(5, 12))
    series = series_of(tmp_path, text)
    assert len(series) == 7
    assert ((series.ends - series.starts) / pd.Timedelta(hours=1)).tolist() == [24, 24, 24, 23, 24, 24, 24]
    lone = series_of(tmp_path, text, zone="UTC")
    assert set((lone.ends - lone.starts) / pd.Timedelta(hours=1)) == {24}


def test_a_gap_of_ages_is_told_not_filled(tmp_path: Path) -> None:
    text = "time,price\n1950-01-01T00:00Z,1\n1950-01-01T00:01Z,1\n1950-01-01T00:02Z,1\n2190-01-01T00:00Z,2\n"
    with pytest.raises(InputError, match="longer than is ever filled"):
        series_of(tmp_path, text, fill_gaps="previous", fill_at_most_hours=1e9)
