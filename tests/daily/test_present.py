"""What a farm that plans again knows at a moment: nothing early, nothing late without a word."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import numpy as np
import pytest

from optimizer.daily.history import History
from optimizer.daily.prices import Rank
from tests.daily.arriving import (
    AHEAD,
    BEFORE,
    FIRST,
    KINDS,
    ahead_prices,
    now_on,
    real_prices,
    run,
    site,
    until,
    write_real,
)
from tests.daily.farms import START, daily, files_in, write_prices


@pytest.mark.parametrize("name", ["prices.csv", "ahead.csv", "warm.csv", "hash.csv"])
def test_what_comes_later_changes_no_schedule(tmp_path: Path, name: str) -> None:
    """At 06:10, before tomorrow's prices are out: every row that is not known by then, changed."""
    more = "weather: {temperature_c: {file: warm.csv}}\n"
    farm = site(tmp_path / "farm", KINDS["day_ahead"], more)
    text = farm.read_text().replace("usd_per_ph_day: 33", "usd_per_ph_day: {file: hash.csv}")
    farm.write_text(text.replace("ramp_up", "pue: {temperature_c: [0, 40], pue: [1.0, 1.5]}, ramp_up"))
    moment = START + timedelta(hours=6, minutes=10)
    known = {"prices.csv": moment, "ahead.csv": START + timedelta(days=1), "warm.csv": moment, "hash.csv": moment}
    series = {
        "prices.csv": (real_prices(), 15),
        "ahead.csv": (ahead_prices(), 60),
        "warm.csv": ([5.0 + hour % 24 for hour in range(24 * (BEFORE + 3))], 60),
        "hash.csv": ([30.0 + hour // 24 for hour in range(24 * (BEFORE + 3))], 60),
    }
    values, minutes = series[name]
    seen = int(np.ceil((known[name] - FIRST) / timedelta(minutes=minutes)))
    rows = {
        "as it is": values,
        "changed": [*values[:seen], *(value * 2 + 9 for value in values[seen:])],
        "gone": values[:seen],
        "another": [value * 0.6 for value in values],
    }
    found = {}
    for label, changed in rows.items():
        for file, (own, step) in series.items():
            write_prices(farm.parent / file, own, FIRST, step)
        assert run(farm, tmp_path / label, START).exit_code == 0
        write_prices(farm.parent / name, changed, FIRST, minutes)
        assert run(farm, tmp_path / label, moment).exit_code == 0
        found[label] = {
            file: content
            for file, content in files_in(tmp_path / label / "latest").items()
            if file not in ("inputs.json", "settlement.json")  # hold the hashes of the files
        }
    assert found["changed"] == found["gone"] == found["as it is"]
    assert found["another"]["record.json"] != found["as it is"]["record.json"]


def test_a_price_that_nobody_said_stops_machines_and_fades(tmp_path: Path) -> None:
    """At midnight 400 USD/MWh came where 20 was said; half of the 380 is gone after the half-life of an hour.

    A quarter of an hour on 20 + 380 x 0.5^(1/4) = 339.5 USD/MWh are expected.
    """
    farm = site(tmp_path / "farm", f"{{forecast: {AHEAD}, deviation_half_life_minutes: 60}}")
    said = ahead_prices()[BEFORE * 24]
    write_real(farm.parent, [*real_prices()[: BEFORE * 96], 400.0])
    record = run(farm, tmp_path / "state", START).record
    expected = record.market.energy_price_usd_per_mwh[:2].tolist()
    assert expected == pytest.approx([400.0, said + (400.0 - said) * 0.5**0.25])
    assert set(now_on(record).values()) == {0.0}


def test_the_feed_goes_before_the_file(tmp_path: Path) -> None:
    """The file says 20; the feed has 400 for the present quarter, and 900 for one that has not begun."""
    farm, state = site(tmp_path / "farm", KINDS["day_ahead"]), tmp_path / "state"
    write_real(farm.parent, [*real_prices()[: BEFORE * 96], 20.0])
    quiet = run(farm, tmp_path / "quiet", START).record
    state.mkdir()
    begins = int(START.timestamp()) + 6 * 3600  # 00:00 on the farm's clock, six hours behind UTC
    with History(state / "history.sqlite") as history:
        history.note_prices([(begins, begins + 900, 400.0), (begins + 900, begins + 1800, 900.0)], Rank.FED)
    fed = run(farm, state, START).record
    assert quiet.market.energy_price_usd_per_mwh[0] == 20.0
    assert fed.market.energy_price_usd_per_mwh[0] == 400.0
    assert fed.market.energy_price_usd_per_mwh[1] < 400.0
    assert b"[\n      " in files_in(state / "latest")["inputs.json"]


@pytest.mark.parametrize(
    ("name", "rows", "told"),
    [
        ("prices.csv", 96 * BEFORE + 4, "prices.csv: the latest price known is of 2026-02-11 00:45-06:00"),
        ("ahead.csv", 24 * BEFORE + 14, "ahead.csv: says nothing of 2026-02-11 14:00-06:00"),
        ("ahead.csv", 24 * BEFORE, "ahead.csv: says nothing of 2026-02-11 06:00-06:00"),
        ("ahead.csv", 0, "ahead.csv"),
    ],
)
def test_a_late_forecast_or_price_keeps_the_schedule(tmp_path: Path, name: str, rows: int, told: str) -> None:
    farm, state = site(tmp_path / "farm", KINDS["day_ahead"]), tmp_path / "state"
    assert run(farm, state, START).exit_code == 0
    before = files_in(state / "latest")
    values, minutes = (real_prices(), 15) if name == "prices.csv" else (ahead_prices(), 60)
    write_prices(farm.parent / name, values[:rows], FIRST, minutes)
    done = daily(farm, state, "2026-02-11 06:00")
    assert done.returncode == 5, done.stderr
    assert told in done.stderr
    assert "the schedule of 2026-02-11 00:00-06:00 stays in force" in done.stderr
    assert "Traceback" not in done.stderr
    assert files_in(state / "latest") == before


def test_how_late_a_price_and_how_short_a_forecast_may_be_stands_in_the_farm_file(tmp_path: Path) -> None:
    """A price of 00:45 is good enough at 06:00 for six hours; fourteen hours of a forecast are enough for ten."""
    more = "daily: {latest_price_within_minutes: 360, at_least_hours: 10}"
    farm = site(tmp_path / "farm", KINDS["day_ahead"], more)
    assert run(farm, tmp_path / "state", START).exit_code == 0
    write_real(farm.parent, real_prices()[: 96 * BEFORE + 4])
    write_prices(farm.parent / "ahead.csv", ahead_prices()[: 24 * BEFORE + 20], FIRST)
    done = run(farm, tmp_path / "state", START + timedelta(hours=6))
    assert done.exit_code == 0, done.messages
    assert any("the latest price known is of 2026-02-11 00:45-06:00" in line for line in done.messages)
    assert (
        any("says nothing of 2026-02-11 20:00-06:00" in line for line in done.messages) is False
    )  # 12 hours are planned
    far = run(farm, tmp_path / "state", START + timedelta(hours=9))
    assert far.exit_code == 5  # the price is eight hours old
    write_real(farm.parent, until(START + timedelta(hours=9)))
    near = run(farm, tmp_path / "state", START + timedelta(hours=9))
    assert near.exit_code == 0, near.messages
    assert any("ahead.csv: says nothing of 2026-02-11 20:00-06:00" in line for line in near.messages)
    yesterday = ahead_prices()[24 * (BEFORE - 1) + 20]
    assert near.record.market.energy_price_usd_per_mwh[-1] == pytest.approx(yesterday, abs=0.1)
    assert run(farm, tmp_path / "state", START + timedelta(hours=12)).exit_code == 5


def test_of_a_quarter_that_is_under_way_what_has_begun_counts(tmp_path: Path) -> None:
    """Five-minute prices of 30, 40 and 900: at 00:07 the third is not known. The mean of the first two is 35."""
    farm = site(tmp_path / "farm", KINDS["day_ahead"])
    write_prices(farm.parent / "prices.csv", [20.0] * 12 + [30.0, 40.0, 900.0], START - timedelta(hours=1), minutes=5)
    done = run(farm, tmp_path / "state", START + timedelta(minutes=7))
    assert done.record is not None, done.messages
    assert done.record.market.energy_price_usd_per_mwh[0] == 35.0


def test_a_late_price_is_one_beyond_the_lag(tmp_path: Path) -> None:
    """Prices are known an hour late: at 00:00 that of 23:00 is due, and 22:30 is half an hour late."""
    farm = site(tmp_path / "farm", "{forecast: {kind: persistence}, price_lag_intervals: 4}")
    write_real(farm.parent, real_prices()[: 96 * BEFORE - 5])
    done = run(farm, tmp_path / "state", START)
    assert done.exit_code == 0, done.messages
    assert "the latest price known is of 2026-02-10 22:30-06:00, and that of 2026-02-10 23:00" in done.messages[0]
    assert set(done.record.market.energy_price_usd_per_mwh.tolist()) == {real_prices()[96 * BEFORE - 6]}


def test_announced_machines_are_carried_in_the_record(tmp_path: Path) -> None:
    farm, state = site(tmp_path / "farm", KINDS["frozen"]), tmp_path / "state"
    first = run(farm, state, START).record
    second = run(farm, state, START + timedelta(minutes=15)).record
    told = second.state.announced
    assert {(g, m): list(units) for g, modes in told.items() for m, units in modes.items()} == {
        point: units[1:4].tolist() for point, units in first.dispatch.units_on.items()
    }
    assert run(farm, state, START + timedelta(hours=2)).record is not None


def test_a_call_comes_before_what_was_announced(tmp_path: Path) -> None:
    """At midnight all of New was announced for 00:15 and frozen; a call that arrives then leaves 3 MW."""
    farm, state = site(tmp_path / "farm", KINDS["frozen"]), tmp_path / "state"
    write_real(farm.parent, [*real_prices()[: 96 * BEFORE], 20.0, 20.0])
    assert now_on(run(farm, state, START).record)["New", "normal"] == 2000
    call = "events: [{name: cut, start: 2026-02-11 00:15, end: 2026-02-11 01:00, cut: {form: to_level, mw: 3}}]"
    farm.write_text(farm.read_text() + call)
    record = run(farm, state, START + timedelta(minutes=15)).record
    assert record.state.announced == {}
    mw = sum(now_on(record)[name, "normal"] * watts / 1e6 for name, watts in (("Old", 3100), ("New", 3500)))
    assert 2.9 < mw <= 3.0


def test_a_tail_is_forecast_with_the_prices_that_are_known(tmp_path: Path) -> None:
    """The files end now; the rest of the month is expected as the last day published, and its peak carried along."""
    farm, state = site(tmp_path / "farm", KINDS["day_ahead"]), tmp_path / "state"
    text = farm.read_text().replace(", expected_peak_mw: 12", "")
    farm.write_text(text.replace("state:", "  tail: {minutes: 60}\nstate:"))
    write_real(farm.parent, until(START))
    write_prices(farm.parent / "ahead.csv", ahead_prices()[: 24 * (BEFORE + 1)], FIRST)
    record = run(farm, state, START).record
    assert record.expected_mw[("Any time", "2026-02")] > 6


def test_the_same_inputs_give_the_same_bytes_here_too(tmp_path: Path) -> None:
    farm = site(tmp_path / "farm", KINDS["change"])
    for state in (tmp_path / "a", tmp_path / "b"):
        for minutes in (0, 15, 15, 30):
            assert run(farm, state, START + timedelta(minutes=minutes)).exit_code == 0
    assert files_in(tmp_path / "a" / "latest") == files_in(tmp_path / "b" / "latest")


def test_last_week_late_prices_depart_as_in_a_replay(tmp_path: Path) -> None:
    """Known an hour late: at 23:00 power cost 100, a week before 20; half of the 80 is left at midnight."""
    rules = "{forecast: {kind: same_hour_last_week}, price_lag_intervals: 4, deviation_half_life_minutes: 60}"
    farm = site(tmp_path / "farm", rules)
    write_real(farm.parent, [*[20.0] * (96 * BEFORE - 4), 100.0, 20.0, 20.0, 20.0])
    record = run(farm, tmp_path / "state", START).record
    assert record.market.energy_price_usd_per_mwh[:2].tolist() == pytest.approx([60.0, 20 + 80 * 0.5**1.25])


def test_a_call_is_reckoned_with_from_its_notice_on(tmp_path: Path) -> None:
    """Notice comes at 00:10, within a quarter: a plan of 00:12 heeds the call of 00:30, one of 00:08 does not."""
    farm = site(tmp_path / "farm", KINDS["day_ahead"])
    write_real(farm.parent, [*real_prices()[: 96 * BEFORE], 20.0])
    call = (
        "{name: cut, start: 2026-02-11 00:30, end: 2026-02-11 01:00, notice_minutes: 20, cut: {form: to_level, mw: 3}}"
    )
    farm.write_text(farm.read_text() + f"events: [{call}]")
    watts = (("Old", 3100), ("New", 3500))
    mw = {}
    for minute in (8, 12):
        done = run(farm, tmp_path / f"state{minute}", START + timedelta(minutes=minute))
        assert done.record is not None, done.messages
        mw[minute] = sum(float(done.record.dispatch.units_on[name, "normal"][2]) * w / 1e6 for name, w in watts)
        assert any("before 2026-02-11 00:10-06:00, its notice" in line for line in done.messages) == (minute == 8)
    assert mw[12] <= 3.0 < mw[8]


def test_a_rolling_forecast_that_is_short_will_do_where_the_farm_file_says_so(tmp_path: Path) -> None:
    """Eleven hours from now on, none before: after them the latest price stands."""
    rules = "{forecast: {kind: column, price_usd_per_mwh: {file: ahead.csv}, known_hours_before: 48}}"
    farm = site(tmp_path / "farm", rules, "daily: {at_least_hours: 10}")
    write_prices(farm.parent / "ahead.csv", [33.0] * 11, START)
    write_real(farm.parent, [*real_prices()[: 96 * BEFORE], 21.0])
    done = run(farm, tmp_path / "state", START)
    assert done.exit_code == 0, done.messages
    assert "ahead.csv: says nothing of 2026-02-11 11:00-06:00" in done.messages[0]
    price = done.record.market.energy_price_usd_per_mwh
    assert price[[0, 1, -1]].tolist() == [21.0, 33.0, 21.0]
    write_prices(farm.parent / "ahead.csv", [33.0] * 9, START)
    assert run(farm, tmp_path / "state", START + timedelta(minutes=15)).exit_code == 5


def test_what_was_announced_by_the_quarter_is_not_kept_by_the_hour(tmp_path: Path) -> None:
    farm, state = site(tmp_path / "farm", KINDS["frozen"]), tmp_path / "state"
    assert run(farm, state, START).record is not None
    text = farm.read_text()
    at = text.index("intervals:")
    farm.write_text(text[:at] + "intervals: [{minutes: 60}]" + text[text.index("\n", at) :])
    record = run(farm, state, START + timedelta(hours=1)).record
    assert record.state.announced == {}
