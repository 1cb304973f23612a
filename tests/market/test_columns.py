"""Where a cell is at fault, the message names the place where the cell begins."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from optimizer.config.base import SeriesFile
from optimizer.errors import InputError
from optimizer.market.readers.raw import Places
from optimizer.market.series import Limits, read_series
from tests.market.farms import ZONE, series_of

HEAD = 'note,time,"price, USD",other\n'
GOOD = 'a,2026-02-11T00:00Z,1,9\n"b, ""c""",2026-02-11T01:00Z,2,9\n'
KEYS = {"time_column": "time", "value_column": "price, USD"}


@pytest.mark.parametrize(
    ("row", "keys", "place"),
    [
        ("a,2026-02-11T02:00Z,calm,9", {}, "4:21: price, USD: is not a number"),
        ('"b, ""c""",2026-02-11T02:00Z,calm,9', {}, "4:30: price, USD: is not a number"),
        ("a,2026-02-30T02:00Z,3,9", {}, "4:3: is not a time"),
        ("a,,3,9", {}, "4:3: time: the row has no time"),
        ("a,2026-02-11T02:00Z,900,9", {}, "4:21: must be at least -80"),
        ("a,2026-02-11T01:00Z,3,9", {}, "4:3: 2026-02-10 19:00-06:00 comes again"),
        ("a,2026-02-11T00:30Z,3,9", {}, "4:3: 2026-02-10 18:30-06:00 comes after"),
    ],
)
def test_the_cell_is_pointed_at(tmp_path: Path, row: str, keys: dict[str, Any], place: str) -> None:
    (tmp_path / "p.csv").write_text("\ufeff" + HEAD + GOOD + row + "\n", encoding="utf-8")
    spec = SeriesFile.model_validate({"file": "p.csv"} | KEYS | keys)
    with pytest.raises(InputError) as caught:
        read_series(tmp_path / "p.csv", spec, ZONE, limits=Limits(-80, 80), file="p.csv")
    assert f"p.csv:{place}" in str(caught.value)


def test_gridstatus_and_eia_name_the_price_cell(tmp_path: Path) -> None:
    hosted = "interval_start_utc,interval_end_utc,market,location,spp\n"
    row = "2026-02-11 06:00:00+00:00,2026-02-11 06:15:00+00:00,RT,HB_WEST,"
    with pytest.raises(InputError, match=r"p.csv:2:64: spp: is not a number \(got 'calm'\)"):
        series_of(tmp_path, hosted + row + "calm\n", name="p.csv")
    eia = "UTC Timestamp (Interval Ending),West LMP\n2026-02-11 07:00:00,1\n2026-02-11 08:00:00,calm\n"
    with pytest.raises(InputError, match=r"p.csv:3:21: West LMP: is not a number"):
        series_of(tmp_path, eia.replace("\n", "\r\n"), name="p.csv", location="West")


def test_the_line_that_counts_the_rest_stays_last(tmp_path: Path) -> None:
    rows = "".join(f"2026-02-11T{hour:02d}:00Z,calm\n" for hour in range(12))
    with pytest.raises(InputError) as caught:
        series_of(tmp_path, "time,price\n" + rows, value_column="price")
    assert [fault.column for fault in caught.value.faults] == [19] * 10 + [20]
    assert caught.value.faults[-1].message == "and 2 more cells of price that are no numbers, 12 in all"


def test_places_in_lines_that_are_not_there() -> None:
    places = Places(b'a,b\n1,2\r\n"x,y",3\n', ",", ("a", "b"))
    assert [places.of("b")(line) for line in (1, 2, 3, 4, 0)] == [3, 3, 7, 1, 1]
    assert places.of("c")(2) == 1
