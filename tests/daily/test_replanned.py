"""The job of a farm that plans again as prices arrive: what a replay of the same data does, and nothing seen early."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

from optimizer.config.load import load_farm
from optimizer.daily.files import Done
from optimizer.daily.history import History, Rank
from optimizer.daily.job import run_once
from optimizer.daily.record import Record
from optimizer.replanning.history import read_history
from optimizer.replanning.stepping import Stepper
from tests.daily.farms import DAY, START, daily, files_in, write_farm, write_prices

BEFORE = 8  # days of files before the 11th
AHEAD = "{kind: day_ahead, price_usd_per_mwh: {file: ahead.csv}}"
KINDS = {
    "day_ahead": f"{{forecast: {AHEAD}, deviation_half_life_minutes: 60}}",
    "late": f"{{forecast: {AHEAD}, deviation_half_life_minutes: 30, price_lag_intervals: 1}}",
    "last_week": "{forecast: {kind: same_hour_last_week}}",
    "persistence": "{forecast: {kind: persistence}, price_lag_intervals: 2}",
    "column": "{forecast: {kind: column, price_usd_per_mwh: {file: ahead.csv}, known_hours_before: 5}}",
    "frozen": f"{{forecast: {AHEAD}, frozen_intervals: 2}}",
    "change": f"{{forecast: {AHEAD}, change_usd_per_machine: 0.002}}",
}
FIRST = START - timedelta(days=BEFORE)


def ahead_prices() -> list[float]:
    """Hourly, what is said in advance, to the end of the 13th."""
    return [price + 3.0 * (day % 3) for day in range(BEFORE + 3) for price in DAY]


def real_prices() -> list[float]:
    """Every quarter of an hour: what was said, noise, and spikes that nobody had said."""
    random = np.random.default_rng(5)
    said = np.repeat(ahead_prices(), 4)
    spikes = np.where(random.random(len(said)) < 0.06, random.uniform(40.0, 300.0, len(said)), 0.0)
    return list(np.round(said + random.normal(0.0, 6.0, len(said)) + spikes, 2))


def site(folder: Path, rules: str, more: str = "") -> Path:
    """A farm with a week of prices before the 11th."""
    farm = write_farm(folder, f"replanning: {rules}\n{more}")
    write_real(folder, real_prices())
    write_prices(folder / "ahead.csv", ahead_prices(), FIRST)
    return farm


def write_real(folder: Path, prices: Sequence[float]) -> None:
    write_prices(folder / "prices.csv", prices, FIRST, minutes=15)


def until(moment: datetime) -> list[float]:
    """The prices of the intervals that have begun."""
    return real_prices()[: int((moment - FIRST) / timedelta(minutes=15)) + 1]


def run(farm: Path, state: Path, moment: datetime) -> Done:
    return run_once(farm, state, moment, report=False)


def now_on(record: Record | None) -> dict[tuple[str, str], float]:
    assert record is not None
    return {point: float(units[0]) for point, units in record.dispatch.units_on.items()}


@pytest.mark.parametrize("kind", KINDS)
def test_a_loop_of_jobs_does_what_a_replay_does(tmp_path: Path, kind: str) -> None:
    """Prices that nobody has said, a job at every quarter of an hour with the files of that moment: equal machines."""
    farm, state = site(tmp_path / "farm", KINDS[kind]), tmp_path / "state"
    loaded = load_farm(farm)
    known = read_history(loaded, farm.parent, START, 24.0 + loaded.horizon.hours)
    stepper, carried, n = Stepper(known), loaded.state, 96 if kind == "day_ahead" else 20
    for now in range(n):
        moment = START + now * timedelta(minutes=15)
        write_real(farm.parent, until(moment))
        done = run(farm, state, moment)
        assert done.exit_code == 0, done.said
        followed, carried = stepper.step(now, carried)
        assert now_on(done.record) == {point: float(units[0]) for point, units in followed.units_on.items()}, moment
    stops = [0 < sum(units) < 3000 * n for (name, _), units in _all(state).items() if name == "Old"]
    assert all(stops)


def _all(state: Path) -> dict[tuple[str, str], list[float]]:
    found: dict[tuple[str, str], list[float]] = {}
    with History(state / "history.sqlite") as history:
        for _, record in history.schedules():
            for point, units in now_on(record).items():
                found.setdefault(point, []).append(units)
    return found


def test_weather_hash_revenue_and_calls_are_those_of_a_replay_too(tmp_path: Path) -> None:
    """Weather from a file that ends now, a day's hash revenue known a day late, a call told half an hour before it."""
    call = (
        "{name: cut, start: 2026-02-11 02:00, end: 2026-02-11 03:00, cut: {form: to_level, mw: 5}, notice_minutes: 30}"
    )
    farm = site(tmp_path / "farm", KINDS["change"], f"weather: {{temperature_c: {{file: warm.csv}}}}\nevents: [{call}]")
    text = farm.read_text().replace("usd_per_ph_day: 33", "usd_per_ph_day: {file: hash.csv}")
    farm.write_text(text.replace("ramp_up", "pue: {temperature_c: [0, 40], pue: [1.0, 1.5]}, ramp_up"))
    random = np.random.default_rng(8)
    warm = list(np.round(random.uniform(5.0, 35.0, 24 * (BEFORE + 3)), 1))
    worth = list(np.round(random.uniform(25.0, 45.0, 24 * (BEFORE + 3)), 2))
    write_prices(farm.parent / "warm.csv", warm, FIRST)
    write_prices(farm.parent / "hash.csv", worth, FIRST)
    loaded = load_farm(farm)
    known = read_history(loaded, farm.parent, START, 24.0)
    stepper, carried, said = Stepper(known), loaded.state, []
    for now in range(16):
        moment = START + now * timedelta(minutes=15)
        hours = BEFORE * 24 + now // 4 + 1
        write_real(farm.parent, until(moment))
        write_prices(farm.parent / "warm.csv", warm[:hours], FIRST)
        write_prices(farm.parent / "hash.csv", worth[: hours - 24], FIRST)
        done = run(farm, tmp_path / "state", moment)
        assert done.exit_code == 0, done.said
        said.append(any("cut: is not reckoned with before 2026-02-11 01:30-06:00" in line for line in done.said))
        followed, carried = stepper.step(now, carried)
        assert now_on(done.record) == {point: float(units[0]) for point, units in followed.units_on.items()}, moment
    assert said == [True] * 6 + [False] * 10


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
    assert record is not None
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
    assert quiet is not None
    assert fed is not None
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
    assert done.exit_code == 0, done.said
    assert any("the latest price known is of 2026-02-11 00:45-06:00" in line for line in done.said)
    assert any("says nothing of 2026-02-11 20:00-06:00" in line for line in done.said) is False  # 12 hours are planned
    far = run(farm, tmp_path / "state", START + timedelta(hours=9))
    assert far.exit_code == 5  # the price is eight hours old
    write_real(farm.parent, until(START + timedelta(hours=9)))
    near = run(farm, tmp_path / "state", START + timedelta(hours=9))
    assert near.exit_code == 0, near.said
    assert any("ahead.csv: says nothing of 2026-02-11 20:00-06:00" in line for line in near.said)
    assert run(farm, tmp_path / "state", START + timedelta(hours=12)).exit_code == 5


def test_announced_machines_are_carried_in_the_record(tmp_path: Path) -> None:
    farm, state = site(tmp_path / "farm", KINDS["frozen"]), tmp_path / "state"
    first = run(farm, state, START).record
    second = run(farm, state, START + timedelta(minutes=15)).record
    assert first is not None
    assert second is not None
    told = second.farm.state.announced
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
    assert record is not None
    assert record.farm.state.announced == {}
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
    assert record is not None
    assert record.expected_mw[("Any time", "2026-02")] > 6


def test_the_same_inputs_give_the_same_bytes_here_too(tmp_path: Path) -> None:
    farm = site(tmp_path / "farm", KINDS["change"])
    for state in (tmp_path / "a", tmp_path / "b"):
        for minutes in (0, 15, 15, 30):
            assert run(farm, state, START + timedelta(minutes=minutes)).exit_code == 0
    assert files_in(tmp_path / "a" / "latest") == files_in(tmp_path / "b" / "latest")
