"""The real command on real files."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.commands.running import ROOT, WEST_TEXAS, curtail
from tests.sampling import sample

LIBRARY = sorted((ROOT / "scenarios").glob("*.yaml"))
DEAR = "{name: Dear, summary: Power costs twice as much, sources: [made up], changes: [{kind: price, scale: 2}]}"
IMPOSSIBLE = """
name: Impossible
summary: The site draws more than this with every machine off.
sources: [made up]
changes:
  - kind: event
    event: {name: none, start: day 1 06:00, end: day 1 08:00, cut: {form: to_level, mw: 0.1}}
"""


@pytest.fixture
def dear(tmp_path: Path) -> Path:
    path = tmp_path / "dear.yaml"
    path.write_text(DEAR, encoding="utf-8")
    return path


@pytest.fixture
def impossible(tmp_path: Path) -> Path:
    path = tmp_path / "impossible.yaml"
    path.write_text(IMPOSSIBLE, encoding="utf-8")
    return path


def test_the_base_is_what_plan_says_and_the_files_are_the_same_whatever_the_workers(dear: Path, tmp_path: Path) -> None:
    planned = curtail("plan", WEST_TEXAS, "--hours", 12, "--json", "--no-report", "--out", tmp_path / "plan")
    for workers in (1, 2):
        made = curtail(
            "compare", WEST_TEXAS, dear, "--hours", 12, "--workers", workers, "--out", tmp_path / f"w{workers}"
        )
        assert made.returncode == 0, made.stderr
        assert "compare.html written to" in made.stderr
    names = ["compare.csv", "compare.html", "compare.json"]
    assert sorted(path.name for path in (tmp_path / "w1").iterdir()) == names
    for name in names:
        assert (tmp_path / "w1" / name).read_bytes() == (tmp_path / "w2" / name).read_bytes()
    found = json.loads((tmp_path / "w1" / "compare.json").read_text())
    base = found["bases"][0]["ways"]["knowing"]
    assert base["usd"] == json.loads(planned.stdout)["usd"]
    assert found["scenarios"][0]["ways"]["knowing"]["profit_usd"] != base["profit_usd"]


def test_a_scenario_that_fails_is_told_and_the_rest_goes_on(dear: Path, impossible: Path, tmp_path: Path) -> None:
    made = curtail("compare", WEST_TEXAS, impossible, dear, "--hours", 12, "--json", "--out", tmp_path / "out")
    assert made.returncode == 3
    first, second = json.loads(made.stdout)["scenarios"]
    assert "MW short" in first["ways"]["knowing"]["failure"]
    assert "profit_usd" in first["ways"]["always_on"]
    assert "profit_usd" in second["ways"]["knowing"]
    assert "no schedule meets every limit" in (tmp_path / "out" / "compare.html").read_text()
    told = curtail("compare", WEST_TEXAS, impossible, dear, "--hours", 12, "--out", tmp_path / "again")
    assert told.returncode == 3
    assert "! Impossible, knowing, as noticed: no schedule meets every limit" in " ".join(told.stderr.split())


def test_faults_of_every_file_are_told_at_once(dear: Path, tmp_path: Path) -> None:
    for name in ("one", "two"):
        (tmp_path / f"{name}.yaml").write_text(DEAR.replace("Dear", name).replace("scale", "scala"), encoding="utf-8")
    made = curtail("compare", WEST_TEXAS, tmp_path / "one.yaml", dear, tmp_path / "two.yaml", "--out", tmp_path / "out")
    assert made.returncode == 2
    assert "one.yaml:1:" in made.stderr
    assert "two.yaml:1:" in made.stderr
    assert "Traceback" not in made.stderr
    assert not (tmp_path / "out").exists()


def test_a_name_stands_once(dear: Path, tmp_path: Path) -> None:
    made = curtail("compare", WEST_TEXAS, dear, dear, "--out", tmp_path / "out")
    assert made.returncode == 2
    assert "is the name of another scenario of this comparison too (got 'Dear')" in made.stderr


def test_the_library_on_the_sample_farm(tmp_path: Path) -> None:
    """Every file of the library is planned, knowing it and as notice arrives, and nothing fails."""
    files = sample(LIBRARY, 3)
    made = curtail("compare", WEST_TEXAS, *files, "--workers", 1, "--json", "--out", tmp_path / "out")
    assert made.returncode == 0, made.stderr
    found = json.loads(made.stdout)
    assert len(found["scenarios"]) >= len(files)
    for scenario in found["scenarios"]:
        ways = scenario["ways"]
        assert ways["knowing"].get("breaches") == {}, scenario["name"]
        assert ways["always_on"]["profit_usd"] < ways["knowing"]["profit_usd"], scenario["name"]
        assert ways["strike_rule"]["profit_usd"] <= ways["knowing"]["profit_usd"] + 1, scenario["name"]
