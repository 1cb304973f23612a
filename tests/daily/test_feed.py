"""Price feeds: good rows, bad rows, folders and addresses."""

from __future__ import annotations

import json
import os
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

from optimizer.config.daily import FeedRules
from optimizer.daily.feed import FolderFeed, Heard, age_of, feed_of
from optimizer.daily.feed_rows import Batch, joined_batches, rows_in
from optimizer.daily.prices import NO_PRICES, Prices
from optimizer.errors import InputError

NOW = datetime(2026, 2, 11, 6, tzinfo=UTC)
SIX = int(NOW.timestamp())


def rows(text: str, zone: str = "UTC") -> Batch:
    return rows_in(text.encode(), "feed", zone, NOW, 5.0, 10_000)


def plain(batch: Batch) -> list[tuple[float, float, float]]:
    return [((row.start - SIX) / 60, (row.end - SIX) / 60, row.usd_per_mwh) for row in batch.rows]


def test_csv_and_json_say_the_same() -> None:
    csv = rows("interval_start,interval_end,lmp\n2026-02-11T06:00Z,2026-02-11T06:05Z,31.5\n")
    made = rows(json.dumps([{"start": "2026-02-11T06:00Z", "end": "2026-02-11T06:05Z", "usd_per_mwh": 31.5}]))
    wrapped = rows(json.dumps({"data": [{"start": "2026-02-11T06:00:00+00:00", "price": 31.5}], "n": 1}))
    assert plain(csv) == plain(made) == plain(wrapped) == [(0, 5, 31.5)]


@pytest.mark.parametrize(
    ("more", "told"),
    [
        ({"currency": "EUR", "unit": "EUR/kWh"}, "the price is in EUR, not in USD"),
        ({"Currency": "eur"}, "the price is in eur, not in USD"),
        ({"unit": "USD/kWh"}, "the price is in USD/kWh, not in USD/MWh"),
        ({"price_measure_unit_name": "KWH"}, "the price is in KWH, not in USD/MWh"),
        ({"units": "c/kWh"}, "the price is in c/kWh, not in USD/MWh"),
        ({"price_eur_per_mwh": 30}, "the column price_eur_per_mwh says that prices are not in USD/MWh"),
        ({"usd_per_kwh": 0.05}, "the column usd_per_kwh says that prices are not in USD/MWh"),
    ],
)
def test_a_row_that_says_another_unit_or_currency_is_refused(more: dict[str, object], told: str) -> None:
    row = {"start": "2026-02-11T06:00Z", "price": 0.05} | more
    csv = rows(f"{','.join(row)}\n{','.join(map(str, row.values()))}\n")
    made = rows(json.dumps([row]))
    assert (csv.rows, made.rows) == ((), ())
    assert (csv.refused, made.refused) == ((f"feed: line 2: {told}",), (f"feed: row 1: {told}",))


def test_what_a_text_says_of_all_its_rows_holds_for_each() -> None:
    start = {"start": "2026-02-11T06:00Z", "price": 31.5}
    found = rows(json.dumps({"unit": "EUR/MWh", "data": [start]}))
    assert (found.rows, found.refused) == ((), ("feed: row 1: the price is in EUR/MWh, not in USD/MWh",))
    assert plain(rows(json.dumps({"currency": "USD", "unit": "$/MWh", "data": [start]}))) == [(0, 5, 31.5)]


@pytest.mark.parametrize("column", ["price_eur_per_mwh", "c/kWh", "price_usd_per_kwh"])
def test_a_text_with_prices_in_another_unit_only_is_refused(column: str) -> None:
    found = rows(f"start,{column}\n2026-02-11T06:00Z,31.5\n")
    assert (found.rows, found.failed) == ((), True)
    assert f"{column.lower()} is not in USD/MWh" in found.refused[0]


@pytest.mark.parametrize(
    ("currency", "unit"), [("USD", "USD/MWh"), ("usd", "$/MWh"), ("", ""), ("US$", "MWh"), ("USD", "usd per mwh")]
)
def test_rows_in_usd_per_mwh_may_say_so(currency: str, unit: str) -> None:
    found = rows(f"start,price,currency,unit\n2026-02-11T06:00Z,31.5,{currency},{unit}\n")
    assert (plain(found), found.refused) == ([(0, 5, 31.5)], ())


def test_a_price_that_names_its_unit_is_believed_beside_one_of_another() -> None:
    found = rows("start,price_eur_per_mwh,price_usd_per_mwh\n2026-02-11T06:00Z,29,31.5\n")
    assert plain(found) == [(0, 5, 31.5)]


def test_rows_without_an_end_hold_until_the_next_usually_comes() -> None:
    """The fourth row is missing: the third holds fifteen minutes all the same."""
    times = ("06:00", "06:15", "06:30", "07:00")
    found = rows("time,price\n" + "".join(f"2026-02-11 {time},{i}\n" for i, time in enumerate(times)))
    assert plain(found) == [(0, 15, 0), (15, 30, 1), (30, 45, 2), (60, 75, 3)]


@pytest.mark.parametrize(
    ("cell", "told"),
    [
        ("2026-02-11T06:05Z,nan", "the price must be at least -1e+06 and at most 1e+06 (got nan)"),
        ("2026-02-11T06:05Z,1e9", "the price must be at least -1e+06 and at most 1e+06 (got 1e9)"),
        ("2026-02-11T06:05Z,", "has no price"),
        ("2026-02-11T06:05Z,dear", "the price is no number (got dear)"),
        ("soon,30", "the time is none (got soon)"),
        (",30", "has no start"),
        ("2026-02-11T06:05Z,30,40,50", "has more cells than columns"),
        ("2031-02-11T06:05Z,30", "starts 2031-02-11 06:05Z, too far from now"),
        ("9999-12-31T23:59-23:59,30", "the time is out of range"),
    ],
)
def test_a_bad_row_costs_only_itself(cell: str, told: str) -> None:
    found = rows(f"start,price\n2026-02-11T06:00Z,20\n{cell}\n2026-02-11T06:10Z,25\n")
    assert [price for _, _, price in plain(found)] == [20, 25]
    assert found.bad == 1
    assert found.refused[0].startswith(f"feed: line 3: {told}")


def test_a_time_the_clock_shows_twice_is_bad() -> None:
    now = datetime(2026, 11, 1, 6, tzinfo=UTC)
    found = rows_in(b"start,price\n2026-11-01 01:30,20\n", "feed", "America/Chicago", now, 5.0, 1000)
    assert (found.bad, len(found.rows)) == (1, 0)
    assert "comes twice in America/Chicago" in found.refused[0]


@pytest.mark.parametrize(
    "text",
    ["", "hello", "{", "[1, 2", '{"a": [], "b": []}', "start,cost\n1,2\n", "\x00\x01", "[" * 100_000, '"' * 50],
)
def test_what_makes_no_sense_is_told_once(text: str) -> None:
    found = rows_in(text.encode(), "feed", "UTC", NOW, 5.0, 1_000_000)
    assert (found.rows, found.bad) == ((), 1)


def test_a_list_of_other_things() -> None:
    found = rows('[1, null, {"start": "2026-02-11T06:00Z", "price": true}, {"start": "2026-02-11T06:00Z", "price": 3}]')
    assert (plain(found), found.bad) == ([(0, 5, 3)], 3)


def test_too_much_is_refused() -> None:
    assert "is larger than 0.01 MB" in rows("x" * 20_000).refused[0]


def test_a_folder_is_read_once_and_again_when_it_changes(tmp_path: Path) -> None:
    feed = FolderFeed(tmp_path)
    (tmp_path / "a.csv").write_text("start,price\n2026-02-11T06:00Z,20\n")
    (tmp_path / "b.json").write_text('[{"start": "2026-02-11T06:00Z", "price": 22}]')
    (tmp_path / "note.txt").write_text("no prices")
    assert plain(feed.read("UTC", NOW, 5.0)) == [(0, 5, 22)]  # of the same start, the last file
    assert feed.read("UTC", NOW, 5.0) == Batch((), (), 0)
    (tmp_path / "a.csv").write_text("start,price\n2026-02-11T06:00Z,20\n2026-02-11T06:05Z,21\n")
    assert plain(feed.read("UTC", NOW, 5.0)) == [(0, 5, 20), (5, 10, 21)]
    (tmp_path / "c.csv").mkdir()
    assert feed.read("UTC", NOW, 5.0).bad == 1


@pytest.mark.parametrize(
    "place",
    ["file:///etc/passwd", "ftp://x/y", "http://", "http://h:x/", "http://[h/", "http://h/a\nb", __file__],
)
def test_what_is_no_feed(place: str) -> None:
    with pytest.raises(InputError, match="must be a folder, or an address"):
        feed_of(place)


# -- rows of one place, published before now, within what is plausible --


def judged(text: str, **rules: object) -> Batch:
    return rows_in(text.encode(), "feed", "America/Chicago", NOW, 5.0, 100_000, FeedRules.model_validate(rules))


@pytest.mark.parametrize(
    ("value", "told"),
    [
        ("1" + 309 * "0", "the price must be at least"),  # an integer beyond every float
        (5000 * "9", "the price must be at least"),  # and one beyond what Python reads
        ("-" + 400 * "9", "the price must be at least"),
        ("1e400", "the price must be at least"),
        ("NaN", "the price must be at least"),
        ("[" * 900 + "]" * 900, "the price is no number (got a list or a section)"),
        ('"1_000"', "the price is no number (got 1_000)"),
        ('"\u0661\u0662"', "the price is no number"),  # digits, but not those of a price
        ('"4\\n\\u001b[2J"', "the price is no number (got 4\\n\\x1b[2J)"),
    ],
)
def test_no_number_stops_the_reading(value: str, told: str) -> None:
    found = judged(
        f'[{{"start": "2026-02-11T06:00Z", "price": {value}}}, {{"start": "2026-02-11T06:05Z", "price": 25}}]'
    )
    assert [(row.start - SIX, row.usd_per_mwh) for row in found.rows] == [(300, 25)]
    assert (found.bad, found.failed) == (1, False)
    assert told in found.refused[0]


@pytest.mark.parametrize("start", [20260211, 1e300, "[" * 900 + "]" * 900, "{}", "true"])
def test_no_start_stops_the_reading(start: object) -> None:
    assert judged(f'[{{"start": {start}, "price": 25}}]').bad == 1


def test_prices_beyond_the_farms_range_are_not_believed() -> None:
    found = judged(
        "start,price\n2026-02-11T06:00Z,-251\n2026-02-11T06:05Z,-250\n2026-02-11T06:10Z,5000\n2026-02-11T06:15Z,5001\n",
        lowest_usd_per_mwh=-250.0, highest_usd_per_mwh=5000.0,
    )  # fmt: skip
    assert ([row.usd_per_mwh for row in found.rows], found.bad) == ([-250, 5000], 2)


def test_a_zone_in_a_columns_name_counts() -> None:
    """18:00 UTC is noon on the farm's clock, six hours before its own 18:00."""
    here = SIX + 6 * 3600
    names = {"interval_start_utc": SIX, "Interval Start (UTC)": SIX, "Time UTC": SIX, "interval_start": here}
    for column, start in names.items():
        assert [row.start for row in judged(f"{column},price\n2026-02-11 06:00,9\n").rows] == [start]


@pytest.mark.parametrize(
    "column", ["node", "Settlement Location", "region", "area", "Zone", "Sequence", "ContractType"]
)
def test_rows_are_told_apart_by_what_files_are(column: str) -> None:
    found = judged(f"start,{column},price\n2026-02-11T06:00Z,A,20\n2026-02-11T06:00Z,B,900\n")
    assert (found.rows, found.failed) == ((), True)


@pytest.mark.parametrize("column", ["price (EUR/MWh)", "lmp_eur", "price_cad", "price ($/kWh)", "c/kWh"])
def test_a_column_of_another_unit_beside_the_price_is_not_passed_over(column: str) -> None:
    assert judged(f"start,price,{column}\n2026-02-11T06:00Z,20,18\n").rows == ()


def test_of_one_start_the_row_published_last_holds() -> None:
    header = "start,price,published"
    late, early, to_come = "2026-02-11T05:59Z", "2026-02-11T05:30Z", "2026-02-11T06:06Z"
    rows_of_one = f"{header}\n2026-02-11T06:00Z,40,{late}\n2026-02-11T06:00Z,30,{early}\n"
    assert [row.usd_per_mwh for row in judged(rows_of_one).rows] == [40]
    of_two = [judged(f"{header}\n2026-02-11T06:00Z,{usd},{when}\n") for usd, when in ((40, late), (30, early))]
    assert [row.usd_per_mwh for row in joined_batches(of_two).rows] == [40]
    assert [row.usd_per_mwh for row in joined_batches(reversed(of_two)).rows] == [40]
    found = judged(f"{header}\n2026-02-11T06:00Z,40,{to_come}\n2026-02-11T06:05Z,41,2026-02-11T06:05Z\n")
    assert [row.usd_per_mwh for row in found.rows] == [41]  # five minutes between two clocks are nothing
    assert found.refused == ("feed: line 2: was published 2026-02-11 06:06Z, which is yet to come",)


ZONES = (
    "Interval Start,Location,Market,SPP\n"
    "2026-02-11T06:00Z,HB_WEST,REAL_TIME_15_MIN,20\n2026-02-11T06:00Z,LZ_HOUSTON,REAL_TIME_15_MIN,900\n"
)


def test_rows_of_several_locations_must_be_told_apart() -> None:
    found = judged(ZONES)
    assert (found.rows, found.bad, found.failed) == ((), 1, True)
    assert "holds several locations, HB_WEST, LZ_HOUSTON; name one as daily.feed.location" in found.refused[0]
    for name, usd in (("hb_west", 20), ("LZ_HOUSTON", 900)):
        found = judged(ZONES, location=name)
        assert ([row.usd_per_mwh for row in found.rows], found.bad) == ([usd], 0)
    assert "holds no location 'HB_NORTH' (daily.feed.location); it holds HB_WEST, LZ_HOUSTON" in judged(
        ZONES, location="HB_NORTH"
    ).refused[0]  # fmt: skip
    more = ZONES + "2026-02-11T06:15Z,HB_WEST,DAY_AHEAD_HOURLY,25\n2026-02-11T06:30Z,,DAY_AHEAD_HOURLY,26\n"
    assert (
        "several markets, DAY_AHEAD_HOURLY, REAL_TIME_15_MIN; name one" in judged(more, location="HB_WEST").refused[0]
    )
    found = judged(more, location="HB_WEST", market="DAY_AHEAD_HOURLY")
    assert ([row.usd_per_mwh for row in found.rows], found.bad) == ([25], 1)  # one row does not say where


def test_files_of_several_locations_must_be_told_apart_too(tmp_path: Path) -> None:
    feed, lines = FolderFeed(tmp_path), ZONES.splitlines()
    (tmp_path / "a.csv").write_text(f"{lines[0]}\n{lines[1]}\n")
    assert len(feed.read("UTC", NOW, 5.0).rows) == 1
    (tmp_path / "b.csv").write_text(f"{lines[0]}\n{lines[2]}\n")
    found = feed.read("UTC", NOW, 5.0)
    assert (found.rows, found.failed) == ((), True)
    assert "holds several locations, HB_WEST, LZ_HOUSTON" in found.refused[0]
    found = feed.read("UTC", NOW, 5.0, FeedRules(location="LZ_HOUSTON"))  # the farm file says it: all is judged again
    assert [row.usd_per_mwh for row in found.rows] == [900]


# -- whole files only, and only files --


def test_a_line_that_does_not_end_may_be_cut_off(tmp_path: Path) -> None:
    """4000.00 after its first byte is 4."""
    file, text = tmp_path / "a.csv", "start,price\n2026-02-11T06:00Z,20\n2026-02-11T06:05Z,4000.00\n"
    for length in range(len(text)):
        file.write_text(text[:length])
        found = FolderFeed(tmp_path).read("UTC", NOW, 5.0)
        assert [price for _, _, price in plain(found)] == [20] * (length >= text.index("20\n") + 3)
    file.write_text(text[:-7])
    assert FolderFeed(tmp_path).read("UTC", NOW, 5.0).refused == (
        "a.csv: line 3: does not end with a line break, so that it may be cut off",
    )
    file.write_text(text + "2026-02-11T06:10Z\n")
    found = FolderFeed(tmp_path).read("UTC", NOW, 5.0)
    assert (len(found.rows), found.refused) == (2, ("a.csv: line 4: has fewer cells than columns",))


def test_a_file_that_is_being_written_is_read_at_the_next_look(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file, feed, real = tmp_path / "a.csv", FolderFeed(tmp_path), os.fstat
    file.write_text("start,price\n2026-02-11T06:00Z,20\n")

    def growing(handle: int) -> os.stat_result:
        state = real(handle)
        with file.open("a") as more:
            more.write("2026-02-11T06:05Z,21\n")
        return state

    with monkeypatch.context() as patched:
        patched.setattr("os.fstat", growing)
        assert feed.read("UTC", NOW, 5.0) == Batch((), (), 0)
    assert len(feed.read("UTC", NOW, 5.0).rows) == 2


def test_only_files_of_a_folder_are_read(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "a.csv")
    (tmp_path / "b.csv").symlink_to("/dev/zero")
    (tmp_path / "c.csv").write_text("start,price\n2026-02-11T06:00Z,20\n")
    (tmp_path / "d\n\x1b[2J.csv").write_text("x")
    feed = FolderFeed(tmp_path)
    found = feed.read("UTC", NOW, 5.0)
    assert (len(found.rows), found.bad) == (1, 3)
    assert [line.split(":")[0] for line in found.refused] == ["a.csv", "b.csv", "d\\n\\x1b[2J.csv"]
    assert "this is a pipe or a device" in found.refused[0]
    assert feed.read("UTC", NOW, 5.0) == Batch((), (), 0)  # told once


def test_a_full_folder_is_read_bit_by_bit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("optimizer.daily.feed.READING_S", -1.0)
    (tmp_path / "a.csv").write_text("start,price\n2026-02-11T06:00Z,20\n")
    feed = FolderFeed(tmp_path)
    assert not feed.read("UTC", NOW, 5.0).rows
    monkeypatch.undo()
    assert not feed.read("UTC", NOW, 5.0, stopped=lambda: True).rows
    assert len(feed.read("UTC", NOW, 5.0).rows) == 1


@pytest.mark.parametrize(
    "text",
    [
        "[" + "{}," * 1_600_000 + "{}]",
        "[" + "[]," * 1_600_000 + "1]",
        ",".join(["start", "price", *map(str, range(1000))]) + "\n" + "1\n" * 2_000_000,
        "start,price\n" + ",\n" * 1_600_000,
        '{"a": [' + "1," * 2_400_000 + "1]}",
    ],
)
def test_a_text_of_too_many_rows_is_refused_soon(text: str) -> None:
    begun = time.process_time()
    found = rows_in(text.encode(), "feed", "UTC", NOW, 5.0, 5_000_000)
    assert "it holds more than 100,000 rows" in found.refused[0]
    assert time.process_time() - begun < 30


# -- how old what was heard is --


def test_a_clock_that_was_wrong_costs_no_rows(tmp_path: Path) -> None:
    """Booted in 1970, a computer finds today's file too far ahead; once it knows the time it reads it again."""
    feed = FolderFeed(tmp_path)
    (tmp_path / "a.csv").write_text("start,price\n2026-02-11T06:00Z,20\n")
    assert feed.read("UTC", datetime(1970, 1, 1, tzinfo=UTC), 5.0).bad == 1
    assert len(feed.read("UTC", NOW, 5.0).rows) == 1


def test_what_was_heard_last(tmp_path: Path) -> None:
    feed, file = FolderFeed(tmp_path), tmp_path / "a.csv"
    assert feed.heard == Heard()
    file.write_text("start,price\n2026-02-11T06:05Z,20\n2026-02-11T06:00Z,20\n")
    feed.read("UTC", NOW, 5.0)
    came = Heard(NOW, NOW + timedelta(minutes=5))
    assert feed.heard == came
    later = NOW + timedelta(seconds=60)
    feed.read("UTC", later, 5.0)
    assert feed.heard == came  # nothing new
    file.write_text("[")
    feed.read("UTC", later, 5.0)
    assert feed.heard == replace(came, failed=True)
    file.write_text("start,price\n2026-02-11T05:00Z,20\n")
    feed.read("UTC", later, 5.0)
    assert feed.heard == Heard(later, NOW + timedelta(minutes=5))


def test_the_age_of_prices_is_that_of_the_newest_that_has_begun() -> None:
    starts = np.array([SIX - 3600, SIX, SIX + 3600])
    assert age_of(Prices(starts, starts + 86_400, np.zeros(3)), NOW + timedelta(minutes=30)) == timedelta(minutes=30)
    assert age_of(NO_PRICES, NOW) is None
