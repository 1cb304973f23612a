"""`curtail backtest` on files: what it writes, what it keeps, how it goes on, and what it says where it cannot."""

from __future__ import annotations

import json
import shutil
import sqlite3
from pathlib import Path

import pytest

from tests.commands.running import curtail, process
from tests.report.backtests import FIRST, LAST, write_farm

DAYS = ("--from", FIRST, "--to", LAST)
RULES = "always_on,strike"
MOST = "always_on,strike,replanning"
FILES = ["daily.csv", "ladder.csv", "ladder.json", "power.csv", "report.html", "schedule.csv"]


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a farm and the results of its whole ladder, made of the pieces that a shorter ladder left."""
    folder = tmp_path_factory.mktemp("whole")
    farm, out = write_farm(folder), folder / "out"
    part = curtail("backtest", farm, *DAYS, "--policies", RULES, "--out", out)
    assert part.returncode == 0, part.stderr
    assert "out.partial is kept" in part.stderr.replace("\n", "")
    shutil.copytree(folder / "out.partial", folder / "kept")
    shutil.copytree(out, folder / "short")
    made = process("backtest", farm, *DAYS, "--out", out, "--json", PYTHONHASHSEED="2")
    assert made.returncode == 0, made.stderr
    (folder / "told.json").write_text(made.stdout, encoding="utf-8")
    return folder


def test_the_files_are_whole_and_json_prints_one_of_them(whole: Path) -> None:
    out = whole / "out"
    assert sorted(path.name for path in out.iterdir()) == FILES
    assert json.loads((whole / "told.json").read_text()) == json.loads((out / "ladder.json").read_text())
    assert (out / "report.html").read_text().endswith("</html>")


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
    shorter = [name for name in FILES if name not in ("schedule.csv", "power.csv")]
    assert sorted(path.name for path in (whole / "short").iterdir()) == shorter
    over = whole / "over"
    over.mkdir()
    for name in (*FILES, "schedule.csv.gz", "power.csv.gz"):
        (over / name).write_text("old")
    made = curtail("backtest", whole / "farm.yaml", *DAYS, "--policies", RULES, "--out", over)
    assert made.returncode == 0, made.stderr
    assert sorted(path.name for path in over.iterdir()) == shorter


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
        (("--from", "July", "--to", LAST), "--from 'July' is not a time"),
        (("--from", FIRST, "--to", "2023-07-32"), "--to '2023-07-32' is not a time"),
        (("--from", "2023-03-12 02:30", "--to", LAST), "--from 2023-03-12 02:30: "),
        (("--from", FIRST, "--to", "2024-07-01"), "price.csv"),
    ],
)
def test_what_cannot_be_is_said_and_nothing_is_written(tmp_path: Path, arguments: tuple[str, ...], said: str) -> None:
    farm = write_farm(tmp_path, peaks=False)
    made = curtail("backtest", farm, *arguments, "--out", tmp_path / "out")
    assert made.returncode in (2, 5)
    assert said in made.stderr
    assert "Traceback" not in made.stderr
    assert not (tmp_path / "out").exists()
    assert not (tmp_path / "out.partial").exists()


def test_a_farm_file_that_does_not_say_how_it_plans_again(tmp_path: Path) -> None:
    farm = write_farm(tmp_path, peaks=False)
    data = json.loads(farm.read_text())
    del data["replanning"]
    farm.write_text(json.dumps(data))
    made = curtail("backtest", farm, *DAYS, "--lag", 1, "--out", tmp_path / "out")
    assert made.returncode == 2
    assert f"{farm}: replanning: the section is missing" in made.stderr
