"""Both days on which the clock changes, in UTC, local and fixed-offset form, through every reader: as pandas says."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from optimizer.config.base import SeriesFile
from optimizer.errors import InputError
from optimizer.market.grid import Grid
from optimizer.market.series import Limits, read_series
from tests.market.farms import series_of
from tests.market.test_entsoe import document, points, time_series

DAYS = {"spring": ("2026-03-08", "2026-03-29"), "autumn": ("2026-11-01", "2026-10-25")}  # in America, in Europe
Rows = pd.DatetimeIndex


def whole_day(zone: str, season: str, freq: str) -> Rows:
    """The starts of a day's intervals, on the clock of a zone."""
    first = pd.Timestamp(DAYS[season][zone.startswith("Europe")])
    stop = first + pd.Timedelta(days=1)
    return pd.date_range(first.tz_localize(zone), stop.tz_localize(zone), freq=freq, inclusive="left")


def value(i: int) -> float:
    return 20.0 + i / 4.0


def lines(head: str, rows: list[str]) -> str:
    return "\n".join([head, *rows, ""])


def plain(form: str) -> Callable[[Rows], str]:
    def written(starts: Rows) -> str:
        shown = {"utc": starts.tz_convert("UTC"), "fixed": starts.tz_convert("Etc/GMT+6"), "local": starts}[form]
        texts = shown.strftime("%Y-%m-%d %H:%M") if form == "local" else [time.isoformat() for time in shown]
        return lines("time,price", [f"{text},{value(i)}" for i, text in enumerate(texts)])

    return written


def hosted(starts: Rows) -> str:
    step = starts[1] - starts[0]
    utc = starts.tz_convert("UTC")
    rows = [f"{t:%Y-%m-%d %H:%M},{t + step:%Y-%m-%d %H:%M},HB_WEST,DAM,{value(i)}" for i, t in enumerate(utc)]
    return lines("interval_start_utc,interval_end_utc,location,market,spp", rows)


def range_local(starts: Rows) -> str:
    step = starts[1] - starts[0]
    rows = [f"{t:%d/%m/%Y %H:%M:%S} - {t + step:%d/%m/%Y %H:%M:%S},{value(i)},EUR" for i, t in enumerate(starts)]
    return lines("MTU (CET/CEST),Day-ahead Price (EUR/MWh),Currency", rows)


def ends_local(starts: Rows) -> str:
    ends = starts + (starts[1] - starts[0])
    return lines("interval ending,price", [f"{t:%Y-%m-%d %H:%M},{value(i)}" for i, t in enumerate(ends)])


def passing(starts: Rows) -> str:
    return lines("Date,HE,Price", [f"{starts[0]:%Y-%m-%d},{i + 1},{value(i)}" for i in range(len(starts))])


def by_clock_flagged(starts: Rows) -> str:
    second = starts.tz_localize(None).duplicated()
    flags = ["Y" if again else "N" for again in second]
    rows = [f"{t:%m/%d/%Y},{t.hour + 1:02d}:00,HB_WEST,{value(i)},{flags[i]}" for i, t in enumerate(starts)]
    return lines("DeliveryDate,HourEnding,SettlementPoint,SettlementPointPrice,DSTFlag", rows)


def quarters_flagged(starts: Rows) -> str:
    second = starts.tz_localize(None).duplicated()
    head = "DeliveryDate,DeliveryHour,DeliveryInterval,SettlementPointName,SettlementPointPrice,DSTFlag"
    rows = [
        f"{t:%m/%d/%Y},{t.hour + 1},{t.minute // 15 + 1},HB_WEST,{value(i)},{'Y' if second[i] else 'N'}"
        for i, t in enumerate(starts)
    ]
    return lines(head, rows)


def date_and_time(starts: Rows) -> str:
    return lines("Date,Time,Price", [f"{t:%Y-%m-%d},{t:%H:%M},{value(i)}" for i, t in enumerate(starts)])


def marked(starts: Rows) -> str:
    second = starts.tz_localize(None).duplicated()
    head = '"H","Date","Hour Ending","Location ID","Locational Marginal Price"'
    marks = ["X" if again else "" for again in second]
    rows = [f'"D","{t:%m/%d/%Y}","{t.hour + 1:02d}{marks[i]}","4000",{value(i)}' for i, t in enumerate(starts)]
    return lines('"C","Hourly LMP Report"', [head, *rows])


def periods(starts: Rows) -> str:
    rows = [{"settlementDate": f"{starts[0]:%Y-%m-%d}", "settlementPeriod": i + 1, "systemSellPrice": value(i)}
            for i in range(len(starts))]  # fmt: skip
    return json.dumps({"data": rows})


def omie(starts: Rows) -> str:
    rows = [f"{starts[0]:%Y;%m;%d};{i + 1};{value(i)};{value(i)};" for i in range(len(starts))]
    return lines("MARGINALPDBC;", [*rows, "*"])


def unix(starts: Rows) -> str:
    seconds = [int(time.timestamp()) for time in starts]
    return json.dumps({"unix_seconds": seconds, "price": [value(i) for i in range(len(starts))], "unit": "EUR / MWh"})


def smard(starts: Rows) -> str:
    step = starts[1] - starts[0]
    prices = [str(value(i)).replace(".", ",") for i in range(len(starts))]
    rows = [f"{t:%d.%m.%Y %H:%M};{t + step:%d.%m.%Y %H:%M};{prices[i]}" for i, t in enumerate(starts)]
    return lines("Datum von;Datum bis;Deutschland/Luxemburg [€/MWh] Originalauflösungen", rows)


def a44(starts: Rows) -> str:
    rows = points(*((i + 1, value(i)) for i in range(len(starts))))
    end = starts[-1] + (starts[1] - starts[0])
    begin, stop = (f"{time.tz_convert('UTC'):%Y-%m-%dT%H:%MZ}" for time in (starts[0], end))
    text = document(time_series(rows, resolution="PT60M", currency="USD"))
    text = re.sub("<start>[^<]*</start>", f"<start>{begin}</start>", text)
    return re.sub("<end>[^<]*</end>", f"<end>{stop}</end>", text)


AMERICA, EUROPE = "America/Chicago", "Europe/Berlin"
ONE = {"usd_per_unit": 1.0}
READERS: list[tuple[str, Callable[[Rows], str], str, str, dict[str, Any]]] = [
    ("utc", plain("utc"), AMERICA, "15min", {}),
    ("local", plain("local"), AMERICA, "15min", {}),
    ("fixed offset", plain("fixed"), AMERICA, "15min", {}),
    ("local, Europe", plain("local"), EUROPE, "h", {}),
    ("stamps that end", ends_local, AMERICA, "h", {}),
    ("zone in the column's name", hosted, AMERICA, "15min", {}),
    ("ranges", range_local, EUROPE, "h", ONE),
    ("hours as they pass", passing, AMERICA, "h", {}),
    ("ERCOT hours", by_clock_flagged, AMERICA, "h", {}),
    ("ERCOT quarters", quarters_flagged, AMERICA, "15min", {}),
    ("date and time apart", date_and_time, AMERICA, "15min", {}),
    ("ISO New England", marked, "America/New_York", "h", {}),
    ("Elexon", periods, "Europe/London", "30min", {}),
    ("OMIE", omie, "Europe/Madrid", "15min", {"location": "ES"}),
    ("energy-charts", unix, EUROPE, "15min", ONE),
    ("SMARD", smard, EUROPE, "15min", ONE),
    ("ENTSO-E A44", a44, EUROPE, "h", {}),
]


@pytest.mark.parametrize("season", DAYS)
@pytest.mark.parametrize(("_name", "write", "zone", "freq", "keys"), READERS, ids=[row[0] for row in READERS])
def test_a_day_is_read_as_pandas_counts_it(
    tmp_path: Path, _name: str, write: Callable[[Rows], str], zone: str, freq: str, keys: dict[str, Any], season: str
) -> None:
    starts = whole_day(zone, season, freq)
    hours = {"spring": 23, "autumn": 25}[season]
    assert len(starts) == hours * pd.Timedelta("1h") // (starts[1] - starts[0])
    series = series_of(tmp_path, write(starts), zone=zone, **keys)
    assert series.starts.equals(starts.tz_convert("UTC").as_unit("us"))
    assert series.ends.equals((starts + (starts[1] - starts[0])).tz_convert("UTC").as_unit("us"))
    assert np.array_equal(series.values, [value(i) for i in range(len(starts))])


def test_25_hours_told_in_24_rows(tmp_path: Path) -> None:
    rows = [f"2026-11-01 {hour:02d}:00,{hour}.5" for hour in range(24)]
    text = lines("time,price", rows)
    series = series_of(tmp_path, text, zone=AMERICA, repeated_hour="once")
    assert len(series) == 25
    assert series.starts.equals(whole_day(AMERICA, "autumn", "h").tz_convert("UTC").as_unit("us"))
    assert series.values.tolist() == [0.5, 1.5, 1.5, *(hour + 0.5 for hour in range(2, 24))]
    ends = lines("interval ending,price", [f"2026-11-01 {hour:02d}:00,{hour}.5" for hour in range(1, 25)])
    assert series_of(tmp_path, ends, zone=AMERICA, repeated_hour="once").values.tolist()[:4] == [1.5, 2.5, 2.5, 3.5]


def test_an_hour_that_never_was_stops_nothing_outside_the_window(tmp_path: Path) -> None:
    days = pd.date_range("2026-03-05", "2026-03-20", freq="h", inclusive="left")  # 8 March 02:00 among them
    (tmp_path / "p.csv").write_text(lines("time,price", [f"{t:%Y-%m-%d %H:%M},{i}" for i, t in enumerate(days)]))

    def read(day: str) -> Any:
        hours = pd.date_range(day, periods=24, freq="h", tz=AMERICA).tz_convert("UTC").as_unit("us")
        grid = Grid(hours, np.ones(24), AMERICA)
        return read_series(tmp_path / "p.csv", SeriesFile(file="p.csv"), AMERICA, within=grid, limits=Limits())

    assert len(read("2026-03-15")) >= 24
    with pytest.raises(InputError, match="2026-03-08 02:00 does not exist"):
        read("2026-03-08")
