"""Scenarios on the command line: `plan --scenario`, `check`, `schema scenario`."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest

from tests.commands.running import CONFIGS, curtail

FIXED = CONFIGS / "fixed_tariff_12mw.yaml"
HEAD = "name: {}\nsummary: x\nsources: [made up]\n"


@pytest.fixture
def stop(tmp_path: Path) -> Path:
    """Power for nothing on 20 February, and a full stop from 06:00 to 09:00."""
    path = tmp_path / "stop.yaml"
    event = "{name: Stop, start: day 1 06:00, end: day 1 09:00, cut: {form: full_stop}}"
    changes = f"changes:\n  - {{kind: price, set_usd_per_mwh: 0}}\n  - kind: event\n    event: {event}\n"
    path.write_text(HEAD.format("Stop") + "start: 2026-02-20 00:00\nhours: 24\n" + changes)
    return path


def off_by_hour(out: Path) -> dict[str, int]:
    """Machines off by the local hour; no plan of these tests is longer than a day."""
    found: dict[str, int] = {}
    with (out / "schedule.csv").open() as rows:
        for row in csv.DictReader(rows):
            hour = row["interval_start"][11:13]
            found[hour] = found.get(hour, 0) + int(row["off"])
    return found


def test_a_plan_under_scenarios(tmp_path: Path, stop: Path) -> None:
    dear = tmp_path / "dear.yaml"
    dear.write_text(HEAD.format("Dear") + "changes: [{kind: price, shift_usd_per_mwh: 5000, from: day 1 20:00}]\n")
    done = curtail(
        "plan", FIXED, "--scenario", stop, "--scenario", dear, "--out", tmp_path / "out", "--no-report", "--json"
    )
    assert done.returncode == 0, done.stderr
    off = off_by_hour(tmp_path / "out")
    assert len(off) == 24
    assert {hour for hour, units in off.items() if units == 3500} == {"06", "07", "08", "20", "21", "22", "23"}
    assert off["05"] == 0


def test_a_plan_names_its_scenarios(tmp_path: Path, stop: Path) -> None:
    """In the account, on the page and in the terminal; a plan without any names none."""
    hostile = tmp_path / "hostile.yaml"
    hostile.write_text(HEAD.format('"[red]<b>Dear & co"') + "changes: []\n")
    out = tmp_path / "out"
    done = curtail("plan", FIXED, "--scenario", stop, "--scenario", hostile, "--out", out)
    assert done.returncode == 0, done.stderr
    assert "Under the scenarios: Stop, [red]<b>Dear & co\n" in done.stderr
    assert json.loads((out / "settlement.json").read_text())["scenarios"] == ["Stop", "[red]<b>Dear & co"]
    assert "Under the scenarios: Stop, [red]&lt;b&gt;Dear &amp; co</div>" in (out / "report.html").read_text()
    done = curtail("plan", FIXED, "--out", out)
    assert json.loads((out / "settlement.json").read_text())["scenarios"] == []
    assert "Under the scenario" not in done.stderr
    assert "Under the scenario" not in (out / "report.html").read_text()


def test_start_and_hours_override_the_scenario(tmp_path: Path, stop: Path) -> None:
    start = ("--start", "2026-02-11T07:00", "--hours", "4")
    done = curtail("plan", FIXED, "--scenario", stop, *start, "--out", tmp_path / "out", "--no-report", "--json")
    assert done.returncode == 0, done.stderr
    assert off_by_hour(tmp_path / "out") == {"07": 3500, "08": 3500, "09": 0, "10": 0}


def test_faults_are_told_in_the_scenario(tmp_path: Path, stop: Path) -> None:
    bad = tmp_path / "bad.yaml"
    bad.write_text(HEAD.format("Bad") + "changes:\n  - {kind: prise, scale: 2}\n  - {kind: price, scal: 2}\n")
    done = curtail("check", bad, stop)
    assert done.returncode == 2
    assert [line.removeprefix(f"{bad}:").split(" ")[0] for line in done.stderr.splitlines()] == [
        "5:5:",
        "6:19:",
    ]
    bad.write_text(HEAD.format("Bad") + "changes: [{kind: outage, groups: [S20], share: 1}]\n")
    assert curtail("check", bad, stop).returncode == 0
    done = curtail("plan", FIXED, "--scenario", bad, "--out", tmp_path / "out")
    assert done.returncode == 2
    assert done.stderr.strip().startswith(
        f"{bad}:4:35: changes[0].groups[0]: no group of the fleet has this name (got 'S20')"
    )
    assert not (tmp_path / "out").exists()


def test_a_start_the_clock_skips(tmp_path: Path) -> None:
    path = tmp_path / "skipped.yaml"
    path.write_text(HEAD.format("Skipped") + "start: 2026-03-08 02:30\nchanges: []\n")
    done = curtail("plan", FIXED, "--scenario", path, "--out", tmp_path / "out")
    assert done.returncode == 2
    assert done.stderr.startswith(f"{path}:4:8: start: 2026-03-08 02:30 does not exist in America/New_York")


def test_the_schema() -> None:
    done = curtail("schema", "scenario")
    assert json.loads(done.stdout)["title"] == "A scenario of curtail"
    assert "there is one for" in (said := curtail("schema", "scenarios").stderr) and " scenario," in said
