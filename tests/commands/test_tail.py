"""A farm file with a demand charge and a tail, from the command line to the bill."""

from __future__ import annotations

import json
from pathlib import Path
from subprocess import CompletedProcess
from typing import Any

import pytest

from tests.commands.running import HALL, curtail

FARM = """HALL
energy:
  price_usd_per_mwh: {file: prices.csv}
  demand:
    - {name: Any time, usd_per_kw: 6}
state: {at: 2026-02-11 00:00, bill: {peaks_mw: {Any time: 3.5}}}
horizon:
  start: 2026-02-11 00:00
  hours: 24
""".replace("HALL\n", HALL)


def prices(path: Path) -> None:
    """Three days at 60 USD/MWh, of which the first has a cheap hour."""
    rows = [f"2026-02-{11 + h // 24:02d} {h % 24:02d}:00,{10 if h == 3 else 60}" for h in range(72)]
    path.write_text("time,price\n" + "\n".join(rows) + "\n")


def run(tmp_path: Path, command: str, text: str, *more: object) -> CompletedProcess[str]:
    """A command on a farm file of this text."""
    prices(tmp_path / "prices.csv")
    (tmp_path / "farm.yaml").write_text(text)
    return curtail(command, tmp_path / "farm.yaml", *more)


def planned(tmp_path: Path, text: str, *more: object) -> dict[str, Any]:
    """What is planned of it, and settled."""
    done = run(tmp_path, "plan", text, "--out", tmp_path / "out", "--json", "--no-report", *more)
    assert done.returncode == 0, done.stderr
    return dict(json.loads(done.stdout))


def test_the_price_forecast_of_the_tail_decides_whether_a_peak_is_worth_it(tmp_path: Path) -> None:
    """A machine earns 33 x 0.2 / 24 = 0.275 USD an hour on 3.5 kW: 78.6 USD/MWh. A MW costs 6,000 USD more this month.

    At 60 USD/MWh to the month's end 432 hours pay 18.6 each, more than that: all run. At 70 they pay 8.6 each, less:
    1,000 machines run under the peak that is billed anyway.
    """
    cheap = planned(tmp_path, FARM + "  tail: {price_usd_per_mwh: 60}\n")["usd"]
    dear = planned(tmp_path, FARM + "  tail: {price_usd_per_mwh: 70}\n")["usd"]
    assert cheap["hash_revenue"] == 26_400.00
    assert dear["hash_revenue"] == 6_600.00
    assert cheap["demand_charge"] == dear["demand_charge"] == 0  # of a month that goes on, only what it adds


def test_without_a_tail_or_an_expectation_the_plan_is_refused(tmp_path: Path) -> None:
    done = run(tmp_path, "plan", FARM, "--out", tmp_path / "out")
    assert done.returncode == 5
    assert "energy.demand[0]: the billing period 2026-02 goes on after the plan" in done.stderr


RATES = "{rates: [{name: Day, usd_per_mwh: 60, when: {hours: [{start: 6, end: 22}]}}], otherwise_usd_per_mwh: 40}"


def bill_and_account(tmp_path: Path, price: str, tail: str, *more: str) -> tuple[float, float, list[str]]:
    found = planned(tmp_path, FARM.replace("{file: prices.csv}", price) + tail, *more)
    lines = [line for period in found["bill"] for line in period["lines"] if line["line"] == "energy"]
    return sum(line["usd"] for line in lines), -found["usd"]["energy"], [line["name"] for line in lines]


def test_the_bill_goes_by_the_plans_own_prices_whatever_the_tails_are(tmp_path: Path) -> None:
    for price, tail, names in (
        ("55", f"  tail: {{price_usd_per_mwh: {RATES}}}\n", ["Energy at the interval's price"]),
        (RATES, "  tail: {minutes: 60}\n", ["Day", "Other hours"]),
        (RATES, "  tail: {price_usd_per_mwh: 50}\n", ["Day", "Other hours"]),
    ):
        billed, account, found = bill_and_account(tmp_path, price, tail)
        assert billed == pytest.approx(account, abs=0.02)
        assert found == names


def test_another_market_file_takes_the_place_of_rates_in_plan_and_tail(tmp_path: Path) -> None:
    rows = [f"2026-02-{11 + h // 24:02d} {h % 24:02d}:00,55" for h in range(18 * 24)]
    (tmp_path / "market.csv").write_text("time,price\n" + "\n".join(rows) + "\n")
    billed, account, names = bill_and_account(
        tmp_path, RATES, "  tail: {minutes: 60}\n", "--market", str(tmp_path / "market.csv")
    )
    assert billed == pytest.approx(account, abs=0.02)
    assert names == ["Energy at the interval's price"]


def test_a_forecast_that_ends_too_soon_is_told_as_the_tails(tmp_path: Path) -> None:
    tail = "  tail: {price_usd_per_mwh: {file: prices.csv}}\n"
    done = run(tmp_path, "plan", FARM + tail, "--out", tmp_path / "out")
    assert done.returncode == 5
    assert "horizon.tail: " in done.stderr


def test_export_writes_the_program_that_plan_solves(tmp_path: Path) -> None:
    done = run(tmp_path, "export", FARM + "  tail: {price_usd_per_mwh: 60}\n", tmp_path / "model.lp")
    assert done.returncode == 0, done.stderr
    assert "peak_measured" in (tmp_path / "model.lp").read_text()


def test_check_tells_at_its_place_what_plan_would_refuse(tmp_path: Path) -> None:
    done = run(tmp_path, "check", FARM)
    assert done.returncode == 5
    assert "farm.yaml:12:7: energy.demand[0]: the billing period 2026-02 goes on after the plan" in done.stderr


def test_check_tells_of_a_block_in_an_hour_that_the_clock_skips(tmp_path: Path) -> None:
    block = "  blocks: [{name: Night, mw: 2, price_usd_per_mwh: 20, when: {hours: [{start: 2, end: 3}]}}]\n"
    text = FARM.replace("  demand:\n    - {name: Any time, usd_per_kw: 6}\n", block).replace("2026-02-11", "2026-03-07")
    text = text.replace("{file: prices.csv}", "50").replace("hours: 24\n", "hours: 48\n")
    text = "\n".join(line for line in text.splitlines() if not line.startswith("state")) + "\n"
    done = run(tmp_path, "check", text)
    assert done.returncode == 2
    assert "farm.yaml:11:" in done.stderr
    assert "energy.blocks[0].when: 02:00 to 03:00 does not exist on 2026-03-08" in done.stderr


def test_a_tail_too_coarse_for_a_window_is_refused(tmp_path: Path) -> None:
    windowed = FARM.replace("usd_per_kw: 6}", "usd_per_kw: 6, when: {hours: [{start: 13, end: 19}]}}")
    done = run(tmp_path, "check", windowed + "  tail: {minutes: 1440, price_usd_per_mwh: 60}\n")
    assert done.returncode == 2
    assert "horizon.tail.minutes: must be at most 60: energy.demand[0] counts certain hours" in done.stderr
