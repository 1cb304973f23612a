"""What a file says of itself counts: zones, units, currencies, places, kinds of rows; what it does not say is asked."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from optimizer.config.base import SeriesFile
from optimizer.config.files import fault_of_file
from optimizer.config.patterns import newest
from optimizer.errors import InputError
from optimizer.market.grid import Grid
from optimizer.market.series import read_series
from tests.market.farms import ZONE, series_of


@pytest.mark.parametrize(
    ("column", "first"),
    [
        ("interval_start_utc", "2026-02-16 00:00"),
        ("Time (GMT)", "2026-02-16 00:00"),
        ("start_ept", "2026-02-16 05:00"),
        ("Time (CET/CEST)", "2026-02-15 23:00"),
        ("Time [EST]", "2026-02-16 05:00"),
        ("time", "2026-02-16 06:00"),
    ],
)
def test_the_zone_in_a_columns_name(tmp_path: Path, column: str, first: str) -> None:
    text = f"{column},price\n2/16/2026 0:00,20\n2/16/2026 1:00,21\n"
    assert series_of(tmp_path, text).starts[0] == pd.Timestamp(first, tz="UTC")
    if column != "time":
        with pytest.raises(InputError, match=r"clock of .* by the name of the column .*remove `timezone: Asia/Tokyo`"):
            series_of(tmp_path, text, timezone="Asia/Tokyo")


def test_standard_time_has_no_summer(tmp_path: Path) -> None:
    text = "Time (EST),price\n2026-07-16 00:00,20\n2026-07-16 01:00,21\n"
    assert series_of(tmp_path, text).starts[0] == pd.Timestamp("2026-07-16T05:00Z")


@pytest.mark.parametrize(
    ("column", "keys", "words"),
    [
        (
            "Price (EUR/kWh)",
            {},
            "prices are in EUR/kWh, not in USD/MWh; beside the file say `currency: EUR, unit: per_kwh`, and at the top "
            "of the farm file, unless it is the farm's own, `exchange_rates: {EUR: ...}`",
        ),
        ("Price (EUR/kWh)", {"usd_per_unit": 1.15}, "prices are in EUR/kWh, not in USD/MWh; say `unit: per_kwh`"),
        ("c/kWh", {}, "say `unit: cents_per_kwh`"),
        ("price_per_kwh", {}, "say `unit: per_kwh`"),
        ("price_cad_per_mwh", {}, "prices are in CAD"),
        ("lmp_eur", {}, "prices are in EUR"),
        ("price ($/MWh)", {"unit": "cents_per_kwh"}, "prices are per MWh, but the farm file says"),
        ("temperature_f", {}, "is in Fahrenheit; say `unit: fahrenheit`"),
        ("temp (°C)", {"unit": "fahrenheit"}, "is in Celsius"),
    ],
)
def test_the_unit_in_a_columns_name(tmp_path: Path, column: str, keys: dict[str, Any], words: str) -> None:
    with pytest.raises(InputError, match=words):
        series_of(tmp_path, f"time,{column}\n2026-02-16T00:00Z,20\n2026-02-16T01:00Z,21\n", **keys)


@pytest.mark.parametrize(
    ("column", "keys", "first"),
    [
        ("Price (EUR/kWh)", {"usd_per_unit": 1.5, "unit": "per_kwh"}, 30_000),
        ("c/kWh", {"unit": "cents_per_kwh"}, 200),
        ("price_per_kwh", {"unit": "as_is"}, 20),
        ("LBMP ($/MWHr)", {}, 20),
        ("temperature_f", {"unit": "fahrenheit"}, -20 / 3),
        ("load_kwh", {}, 20),
    ],
)
def test_units_that_are_settled(tmp_path: Path, column: str, keys: dict[str, Any], first: float) -> None:
    text = f"time,{column}\n2026-02-16T00:00Z,20\n2026-02-16T01:00Z,21\n"
    assert series_of(tmp_path, text, **keys).values[0] == pytest.approx(first)


TWO = "time,{column},price\n" + "".join(
    f"2026-02-16T0{hour}:00Z,{kind},{price}\n" for hour in (0, 1, 2) for kind, price in (("x", 40), ("y", 90))
)


@pytest.mark.parametrize("column", ["Sequence", "Auction Run", "Zone", "Area", "Component", "priority_type"])
@pytest.mark.parametrize("keys", [{}, {"duplicates": "last"}, {"duplicates": "mean", "disorder": "sort"}])
def test_several_series_in_a_table_are_never_merged(tmp_path: Path, column: str, keys: dict[str, Any]) -> None:
    text = TWO.format(column=column)
    with pytest.raises(InputError, match=r"holds several .*x, y"):
        series_of(tmp_path, text, **keys)
    assert series_of(tmp_path, text, rows={column: "y"}, **keys).values.tolist() == [90, 90, 90]


@pytest.mark.parametrize(
    ("keys", "words"),
    [
        ({"location": "HB_WEST", "value_column": "price"}, "`location` does nothing beside `value_column`"),
        ({"market": "DAM"}, "`market: DAM` does nothing; remove it"),
        ({"rows": {"Sequence": "1"}}, r"has no column 'Sequence' \(rows\)"),
    ],
)
def test_a_key_that_does_nothing_is_an_error(tmp_path: Path, keys: dict[str, Any], words: str) -> None:
    with pytest.raises(InputError, match=words):
        series_of(tmp_path, "time,price\n2026-02-16T00:00Z,20\n2026-02-16T01:00Z,21\n", **keys)


@pytest.mark.parametrize(
    ("text", "keys", "starts"),
    [
        ("Date,Time,Price\n2026-02-16,00:00,1\n2026-02-16,01:00,2\n", {}, ["06:00", "07:00"]),
        ("Date,Time,Price\n2026-02-16,12:00 AM,1\n2026-02-16,1:00 AM,2\n", {}, ["06:00", "07:00"]),
        ("Date,Interval,Price\n2026-02-16,00:00 - 01:00,1\n2026-02-16,01:00 - 02:00,2\n", {}, ["06:00", "07:00"]),
        ("Date,Hour,Price\n2026-02-16,0,1\n2026-02-16,1,2\n", {}, ["06:00", "07:00"]),
        ("Date,Hour,Price\n2026-02-16,23,1\n2026-02-16,24,2\n", {}, ["04:00", "05:00"]),
        ("Date,Hour,Price\n2026-02-16,1,1\n2026-02-16,2,2\n", {"time_is": "end"}, ["06:00", "07:00"]),
        ("Date,Hour,Price\n2026-02-16,1,1\n2026-02-16,2,2\n", {"time_is": "start"}, ["07:00", "08:00"]),
        ("Date,Hour Beginning,Price\n2026-02-16,1,1\n2026-02-16,2,2\n", {}, ["07:00", "08:00"]),
        ("Year,Month,Day,Hour,Price\n2026,2,16,0,1\n2026,2,16,1,2\n", {}, ["06:00", "07:00"]),
        ("Date & Hour (HE),Price\n02/16/2026 01,1\n02/16/2026 02,2\n", {}, ["06:00", "07:00"]),
    ],
)
def test_a_date_with_something_else_in_another_column(
    tmp_path: Path, text: str, keys: dict[str, Any], starts: list[str]
) -> None:
    assert series_of(tmp_path, text, **keys).starts.strftime("%H:%M").tolist() == starts


@pytest.mark.parametrize("label", ["HE {}", "HE{:02d}", "Hour {}", "{}", "{:02d}:00"])
def test_hours_side_by_side(tmp_path: Path, label: str) -> None:
    head = ",".join(["Market Day", *(label.format(hour) for hour in range(1, 26))])
    days = [f"2026-10-31,{','.join(map(str, range(1, 25)))},", f"2026-11-01,{','.join(map(str, range(1, 26)))}"]
    series = series_of(tmp_path, "\n".join([head, *days, ""]))
    assert series.starts[0] == pd.Timestamp("2026-10-31T05:00Z")
    assert series.values.tolist() == [*range(1, 25), *range(1, 26)]


@pytest.mark.parametrize("keys", [{}, {"duplicates": "last"}, {"duplicates": "mean", "fill_gaps": "previous"}])
def test_dates_that_come_again_are_no_prices_of_a_day(tmp_path: Path, keys: dict[str, Any]) -> None:
    text = "Date,Block,Price\n2026-02-16,1,40\n2026-02-16,2,90\n2026-02-17,1,40\n"
    with pytest.raises(InputError, match="rows of one date come again, and nothing says which hours they are of"):
        series_of(tmp_path, text, value_column="Price", **keys)


def test_hours_that_may_begin_or_end_are_asked_for(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="may begin or end; say `time_is: start` or `time_is: end`"):
        series_of(tmp_path, "Date,Hour,Price\n2026-02-16,1,1\n2026-02-16,2,2\n")


def test_a_series_in_many_files(tmp_path: Path) -> None:
    """Each start is that of the last file by name; only files that may matter are read."""
    for day, price in ((11, 20), (12, 30), (13, 40)):
        rows = [f"2026-02-{day}T{hour:02d}:00-06:00,{price}" for hour in range(24)]
        (tmp_path / f"dam_202602{day}.csv").write_text("\n".join(["time,price", *rows, ""]))
    late = "time,price\n2026-02-12T05:00-06:00,99\n2026-02-12T06:00-06:00,99\n"
    (tmp_path / "dam_20260212_late.csv").write_text(late)
    (tmp_path / "dam_20260101.csv").write_text("broken")
    grid = Grid(pd.date_range("2026-02-12T20:00Z", periods=28, freq="h").as_unit("us"), np.ones(28), ZONE)
    spec = SeriesFile(file="dam_*.csv")
    assert read_series(tmp_path / "dam_*.csv", spec, ZONE, within=grid).values[-1] == 40  # the broken file is not read
    whole = read_series(tmp_path / "dam_2026021*.csv", spec, ZONE)
    at = dict(zip(whole.starts.strftime("%d %H"), whole.values.tolist(), strict=True))
    assert (len(whole), at["12 10"], at["12 11"], at["12 12"], at["12 13"]) == (72, 30, 99, 99, 30)
    (tmp_path / "dam_20260213.csv").write_text("time,price\n2026-02-13T00:00-06:00,calm\n2026-02-13T01:00-06:00,1\n")
    with pytest.raises(InputError, match=r"dam_20260213\.csv:2:24: price: is not a number"):
        read_series(tmp_path / "dam_*.csv", spec, ZONE)
    with pytest.raises(InputError, match="no file fits this pattern"):
        read_series(tmp_path / "rt_*.csv", SeriesFile(file="rt_*.csv"), ZONE)
    assert (fault_of_file(tmp_path / "dam_*.csv"), newest(tmp_path / "dam_*.csv").name) == (None, "dam_20260213.csv")
    assert fault_of_file(tmp_path / "rt_*.csv") == "no file fits this pattern"
