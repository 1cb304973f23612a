"""The summary in terminals and pipes."""

from __future__ import annotations

from dataclasses import replace
from io import StringIO

import pytest
from rich.console import Console

from optimizer.report.data import figures
from optimizer.report.summary import print_summary
from optimizer.report.text import number, usd
from tests.report.plans import HOSTILE_NAME, plan_of, rich_plan


def printed(plan: object, width: int) -> str:
    console = Console(width=width, file=StringIO())
    print_summary(plan, console)  # type: ignore[arg-type]
    assert isinstance(console.file, StringIO)
    return console.file.getvalue()


@pytest.mark.parametrize("width", [80, 100])
def test_fits(width: int) -> None:
    assert max(map(len, printed(rich_plan(), width).splitlines())) <= width


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


def test_is_plain_text_in_a_pipe() -> None:
    text = printed(rich_plan(), 100)
    assert "\x1b" not in text
    assert text.isascii()


def test_says_when_the_search_was_cut_short() -> None:
    plan = plan_of(6)
    assert "time limit" not in printed(plan, 80)
    assert "time limit" in printed(replace(plan, proved=False), 80)
