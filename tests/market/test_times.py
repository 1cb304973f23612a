"""Times in files: offsets, zones, the skipped and the repeated hour, odd spellings."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from optimizer.errors import InputError
from tests.market.farms import ZONE, series_of

AUTUMN = "2026-11-01"  # 01:00 to 02:00 comes twice
SPRING = "2026-03-08"  # 02:00 to 03:00 does not come


def csv(times: list[str], column: str = "time") -> str:
    return "\n".join([f"{column},price", *(f"{time},{row}.5" for row, time in enumerate(times))]) + "\n"


def utc_hours(text: str, folder: Path, **keys: object) -> list[str]:
    series = series_of(folder, text, **keys)
    assert (series.starts[1:] == series.ends[:-1]).all()
    return list(series.starts.strftime("%d %H:%M"))


def quarter_labels(day: str, hours: list[int]) -> list[str]:
    return [f"{day} {hour:02d}:{minute:02d}" for hour in hours for minute in (0, 15, 30, 45)]


def test_the_repeated_hour_is_told_by_order(tmp_path: Path) -> None:
    labels = [f"{AUTUMN} {hour:02d}:00" for hour in (0, 1, 1, 2)]
    assert utc_hours(csv(labels), tmp_path) == ["01 05:00", "01 06:00", "01 07:00", "01 08:00"]


def test_quarter_hours_repeated_as_a_block_or_pair_by_pair(tmp_path: Path) -> None:
    block = quarter_labels(AUTUMN, [0, 1, 1, 2])
    in_pairs = sorted(block)
    expected = [f"01 {hour:02d}:{minute:02d}" for hour in (5, 6, 7, 8) for minute in (0, 15, 30, 45)]
    assert utc_hours(csv(block), tmp_path) == expected
    assert utc_hours(csv(in_pairs), tmp_path, disorder="sort") == expected


def test_newest_first_is_told_apart_too(tmp_path: Path) -> None:
    labels = [f"{AUTUMN} {hour:02d}:00" for hour in (3, 2, 1, 1, 0)]
    series = series_of(tmp_path, csv(labels), disorder="sort")
    assert series.values.tolist() == [4.5, 3.5, 2.5, 1.5, 0.5]


def test_a_part_of_the_repeated_hour_with_the_clock_seen_going_back(tmp_path: Path) -> None:
    labels = [f"{AUTUMN} {t}" for t in ("01:30", "01:45", "01:00", "01:15", "01:30", "01:45", "02:00")]
    assert utc_hours(csv(labels), tmp_path)[0] == "01 06:30"


def test_one_hour_where_two_belong_cannot_be_told(tmp_path: Path) -> None:
    labels = [f"{AUTUMN} {hour:02d}:00" for hour in (0, 1, 2)]
    with pytest.raises(InputError, match=r"prices.csv:3:1: 2026-11-01 01:00 comes twice.*with an offset"):
        series_of(tmp_path, csv(labels))


def test_the_skipped_hour_is_whole_without_it_and_an_error_with_it(tmp_path: Path) -> None:
    assert utc_hours(csv([f"{SPRING} {h:02d}:00" for h in (0, 1, 3, 4)]), tmp_path) == [
        "08 06:00", "08 07:00", "08 08:00", "08 09:00",
    ]  # fmt: skip
    with pytest.raises(InputError, match=r"prices.csv:4:1: 2026-03-08 02:00 does not exist"):
        series_of(tmp_path, csv([f"{SPRING} {h:02d}:00" for h in (0, 1, 2, 3)]))


@pytest.mark.parametrize(
    ("labels", "first", "count"),
    [
        ([f"{AUTUMN} {h:02d}:00" for h in (1, 2, 2, 3)], "01 05:00", 4),  # hour-ending labels
        ([f"{AUTUMN} {h:02d}:00" for h in (1, 1, 2, 3)], "01 05:00", 4),  # the clock at the end
        ([f"{SPRING} {h:02d}:00" for h in (1, 2, 4, 5)], "08 06:00", 4),
        ([f"{SPRING} {h:02d}:00" for h in (1, 3, 4, 5)], "08 06:00", 4),
    ],
)
def test_ends_of_hours_on_strange_days(tmp_path: Path, labels: list[str], first: str, count: int) -> None:
    times = utc_hours(csv(labels), tmp_path, time_is="end")
    assert times[0] == first
    assert len(times) == count


def test_24_00_ends_a_day(tmp_path: Path) -> None:
    labels = ["2026-02-11 23:00", "2026-02-11 24:00", "2026-02-12 01:00"]
    assert utc_hours(csv(labels), tmp_path, time_is="end") == ["12 04:00", "12 05:00", "12 06:00"]


def test_a_column_named_interval_ending_needs_no_telling(tmp_path: Path) -> None:
    text = csv(["2026-02-11T01:00Z", "2026-02-11T02:00Z"], "Interval Ending")
    assert utc_hours(text, tmp_path) == ["11 00:00", "11 01:00"]


def test_offsets_win_over_any_zone(tmp_path: Path) -> None:
    text = csv([f"{AUTUMN}T01:00:00-05:00", f"{AUTUMN}T01:00:00-06:00", f"{AUTUMN}T02:00:00-06:00"])
    assert utc_hours(text, tmp_path, timezone="Europe/Oslo") == ["01 06:00", "01 07:00", "01 08:00"]


def test_naive_times_are_on_the_zone_the_farm_file_says(tmp_path: Path) -> None:
    text = csv(["2026-02-11 00:00", "2026-02-11 01:00"])
    assert utc_hours(text, tmp_path, timezone="Europe/Oslo") == ["10 23:00", "11 00:00"]
    assert utc_hours(text, tmp_path) == ["11 06:00", "11 07:00"]


@pytest.mark.parametrize(
    "labels",
    [
        ["02/16/2026 00:00", "02/16/2026 01:00"],
        ["2/16/2026 12:00:00 AM", "2/16/2026 1:00:00 AM"],
        ["16/02/2026 00:00", "16/02/2026 01:00"],
        ["16.02.2026 00:00", "16.02.2026 01:00"],
        ["2026-02-16T00:00:00.000", "2026-02-16T01:00:00.000"],
    ],
)
def test_other_spellings(tmp_path: Path, labels: list[str]) -> None:
    assert utc_hours(csv(labels), tmp_path) == ["16 06:00", "16 07:00"]


@pytest.mark.parametrize("named", [True, False])
@pytest.mark.parametrize("keys", [{}, {"decimal": "comma"}])
def test_unix_seconds_and_milliseconds(tmp_path: Path, named: bool, keys: dict[str, str]) -> None:
    begin = int(pd.Timestamp("2026-02-16T06:00Z").timestamp())
    named_columns = {"time_column": "time", "value_column": "price"} if named else {}
    for factor in (1, 1000):
        text = csv([str(begin * factor), str((begin + 3600) * factor)]).replace(".5", "")
        assert utc_hours(text, tmp_path, **named_columns, **keys) == ["16 06:00", "16 07:00"]


def test_a_column_of_large_numbers_beside_times_is_no_time(tmp_path: Path) -> None:
    text = "time,network_hashrate\n2026-02-16T06:00Z,1000000000\n2026-02-16T07:00Z,1000000001\n"
    assert series_of(tmp_path, text).values.tolist() == [1e9, 1e9 + 1]


SLASHES = ["02/11/2026 06:00", "02/11/2026 07:00"]


@pytest.mark.parametrize(
    ("order", "labels", "first"),
    [
        ("month_first", SLASHES, "2026-02-11T12:00Z"),
        ("day_first", SLASHES, "2026-11-02T12:00Z"),
        ("month_first", ["2/11/2026 6:00:00 AM", "2/11/2026 7:00:00 AM"], "2026-02-11T12:00Z"),
        ("day_first", ["2026-02-11 06:00", "2026-02-11 07:00"], "2026-02-11T12:00Z"),
    ],
)
def test_the_order_of_a_date_as_told(tmp_path: Path, order: str, labels: list[str], first: str) -> None:
    assert series_of(tmp_path, csv(labels), date_order=order).starts[0] == pd.Timestamp(first)


def test_the_order_of_a_date_is_asked_for_or_contradicted(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"say `date_order: month_first` or `date_order: day_first` in the farm file"):
        series_of(tmp_path, csv(SLASHES))
    with pytest.raises(InputError, match="is not a time"):
        series_of(tmp_path, csv(["16/02/2026 06:00"]), date_order="month_first", time_column="time")


@pytest.mark.parametrize(
    ("zone", "first", "hours"),
    [
        ("Africa/Cairo", "2026-04-22", [24, 24, 23, 24]),  # the 24th begins at 01:00
        ("America/Havana", "2026-03-06", [24, 24, 23, 24]),
        ("America/Havana", "2026-10-30", [24, 24, 25, 24]),  # midnight of 1 November comes twice
    ],
)
def test_daily_rows_where_a_midnight_is_missing_or_comes_twice(
    tmp_path: Path, zone: str, first: str, hours: list[int]
) -> None:
    days = pd.date_range(first, periods=4).strftime("%Y-%m-%d")
    series = series_of(tmp_path, csv(list(days)), zone=zone)
    assert ((series.ends - series.starts) / pd.Timedelta(hours=1)).tolist() == hours
    assert list(series.starts.tz_convert(zone).strftime("%Y-%m-%d")) == list(days)


@pytest.mark.parametrize(
    ("labels", "words"),
    [
        (["02/03/2026 00:00", "02/03/2026 01:00"], "month/day and as day/month"),
        (["2026-02-16 00:00", "2026-02-16T01:00Z"], "has no offset but other times do"),
        (["2026-02-16T00:00+00:0", "2026-02-16T01:00+00:0"], "is not a time"),
        (["2026-02-16T00:00Z", "2026-02-30T01:00Z"], r"prices.csv:3:1: is not a time .*2026-02-30T01:00Z"),
        (["2026-02-16 00:00", "yesterday"], r"prices.csv:3:1: is not a time .*yesterday"),
        (["9999-12-31T23:00Z", "9999-12-31T23:30Z"], "the year 9999 cannot be meant"),
        (["0001-01-01 00:00", "0001-01-01 01:00"], "the year 1 cannot be meant"),
    ],
)
def test_times_that_cannot_be_read_say_so(tmp_path: Path, labels: list[str], words: str) -> None:
    with pytest.raises(InputError, match=words):
        series_of(tmp_path, csv(labels), time_column="time")


def test_a_row_without_a_time(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"prices\.csv:3:1: time: the row has no time"):
        series_of(tmp_path, "time,price\n2026-02-16T00:00Z,1\n,2\n2026-02-16T02:00Z,3\n")


def test_an_unknown_zone(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="Mars/Base"):
        series_of(tmp_path, csv(["2026-02-11 00:00"]), zone="Mars/Base")


def test_a_whole_autumn_day_of_quarter_hours_has_100(tmp_path: Path) -> None:
    times = pd.date_range(AUTUMN, "2026-11-02", freq="15min", tz=ZONE, inclusive="left")
    series = series_of(tmp_path, csv([time.strftime("%Y-%m-%d %H:%M") for time in times]))
    assert len(series) == 100
    assert (series.starts == times.tz_convert("UTC")).all()
