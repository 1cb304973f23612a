"""Whatever is written or shown of a farm names the farm's currency, and no other."""

from __future__ import annotations

import csv
import io
import json
import re
from pathlib import Path

import pytest
from rich.console import Console

from optimizer.config.load import load_farm
from optimizer.money import currency, keyed, shown_in
from optimizer.plan.planning import Plan, plan_farm
from optimizer.plan.terms import contract_terms
from optimizer.report.plan.files import plan_files, settlement
from optimizer.report.plan.page import render_plan
from optimizer.report.plan.summary import print_summary

FARM = """
name: Nordland
timezone: Europe/Oslo
currency: MONEY
exchange_rates: {RATES}
site: {import_limit_mw: 5}
fleet: [{name: A, machine: {model: S21, hashrate_th: 200, power_w: 3500}, units: 1000, wear_per_start: 0.5}]
revenue: {btc_price_usd: 60000, difficulty: 120e12}
energy: {price_usd_per_mwh: 40, demand: [{name: Peak, usd_per_kw: 1, expected_peak_mw: 1}], fixed_usd_per_month: 9}
events: [{name: C, start: 2026-02-01 06:00, end: 2026-02-01 09:00, cut: {form: to_level, mw: 1}, violation_per_mwh: 9}]
horizon: {start: 2026-02-01 00:00, hours: 24}
"""
STRANGE = re.compile(r"USD|usd_|_usd|\$(?=[\d/])")


def plan_in(folder: Path, money: str, rates: str) -> Plan:
    (folder / "farm.yaml").write_text(FARM.replace("MONEY", money).replace("RATES", rates))
    return plan_farm(load_farm(folder / "farm.yaml"), folder)


@pytest.fixture
def norwegian(tmp_path: Path) -> Plan:
    return plan_in(tmp_path, "NOK", "USD: 10")


def test_files_pages_and_terminal_name_it(norwegian: Plan) -> None:
    texts = plan_files(norwegian) | {"report.html": render_plan(norwegian, contract_terms(norwegian))}
    with shown_in("NOK"):
        console = Console(file=io.StringIO(), width=100)
        print_summary(norwegian, console)
        texts["terminal"] = console.file.getvalue()  # type: ignore[attr-defined]
    for name, text in texts.items():
        words = re.sub(r"<script.*?</script>", "", text, flags=re.DOTALL)
        assert not STRANGE.search(words), (name, STRANGE.search(words))
    for name in ("report.html", "terminal"):
        assert "NOK" in texts[name]
    (head, *_) = csv.reader(io.StringIO(texts["power.csv"]))
    assert "energy_nok_per_mwh" in head
    account = json.loads(texts["settlement.json"])
    assert (account["currency"], account["profit_nok"]) == ("NOK", pytest.approx(norwegian.settled.profit, abs=0.01))


def test_a_farm_comes_to_the_same_in_any_currency(norwegian: Plan, tmp_path: Path) -> None:
    american = plan_in(tmp_path, "USD", "")
    theirs = {line: usd / 10 for line, usd in norwegian.settled.lines.items()}
    mine = american.settled.lines
    kept = {line for line in mine if line not in ("start_wear", "event_penalty")}  # 0.50 and 9 of either
    assert {line: theirs[line] for line in kept} == pytest.approx({line: mine[line] for line in kept}, abs=1e-6)
    assert "profit_usd" in settlement(american)
    assert currency() == "USD"


def test_keys_are_named_within_lists_too() -> None:
    with shown_in("CAD"):
        assert keyed({"a": [{"rate_usd": 1}], "houses": 2}) == {"a": [{"rate_cad": 1}], "houses": 2}
