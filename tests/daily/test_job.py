"""`curtail daily`: one run after another, good data and bad."""

from __future__ import annotations

import csv
import json
import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from optimizer.daily.folder import StateFolder
from optimizer.daily.history import History
from optimizer.daily.review import review
from tests.daily.farms import START, daily, data_of, files_in, run, shifted, write_farm, write_prices

OFF_ABOVE = "daily: {safe_posture: {off_above_usd_per_mwh: 50, hours: 6}}"


def rows(folder: Path) -> list[dict[str, str]]:
    with (folder / "schedule.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def logged(state: Path) -> list[Any]:
    with History(state / "history.sqlite") as history:
        return history.runs()


def test_a_run_leaves_its_files_and_points_to_them(farm: Path, state: Path) -> None:
    done = daily(farm, state, "2026-02-11 00:07", "--json")
    assert done.returncode == 0, done.stderr
    told = data_of(done.stdout)
    assert (told["status"], told["run"]) == ("planned", "2026-02-11T0000-0600")
    assert (state / "latest").readlink() == Path("runs/2026-02-11T0000-0600")
    assert set(files_in(state / "latest")) == {
        *(
            "actions.csv",
            "actions.ics",
            "schedule.csv",
            "power.csv",
            "shutdowns.csv",
            "strikes.csv",
            "settlement.json",
            "report.html",
        ),
        *("inputs.json", "record.json"),
    }
    assert rows(state / "latest")[0]["interval_start"] == "2026-02-11T00:00:00-06:00"
    inputs = json.loads((state / "latest" / "inputs.json").read_text())
    assert set(inputs["files"]) == {"farm.yaml", "prices.csv"}
    assert set(inputs["versions"]) >= {"curtail", "highspy", "python"}
    assert json.loads((state / "latest" / "settlement.json").read_text())["inputs"] == inputs["files"]


def test_the_same_inputs_give_the_same_bytes(tmp_path: Path) -> None:
    """Twice on one state, and on another state after the same runs; no output holds the time of the day it was made."""
    farm = write_farm(tmp_path / "farm")
    for hour in (0, 5, 5):
        assert run(farm, tmp_path / "a", hour).exit_code == 0
    first = files_in(tmp_path / "a" / "latest")
    run(farm, tmp_path / "a", 5)
    assert files_in(tmp_path / "a" / "latest") == first
    for hour in (0, 5):
        run(farm, tmp_path / "b", hour)
    assert files_in(tmp_path / "b" / "latest") == first
    assert len(logged(tmp_path / "a")) == 4


def test_the_next_plan_begins_where_the_last_has_led(farm: Path, state: Path) -> None:
    """By hand: at 06:00 Old has been off since 05:00 or 06:00 for the morning's prices; a plan that knew no state would
    have it run. The peak of the night is the bill's peak so far.
    """
    night = run(farm, state, 0).record
    morning = run(farm, state, 8).record
    before = [float(units[7 + 3]) for (name, _), units in night.dispatch.units_on.items() if name == "Old"]
    assert morning.state.groups["Old"].running == sum(before)
    assert sum(before) < 3000
    import_mw = [float(row["mw"]) for row in rows(state / "runs" / "2026-02-11T0000-0600")]
    by_interval = [sum(import_mw[i : i + 2]) for i in range(0, 2 * (4 + 7), 2)]
    assert morning.state.bill.peaks_mw["Any time"] == pytest.approx(max(6.0, *by_interval), abs=1e-3)


def test_a_tail_instead_of_an_expected_peak(farm: Path, state: Path) -> None:
    """What the tail expects is carried with the record, so that the hours that are over can be settled."""
    text = farm.read_text().replace(", expected_peak_mw: 12", "")
    tail = "  tail: {minutes: 60, price_usd_per_mwh: 30}\nstate:"
    farm.write_text(text.replace("state:", tail))
    assert [run(farm, state, hour).exit_code for hour in (0, 6, 12)] == [0, 0, 0]
    found = StateFolder(state).in_force()
    assert found[0].expected_mw[("Any time", "2026-02")] > 6
    with History(state / "history.sqlite") as history:
        assert len(review(history).followed) == 2


def test_cron_hears_only_of_runs_that_could_not_plan(farm: Path, state: Path) -> None:
    assert daily(farm, state, "2026-02-11 00:00", "--json").stderr == ""
    (farm.parent / "prices.csv").unlink()
    done = daily(farm, state, "2026-02-11 03:00", "--json")
    assert data_of(done.stdout)["exit_code"] == done.returncode == 5
    assert "prices.csv" in done.stderr
    assert [entry.at for entry in logged(state)] == ["2026-02-11T00:00:00-06:00", "2026-02-11T03:00:00-06:00"]


def test_a_fault_of_the_program_keeps_the_schedule_too(
    farm: Path, state: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run(farm, state, 0)
    before = files_in(state / "latest")

    def broken(*_: object) -> None:
        raise KeyError("surprise")

    monkeypatch.setattr("optimizer.daily.job.make_plan", broken)
    done = run(farm, state, 3)
    assert (done.status, done.exit_code) == ("kept", 1)
    assert done.messages[0] == "unexpected: KeyError: 'surprise'; please report it"
    assert files_in(state / "latest") == before


def test_prices_as_they_turned_out_are_no_input(tmp_path: Path) -> None:
    """They arrive while plans are made, and change none."""
    farm, state = write_farm(tmp_path / "farm", "daily: {settled_prices: {file: real.csv}}"), tmp_path / "state"
    write_prices(tmp_path / "farm" / "real.csv", [30.0])
    run(farm, state, 0)
    before = files_in(state / "latest")
    write_prices(tmp_path / "farm" / "real.csv", [30.0, 31.0])
    run(farm, state, 0)
    assert files_in(state / "latest") == before
    assert b"real.csv" not in before["inputs.json"]


def test_an_earlier_time_goes_back_to_what_was_known_then(farm: Path, state: Path) -> None:
    run(farm, state, 0)
    run(farm, state, 3)
    at_three = files_in(state / "latest")
    run(farm, state, 6)
    run(farm, state, 3)
    assert files_in(state / "latest") == at_three


def test_a_measured_state_wins_over_the_carried_one(farm: Path, state: Path) -> None:
    run(farm, state, 0)
    (state / "state.yaml").write_text("at: 2026-02-11 03:00\ngroups: {Old: {running: 1234}}\n")
    done = run(farm, state, 3)
    assert done.record.state.groups["Old"].running == 1234
    assert done.record.state.bill.peaks_mw["Any time"] > 6  # what the file does not say is carried
    assert "(state folder)/state.yaml" in (state / "latest" / "inputs.json").read_text()
    later = run(farm, state, 6)
    assert any("state.yaml is of 2026-02-11 03:00-06:00" in line for line in later.messages)
    assert later.record.state.groups["Old"].running != 1234


def test_a_state_measured_within_an_interval_counts_in_one_plan(farm: Path, state: Path) -> None:
    """What was measured at 03:09 is how the plan of 03:00 began; that of 04:00 goes on from what it had machines do."""
    run(farm, state, 2)
    (state / "state.yaml").write_text("at: 2026-02-11 03:09\ngroups: {Old: {running: 1234}}\n")
    first = run(farm, state, 3 + 10 / 60)
    assert first.record.state.groups["Old"].running == 1234
    went_on = first.record.dispatch.units_on["Old", "normal"][0]
    assert went_on != 1234
    later = run(farm, state, 4)
    assert later.record.state.groups["Old"].running == went_on


def test_a_wrong_state_file_is_told_with_its_place(farm: Path, state: Path) -> None:
    run(farm, state, 0)
    wrong = "at: 2026-02-11 03:00\ngroups: {Odl: {running: 1234}}\n"
    (state / "state.yaml").write_text(wrong)
    for hour in (3, 4):
        done = run(farm, state, hour)
        assert (done.status, done.exit_code) == ("planned", 0)
        assert (
            "state.yaml:2:15: groups.Odl: no group of the fleet has this name; did you mean `Old`?" in done.messages[0]
        )
        assert "the carried state is used until it is right" in done.messages[0]
    assert (state / "state.yaml").read_text() == wrong


@pytest.mark.parametrize(
    ("more", "spoil", "told"),
    [
        ("daily: {stale_after_hours: 6}", "old", "prices.csv: was last written 2026-02-10 20:00-06:00, 10.0 hours ago"),
        ("", "short", "prices.csv: price_usd_per_mwh: covers 2026-02-11 00:00-06:00 to 2026-02-11 08:00-06:00"),
        ("", "broken", "prices.csv:3:27: "),
        ("", "gone", "prices.csv"),
        ("", "empty", "prices.csv"),
        ("daily: {newest: {prices.csv: inbox/dam_*.csv}}", "inbox", "daily.newest: no file fits inbox/dam_*.csv"),
    ],
)
def test_old_late_and_broken_data_keep_the_schedule(farm: Path, state: Path, more: str, spoil: str, told: str) -> None:
    assert run(farm, state, 0).exit_code == 0
    before, prices = files_in(state / "latest"), farm.parent / "prices.csv"
    write_farm(farm.parent, more)
    if spoil == "old":
        written = datetime(2026, 2, 11, 2, tzinfo=UTC).timestamp()
        os.utime(prices, (written, written))
    elif spoil == "short":
        write_prices(prices, shifted(0)[:8])
    elif spoil == "broken":
        prices.write_text(prices.read_text().replace(",18.0", ",eighteen", 1).replace(",18\n", ",eighteen\n", 1))
    elif spoil == "gone":
        prices.unlink()
    elif spoil == "empty":
        prices.write_text("")
    done = daily(farm, state, "2026-02-11 06:00")
    assert done.returncode == 5, done.stderr
    assert told in done.stderr
    assert "the schedule of 2026-02-11 00:00-06:00 stays in force; it runs out 2026-02-11 12:00-06:00" in done.stderr
    assert "Traceback" not in done.stderr
    assert files_in(state / "latest") == before
    assert [(run.status, run.exit_code) for run in logged(state)] == [("planned", 0), ("kept", 5)]


def test_a_farm_file_with_a_fault_ends_in_code_2(farm: Path, state: Path) -> None:
    run(farm, state, 0)
    before = files_in(state / "latest")
    farm.write_text(farm.read_text().replace("import_limit_mw", "import_limt_mw"))
    done = daily(farm, state, "2026-02-11 06:00")
    assert done.returncode == 2
    assert "did you mean `import_limit_mw`" in done.stderr
    assert files_in(state / "latest") == before


@pytest.mark.parametrize("page", [(), ("--no-report",)])
def test_no_schedule_within_limits_hands_out_the_nearest_with_a_page_and_without(
    tmp_path: Path, page: tuple[str, ...]
) -> None:
    """What the terms of its contract do cannot be worked out then: the page says so, and holds nothing up."""
    call = "events: [{name: all, start: 2026-02-11 03:00, end: 2026-02-11 04:00, cut: {form: to_level, mw: 1}}]"
    farm, state = write_farm(tmp_path / "farm", call), tmp_path / "state"
    text = farm.read_text().replace("site: {", "site: {auxiliary_load_mw: 2, ")
    farm.write_text(text)
    done = daily(farm, state, "2026-02-11 00:00", *page)
    assert done.returncode == 6
    assert 'event "all" allows 1 MW, which is 1 MW short' in done.stderr
    assert page or "no schedule meets every limit either" in (state / "latest" / "report.html").read_text()


def test_prices_that_end_early_cut_the_plan_as_far_as_allowed(tmp_path: Path) -> None:
    farm, state = write_farm(tmp_path / "farm", "daily: {at_least_hours: 5}"), tmp_path / "state"
    write_prices(tmp_path / "farm" / "prices.csv", shifted(0)[:8])
    run(farm, state, 0)
    done = run(farm, state, 2)
    assert str(done.record.end) == "2026-02-11 14:00:00+00:00"  # 08:00 on the farm's clock
    late = run(farm, state, 4)
    assert late.exit_code == 5
    assert "prices end 2026-02-11 08:00-06:00, 4.0 hours after the plan's start; a plan needs 5" in late.messages[0]


def test_the_newest_file_of_the_inbox_is_read(tmp_path: Path) -> None:
    farm, state = write_farm(tmp_path / "farm", "daily: {newest: {prices.csv: inbox/dam_*.csv}}"), tmp_path / "state"
    inbox = tmp_path / "farm" / "inbox"
    inbox.mkdir()
    for name, price in (("dam_2026-02-10.csv", 10.0), ("dam_2026-02-11.csv", 500.0), ("other.csv", 1.0)):
        write_prices(inbox / name, [price] * 72)
    done = run(farm, state, 0)
    assert set(done.record.market.energy_price_usd_per_mwh.tolist()) == {500.0}
    assert "inbox/dam_2026-02-11.csv" in (state / "latest" / "inputs.json").read_text()


def test_after_the_schedule_has_run_out_the_safe_posture_holds(tmp_path: Path) -> None:
    """By hand: the plan of midnight ends at noon. At 13:20 prices are known to 18:00 and above 50 USD/MWh from 17:00
    on, and the last known price holds from then on: on until 17:00, first by the quarter of an hour, and off.
    """
    farm, state = write_farm(tmp_path / "farm", OFF_ABOVE), tmp_path / "state"
    run(farm, state, 0)
    write_prices(tmp_path / "farm" / "prices.csv", shifted(0)[:18])
    done = daily(farm, state, "2026-02-11 13:20")
    assert done.returncode == 5
    assert "the schedule of 2026-02-11 00:00-06:00 has run out; the safe posture is in force" in done.stderr
    assert (state / "latest").readlink() == Path("runs/2026-02-11T1315-0600-safe")
    schedule = [row for row in rows(state / "latest") if row["group"] == "New"]
    assert [row["interval_start"][11:16] for row in schedule][6:9] == ["14:45", "15:00", "16:00"]
    assert [row["on_normal"] for row in schedule] == ["2000"] * 9 + ["0"] * 3
    assert [row["reason"] for row in schedule][8:] == ["", "safe_posture", "safe_posture", "safe_posture"]
    assert schedule[0]["strike_usd_per_mwh"] == ""
    posture = json.loads((state / "latest" / "posture.json").read_text())
    assert posture["posture"] == {"off_above_usd_per_mwh": 50.0, "all_off": False}
    assert "prices.csv" in posture["because"]


def test_the_safe_posture_keeps_the_calls_there_are(farm: Path, state: Path) -> None:
    run(farm, state, 0)
    call = "events: [{name: cut, start: 2026-02-11 14:00, end: 2026-02-11 15:00, cut: {form: to_level, mw: 4}}]"
    write_farm(farm.parent, f"daily: {{safe_posture: {{off_above_usd_per_mwh: 500, hours: 4}}}}\n{call}")
    (farm.parent / "prices.csv").unlink()
    done = run(farm, state, 13)
    assert (done.status, done.exit_code) == ("safe", 5)
    mw = pd.DataFrame(rows(state / "latest")).astype({"mw": float}).groupby("interval_start")["mw"].sum()
    assert (mw[:"2026-02-11T13:45:00-06:00"] > 4.0).all()
    assert mw["2026-02-11T14:00:00-06:00"] <= 4.0


def test_all_off_and_no_posture(tmp_path: Path) -> None:
    farm, state = write_farm(tmp_path / "farm", "daily: {safe_posture: {all_off: true}}"), tmp_path / "state"
    run(farm, state, 0)
    (tmp_path / "farm" / "prices.csv").unlink()
    assert run(farm, state, 13).status == "safe"
    assert {row["off"] for row in rows(state / "latest")} == {"3000", "2000"}
    write_farm(tmp_path / "other")
    run(tmp_path / "other" / "farm.yaml", tmp_path / "none", 0)
    (tmp_path / "other" / "prices.csv").unlink()
    before = files_in(tmp_path / "none" / "latest")
    done = run(tmp_path / "other" / "farm.yaml", tmp_path / "none", 13)
    assert (done.status, done.exit_code) == ("nothing", 5)
    assert files_in(tmp_path / "none" / "latest") == before


def test_a_plan_follows_the_posture_again(tmp_path: Path) -> None:
    """What the posture has off is off when data are back; the peak so far is still the night's."""
    farm, state = write_farm(tmp_path / "farm", "daily: {safe_posture: {all_off: true}}"), tmp_path / "state"
    run(farm, state, 0)
    prices = (tmp_path / "farm" / "prices.csv").read_text()
    (tmp_path / "farm" / "prices.csv").unlink()
    run(farm, state, 13)
    (tmp_path / "farm" / "prices.csv").write_text(prices)
    done = run(farm, state, 15)
    assert done.status == "planned"
    assert done.record.state.groups["New"].running == 0
    assert done.record.state.bill.peaks_mw["Any time"] > 6


def test_only_so_many_runs_are_kept(tmp_path: Path) -> None:
    farm, state = write_farm(tmp_path / "farm", "daily: {keep_runs: 2}"), tmp_path / "state"
    for hour in range(4):
        run(farm, state, hour)
    assert sorted(path.name for path in (state / "runs").iterdir()) == [
        "2026-02-11T0200-0600",
        "2026-02-11T0300-0600",
    ]
    assert len(logged(state)) == 4
    run(farm, state, 1)  # the oldest again, and in force
    assert {path.name for path in (state / "runs").iterdir()} >= {"2026-02-11T0100-0600"}
    assert StateFolder(state).in_force() is not None


def test_a_run_that_was_killed_before_its_log_is_logged_by_the_next(farm: Path, state: Path) -> None:
    run(farm, state, 0)
    (state / "history.sqlite").unlink()
    run(farm, state, 3)
    assert [run.run for run in logged(state)] == ["2026-02-11T0000-0600", "2026-02-11T0300-0600"]


def test_a_gap_is_told_and_a_long_one_forgets(farm: Path, state: Path) -> None:
    run(farm, state, 0)
    done = run(farm, state, 18)
    assert any("ran out 6.0 hours ago: machines are taken to run as at its end" in line for line in done.messages)
    write_prices(farm.parent / "prices.csv", shifted(0), START.replace(day=25))
    late = run(farm, state, 0, day=25)
    assert late.exit_code == 5  # the peak of February so far is not known any more
    assert "give the highest import so far that Any time counts" in late.messages[0]


def test_a_changed_fleet_takes_what_fits_of_the_state(farm: Path, state: Path) -> None:
    run(farm, state, 0)
    text = farm.read_text().replace("units: 2000", "units: 500").replace("name: Old", "name: Older")
    farm.write_text(text)
    done = run(farm, state, 3)
    assert done.exit_code == 0
    assert set(done.record.state.groups) == {"New"}
    assert done.record.state.groups["New"].running <= 500


def test_the_link_is_relative_so_that_the_folder_can_be_moved(tmp_path: Path) -> None:
    farm = write_farm(tmp_path / "farm")
    run(farm, tmp_path / "state", 0)
    (tmp_path / "state").rename(tmp_path / "moved")
    assert StateFolder(tmp_path / "moved").in_force() is not None
    assert run(farm, tmp_path / "moved", 3).exit_code == 0
