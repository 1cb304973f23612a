"""Invoices of a plan: on the page, in the terminal, and in settlement.json, where they add up to the account."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from optimizer.accounts.bill import BillLine
from optimizer.accounts.ledger import Account, accounts
from optimizer.accounts.settlement import Books
from optimizer.report.plan.files import plan_files
from optimizer.report.plan.page import render_plan
from tests.report.plan.test_summary import printed
from tests.report.plans import contract_plan

NEIGHBOUR = Account()


@NEIGHBOUR.bill
def heat(b: Books, p: int) -> Iterator[BillLine]:
    """A made-up neighbour pays a third of the hash for heat, less a third of the adders."""
    period = b.c.billing.periods[p]
    for line, name in (("hash_revenue", "Heat <b>"), ("adders", "Its adders")):
        usd = float(b.usd[line][period.first : period.stop].sum()) / 3
        yield BillLine(period.label, line, name, 3.0, "MWh", usd / 3.0, usd, party="Neighbour")


@pytest.fixture
def _neighbour(monkeypatch: pytest.MonkeyPatch) -> None:
    known = accounts()
    monkeypatch.setattr("optimizer.accounts.ledger.accounts", lambda: (*known, NEIGHBOUR))


def test_no_party_no_invoice() -> None:
    files, page = plan_files(contract_plan()), render_plan(contract_plan(), ())
    assert not {"invoices", "own_usd"} & set(json.loads(files["settlement.json"]))
    assert "Invoice" not in page


@pytest.mark.usefixtures("_neighbour")
def test_invoices_and_what_is_on_none_add_up_to_the_account() -> None:
    written = json.loads(plan_files(contract_plan())["settlement.json"])
    february, march = written["invoices"]
    assert [(one["party"], one["period"]) for one in (february, march)] == [
        ("Neighbour", "2026-02"),
        ("Neighbour", "2026-03"),
    ]
    for one in (february, march):
        assert one["usd"] == pytest.approx(sum(line["usd"] for line in one["lines"]), abs=1e-9)
    for line, usd in written["usd"].items():
        invoiced = sum(row["usd"] for one in written["invoices"] for row in one["lines"] if row["line"] == line)
        assert round(100 * (written["own_usd"][line] + invoiced)) == round(100 * usd), line
    due = sum(round(100 * one["usd"]) for one in written["invoices"])
    assert due + round(100 * written["own_profit_usd"]) == round(100 * written["profit_usd"])
    assert written["own_usd"]["hash_revenue"] == pytest.approx(written["usd"]["hash_revenue"] * 2 / 3, abs=0.02)


@pytest.mark.usefixtures("_neighbour")
def test_they_are_shown() -> None:
    page, text = render_plan(contract_plan(), ()), printed(contract_plan(), 80)
    assert "<h2>Invoices</h2>" in page
    assert "Heat &lt;b&gt;" in page
    assert "Invoice to Neighbour, 2026-02" in text
    assert "Its adders" in text
    assert max(map(len, text.splitlines())) <= 80
