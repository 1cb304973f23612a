"""A date and the number of the hour that ends: 1 to 24, on both strange days too."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from optimizer.errors import InputError
from tests.market.farms import ZONE, series_of

AUTUMN, SPRING, PLAIN = "2026-11-01", "2026-03-08", "2026-02-16"


def table(day: str, hours: list[Any], header: str = "Date,HE,Price") -> str:
    return "\n".join([header, *(f"{day},{hour},{row}.5" for row, hour in enumerate(hours)), ""])


def whole_day(day: str) -> pd.DatetimeIndex:
    start = pd.Timestamp(day, tz=ZONE)
    stop = (pd.Timestamp(day) + pd.Timedelta(days=1)).tz_localize(ZONE)
    return pd.date_range(start, stop, freq="h", inclusive="left").tz_convert("UTC")


@pytest.mark.parametrize(
    ("day", "hours"),
    [
        (PLAIN, [*range(1, 25)]),
        ("02/16/2026", [f"{hour:02d}:00" for hour in range(1, 25)]),
        (PLAIN, [f"HE{hour:02d}" for hour in range(1, 25)]),
        (AUTUMN, [*range(1, 26)]),  # hours counted as they pass
        (AUTUMN, [1, 2, 2, *range(3, 25)]),  # the clock's hours, one of them twice
        (SPRING, [*range(1, 24)]),
        (SPRING, [1, 2, *range(4, 25)]),
    ],
)
def test_a_whole_day(tmp_path: Path, day: str, hours: list[Any]) -> None:
    series = series_of(tmp_path, table(day, hours))
    assert series.starts.equals(whole_day(str(pd.Timestamp(day).date())))
    assert series.values.tolist() == [row + 0.5 for row in range(len(hours))]
    assert set((series.ends - series.starts) / pd.Timedelta(hours=1)) == {1}


def test_the_repeated_hour_may_be_flagged_and_points_named(tmp_path: Path) -> None:
    header = "DeliveryDate,HourEnding,SettlementPoint,SettlementPointPrice,DSTFlag"
    rows = [f"11/01/2026,{hour:02d}:00,HB_WEST,{hour}.5,{flag}" for hour, flag in
            ((1, "N"), (2, "Y"), (2, "N"), (3, "N"))]  # fmt: skip
    others = [row.replace("HB_WEST", "HB_NORTH") for row in rows]
    text = "\n".join([header, *rows, *others, ""])
    series = series_of(tmp_path, text, location="HB_WEST", disorder="sort", date_order="month_first")
    assert series.starts.equals(whole_day(AUTUMN)[:4])
    with pytest.raises(InputError, match="several locations, HB_WEST, HB_NORTH"):
        series_of(tmp_path, text, date_order="month_first")


def test_days_without_a_midnight(tmp_path: Path) -> None:
    series = series_of(tmp_path, table("2026-04-24", [*range(2, 25)]), zone="Africa/Cairo")
    assert series.starts[0] == pd.Timestamp("2026-04-23T22:00Z")
    assert len(series) == 23


@pytest.mark.parametrize(
    ("day", "hours", "words"),
    [
        (PLAIN, [1, 25], r"prices.csv:3:12: HE: the day has 24 hours \(got '25'\)"),
        (PLAIN, [0, 1], r"prices.csv:2:12: HE: must be an hour that ends, 1 to 24 \(got '0'\)"),
        (PLAIN, [1, "noon"], r"prices.csv:3:12: HE: must be an hour that ends, 1 to 24 \(got 'noon'\)"),
        (PLAIN, [1, 1.5], r"prices.csv:3:12: HE: must be an hour"),
        (PLAIN, [1, ""], r"prices.csv:3:12: HE: the row has no time"),
        (AUTUMN, [1, 2, 3], "2026-11-01 01:00 comes twice"),
        (SPRING, [2, 3, 24], "2026-03-08 02:00 does not exist"),
        ("02/11/2026", [1, 2], r"date_order"),
    ],
)
def test_hours_that_no_day_has(tmp_path: Path, day: str, hours: list[Any], words: str) -> None:
    with pytest.raises(InputError, match=words):
        series_of(tmp_path, table(day, hours))


def test_a_date_with_a_time_of_day_is_a_time_already(tmp_path: Path) -> None:
    text = "Date,HE,Price\n2026-02-16 23:00,23,1\n2026-02-17 00:00,24,2\n2026-02-17 01:00,1,3\n"
    series = series_of(tmp_path, text, time_is="end", value_column="Price")
    assert series.starts.equals(whole_day(PLAIN)[-2:].append(whole_day("2026-02-17")[:1]))
    midnights = table(PLAIN + " 00:00:00", [1, 2])
    assert series_of(tmp_path, midnights).starts.equals(whole_day(PLAIN)[:2])


def test_a_column_of_whole_times_goes_first(tmp_path: Path) -> None:
    text = "interval_start,date,hour_ending,price\n2026-02-16T06:00Z,2026-02-16,9,1\n2026-02-16T07:00Z,2026-02-16,9,2\n"
    assert series_of(tmp_path, text, value_column="price").starts[0].hour == 6
