"""`curtail backtest` on files: what it writes, what it keeps, how it goes on, and what it says where it cannot."""

from __future__ import annotations

import csv
import json
import shutil
import sqlite3
from pathlib import Path

import pytest

from tests.commands.running import curtail
from tests.report.backtests import FIRST, LAST, write_farm

DAYS = ("--from", FIRST, "--to", LAST)
RULES = "always_on,strike"
MOST = "always_on,strike,replanning"
FILES = ["daily.csv", "ladder.csv", "ladder.json", "report.html", "schedule.csv"]


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a farm and the results of its whole ladder, made of the pieces that a shorter ladder left."""
    folder = tmp_path_factory.mktemp("whole")
    farm, out = write_farm(folder), folder / "out"
    part = curtail("backtest", farm, *DAYS, "--policies", RULES, "--out", out, PYTHONHASHSEED="1")
    assert part.returncode == 0, part.stderr
    assert "out.partial is kept" in part.stderr.replace("\n", "")
    shutil.copytree(folder / "out.partial", folder / "kept")
    shutil.copytree(out, folder / "short")
    made = curtail("backtest", farm, *DAYS, "--out", out, "--json", PYTHONHASHSEED="2")
    assert made.returncode == 0, made.stderr
    (folder / "told.json").write_text(made.stdout, encoding="utf-8")
    return folder


def test_the_files_are_whole(whole: Path) -> None:
    out = whole / "out"
    assert sorted(path.name for path in out.iterdir()) == FILES
    told = json.loads((out / "ladder.json").read_text())
    assert json.loads((whole / "told.json").read_text()) == told
    with (out / "daily.csv").open() as file:
        days = list(csv.DictReader(file))
    assert [row["day"] for row in days] == told["days"] == ["2023-07-01", "2023-07-02", "2023-07-03"]
    for key, rung in told["rungs"].items():
        assert [float(row[key]) for row in days] == rung["daily_usd"]
    with (out / "ladder.csv").open() as file:
        ladder = {row["rung"]: row for row in csv.DictReader(file)}
    assert list(ladder) == list(told["rungs"])
    assert float(ladder["replanning"]["profit_usd"]) == pytest.approx(told["rungs"]["replanning"]["profit_usd"], 1e-6)
    assert "</html>" in (out / "report.html").read_text()


def test_the_schedule_is_the_one_that_is_settled(whole: Path) -> None:
    with (whole / "out" / "schedule.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 72 * 2
    assert rows[0]["interval_start"] == "2023-07-01T00:00:00-05:00"
    assert [row["group"] for row in rows[:2]] == ["New", "Old <i>hall"]
    told = json.loads((whole / "out" / "ladder.json").read_text())["rungs"]["replanning"]
    assert sum(float(row["mw"]) for row in rows) == pytest.approx(told["energy_mwh"])
    off = [row for row in rows if row["off"] != "0"]
    assert all(int(row["on_normal"]) + int(row["off"]) == 10 for row in rows)
    assert {row["reason"].split("=")[0] for row in off} == set(told["off_mwh"])
    assert all(row["reason"] for row in off)
    assert all(not row["reason"] for row in rows if row["off"] == "0")


def test_what_a_shorter_ladder_left_is_used_and_gone_when_all_is_written(whole: Path, tmp_path: Path) -> None:
    """The strike rule's piece is put wrong in the store: the whole ladder shows the wrong one, so it was not remade."""
    assert not (whole / "out.partial").exists()
    farm = write_farm(tmp_path)
    shutil.copytree(whole / "kept", tmp_path / "out.partial")
    with sqlite3.connect(tmp_path / "out.partial" / "pieces.sqlite") as store:
        always = store.execute("SELECT schedule FROM pieces WHERE rung = 'always_on'").fetchone()[0]
        store.execute("UPDATE pieces SET schedule = ? WHERE rung = 'strike'", (always,))
    store.close()
    made = curtail("backtest", farm, *DAYS, "--policies", MOST, "--out", tmp_path / "out", "--json")
    assert made.returncode == 0, made.stderr
    rungs = json.loads(made.stdout)["rungs"]
    assert list(rungs) == MOST.split(",")
    assert rungs["strike"]["usd"] == rungs["always_on"]["usd"]
    assert rungs["replanning"]["profit_usd"] > rungs["always_on"]["profit_usd"]


def test_a_shorter_ladder_takes_the_place_of_a_longer_one(whole: Path) -> None:
    assert sorted(path.name for path in (whole / "short").iterdir()) == [n for n in FILES if n != "schedule.csv"]
    again = curtail("backtest", whole / "farm.yaml", *DAYS, "--policies", RULES, "--out", whole / "short")
    assert again.returncode == 0, again.stderr
    farm = whole / "farm.yaml"
    (whole / "over").mkdir()
    for name in FILES:
        (whole / "over" / name).write_text("old")
    over = curtail("backtest", farm, *DAYS, "--policies", RULES, "--out", whole / "over")
    assert over.returncode == 0, over.stderr
    assert sorted(path.name for path in (whole / "over").iterdir()) == [n for n in FILES if n != "schedule.csv"]


def test_a_store_of_another_farm_is_refused(whole: Path, tmp_path: Path) -> None:
    farm = write_farm(tmp_path, name="Another")
    shutil.copytree(whole / "kept", tmp_path / "out.partial")
    made = curtail("backtest", farm, *DAYS, "--policies", RULES, "--out", tmp_path / "out")
    assert made.returncode == 2
    assert "holds results of other inputs" in made.stderr
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ((*DAYS, "--policies", "strike,luck"), "--policies: 'luck' is no rung of the ladder; give some of always_on,"),
        (("--from", LAST, "--to", FIRST), f"--to {FIRST} must lie after --from {LAST}"),
        (("--from", FIRST, "--to", FIRST), f"--to {FIRST} must lie after --from {FIRST}"),
        (("--from", "July", "--to", LAST), "--from 'July' is not a time"),
        (("--from", FIRST, "--to", "2023-07-32"), "--to '2023-07-32' is not a time"),
        (("--from", FIRST, "--to", "2024-07-01"), "price.csv"),
    ],
)
def test_what_cannot_be_is_said_and_nothing_is_written(tmp_path: Path, arguments: tuple[str, ...], said: str) -> None:
    farm = write_farm(tmp_path)
    made = curtail("backtest", farm, *arguments, "--out", tmp_path / "out")
    assert made.returncode in (2, 5)
    assert said in made.stderr
    assert "Traceback" not in made.stderr
    assert not (tmp_path / "out").exists()
    assert not (tmp_path / "out.partial").exists()


def test_a_farm_file_that_does_not_say_how_it_plans_again(tmp_path: Path) -> None:
    farm = write_farm(tmp_path)
    data = json.loads(farm.read_text())
    del data["replanning"]
    farm.write_text(json.dumps(data))
    made = curtail("backtest", farm, *DAYS, "--lag", 1, "--out", tmp_path / "out")
    assert made.returncode == 2
    assert f"{farm}: replanning: the section is missing" in made.stderr
