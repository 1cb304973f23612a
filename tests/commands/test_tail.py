"""A farm file with a demand charge and a tail, from the command line to the bill."""

from __future__ import annotations

import json
from pathlib import Path

from tests.commands.running import curtail

FARM = """
name: tailed
timezone: America/Chicago
site: {import_limit_mw: 18}
fleet:
  - name: Hall
    units: 4000
    machine: {model: m, hashrate_th: 200, power_w: 3500, cooling: air, source: made up for a test, confidence: low}
revenue: {hashprice_usd_per_ph_day: 33}
energy:
  price_usd_per_mwh: {file: prices.csv}
  demand:
    - {name: Any time, usd_per_kw: 6}
state: {at: 2026-02-11 00:00, bill: {peaks_mw: {Any time: 3.5}}}
horizon:
  start: 2026-02-11 00:00
  hours: 24
"""


def prices(path: Path) -> None:
    """Three days at 60 USD/MWh, of which the first has a cheap hour."""
    rows = [f"2026-02-{11 + h // 24:02d} {h % 24:02d}:00,{10 if h == 3 else 60}" for h in range(72)]
    path.write_text("time,price\n" + "\n".join(rows) + "\n")


def planned(tmp_path: Path, tail: str) -> dict[str, float]:
    prices(tmp_path / "prices.csv")
    (tmp_path / "farm.yaml").write_text(FARM + tail)
    done = curtail("plan", tmp_path / "farm.yaml", "--out", tmp_path / "out", "--json", "--no-report")
    assert done.returncode == 0, done.stderr
    found: dict[str, float] = json.loads(done.stdout)["usd"]
    return found


def test_the_price_forecast_of_the_tail_decides_whether_a_peak_is_worth_it(tmp_path: Path) -> None:
    """A machine earns 33 x 0.2 / 24 = 0.275 USD an hour on 3.5 kW: 78.6 USD/MWh. A MW costs 6,000 USD more this month.

    At 60 USD/MWh to the month's end 432 hours pay 18.6 each, more than that: all run. At 70 they pay 8.6 each, less:
    1,000 machines run under the peak that is billed anyway.
    """
    cheap = planned(tmp_path, "  tail: {price_usd_per_mwh: 60}\n")
    dear = planned(tmp_path, "  tail: {price_usd_per_mwh: 70}\n")
    assert cheap["hash_revenue"] == 26_400.00
    assert dear["hash_revenue"] == 6_600.00
    assert cheap["demand_charge"] == dear["demand_charge"] == 0  # of a month that goes on, only what it adds


def test_without_a_tail_or_an_expectation_the_plan_is_refused(tmp_path: Path) -> None:
    prices(tmp_path / "prices.csv")
    (tmp_path / "farm.yaml").write_text(FARM)
    done = curtail("plan", tmp_path / "farm.yaml", "--out", tmp_path / "out")
    assert done.returncode == 5
    assert "energy.demand[0]: the billing period 2026-02 goes on after the plan" in done.stderr
