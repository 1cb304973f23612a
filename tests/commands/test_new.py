"""`curtail new`: a dozen answers make a farm that plans, in a clone and from a wheel."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result
from typer.testing import CliRunner

from optimizer.config.load import load_farm
from optimizer.errors import CurtailError, InputError
from optimizer.plan.checking import checked
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


EURO_PER_KWH = "Time,Price (EUR/kWh)\n" + "".join(f"2026-02-11 {h:02d}:00,0.05\n" for h in range(24))
HUBS = "Time,Location,LMP\n" + "".join(f"2026-02-11 {h:02d}:00,{hub},30\n" for hub in "AB" for h in range(24))


@pytest.fixture
def typed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """`curtail new f.yaml` in a folder, in this process: what it printed, after options or answers to its questions."""
    monkeypatch.chdir(tmp_path)

    def run(*words: str, answers: str | None = None) -> Result:
        from optimizer.cli.app import app

        monkeypatch.setattr("optimizer.cli.new._on_a_terminal", lambda: answers is not None)
        return CliRunner().invoke(app, ["new", "f.yaml", *words], input=answers)

    return run


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ((), "give --machines and --price"),
        ((*MACHINES,), "give --price"),
        (("--machines", "90 Antminr S21", "--price", "40"), "no model 'Antminr S21'; did you mean `Antminer S21`?"),
        (("--machines", "S21", "--price", "40"), "such as \"2500 Antminer S21\" (got 'S21')"),
        (
            (*MACHINES, "--price", "40", "--currency", "CAD"),
            "--currency: bitcoin is priced in USD: give --rate USD=..., what one is worth in CAD",
        ),
        ((*MACHINES, "--price", "40 SEK/MWh"), "--price: is in SEK: give --rate SEK=..., what one is worth in USD"),
        ((*MACHINES, "--price", "none.csv"), '--price: is neither an amount such as "62 CAD/MWh" nor a file'),
        ((*MACHINES, "--price", "40", "--timezone", "Texas"), "--timezone: is not a time zone"),
        ((*MACHINES, "--price", "40", "--rate", "10"), "--rate: must be such as USD=10.5"),
        ((*MACHINES, "--price", "40", "--rate", "USD=abc"), "--rate: must be such as USD=10.5"),
        ((*MACHINES, "--price", "40", "--rate", "USD=none.csv"), "--rate: there is no such file (got 'none.csv')"),
        ((*MACHINES, "--price", "40", "--rate", "USD=0"), "--rate: must be more than 0 (got 0)"),
        (
            (*MACHINES, "--price", "40", "--demand", "6 USD/MWh"),
            "--demand: is not per what `per_kw` is: write \"62 USD/kW-month\" (got '6 USD/MWh')",
        ),
        ((*MACHINES, "--price", "40", "--pue", "0.9"), "--pue: must be at least 1 (got 0.9)"),
        ((*MACHINES, "--price", "40", "--site-mw", "big"), "--site-mw: must be a number in MW (got 'big')"),
        ((*MACHINES, "--price", "40", "--pool-fee", "3", "--hours", "-1"), "--pool-fee: must be at most 1 (got 3)"),
        ((*MACHINES, "--price", "40", "--pool-fee", "3", "--hours", "-1"), "--hours: must be more than 0 (got -1)"),
        ((*MACHINES, "--price", "euro.csv"), "--price: is in EUR: give --rate EUR=..., what one is worth in USD"),
        (
            (*MACHINES, "--price", "hubs.csv"),
            'go with the file are written as in "{file: hubs.csv, location: HB_WEST}"',
        ),
    ],
)
def test_what_is_wrong_is_told_by_its_option_and_nothing_written(
    tmp_path: Path, typed: Any, words: tuple[str, ...], told: str
) -> None:
    (tmp_path / "euro.csv").write_text(EURO_PER_KWH)
    (tmp_path / "hubs.csv").write_text(HUBS)
    error = typed(*words).exception
    assert isinstance(error, InputError)
    assert told in str(error)
    assert "f.yaml:" not in str(error)
    assert sorted(one.name for one in tmp_path.iterdir()) == ["euro.csv", "hubs.csv"]


@pytest.mark.parametrize("demand", ["", "6 USD/kW-month"])
def test_what_stands_behind_a_sign_is_right_where_it_stands(tmp_path: Path, typed: Any, demand: str) -> None:
    assert typed(*MACHINES, "--price", "40", *(("--demand", demand) if demand else ())).exit_code == 0
    text = (tmp_path / "f.yaml").read_text()
    whole = "\n".join(line.removeprefix("#") if i else line for i, line in enumerate(text.splitlines()))
    (tmp_path / "whole.yaml").write_text(whole)
    faults, remarks = checked(tmp_path / "whole.yaml")
    assert (faults, remarks) == ([], [])
    farm = load_farm(tmp_path / "whole.yaml")
    assert (farm.energy.demand[0].usd_per_kw, farm.energy.coincident_peaks[0].name, len(farm.events)) == (6, "4CP", 1)


def test_what_a_price_file_says_it_is_in_the_farm_file_says_too(tmp_path: Path, typed: Any) -> None:
    (tmp_path / "euro.csv").write_text(EURO_PER_KWH)
    (tmp_path / "hubs.csv").write_text(HUBS)
    assert typed(*MACHINES, "--price", "euro.csv", "--rate", "EUR=1.1").exit_code == 0
    farm = load_farm(tmp_path / "f.yaml")
    assert (farm.energy.price_usd_per_mwh.currency, farm.energy.price_usd_per_mwh.unit) == ("EUR", "per_kwh")
    assert farm.horizon.hours == 24  # what the file covers
    (tmp_path / "f.yaml").unlink()
    assert typed(*MACHINES, "--price", "{file: hubs.csv, location: B}").exit_code == 0
    assert load_farm(tmp_path / "f.yaml").energy.price_usd_per_mwh.location == "B"


def test_on_a_terminal_each_answer_is_judged_as_it_is_given(tmp_path: Path, typed: Any) -> None:
    (tmp_path / "euro.csv").write_text(EURO_PER_KWH)
    said = {
        "name": ["/", "Bow Valley"], "timezone": ["Calgary", "America/Edmonton"], "currency": ["dollars", "CAD"],
        "rate of USD": ["abc", "1.37"], "machines": ["S21", '"900 Antminer S21"; 20 Antminer S19'],
        "site": ["x", "5"], "pue": ["0.9", "1.1"], "price": ["cheap", "euro.csv"], "rate of EUR": ["-1", "1.6"],
        "adders": ["2 CAD/kW", "2"],
        "demand": ["6 CAD/MWh", "6 CAD/kW-month"], "btc": ["much", "70000"], "difficulty": ["", ""],
        "fee": ["2", "0.02"],
    }  # fmt: skip
    answers = "\n".join(answer for pair in said.values() for answer in pair).replace("\n\n\n", "\n\n")
    done = typed(answers=f"{answers}\n")
    assert done.exit_code == 0, (done.output, done.exception)
    farm = load_farm(tmp_path / "f.yaml")
    assert (farm.name, farm.timezone, farm.currency) == ("Bow Valley", "America/Edmonton", "CAD")
    assert [group.units for group in farm.fleet] == [900, 20]
    assert (farm.energy.demand[0].usd_per_kw, farm.revenue.pool_fee_share) == (6, 0.02)
    assert farm.revenue.btc_price_usd == pytest.approx(70_000 * 1.37)
    for reason in ("must be a name", "is not a time zone", "three letters", "USD=10.5", '"2500 Antminer S21" (got',
                   "in MW", "at least 1 (got 0.9)", "neither an amount", "more than 0 (got -1)", '"62 CAD/MWh" (got',
                   '"62 CAD/kW-month" (got', "must be a number in USD (got 'much')", "at most 1 (got 2)"):  # fmt: skip
        assert reason in done.output


def test_whoever_stops_keeps_the_answers(tmp_path: Path, typed: Any) -> None:
    error = typed(answers="Bow\n\n\n900 Antminer S21; 20 Antminer S19\n").exception
    assert isinstance(error, CurtailError)
    told, kept = str(error).strip().rsplit("\n", 1)
    assert told == "interrupted, and nothing is written\nto go on from your answers:"
    assert kept.startswith("curtail new f.yaml --name Bow ")
    assert kept.endswith(" --machines '900 Antminer S21' --machines '20 Antminer S19'")
    assert not list(tmp_path.iterdir())


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

    def python(*words: str) -> str:
        done = subprocess.run(
            [sys.executable, "-P", "-c", *words], cwd=tmp_path, env=environment, capture_output=True, text=True
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    def run(*words: str) -> str:
        return python(code, *words)

    run("new", "mine.yaml", *MACHINES, "--price", "40 USD/MWh", "--timezone", "America/Chicago")
    assert json.loads(run("plan", "mine.yaml", "--json"))["profit_usd"] > 0
    samples = tmp_path / "site" / "optimizer" / "samples"
    assert run("plan", str(samples / "norway_20mw.yaml"), "--json", "--out", "norway")
    farms = [path for path in CONFIGS.glob("*.yaml") if "fleet:" in path.read_text()]
    every = f"""
from pathlib import Path
from optimizer import load_farm, plan_farm
for path in map(Path, {[str(samples / farm.name) for farm in farms]}):
    farm = load_farm(path)
    plan = plan_farm(farm, path.parent, start=None if farm.horizon.start else "2026-08-06 06:00", hours=4)
    assert "optimizer/samples" in str(path) and plan.profit, path
    print(path.name)
"""
    planned = python(every).split()
    assert planned == [farm.name for farm in farms]
