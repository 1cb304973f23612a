"""`curtail new`: a dozen answers make a farm that plans, in a clone and from a wheel."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from tests.commands.running import CONFIGS, curtail

MACHINES = ("--machines", "900 antminer s21", "--machines", "1,200 Antminer S19j Pro")


def test_a_farm_of_options_plans(tmp_path: Path) -> None:
    shutil.copy(CONFIGS / "market" / "norway_day_ahead.xml", tmp_path / "no.xml")
    (tmp_path / "eur.csv").write_text("date,rate\n2026-02-06,11.5\n")
    words = ("--timezone", "Europe/Oslo", "--currency", "nok", "--rate", "USD=10.2", "--rate", "EUR=eur.csv")
    prices = ("--price", "no.xml", "--price-currency", "EUR", "--adders", "0.028 NOK/kWh", "--demand", "55")
    made = curtail("new", "fjord.yaml", *words, *MACHINES, *prices, cwd=tmp_path)
    assert made.returncode == 0, made.stderr
    assert "bitcoin at $66,680 and difficulty 125.86 T are those of 11 February 2026" in made.stderr
    planned = curtail("plan", "fjord.yaml", "--json", "--no-report", cwd=tmp_path)
    assert planned.returncode == 0, planned.stderr
    told = json.loads(planned.stdout)
    assert (told["farm"], told["currency"], told["start"]) == ("fjord", "NOK", "2026-02-09T00:00:00+01:00")
    assert told["profit_nok"] == pytest.approx(sum(told["nok"].values()), abs=0.1)
    again = curtail("new", "fjord.yaml", *MACHINES, "--price", "40", cwd=tmp_path)
    assert (again.returncode, "is there already" in again.stderr) == (2, True)


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ((), "give --machines and --price"),
        ((*MACHINES,), "give --price"),
        (("--machines", "90 Antminr S21", "--price", "40"), "no model 'Antminr S21'; did you mean `Antminer S21`?"),
        (("--machines", "S21", "--price", "40"), "such as \"2500 Antminer S21\" (got 'S21')"),
        ((*MACHINES, "--price", "40", "--currency", "CAD"), "give what one is worth, such as USD=10.5"),
        ((*MACHINES, "--price", "40 SEK/MWh"), "f.yaml:13:18: energy.price_per_mwh: is in SEK"),
        ((*MACHINES, "--price", "none.csv"), "none.csv:1:1: there is no such file"),
        ((*MACHINES, "--price", "40", "--timezone", "Texas"), "timezone: is not a time zone"),
        ((*MACHINES, "--price", "40", "--rate", "10"), "rate: must be such as USD=10.5"),
    ],
)
def test_what_is_wrong_is_told_and_nothing_written(tmp_path: Path, words: tuple[str, ...], told: str) -> None:
    made = curtail("new", "f.yaml", *words, cwd=tmp_path)
    assert made.returncode == 2
    assert told in made.stderr
    assert not list(tmp_path.iterdir())


def test_on_a_terminal_what_is_not_given_is_asked_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from optimizer.cli.new import _asked

    said = {
        "Currency": "CAD",
        "What one USD": "1.37",
        "Machines": '"900 Antminer S21"; 20 Antminer S19',
        "Energy": "60",
    }

    def answered(question: str, default: str = "", **_: object) -> str:
        return next((answer for begins, answer in said.items() if question.startswith(begins)), default)

    monkeypatch.setattr("typer.prompt", answered)
    told = _asked(dict.fromkeys(("timezone", "currency", "rate", "machines", "price", "demand", "pue")) | {"name": "N"})
    assert told == {
        "name": "N", "timezone": "America/Chicago", "currency": "CAD", "rate": ["USD=1.37"], "price": "60",
        "machines": ["900 Antminer S21", "20 Antminer S19"], "demand": None, "pue": "1.03",
    }  # fmt: skip


def test_the_version_is_told() -> None:
    from importlib.metadata import version

    assert curtail("--version").stdout == f"curtail {version('curtail')}\n"


def test_three_farms_of_the_world_plan(tmp_path: Path) -> None:
    """What `curtail new` wrote of them, and a few edits."""
    for name, profit in (("ercot_80mw", "profit_usd"), ("norway_20mw", "profit_nok"), ("canada_14mw", "profit_cad")):
        made = curtail("plan", CONFIGS / f"{name}.yaml", "--json", "--no-report", "--out", tmp_path / name)
        assert made.returncode == 0, made.stderr
        assert json.loads(made.stdout)[profit] > 0


@pytest.mark.skipif("CURTAIL_WHEEL" not in os.environ, reason="a wheel is built by .ci/run")
def test_a_wheel_makes_a_farm_and_plans_it(tmp_path: Path) -> None:
    """Catalogue and samples are in it; only what the wheel holds is on the path besides installed packages."""
    (wheel,) = Path(os.environ["CURTAIL_WHEEL"]).glob("curtail-*.whl")
    zipfile.ZipFile(wheel).extractall(tmp_path / "site")
    code = "from optimizer.cli import main; main()"
    environment = {"PYTHONPATH": os.pathsep.join([str(tmp_path / "site"), *sys.path[1:]]), "PATH": os.environ["PATH"]}

    def run(*words: str) -> str:
        done = subprocess.run(
            [sys.executable, "-P", "-c", code, *words], cwd=tmp_path, env=environment, capture_output=True, text=True
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    run("new", "mine.yaml", *MACHINES, "--price", "40 USD/MWh", "--timezone", "America/Chicago")
    assert json.loads(run("plan", "mine.yaml", "--json"))["profit_usd"] > 0
    samples = tmp_path / "site" / "optimizer" / "samples"
    assert run("plan", str(samples / "norway_20mw.yaml"), "--json", "--out", "norway")
