"""Whatever is written or shown of a farm names the farm's currency, and no other."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml
from rich.console import Console

from optimizer.compare.running import ComparedFarm, compare
from optimizer.config.load import load_farm
from optimizer.daily.history import History
from optimizer.daily.history_view import print_history, render_history, sums
from optimizer.daily.job import run_once
from optimizer.daily.review import review
from optimizer.daily.review_figures import totals
from optimizer.errors import InputError
from optimizer.money import currency, keyed, shown_in
from optimizer.plan.planning import Plan, plan_farm
from optimizer.plan.terms import contract_terms
from optimizer.portfolio.load import load_portfolio
from optimizer.portfolio.pages.figures import portfolio_figures
from optimizer.portfolio.pages.files import portfolio_files
from optimizer.portfolio.pages.summary import print_portfolio
from optimizer.portfolio.run import run_portfolio
from optimizer.portfolio.sites import portfolio_digest, read_sites
from optimizer.portfolio.store import PortfolioStore
from optimizer.report.compare.files import compare_files
from optimizer.report.compare.page import render_comparison
from optimizer.report.compare.summary import print_comparison
from optimizer.report.plan.files import plan_files, settlement
from optimizer.report.plan.page import render_plan
from optimizer.report.plan.summary import print_summary
from optimizer.scenario.load import scenarios_in

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


def strange_in(texts: dict[str, str]) -> dict[str, Any]:
    """What in texts names another currency, by the text."""
    bare = {name: re.sub(r"<(script|style).*?</\1>", "", text, flags=re.DOTALL) for name, text in texts.items()}
    return {name: found for name, text in bare.items() if (found := STRANGE.search(text))}


def printed(show: Callable[[Console], None]) -> str:
    console = Console(file=io.StringIO(), width=100)
    show(console)
    return console.file.getvalue()  # type: ignore[attr-defined,no-any-return]


def test_a_comparison_names_it(norwegian: Plan, tmp_path: Path) -> None:
    text = "name: Dear\nsummary: made up\nsources: [made up]\nchanges: [{kind: hashprice, scale: 1}]\n"
    sweep = "sweep: [{change: 0, key: scale, values: [1, 2]}]\n"
    with shown_in("NOK"):
        found = compare(ComparedFarm(norwegian.farm, tmp_path), scenarios_in(text + sweep))
        texts = compare_files(found) | {"page": render_comparison(found)}
        texts["terminal"] = printed(lambda console: print_comparison(found, console))
    assert strange_in(texts) == {}
    assert "nok" in texts["compare.csv"].splitlines()[0]
    assert "NOK" in texts["page"]
    assert "NOK" in texts["terminal"]


def test_a_history_names_it(tmp_path: Path) -> None:
    plan_in(tmp_path, "NOK", "USD: 10")
    for hour in (0, 6):
        at = datetime(2026, 1, 31, 23, tzinfo=UTC) + timedelta(hours=hour)
        run_once(tmp_path / "farm.yaml", tmp_path / "state", at, report=False)
    with History(tmp_path / "state" / "history.sqlite") as history:
        found = review(history)
    assert (found.currency, len(found.followed)) == ("NOK", 1)
    with shown_in(found.currency):
        texts = {
            "page": render_history(found),
            "sums": "\n".join(sums(found)),
            "json": json.dumps(keyed(totals(found))),
        }
        texts["terminal"] = printed(lambda console: print_history(found, console))
    assert strange_in(texts) == {}
    assert "NOK" in texts["page"]
    assert "planned_nok" in texts["json"]


@pytest.mark.parametrize("shared", [{}, {"treasury": {"energy_usd": "20000 NOK"}}])
def test_a_portfolio_names_it(tmp_path: Path, shared: dict[str, Any]) -> None:
    plan = plan_in(tmp_path, "NOK", "USD: 10")
    sites = [{"name": name, "farm": "farm.yaml"} for name in ("A", "B")]
    (tmp_path / "portfolio.yaml").write_text(yaml.safe_dump({"name": "Two", "sites": sites, **shared}))
    loaded = load_portfolio(tmp_path / "portfolio.yaml")
    cases, both = read_sites(loaded)
    assert (loaded.currency, both.treasury_usd) == ("NOK", 20_000 if shared else None)
    with (
        shown_in(loaded.currency),
        closing(PortfolioStore(tmp_path / "s", portfolio_digest(cases, both, False))) as store,
    ):
        found = run_portfolio(cases, both, store, report=False)
        texts = portfolio_files(found, "Two", reports=False)
        texts["terminal"] = printed(lambda console: print_portfolio(portfolio_figures(found, "Two"), console))
    assert strange_in(texts) == {}
    if not shared:
        assert json.loads(texts["portfolio.json"])["total"]["profit_nok"] == pytest.approx(
            2 * plan.settled.profit, abs=1
        )
    assert "profit_nok" in texts["portfolio.csv"].splitlines()[0]


def test_sites_of_several_currencies_do_not_add_up(tmp_path: Path) -> None:
    plan_in(tmp_path, "NOK", "USD: 10")
    (tmp_path / "other.yaml").write_text(FARM.replace("MONEY", "USD").replace("RATES", ""))
    sites = [{"name": "A", "farm": "farm.yaml"}, {"name": "B", "farm": "other.yaml"}]
    (tmp_path / "portfolio.yaml").write_text(yaml.safe_dump({"name": "Two", "sites": sites}))
    with pytest.raises(InputError, match=r"sites\[1\]\.farm: is in USD, and A in NOK: .* the same `currency`"):
        load_portfolio(tmp_path / "portfolio.yaml")


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
