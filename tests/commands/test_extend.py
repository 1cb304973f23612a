"""`--extend` on every command that plans: the user's constraint is in each plan, and results tell with and without."""

from __future__ import annotations

import csv
import json
import sys
from pathlib import Path

import pytest

from optimizer.extension import fingerprint
from tests.commands.running import HALL, curtail

CODE = """
import pyomo.environ as pyo
def at_most(model):
    model.own = pyo.Constraint(model.INTERVALS, rule=lambda m, t: m.units_on["Hall", "normal", t] <= 1000)
"""
FARM = HALL + (
    "energy: {price_usd_per_mwh: {file: p.csv}}\nhorizon: {start: 2026-02-11 00:00, hours: 4}\n"
    "replanning: {forecast: {kind: persistence}}\n"
)
SCENARIO = "name: Dear\nsummary: x\nsources: [made up]\nchanges: [{kind: price, scale: 1.01}]\n"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.delitem(sys.modules, "own_limit", raising=False)
    (tmp_path / "own_limit.py").write_text(CODE)
    (tmp_path / "farm.yaml").write_text(FARM)
    (tmp_path / "dear.yaml").write_text(SCENARIO)
    (tmp_path / "p.csv").write_text(
        "time,p\n" + "".join(f"2026-02-{d:02d} {h:02d}:00,9\n" for d in range(8, 14) for h in range(24))
    )
    return tmp_path


def most_on(file: Path) -> float:
    with file.open(newline="") as text:
        return max(float(row["on_normal"]) for row in csv.DictReader(text))


def test_a_plan_a_daily_run_and_a_backtest_keep_it(folder: Path) -> None:
    extend = ("--extend", "own_limit:at_most")
    for words, written in (
        (("plan", "farm.yaml", "--out", "a", "--no-report"), "a"),
        (("daily", "farm.yaml", "--state", "s", "--at", "2026-02-11 00:00", "--no-report"), "s/latest"),
        (("backtest", "farm.yaml", "--from", "2026-02-11", "--to", "2026-02-11 04:00", "--out", "b"), "b"),
    ):
        made = curtail(*words, *extend, cwd=folder)
        assert made.returncode == 0, made.stderr
        assert most_on(folder / written / "schedule.csv") == 1000
        made = curtail(*words, cwd=folder)
        assert made.returncode == 0, made.stderr
        assert most_on(folder / written / "schedule.csv") == 4000


def test_every_command_that_plans_takes_it() -> None:
    from typer.main import get_command

    from optimizer.cli.app import app

    plans = {"plan", "daily", "watch", "run", "compare", "montecarlo", "portfolio", "backtest", "export"}
    commands = get_command(app).commands  # type: ignore[attr-defined]
    assert {name for name, one in commands.items() if any(p.name == "extend" for p in one.params)} == plans


def test_a_portfolio_whose_sites_share_nothing_keeps_it(folder: Path) -> None:
    sites = "name: P\nsites: [{name: A, farm: farm.yaml}, {name: B, farm: farm.yaml}]\n"
    (folder / "p.yaml").write_text(sites)
    (folder / "c.yaml").write_text(f"{sites}import_ceiling_mw: 30\n")
    words = ("--workers", "1", "--no-report", "--extend", "own_limit:at_most")
    made = curtail("portfolio", "p.yaml", "--out", "p", *words, cwd=folder)
    assert made.returncode == 0, made.stderr
    assert most_on(folder / "p" / "B" / "schedule.csv") == 1000
    refused = curtail("portfolio", "c.yaml", "--out", "c", *words, cwd=folder)
    assert (refused.returncode, "sites that share nothing" in refused.stderr) == (2, True)


def test_a_comparison_and_an_exported_model_have_it(folder: Path) -> None:
    plain, bound = (
        json.loads(curtail("compare", "farm.yaml", "dear.yaml", "--json", "--out", "c", *extend, cwd=folder).stdout)
        for extend in ((), ("--extend", "own_limit:at_most"))
    )
    profit = [told["scenarios"][0]["ways"]["knowing"]["profit_usd"] for told in (plain, bound)]
    assert profit[1] == pytest.approx(profit[0] / 4, rel=1e-3)
    assert curtail("export", "farm.yaml", "m.lp", "--extend", "own_limit:at_most", cwd=folder).returncode == 0
    assert "own" in (folder / "m.lp").read_text()


def test_results_that_were_kept_without_it_are_not_taken(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(folder)
    monkeypatch.syspath_prepend(str(folder))
    assert fingerprint() == ""
    monkeypatch.setenv("CURTAIL_EXTEND", "own_limit:at_most")
    first = fingerprint()
    assert first.startswith("own_limit:at_most ")
    (folder / "own_limit.py").write_text(CODE + "# changed\n")
    assert fingerprint() != first


def test_a_wrong_name_is_told(folder: Path) -> None:
    for command in ("plan farm.yaml", "compare farm.yaml dear.yaml", "daily farm.yaml --state s"):
        made = curtail(*command.split(), "--extend", "own_limit:no", cwd=folder)
        assert (made.returncode, "give it as module:function" in made.stderr) == (2, True), made.stderr
    made = curtail("montecarlo", "farm.yaml", "e.yaml", "--dask", "x", "--extend", "own_limit:at_most", cwd=folder)
    assert "what runs on a cluster does not have your function" in made.stderr
