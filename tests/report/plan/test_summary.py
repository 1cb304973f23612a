"""The summary in terminals and pipes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from io import StringIO

import pytest
from rich.console import Console

from optimizer.plan.planning import Plan
from optimizer.report.kit.text import number, usd
from optimizer.report.plan.figures import figures
from optimizer.report.plan.summary import print_summary
from tests.report.plans import HOSTILE_NAME, contract_plan, plan_of, rich_plan


def printed(plan: object, width: int) -> str:
    file = StringIO()
    print_summary(plan, Console(width=width, file=file))  # type: ignore[arg-type]
    return file.getvalue()


@pytest.mark.parametrize("plan", [rich_plan, contract_plan])
@pytest.mark.parametrize("width", [80, 100])
def test_fits(width: int, plan: Callable[[], Plan]) -> None:
    assert max(map(len, printed(plan(), width).splitlines())) <= width


@pytest.mark.parametrize("width", [80, 100])
def test_no_figure_is_cut(width: int) -> None:
    text, f = printed(rich_plan(), width), figures(rich_plan())
    assert "…" not in text
    for group in f.groups:
        assert number(group.mwh, 1) in text
    for row in f.lines:
        assert number(row.usd, 2) in text


def test_tells_what_matters() -> None:
    text, f = printed(rich_plan(), 100), figures(rich_plan())
    for said in (usd(f.profit), HOSTILE_NAME[:12], "pays for it", "filled in prices <b>.csv", "off for"):
        assert said in text
    assert "[red]" in "".join(text.split())  # a name is no markup, even where it is folded


@pytest.mark.parametrize("width", [80, 100])
def test_prints_the_bill(width: int) -> None:
    text, f = printed(contract_plan(), width), figures(contract_plan())
    assert "…" not in text
    for section in f.bill:
        assert f"Bill {section.label}" in text
        for row in (*section.charges, *section.sales, *section.later):
            assert row.quantity in text
            assert number(row.usd, 2) in text
        assert number(section.charged_usd, 2) in text
    assert f"Power sold {usd(f.sold)}, {number(f.sold_mwh, 1)} MWh" in text
    assert "from 9 to 14 MW" in " ".join(text.split())


def test_a_spot_farm_has_no_bill_and_sells_nothing() -> None:
    text = printed(plan_of(6), 80)
    assert "Bill" not in text
    assert "sold" not in text


def test_is_plain_text_in_a_pipe() -> None:
    text = printed(rich_plan(), 100)
    assert "\x1b" not in text
    assert text.isascii()


def test_says_when_the_search_was_cut_short() -> None:
    plan = plan_of(6)
    assert "ended" not in printed(plan, 80)
    assert "time limit ended the search" in printed(replace(plan, ended="clock"), 80)
    assert "search ended at the work" in printed(replace(plan, ended="work"), 80)
