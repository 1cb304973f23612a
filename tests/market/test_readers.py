"""Each layout, in small files written here after the publishers' column names; real files are elsewhere."""

from __future__ import annotations

import gzip
import re
import sys
from pathlib import Path
from typing import Any

import pytest

from optimizer.errors import InputError
from tests.market.farms import ZONE, series_of

FIVE = "REAL_TIME_5_MIN"
OLD = """Time,Market,Location,Location Type,LMP,Energy
2026-02-11 00:00:00-06:00,REAL_TIME_5_MIN,HB_WEST,Hub,20.5,1
2026-02-11 00:00:00-06:00,REAL_TIME_5_MIN,HB_NORTH,Hub,30.5,1
2026-02-11 00:05:00-06:00,REAL_TIME_5_MIN,HB_WEST,Hub,21.5,2
2026-02-11 00:05:00-06:00,REAL_TIME_5_MIN,HB_NORTH,Hub,31.5,2
2026-02-11 00:00:00-06:00,DAY_AHEAD_HOURLY,HB_WEST,Hub,40.5,3
"""
NEW = """Time,Interval Start,Interval End,Location,Location Type,Market,SPP
2026-11-01 01:00:00-05:00,2026-11-01 01:00:00-05:00,2026-11-01 01:00:00-06:00,HB_WEST,Hub,DAY_AHEAD,50.55
2026-11-01 01:00:00-06:00,2026-11-01 01:00:00-06:00,2026-11-01 02:00:00-06:00,HB_WEST,Hub,DAY_AHEAD,53.35
"""
HOSTED = """interval_start_utc,interval_end_utc,market,location,location_type,spp
2026-02-11 06:00:00+00:00,2026-02-11 06:15:00+00:00,REAL_TIME_15_MIN,HB_WEST,Trading Hub,-4.25
2026-02-11 06:15:00+00:00,2026-02-11 06:30:00+00:00,REAL_TIME_15_MIN,HB_WEST,Trading Hub,1985.0
"""
HOSTED_LOCAL = HOSTED.replace("_utc", "_local").replace(" 06:", " 00:").replace("+00:00", "-06:00")
EIA = """ERCOT Hourly Day-Ahead Locational Marginal Prices ($/megawatt) for Hubs
Hourly prices, for a test
Source: invented
UTC Timestamp (Interval Ending),Local Timestamp Central Time (Interval Beginning),\
Local Timestamp Central Time (Interval Ending),Local Date,Hour Number,Hub average LMP,West LMP
2026-02-11 07:00:00,2026-02-11 00:00:00,2026-02-11 01:00:00,2026-02-11,1,18.26,18.21
2026-02-11 08:00:00,2026-02-11 01:00:00,2026-02-11 02:00:00,2026-02-11,2,17.63,17.59
"""
WIDE = """interval_start_utc,interval_start_local,HB_NORTH,HB_WEST
2026-02-11T06:00:00Z,2026-02-11T00:00:00-06:00,12.5,13.5
2026-02-11T07:00:00Z,2026-02-11T01:00:00-06:00,14.5,15.5
"""


@pytest.mark.parametrize(
    ("text", "keys", "first", "hours", "values"),
    [
        (OLD, {"location": "HB_WEST", "market": "REAL_TIME_5_MIN"}, "06:00", 1 / 12, [20.5, 21.5]),
        (OLD, {"location": "hb_west", "market": "day_ahead_hourly"}, "06:00", 1, [40.5]),
        (OLD, {"location": "HB_NORTH", "market": FIVE, "value_column": "Energy"}, "06:00", 1 / 12, [1, 2]),
        (NEW, {}, "06:00", 1, [50.55, 53.35]),
        (HOSTED, {}, "06:00", 0.25, [-4.25, 1985.0]),
        (HOSTED_LOCAL, {}, "06:00", 0.25, [-4.25, 1985.0]),
        (EIA, {"location": "West"}, "06:00", 1, [18.21, 17.59]),
        (EIA, {"location": "West LMP"}, "06:00", 1, [18.21, 17.59]),
        (EIA, {"location": "Hub average"}, "06:00", 1, [18.26, 17.63]),
        (WIDE, {"location": "HB_WEST"}, "06:00", 1, [13.5, 15.5]),
        (WIDE, {"time_column": "interval_start_utc", "value_column": "HB_NORTH"}, "06:00", 1, [12.5, 14.5]),
        (WIDE, {"time_column": "interval_start_local", "value_column": "HB_NORTH"}, "06:00", 1, [12.5, 14.5]),
        (WIDE.replace(",", ";").replace(".5", ",5"), {"location": "HB_WEST"}, "06:00", 1, [13.5, 15.5]),
        (WIDE.replace(",", "\t"), {"location": "HB_WEST"}, "06:00", 1, [13.5, 15.5]),
        ("\ufeff" + WIDE, {"location": "HB_WEST"}, "06:00", 1, [13.5, 15.5]),
        (WIDE.replace("\n", "\r\n"), {"location": "HB_WEST"}, "06:00", 1, [13.5, 15.5]),
        (gzip.compress(WIDE.encode(), mtime=0), {"location": "HB_WEST"}, "06:00", 1, [13.5, 15.5]),
    ],
)  # fmt: skip
def test_layouts_are_read(
    tmp_path: Path, text: str | bytes, keys: dict[str, Any], first: str, hours: float, values: list[float]
) -> None:
    series = series_of(tmp_path, text, **keys)
    assert series.starts[0].strftime("%H:%M") == first
    assert (series.ends[0] - series.starts[0]).total_seconds() == pytest.approx(hours * 3600)
    assert series.values.tolist() == values


@pytest.mark.parametrize(
    ("text", "keys", "words"),
    [
        (OLD, {}, "several markets, REAL_TIME_5_MIN, DAY_AHEAD_HOURLY"),
        (OLD, {"market": "REAL_TIME_5_MIN"}, "several locations, HB_WEST, HB_NORTH"),
        (OLD, {"market": "REAL_TIME_15_MIN"}, "no market 'REAL_TIME_15_MIN'; it holds REAL_TIME_5_MIN"),
        (OLD, {"market": FIVE, "location": "HB_EAST"}, "no location 'HB_EAST'; it holds HB_WEST, HB_NORTH"),
        (HOSTED, {"value_column": "Loss"}, "no column 'Loss'"),
        (EIA, {}, "x.csv:4:1: has several columns of numbers, .*Hub average LMP, West LMP"),
        (EIA, {"location": "East"}, "no column for the location 'East'"),
        (WIDE, {}, "several columns of numbers, HB_NORTH, HB_WEST"),
        (WIDE, {"location": "HB_EAST"}, "no column for the location 'HB_EAST'"),
        (WIDE, {"value_column": "HB_EAST"}, "has no column 'HB_EAST'"),
        (WIDE, {"time_column": "when", "value_column": "HB_WEST"}, "has no column 'when'"),
        ("a,b,x\n2026-01-01T00:00Z,2026-01-01T01:00Z,1\n", {}, "several columns of times"),
        ("time,word\n2026-01-01T00:00Z,calm\n", {}, "no column of numbers"),
    ],
)  # fmt: skip
def test_what_cannot_be_told_lists_what_is_there(tmp_path: Path, text: str, keys: dict[str, Any], words: str) -> None:
    with pytest.raises(InputError, match=words):
        series_of(tmp_path, text, name="x.csv", **keys)


@pytest.mark.parametrize(
    ("currency", "unit", "keys", "words"),
    [
        ("EUR", "EUR/MWh", {}, "x.csv:1:1: prices are in EUR, not in USD; beside the file say `currency: EUR`"),
        ("USD", "USD/kWh", {}, "prices are in USD/kWh, not in USD/MWh; say `unit: per_kwh`"),
        ("", "c/kWh", {}, "prices are in C/kWh, not in USD/MWh; say `unit: cents_per_kwh`"),
        ("USD", "USD/MWh", {}, ""),
        ("", "$/MWh", {}, ""),
        ("", "degrees", {}, ""),
        ("EUR", "EUR/MWh", {"usd_per_unit": 1.1}, ""),
        ("", "c/kWh", {"unit": "cents_per_kwh"}, ""),
    ],
)
def test_a_table_that_says_another_currency_or_unit_is_not_believed(
    tmp_path: Path, currency: str, unit: str, keys: dict[str, Any], words: str
) -> None:
    rows = [f"2026-01-01T0{hour}:00Z,{hour},{currency},{unit}" for hour in range(3)]
    text = "\n".join(["time,price,currency,unit", *rows, ""])
    if words:
        with pytest.raises(InputError, match=re.escape(words)):
            series_of(tmp_path, text, name="x.csv", **keys)
    else:
        assert len(series_of(tmp_path, text, name="x.csv", **keys)) == 3


def test_a_table_in_two_currencies_is_refused_with_any_rate(tmp_path: Path) -> None:
    text = "time,price,currency\n2026-01-01T00:00Z,1,EUR\n2026-01-01T01:00Z,2,USD\n"
    with pytest.raises(InputError, match="several currencies, EUR, USD"):
        series_of(tmp_path, text, usd_per_unit=1.1)


def test_units_and_exchange_rate(tmp_path: Path) -> None:
    text = "time,x\n2026-01-01T00:00Z,14\n2026-01-01T01:00Z,212\n"
    assert series_of(tmp_path, text, unit="fahrenheit").values.tolist() == [-10, 100]
    assert series_of(tmp_path, text, unit="cents_per_kwh").values.tolist() == [140, 2120]
    assert series_of(tmp_path, text, usd_per_unit=1.5).values.tolist() == [21, 318]


def test_bad_cells_are_listed_with_their_lines_blank_lines_counted(tmp_path: Path) -> None:
    rows = ["", "time,price", "", "2026-01-01T00:00Z,1", "2026-01-01T01:00Z,calm", "2026-01-01T02:00Z,3"]
    text = "\n".join([*rows, "2026-01-01T03:00Z,1.2.3", ""])
    with pytest.raises(InputError) as caught:
        series_of(tmp_path, text)
    assert [(fault.line, fault.message) for fault in caught.value.faults] == [
        (5, "price: is not a number (got 'calm')"),
        (7, "price: is not a number (got '1.2.3')"),
    ]


def test_parquet_when_pyarrow_is_there(tmp_path: Path) -> None:
    pytest.importorskip("pyarrow", reason="pyarrow is not installed: curtail[parquet]")
    import pandas as pd

    starts = pd.date_range("2026-11-01", periods=3, freq="h", tz=ZONE)
    frame = pd.DataFrame(
        {
            "Interval Start": starts,
            "Interval End": starts + pd.Timedelta(hours=1),
            "Market": "DAY_AHEAD_HOURLY",
            "Location": ["HB_WEST", "HB_WEST", "HB_WEST"],
            "SPP": [60.89, 50.55, 53.35],
        }
    )
    frame.to_parquet(tmp_path / "p.parquet")
    series = series_of(tmp_path, (tmp_path / "p.parquet").read_bytes(), name="q.parquet")
    assert series.values.tolist() == [60.89, 50.55, 53.35]
    assert list(series.starts.strftime("%H:%M")) == ["05:00", "06:00", "07:00"]
    with pytest.raises(InputError, match="broken Parquet"):
        series_of(tmp_path, b"PAR1 and nothing more", name="r.parquet")


def test_parquet_without_pyarrow_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(InputError, match=r"pip install 'curtail\[parquet\]'"):
        series_of(tmp_path, b"PAR1....PAR1")
