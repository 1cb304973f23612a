"""`curtail montecarlo`, the real command on real files."""

from __future__ import annotations

import csv
import json
import os
import subprocess
import time
from pathlib import Path

import pytest

from tests.commands.running import COMMAND, WEST_TEXAS, beside, curtail
from tests.ensemble.studies import write_files
from tests.ensemble.test_language import SHIPPED

REAL = os.environ.get("CURTAIL_REAL_DATA")


def test_it_writes_everything_and_goes_on(tmp_path: Path) -> None:
    farm, ensemble = write_files(tmp_path)
    first = curtail("montecarlo", farm, ensemble, "--out", tmp_path / "out", "--workers", 1, "--json")
    assert first.returncode == 0, first.stderr
    told = json.loads(first.stdout)
    assert told["with_result"] == told["scenarios"] == 24
    assert told["profit_usd"]["cvar"] <= told["profit_usd"]["quantiles"]["0.05"] <= told["profit_usd"]["mean"]
    out = tmp_path / "out"
    assert {p.name for p in out.iterdir()} == {"ensemble.html", "scenarios.csv", "running.csv", "summary.json"}
    with (out / "scenarios.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert [row["scenario"] for row in rows] == [str(n) for n in range(24)]
    mean = sum(float(row["profit_usd"]) for row in rows) / 24
    assert mean == pytest.approx(told["profit_usd"]["mean"])
    for row in rows[:3]:  # the lines are the account of the profit
        assert sum(float(v) for k, v in list(row.items())[10:]) == pytest.approx(float(row["profit_usd"]))
    with (out / "running.csv").open() as file:
        shares = [float(row["probability_running"]) for row in csv.DictReader(file)]
    assert len(shares) == 2 * 48
    assert all(0 <= share <= 1 for share in shares)
    page = (out / "ensemble.html").read_text()
    assert "Test ensemble" in page and "http" not in page.replace("http-equiv", "")
    before = {p.name: p.read_bytes() for p in out.iterdir()}
    again = curtail("montecarlo", farm, ensemble, "--out", out, "--workers", 2)
    assert again.returncode == 0, again.stderr
    assert "mean profit" in again.stderr
    assert before == {p.name: p.read_bytes() for p in out.iterdir()}


def test_other_inputs_are_refused(tmp_path: Path) -> None:
    farm, ensemble = write_files(tmp_path)
    arguments = ("montecarlo", farm, ensemble, "--out", tmp_path / "out", "--workers", 1, "--scenarios", 3)
    assert curtail(*arguments).returncode == 0
    farm.write_text(farm.read_text().replace("import_limit_mw: 12.0", "import_limit_mw: 11.0"))
    refused = curtail(*arguments)
    assert refused.returncode == 2
    assert "out.sqlite: holds results of other inputs" in refused.stderr


def test_a_killed_run_goes_on(tmp_path: Path) -> None:
    """Killed at some moments of its life, with its workers' work under way; then finished; then compared."""
    farm, ensemble = write_files(tmp_path)
    command = ("montecarlo", farm, ensemble, "--workers", 2, "--scenarios", 300, "--out", tmp_path / "out")
    for seconds in (1.5, 3.0):
        client = beside(*COMMAND, *command, stderr=subprocess.PIPE)
        time.sleep(seconds)
        client.kill()
        client.communicate(timeout=60)  # the pipe closes when the last worker ends
    finished = curtail(*command)
    assert finished.returncode == 0, finished.stderr
    whole = curtail(*command[:-1], tmp_path / "whole")
    assert whole.returncode == 0, whole.stderr
    for name in ("scenarios.csv", "running.csv", "summary.json", "ensemble.html"):
        assert (tmp_path / "out" / name).read_bytes() == (tmp_path / "whole" / name).read_bytes()


def test_the_shipped_ensemble_runs(tmp_path: Path) -> None:
    done = curtail("montecarlo", WEST_TEXAS, SHIPPED, "--scenarios", 20, "--workers", 1, "--out", tmp_path / "out")
    assert done.returncode == 0, done.stderr


def test_it_is_checked(tmp_path: Path) -> None:
    _, ensemble = write_files(tmp_path)
    assert curtail("check", ensemble, WEST_TEXAS).returncode == 0
    ensemble.write_text(ensemble.read_text().replace("seed: 7", "seed: -7"))
    done = curtail("check", ensemble)
    assert done.returncode == 2
    assert "ensemble.yaml:2:7: seed: must be at least 0 (got -7)" in done.stderr


def test_the_schema_is_printed() -> None:
    done = curtail("schema", "ensemble")
    assert done.returncode == 0, done.stderr
    assert "storms" in json.loads(done.stdout)["properties"]


@pytest.mark.skipif(REAL is None, reason="CURTAIL_REAL_DATA is not set")
def test_blocks_of_real_prices_and_bitcoin(tmp_path: Path) -> None:
    """Two real years of the day-ahead market, weekdays and season kept, with real returns of bitcoin."""
    assert REAL is not None
    ensemble = {
        "name": "Real",
        "prices": {
            "history": {
                "file": f"{REAL}/ercot/day_ahead_hourly_2019_2020_2021_2023.csv.gz",
                "time_column": "interval_start_utc",
                "value_column": "HB_WEST",
                "holds_until_next": True,
            },
            "season_days": 30,
            "same_weekday": True,
        },
        "btc": {
            "history": {
                "file": f"{REAL}/bitcoin/btc_mining_economics_daily_compiled_2019_2026.csv",
                "time_column": "date",
                "value_column": "price_usd",
            }
        },
    }
    farm, file = write_files(tmp_path, **ensemble)
    done = curtail("montecarlo", farm, file, "--out", tmp_path / "out", "--workers", 2, "--scenarios", 60, "--json")
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert told["with_result"] == 60
    assert -50 < told["means"]["mean_price_usd_per_mwh"] < 500
