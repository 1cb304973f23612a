"""The publishers' own files, where CURTAIL_REAL_DATA names the folder that holds them."""

from __future__ import annotations

import os
from datetime import datetime
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from optimizer.config.base import SeriesFile
from optimizer.errors import InputError
from optimizer.market.grid import grid_of
from optimizer.market.inputs import read_market
from optimizer.market.series import TimeSeries, read_series
from tests.market.farms import ZONE, farm

FOLDER = os.environ.get("CURTAIL_REAL_DATA")
pytestmark = pytest.mark.skipif(not FOLDER, reason="CURTAIL_REAL_DATA names no folder of real files")
REAL = Path(FOLDER or ".")
REAL_TIME = "ercot/real_time_15min_2020_2021_2023.csv.gz"
GRIDSTATUS = "formats/gridstatus"
WORKBOOK = "formats/ercot/rpt.00013060.DAMLZHBSPP_2025_partial.xlsx"
EIA = "formats/eia/ercot_lmp_da_hr_hubs_2021.csv"


def real(name: str, **keys: Any) -> TimeSeries:
    return read_series(REAL / name, SeriesFile.model_validate({"file": name} | keys), ZONE, file=name)


def prices(file: str, start: str, hours: float, **keys: Any) -> pd.Series:
    """The energy price of a farm that reads this file, hour by hour on the farm's clock."""
    one = farm(energy={"price_usd_per_mwh": {"file": file} | keys}, horizon={"intervals": ({"minutes": 15},)})
    grid = grid_of(one, datetime.fromisoformat(start), hours)
    return pd.Series(read_market(one, REAL, grid).energy_price_usd_per_mwh, grid.local_starts)


def test_31_july_2023_peaks_at_18_45() -> None:
    day = prices(REAL_TIME, "2023-07-31", 24, location="HB_WEST")
    assert day.max() == 3341.75
    assert day.idxmax() == pd.Timestamp("2023-07-31 18:45", tz=ZONE)


def test_the_days_of_uri() -> None:
    storm = prices(REAL_TIME, "2021-02-16", 72, time_column="interval_start_utc", value_column="HB_WEST")
    means = storm.groupby(storm.index.normalize()).mean()
    assert means.round().tolist() == [8999, 9025, 9003]
    bundle = prices("ercot/uri_bundle_15min_2021-02-07_2021-02-22.csv", "2021-02-16", 72, value_column="rt_HB_WEST")
    assert (bundle == storm).all()


@pytest.mark.parametrize(("year", "missing"), [(2020, 7), (2021, 45), (2023, 0)])
def test_known_gaps_are_listed(year: int, missing: int) -> None:
    one = farm(horizon={"intervals": ({"minutes": 60},)})
    hours = (datetime(year + 1, 1, 1) - datetime(year, 1, 1)).days * 24
    grid = grid_of(one, datetime(year, 1, 1), hours)
    spec = SeriesFile(file=REAL_TIME, location="HB_WEST", fill_gaps="linear", fill_at_most_hours=3)
    filled = read_series(REAL / REAL_TIME, spec, ZONE, within=grid)
    assert sum(fill.count for fill in filled.fills) == missing
    if missing:
        with pytest.raises(InputError) as caught:
            read_series(REAL / REAL_TIME, spec.model_copy(update={"fill_gaps": "no"}), ZONE, within=grid)
        assert "gap of" in str(caught.value)
        assert all(fault.line > 1 for fault in caught.value.faults)


def test_both_strange_days_of_2025_in_gridstatus_and_in_the_workbook() -> None:
    saved = f"{GRIDSTATUS}/gridstatus_0.37.0_ercot_dam_spp_dst_days_HB_WEST.csv"
    one = farm()
    for day, hours in ((datetime(2025, 3, 9), 23), (datetime(2025, 11, 2), 25)):
        grid = grid_of(one, day, hours)
        assert grid.days == (day.date().isoformat(),)
        by_file = [
            read_series(REAL / name, SeriesFile(file=name, location="HB_WEST"), ZONE, within=grid)
            for name in (saved, WORKBOOK)
        ]
        in_day = [pd.Series(one.values, one.starts).reindex(grid.starts) for one in by_file]
        assert len(grid) == hours
        assert [((one.starts >= grid.starts[0]) & (one.starts < grid.end)).sum() for one in by_file] == [hours] * 2
        assert (in_day[0] == in_day[1]).all()


def test_the_workbook_is_whole_and_hour_24_ends_the_day() -> None:
    series = real(WORKBOOK, location="HB_WEST")
    assert series.covers == (pd.Timestamp("2025-01-01 06:00Z"), pd.Timestamp("2025-12-14 06:00Z"))
    assert len(series) == 347 * 24  # the 23-hour and the 25-hour day make up for each other
    with pytest.raises(InputError, match="several locations, HB_BUSAVG, HB_HOUSTON"):
        real(WORKBOOK)


def test_eia_agrees_with_ercot_where_both_have_the_hour() -> None:
    keys: dict[str, Any] = {"fill_gaps": "previous", "fill_at_most_hours": 1e6}
    eia = real(EIA, location="West", **keys)
    ercot = real("ercot/day_ahead_hourly_2019_2020_2021_2023.csv.gz", location="HB_WEST", **keys)
    both = pd.concat([pd.Series(s.values, s.starts) for s in (eia, ercot)], axis=1, join="inner")
    assert len(both) == 365 * 24
    assert (both[0] == both[1]).mean() > 0.98
    with pytest.raises(InputError, match="gap of 24 intervals, 2021-01-22 00:00-06:00"):
        real(EIA, location="West")


def test_eia_quarter_hours() -> None:
    series = real("formats/eia/ercot_lmp_rt_15min_hubs_2021Q1.head.csv", location="West LMP", fill_gaps="previous")
    assert series.starts[0] == pd.Timestamp("2021-01-01 00:00", tz=ZONE)
    assert series.values[:3].tolist() == [15.12, 15.2, 15.19]


@pytest.mark.parametrize(
    ("file", "keys", "count", "minutes", "first"),
    [
        ("ercot_Ancillary_Services_0.csv", {"value_column": "Regulation Up"}, 5, 60, 3.19),
        ("ercot_Settlement_Point_Prices_0.csv", {"location": "LZ_WEST"}, 1, 15, 26.35),
        ("pjm_PJM_LMP_Data_1.csv", {"location": "WESTERN HUB"}, 1, 60, 94.530357),
        ("pjm_PJM_LMP_Data_1.csv", {"location": "51288"}, 1, 60, 94.530357),
        ("spp_LMP_Data_2.csv", {"location": "BLKW"}, 1, 5, -23.2882),
    ],
)
def test_other_gridstatus_files(file: str, keys: dict[str, Any], count: int, minutes: int, first: float) -> None:
    series = real(f"{GRIDSTATUS}/{file}", **keys)
    assert len(series) == count
    assert (series.ends[0] - series.starts[0]).total_seconds() == minutes * 60
    assert series.values[0] == first


def test_entsoe_documents() -> None:
    hourly = real("formats/entsoe/day-ahead-prices-1.xml", usd_per_unit=1.0)
    assert len(hourly) == 48
    assert hourly.values[:3].tolist() == [9.88, 9.57, 9.01]
    mixed = real("formats/entsoe/day-ahead-prices-8-NO2-PT15M-PT60M.xml", usd_per_unit=1.0)
    assert ((mixed.ends - mixed.starts).total_seconds() / 60).tolist() == [15] * 96 + [60] * 24
    assert mixed.values[:8].tolist() == [49.92] * 4 + [49.97] * 4  # three positions left out after each


def test_weather_and_bitcoin() -> None:
    keys: dict[str, Any] = {"fill_gaps": "linear", "fill_at_most_hours": 1e6}
    dallas = real("weather/dfw_iah_hourly_2020_2021_2023.csv.gz", value_column="dfw_temp_f", unit="fahrenheit", **keys)
    cold = pd.Series(dallas.values, dallas.starts)["2021-02-16"].min()
    assert cold == pytest.approx(-18.3, abs=1)
    bitcoin = "bitcoin/btc_mining_economics_daily_compiled_2019_2026.csv"
    assert len(real(bitcoin, value_column="price_usd")) == 2713
    retargets = real(
        "bitcoin/btc_difficulty_adjustments_2009_2025.csv", value_column="difficulty", holds_until_next=True
    )
    assert (retargets.starts[1:] == retargets.ends[:-1]).all()
