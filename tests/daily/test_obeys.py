"""A call is obeyed whatever else fails: broken prices, a broken farm file, damaged state, another farm's folder."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pandas as pd
import pytest

from optimizer.accounts.flows import grid_import_mw
from optimizer.daily.files import Done
from optimizer.daily.history import History
from optimizer.daily.job import run_once
from optimizer.daily.prices import Rank
from optimizer.errors import CurtailError, InputError
from tests.daily.farms import write_prices

SITE = "import_limit_mw: 20"
FARM = """
name: Obeys
timezone: America/Chicago
site: {site}
fleet:
  - {{name: Old, units: 3000, machine: &m {{model: o, hashrate_th: 100, power_w: 3000, cooling: air, source: x, confidence: low}}}}
  - {{name: New, units: 2000, machine: {{model: n, hashrate_th: 200, power_w: 3500, cooling: air, source: x, confidence: low}}}}
revenue: {{hashprice_usd_per_ph_day: 33}}
energy: {{price_usd_per_mwh: {{file: prices.csv}}}}
horizon: {{hours: 12, intervals: [{{minutes: 60}}]}}
{more}
"""  # noqa: E501
CALL = "{name: CALL, start: 2026-02-11 12:00, end: 2026-02-11 18:00, cut: {form: %s}}"
STOP = CALL % "full_stop"
POSTURE = "daily: {safe_posture: {off_above_usd_per_mwh: 60}}"
CHEAP = [20.0] * 72


def write(folder: Path, more: str = "", site: str = SITE) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "farm.yaml").write_text(FARM.format(site="{" + site + "}", more=more))
    return folder / "farm.yaml"


def obeying(folder: Path, site: str = SITE) -> Path:
    """A farm whose 16 MW run all day, planned at 11:00."""
    file = write(folder, POSTURE, site)
    write_prices(file.parent / "prices.csv", CHEAP)
    assert run(file, 11).exit_code == 0
    return file


@pytest.fixture
def farm(tmp_path: Path) -> Path:
    return obeying(tmp_path / "farm")


def run(farm: Path, hour: float, day: int = 11, **more: object) -> Done:
    when = datetime(2026, 2, day, int(hour), round(hour % 1 * 60))
    return run_once(farm, farm.parent.parent / "state", when, report=False)


def break_prices(farm: Path) -> None:
    (farm.parent / "prices.csv").write_text("interval_start,pric")


def imported(done: Done) -> pd.Series:
    """MW at the meter by hour on the farm's clock, of what is in force after a run."""
    record = done.record
    assert record is not None
    from optimizer.daily.record import past_conditions

    mw = grid_import_mw(past_conditions(record, record.market), record.dispatch)
    return pd.Series(mw, index=record.market.grid.starts.tz_convert("America/Chicago").strftime("%dT%H:%M"))


@pytest.mark.parametrize(
    ("broken", "code"),
    [
        ("prices", 5),
        ("another section", 2),
        ("no YAML below the calls", 2),
        ("a key that does not exist", 2),
        ("no such group file", 2),
    ],
)
def test_a_new_call_is_obeyed_while_something_else_is_broken(farm: Path, broken: str, code: int) -> None:
    more = f"{POSTURE}\nevents:\n  - {STOP}\n"
    if broken == "prices":
        break_prices(farm)
    elif broken == "another section":
        more += "costs: {fixed_usd_per_month: much}\n"
    elif broken == "no YAML below the calls":
        more += "costs: {fixed_usd_per_month: [1, 2\n  x: : y\n"
    elif broken == "a key that does not exist":
        more += "event: []\n"
    else:
        more += "catalogue: nowhere.yaml\n"
    write(farm.parent, more)
    done = run(farm, 12)
    assert done.exit_code == code, done.messages
    assert done.status == "kept"
    assert imported(done)["11T12:00":"11T17:00"].tolist() == [0] * 6
    assert imported(done)["11T18:00":].tolist() == [16] * 5
    assert done.record.source == "kept"
    assert {row[0] for row in done.record.reasons} == {"event"}
    again = run(farm, 13)
    assert (again.status, again.record.name) == ("kept", done.record.name)


def test_a_call_that_cannot_be_read_is_said_at_every_run_and_those_of_before_stay(farm: Path) -> None:
    write(farm.parent, f"{POSTURE}\nevents: [{STOP}]")
    assert run(farm, 11).exit_code == 0
    second = "{name: B, start: 2026-02-11 20:00, end: 2026-02-11 21:00, cut: {form: to_level, mw: 7}}"
    write(farm.parent, f"{POSTURE}\nevents: [{CALL % 'fullstop'}, {second}]")
    for hour in (12, 13):
        done = run(farm, hour)
        assert done.exit_code == 2
        assert any("did you mean `full_stop`" in line for line in done.messages)
        assert any("not in force" in line for line in done.messages)
        assert imported(done)["11T17:00"] == 0
        assert imported(done)["11T20:00"] <= 7


def test_a_call_that_is_taken_back_in_a_good_file_binds_no_more(farm: Path) -> None:
    write(farm.parent, f"{POSTURE}\nevents: [{STOP}]")
    assert imported(run(farm, 11))["11T12:00"] == 0
    write(farm.parent, POSTURE)
    break_prices(farm)
    done = run(farm, 12)
    assert (done.exit_code, done.status) == (5, "kept")
    assert imported(done)["11T13:00"] == 16


def test_the_calls_of_a_file_with_a_new_block_bind_the_posture(farm: Path) -> None:
    """The market kept for the old farm has no such block; its calls and limits bind all the same."""
    break_prices(farm)
    block = "energy: {price_usd_per_mwh: {file: prices.csv}, blocks: [{name: B, mw: 5, price_usd_per_mwh: 30}]}"
    text = FARM.replace(
        "energy: {{price_usd_per_mwh: {{file: prices.csv}}}}", block.replace("{", "{{").replace("}", "}}")
    )
    late = STOP.replace("2026-02-11 12:00", "2026-02-12 12:00").replace("2026-02-11 18:00", "2026-02-12 18:00")
    farm.write_text(text.format(site="{import_limit_mw: 10}", more=f"{POSTURE}\nevents: [{late}]"))
    done = run(farm, 11, day=12)
    assert (done.exit_code, done.status) == (5, "safe")
    load = imported(done)
    assert load["12T11:00"] == pytest.approx(10, abs=0.004)
    assert load["12T12:00":"12T17:00"].tolist() == [0] * 6


def test_a_nearest_schedule_that_is_kept_falls_on_in_short_intervals(farm: Path) -> None:
    """By hand, from 16 MW at 6 MW/h, planned at 11:45: 14.5, 13, 11.5, 10 by the quarter, then 4 from 12:45 on.

    Prices that break at 13:00 take no plan of that time along: 2.5, 1 and 0 by the quarter, as a plan would fall.
    """
    slow = write(farm.parent, f"events: [{STOP}]", f"{SITE}, ramp_down_mw_per_hour: 6")
    slow.write_text(slow.read_text().replace("{minutes: 60}", "{minutes: 15, hours: 1}, {minutes: 60}"))
    planned = imported(run(slow, 11.75))
    assert planned[:6].tolist() == pytest.approx([14.5, 13, 11.5, 10, 4, 0], abs=0.004)
    break_prices(slow)
    kept = run(slow, 13)
    assert (kept.status, kept.exit_code) == ("nearest", 6)
    assert imported(kept)[:3].tolist() == pytest.approx([2.5, 1, 0], abs=0.004)


def limits(farm: Path, *mw: float) -> None:
    """The site's limit by the hour from 11:00 on, the last one for a day more."""
    write_prices(farm.parent / "limit.csv", [*mw, *[mw[-1]] * 36], datetime(2026, 2, 11, 11))


@pytest.mark.parametrize("covered", [True, False])
def test_the_sites_limit_of_now_is_read_from_its_file(tmp_path: Path, covered: bool) -> None:
    """A limit that the grid writes anew, or for hours after the schedule's end, binds what is kept and the posture."""
    file = write(tmp_path / "farm", POSTURE, "import_limit_mw: {file: limit.csv}")
    write_prices(file.parent / "prices.csv", CHEAP)
    limits(file, *[20.0] * 13, 5.0)
    assert imported(run(file, 11)).iloc[0] == pytest.approx(16)
    break_prices(file)
    if covered:
        limits(file, 20.0, 4.0)
    done = run(file, 12 if covered else 23.5)
    drawn = imported(done)
    assert done.status == ("kept" if covered else "safe")
    assert drawn.max() <= 4 if covered else drawn["12T00:00":].max() <= 5 < drawn.iloc[0]
    (file.parent / "limit.csv").unlink()
    again = run(file, 12 if covered else 23.5)
    assert "limit.csv" in "".join(again.messages)
    assert imported(again).max() <= (4 if covered else 16)


@pytest.mark.parametrize("posture", [True, False])
def test_what_follows_a_schedule_falls_no_faster_than_a_ramp(farm: Path, posture: bool) -> None:
    """By hand, 4 MW/h from 16 MW: 15, 14, 13 by the quarter, however often it is made anew, and told as short."""
    stop = "{name: CALL, start: 2026-02-11 23:15, end: 2026-02-12 06:00, cut: {form: full_stop}}"
    slow = write(farm.parent, POSTURE if posture else "", f"{SITE}, ramp_down_mw_per_hour: 4")
    slow.write_text(slow.read_text().replace("{minutes: 60}", "{minutes: 15, hours: 1}, {minutes: 60}"))
    assert run(slow, 11).exit_code == 0
    slow.write_text(slow.read_text() + f"events: [{stop}]\n")
    break_prices(slow)
    found = [run(slow, 23 + quarter / 4) for quarter in (1, 2, 3)]
    drawn = [imported(done)[f"11T23:{15 * quarter}"] for quarter, done in enumerate(found, start=1)]
    assert drawn == pytest.approx([15, 14, 13], abs=0.004)
    assert {done.exit_code for done in found} == {6}
    assert all("this is the nearest, up to 1" in done.messages[-1] for done in found)


def test_the_nearest_schedule_has_a_code_of_its_own_and_says_what_is_short(farm: Path) -> None:
    write(farm.parent, f"{POSTURE}\nevents: [{CALL % 'to_level, mw: 0.2'}]", f"{SITE}, auxiliary_load_mw: 0.3")
    done = run(farm, 12)
    assert (done.exit_code, done.status) == (6, "nearest")
    assert done.record.source == "nearest"
    assert done.record.short_mw == pytest.approx([0.1] * 6 + [0] * 6)
    assert "until 2026-02-11 18:00: up to 0.1 MW above" in done.messages[0]
    assert imported(done)["11T12:00":"11T17:00"].tolist() == pytest.approx([0.3] * 6)


def test_a_kept_schedule_comes_as_near_as_it_can(farm: Path) -> None:
    """16 MW run, import may fall by 6 MW an hour: 10 and 4 MW, then nothing."""
    break_prices(farm)
    write(farm.parent, f"{POSTURE}\nevents: [{STOP}]", f"{SITE}, ramp_down_mw_per_hour: 6")
    done = run(farm, 12)
    assert (done.exit_code, done.status) == (6, "nearest")
    assert imported(done)["11T12:00":"11T15:00"].tolist() == pytest.approx([10, 4, 0, 0], abs=0.004)


def test_a_schedule_that_has_run_out_obeys_too(farm: Path) -> None:
    """Without a posture what ran last goes on, but not through a call."""
    farm = write(farm.parent)
    assert run(farm, 11).exit_code == 0
    break_prices(farm)
    stop = "{name: C, start: 2026-02-12 12:00, end: 2026-02-12 14:00, cut: {form: full_stop}}"
    write(farm.parent, f"events: [{stop}]")
    done = run(farm, 11, day=12)
    assert done.exit_code == 5
    assert imported(done)["12T11:00":"12T14:00"].tolist() == [16, 0, 0, 16]


def test_a_schedule_of_another_time_is_none(farm: Path) -> None:
    """One run had its clock in 2030; then the prices break in 2026."""
    write_prices(farm.parent / "prices.csv", CHEAP, start=datetime(2030, 2, 11))
    assert run_once(farm, farm.parent.parent / "state", datetime(2030, 2, 11, 12), report=False).exit_code == 0
    write(farm.parent, f"{POSTURE}\nevents: [{STOP}]")
    break_prices(farm)
    done = run(farm, 12)
    assert done.record.start == pd.Timestamp("2026-02-11 12:00-06:00")
    assert imported(done)["11T12:00"] == 0


def test_the_clock_goes_back_and_a_new_call_binds(farm: Path) -> None:
    assert run(farm, 12.9).exit_code == 0
    write(farm.parent, f"{POSTURE}\nevents: [{STOP}]")
    done = run(farm, 12)
    assert done.exit_code == 0
    assert imported(done)["11T12:00"] == 0


def test_a_state_folder_refuses_another_farm(farm: Path, tmp_path: Path) -> None:
    other = write(tmp_path / "other", POSTURE)
    other.write_text(other.read_text().replace("Obeys", "Other"))
    write_prices(other.parent / "prices.csv", CHEAP)
    with pytest.raises(InputError, match=r"belongs to farm 'Obeys'.*write `id: [0-9a-f]{12}`"):
        run_once(other, tmp_path / "state", datetime(2026, 2, 11, 12), report=False)
    other.write_text("name: [")
    with pytest.raises(InputError):
        run_once(other, tmp_path / "state", datetime(2026, 2, 11, 12), report=False)


def test_a_farm_that_is_renamed_or_moved_keeps_its_folder(farm: Path) -> None:
    farm.write_text(farm.read_text().replace("Obeys", "Renamed"))
    assert run(farm, 12).exit_code == 0
    moved = farm.rename(farm.with_name("moved.yaml"))
    assert run(moved, 13).exit_code == 0
    number = json.loads((farm.parent.parent / "state" / "farm.json").read_text())["id"]
    last = moved.rename(moved.with_name("again.yaml"))
    last.write_text(last.read_text().replace("name: Renamed", f"name: New\nid: {number}"))
    assert run(last, 14).exit_code == 0


def test_the_posture_looks_at_the_feed_first(farm: Path) -> None:
    """Files say 20 USD/MWh, the feed's last price is 5,000."""
    break_prices(farm)
    start = int(pd.Timestamp("2026-02-12 10:00-06:00").timestamp())
    with History(farm.parent.parent / "state" / "history.sqlite") as history:
        history.note_prices([(start, start + 3600, 5000.0)], Rank.FED)
    done = run(farm, 12, day=12)
    assert done.status == "safe"
    assert (imported(done) == 0).all()
    assert done.record.reasons[0][0] == "safe_posture"


def test_a_state_of_another_time_in_the_farm_file_stops_nothing(tmp_path: Path) -> None:
    farm = write(tmp_path / "farm", f"state: {{at: 2026-02-01 00:00}}\nevents: [{STOP}]")
    write_prices(farm.parent / "prices.csv", CHEAP)
    done = run(farm, 12)
    assert done.exit_code == 0
    assert any("of another" in line or "not of now" in line for line in done.messages)
    assert imported(done)["11T12:00"] == 0


def test_whatever_breaks_in_planning_the_call_binds(farm: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(farm.parent, f"{POSTURE}\nevents: [{STOP}]")

    def broken(*_: object) -> None:
        raise RuntimeError("no solver today")

    monkeypatch.delenv("CURTAIL_DEBUG", raising=False)
    monkeypatch.setattr("optimizer.daily.job.make_plan", broken)
    monkeypatch.setattr("optimizer.daily.kept.plan_or_nearest", broken)
    done = run(farm, 12)
    assert done.exit_code == CurtailError.exit_code
    assert imported(done)["11T12:00":"11T17:00"].tolist() == [0] * 6
    assert imported(done)["11T18:00"] == 16


def test_telephone_calls_bind_and_end(farm: Path) -> None:
    from optimizer.daily.telephone import add_call, cancel_calls, cut_of, moment_of

    state, zone = farm.parent.parent / "state", "America/Chicago"
    now = datetime(2026, 2, 11, 18, tzinfo=UTC)  # 12:00 there
    until = moment_of("15:00", now, zone, "--until")
    add_call(state, zone, now, cut_of("5MW", None), moment_of("now", now, zone, "--from"), until, None)
    assert imported(run(farm, 12))["11T12:00":"11T15:00"].tolist() == pytest.approx([5, 5, 5, 16], abs=0.004)
    for content in (b"events: [\xff", b"[]", b"{}", b"", b"null", b"events:"):
        (state / "calls.yaml").write_bytes(content)
        damaged = run(farm, 12)
        assert any("calls.yaml" in line for line in damaged.messages)
        assert imported(damaged)["11T12:00"] <= 5
    (state / "calls.yaml").unlink()
    add_call(state, zone, now, cut_of("5MW", None), moment_of("now", now, zone, "--from"), until, None)
    cancel_calls(state, zone, datetime(2026, 2, 11, 19, tzinfo=UTC), None)
    assert imported(run(farm, 13))["11T13:00"] == 16


def test_a_shortfall_that_is_over_is_no_shortfall(farm: Path) -> None:
    low = "{name: C, start: 2026-02-11 12:00, end: 2026-02-11 13:00, cut: {form: to_level, mw: 0.2}}"
    write(farm.parent, f"{POSTURE}\nevents: [{low}]", f"{SITE}, auxiliary_load_mw: 0.3")
    assert run(farm, 12).exit_code == 6
    break_prices(farm)
    assert (run(farm, 12).status, run(farm, 12).exit_code) == ("nearest", 6)
    assert (run(farm, 13).status, run(farm, 13).exit_code) == ("kept", 5)
    record = run(farm, 13).record
    assert record.source_at(pd.Timestamp("2026-02-11 12:59-06:00")) == "nearest"
    assert record.source_at(pd.Timestamp("2026-02-11 13:00-06:00")) == "plan"


def test_a_clock_before_every_record_ends_in_the_posture(farm: Path) -> None:
    done = run_once(farm, farm.parent.parent / "state", datetime(2024, 12, 27, 8), report=False)
    assert (done.exit_code, done.status) == (5, "safe")


def test_what_the_set_points_had_run_is_what_runs_where_their_schedule_is_lost(farm: Path) -> None:
    """All machines were stopped by 13:00; that schedule and its log are lost, the one before had all of them on.

    From 16 MW import could fall to 10 MW by 14:00; from nothing it stays there.
    """
    state = farm.parent.parent / "state"
    write(farm.parent, f"{POSTURE}\nevents: [{STOP}]", f"{SITE}, ramp_down_mw_per_hour: 6")
    for hour in (12, 13, 14):
        run(farm, hour)
    (state / "history.sqlite").write_bytes(b"lost")
    lost = [path for path in (state / "runs").iterdir() if not path.name.startswith("2026-02-11T1100")]
    for path in lost:
        (path / "record.json").write_text("{")
    done = run(farm, 15)
    assert any("cannot be read" in line for line in done.messages)
    assert imported(done)["11T15:00"] == 0
    assert done.status == "planned"


def test_a_call_read_in_a_broken_file_stays_in_force_when_the_file_can_be_read_no_more(farm: Path) -> None:
    write(farm.parent, f"{POSTURE}\nevents: [{STOP}]\nblocks: 1\n")
    assert imported(run(farm, 12))["11T13:00"] == 0
    farm.write_text("name: [\n")
    assert imported(run(farm, 13))["11T14:00"] == 0
    farm.unlink()
    assert imported(run(farm, 14))["11T15:00"] == 0


@pytest.mark.parametrize("damage", ["{{{", None])
def test_a_telephone_call_whose_file_is_lost_stays_in_force(farm: Path, damage: str | None) -> None:
    from optimizer.daily.telephone import add_call

    state, zone = farm.parent.parent / "state", "America/Chicago"
    now, begins, ends = (pd.Timestamp(f"2026-02-11 {hour}:00", tz=zone).to_pydatetime() for hour in (11, 12, 18))
    add_call(state, zone, now, {"form": "full_stop"}, begins, ends)
    write(farm.parent, f"{POSTURE}\nblocks: 1\n")
    assert imported(run(farm, 12))["11T13:00"] == 0
    calls = state / "calls.yaml"
    calls.unlink() if damage is None else calls.write_text(damage)
    done = run(farm, 13)
    assert imported(done)["11T14:00"] == 0
    assert any("calls.yaml" in line for line in done.messages)
    if damage is None:
        calls.write_text("events: []\n")  # as `curtail call --cancel` leaves it
        assert imported(run(farm, 14))["11T15:00"] == 16


def test_orders_that_nest_too_deep_stop_no_call(farm: Path) -> None:
    write(farm.parent, f"{POSTURE}\nevents: [{STOP}]")
    (farm.parent.parent / "state" / "orders.json").write_text("[" * 200_000)
    done = run(farm, 12)
    assert (done.exit_code, imported(done)["11T13:00"]) == (0, 0)


@pytest.mark.parametrize(
    "call",
    [
        STOP.replace("CALL", "OLD"),  # copied from the line above it
        STOP.replace("cut:", "notice: 2026-02-11 13:00, cut:"),
        STOP.replace("cut:", "excused: [{start: 2026-02-11 11:00, end: 2026-02-11 13:00}], cut:"),
        STOP.replace("cut:", "program: none, cut:"),
    ],
)
def test_a_call_of_which_only_something_beside_it_is_wrong_binds(farm: Path, call: str) -> None:
    old = "{name: OLD, start: 2026-02-10 12:00, end: 2026-02-10 18:00, cut: {form: full_stop}}"
    write(farm.parent, f"{POSTURE}\nevents: [{old}]")
    assert run(farm, 11).exit_code == 0
    write(farm.parent, f"{POSTURE}\nevents: [{old}, {call}]")
    for hour in (12, 13):
        done = run(farm, hour)
        assert done.exit_code == 2
        assert any("the call binds" in line for line in done.messages)
        assert imported(done)["11T13:00":"11T17:00"].tolist() == [0] * 5
        assert imported(done)["11T18:00"] == 16


LATE = "{name: LATE, start: 2026-02-11 20:00, end: 2026-02-11 21:00, cut: {form: full_stop}}"


@pytest.mark.parametrize(
    ("first", "second"), [(STOP, LATE), (LATE, STOP)], ids=["the first section", "the one that was added"]
)
def test_calls_of_a_section_that_is_given_twice_all_bind(farm: Path, first: str, second: str) -> None:
    write(farm.parent, f"events: [{first}]\n{POSTURE}\nevents:\n  - {second}\n")
    done = run(farm, 12)
    assert done.exit_code == 2
    assert imported(done)["11T12:00":"11T20:00"].tolist() == [0] * 6 + [16, 16, 0]


def test_a_call_beside_one_that_is_no_yaml_binds(farm: Path) -> None:
    write(farm.parent, f"{POSTURE}\nevents:\n  - {STOP}\n  - {LATE[:-1]}\n  - name: B\n    start: 2026-02-11 22:00\n")
    done = run(farm, 12)
    assert done.exit_code == 2
    assert any("cannot be read in line" in line for line in done.messages)
    assert imported(done)["11T12:00":"11T17:00"].tolist() == [0] * 6


def test_a_call_from_an_hour_that_has_just_passed_is_under_way() -> None:
    from optimizer.daily.telephone import span_of

    now = datetime(2026, 2, 11, 16, 0, 20, tzinfo=UTC)  # 10:00:20
    found = {
        (begins, until): [f"{moment:%d %H:%M}" for moment in span_of(begins, until, now, "America/Chicago")]
        for begins, until in (
            ("10:00", "12:00"),
            ("09:55", "11:00"),
            ("22:00", "02:00"),
            ("14:00", "12:00"),
            ("10:01", "12:00"),
            ("09:00", "2026-02-12 18:00"),
        )
    }
    assert found == {
        ("10:00", "12:00"): ["11 10:00", "11 12:00"],
        ("09:55", "11:00"): ["11 09:55", "11 11:00"],
        ("22:00", "02:00"): ["11 22:00", "12 02:00"],
        ("14:00", "12:00"): ["11 14:00", "12 12:00"],
        ("10:01", "12:00"): ["11 10:01", "11 12:00"],
        ("09:00", "2026-02-12 18:00"): ["12 09:00", "12 18:00"],
    }


@pytest.mark.parametrize("more", ["", "blocks: 1\n"])
def test_a_call_holds_by_the_clock_of_its_file_though_the_schedule_that_is_kept_has_another(
    tmp_path: Path, more: str
) -> None:
    farm, state = write(tmp_path / "farm", POSTURE), tmp_path / "state"
    write_prices(farm.parent / "prices.csv", CHEAP)
    farm.write_text(farm.read_text().replace("America/Chicago", "UTC"))
    assert run_once(farm, state, datetime(2026, 2, 11, 17, tzinfo=UTC), report=False).exit_code == 0
    write(farm.parent, f"{POSTURE}\nevents: [{STOP}]\n{more}")
    break_prices(farm)
    done = run_once(farm, state, datetime(2026, 2, 11, 18, tzinfo=UTC), report=False)
    assert done.status == "kept"
    assert imported(done)["11T12:00":"11T17:00"].tolist() == [0] * 6


@pytest.mark.parametrize("damage", ["file", "dangling link"])
def test_runs_that_are_no_folder_are_set_aside(farm: Path, damage: str) -> None:
    import shutil

    state = farm.parent.parent / "state"
    shutil.rmtree(state / "runs")
    (state / "runs").write_text("") if damage == "file" else (state / "runs").symlink_to("unmounted")
    write(farm.parent, f"{POSTURE}\nevents: [{STOP}]")
    done = run(farm, 12)
    assert (done.exit_code, imported(done)["11T13:00"]) == (0, 0)
    assert any("runs" in line and "set aside" in line for line in done.messages)


def test_a_moment_that_is_none_hands_out_nothing_anew(farm: Path) -> None:
    before = (farm.parent.parent / "state" / "setpoints.json").read_text()
    for at in (datetime(2026, 11, 1, 1, 15), datetime(1, 1, 1), datetime(9999, 12, 31, 23, 59)):
        with pytest.raises(InputError, match="--at"):
            run_once(farm, farm.parent.parent / "state", at, report=False)
    assert (farm.parent.parent / "state" / "setpoints.json").read_text() == before


def test_a_broken_farm_file_by_another_path_is_the_same(farm: Path, tmp_path: Path) -> None:
    write(farm.parent, f"{POSTURE}\nevents: [{STOP}]\nblocks: 1\n")
    (tmp_path / "linked").symlink_to(farm.parent)
    done = run_once(tmp_path / "linked" / "farm.yaml", tmp_path / "state", datetime(2026, 2, 11, 12), report=False)
    assert (done.exit_code, imported(done)["11T13:00"]) == (2, 0)


def test_without_a_posture_as_much_runs_on_as_a_call_allows(farm: Path) -> None:
    level = "{name: CALL, start: 2026-02-12 04:00, end: 2026-02-12 06:00, cut: {form: to_level, mw: 8}}"
    write(farm.parent, f"events: [{level}]")
    break_prices(farm)
    done = run(farm, 3, day=12)
    mw = imported(done)
    assert done.status == "kept"
    assert (mw["12T03:00"], mw["12T06:00"]) == (16, 16)
    assert 7.9 < mw["12T04:00"] <= 8
    assert {row[1] for row in done.record.reasons if row[1]} == {"event"}


@pytest.mark.parametrize(
    "text",
    [
        b"# caf\xe9\nevents:\n  - %s\n",
        b"events:\n<<<<<<< HEAD\n  - %s\n=======\n  - {name: X}\n>>>>>>> theirs\n",
        b"events:\n  - %s\n---\nname: x\n",
        b'"events":\n  - %s\nblocks: [\n',
    ],
    ids=["a byte that is no UTF-8", "a merge", "a second document", "a key in quotes"],
)
def test_a_call_in_a_file_that_is_no_yaml_binds(farm: Path, text: bytes) -> None:
    farm.write_bytes(farm.read_bytes() + text % STOP.encode())
    done = run(farm, 12)
    assert done.exit_code == 2
    assert imported(done)["11T12:00":"11T17:00"].tolist() == [0] * 6


def test_a_call_in_utf_16_binds(farm: Path) -> None:
    farm.write_bytes((farm.read_text() + f"events: [{STOP}]\n").encode("utf-16"))
    assert imported(run(farm, 12))["11T12:00":"11T17:00"].tolist() == [0] * 6


@pytest.mark.parametrize("solver", [True, False])
def test_near_a_call_no_machine_runs_at_a_loss_that_is_known(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, solver: bool
) -> None:
    """16 MW at 3 MW less each quarter of an hour, near the edge of what whole machines can do; then by a rule."""
    farm = write(tmp_path / "farm", POSTURE, site=f"{SITE}, auxiliary_load_mw: 0.3, ramp_down_mw_per_hour: 12")
    quarters = "intervals: [{minutes: 15, hours: 1}, {minutes: 60}]"
    text = farm.read_text().replace("intervals: [{minutes: 60}]", quarters).replace("power_w: 3000", "power_w: 3100")
    farm.write_text(text)
    dear = [20.0] * 15 + [900.0] * 2 + [20.0] * 55
    write_prices(farm.parent / "prices.csv", dear)
    assert run(farm, 11).exit_code == 0
    early = STOP.replace("12:00", "11:30").replace("18:00", "13:00").replace("full_stop", "to_level, mw: 0.2")
    farm.write_text(text + f"events: [{early}]\n")
    if not solver:
        monkeypatch.setattr("optimizer.plan.nearest.bound_to", lambda *_: 1 / 0)
        monkeypatch.delenv("CURTAIL_DEBUG", raising=False)
    done = run(farm, 11.25)
    mw = imported(done)
    assert done.exit_code == 6
    assert done.plan is not None or not solver
    assert mw["11T12:15" if solver else "11T12:00"] == pytest.approx(0.3)  # as fast as import may fall
    assert mw[(mw.index >= "11T15:00") & (mw.index < "11T17:00")].min() < 4.61  # at 900 USD/MWh
    assert mw["11T16:15" if solver else "11T16:00"] == pytest.approx(0.3)


def test_after_a_clock_that_went_back_a_plan_goes_on_from_the_schedule_in_force(farm: Path) -> None:
    """Planned at 12:45 with 16 MW all day; then the clock says 12:00, and a stop at 14:00 has become known: the plan of
    12:00 begins to fall before 13:00, by 2 MW in a quarter of an hour. The plan of 13:00 goes on from there, not from
    the schedule of 12:45, which begins later and is not what runs.
    """
    write(farm.parent, POSTURE, f"{SITE}, ramp_down_mw_per_hour: 8")
    farm.write_text(farm.read_text().replace("{minutes: 60}", "{minutes: 15}"))
    assert run(farm, 12.75).exit_code == 0
    write(farm.parent, f"{POSTURE}\nevents: [{STOP.replace('12:00', '14:00')}]", f"{SITE}, ramp_down_mw_per_hour: 8")
    farm.write_text(farm.read_text().replace("{minutes: 60}", "{minutes: 15}"))
    assert run(farm, 12).exit_code == 0
    done = run(farm, 13)
    assert (done.exit_code, done.status) == (0, "planned"), done.messages
    assert imported(done)["11T14:00"] == 0


def test_a_measured_state_counts_once(farm: Path) -> None:
    """At 12:00 a meter said 10 MW; import falls by 2 MW in each quarter of an hour from there, not again from 10."""
    state = farm.parent.parent / "state"
    write(farm.parent, f"{POSTURE}\nevents: [{STOP}]", f"{SITE}, ramp_down_mw_per_hour: 8")
    farm.write_text(farm.read_text().replace("{minutes: 60}", "{minutes: 15}"))
    (state / "state.yaml").write_text("at: 2026-02-11 12:00\ngrid_import_mw: 10\n")
    for hour, mw in ((12, 8), (12.25, 6), (12.5, 4)):
        assert imported(run(farm, hour)).iloc[0] == pytest.approx(mw, abs=0.004), hour


def test_a_call_that_is_released_within_its_time_to_respond_is_over(farm: Path) -> None:
    """The file is wrong, and says so; the call in it ends all the same."""
    slow = STOP.replace("cut:", "respond_minutes: 10, cut:")
    write(farm.parent, f"{POSTURE}\nevents: [{slow}]")
    assert imported(run(farm, 11))["11T12:00"] == 0
    write(farm.parent, f"{POSTURE}\nevents: [{slow.replace('2026-02-11 18:00', '2026-02-11 12:05')}]")
    done = run(farm, 12.25)
    assert (done.exit_code, done.status) == (2, "kept")
    assert any("the call binds from its start on" in line for line in done.messages)
    assert imported(done)["11T13:00"] == 16
