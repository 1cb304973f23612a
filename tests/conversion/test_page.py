"""The board's page: what it says, that it is whole, and that it prints on two pages."""

from __future__ import annotations

from dataclasses import replace
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from optimizer.conversion.answer import Answer, answer
from optimizer.conversion.load import Read
from optimizer.report.convert import convert_files
from optimizer.report.convert_page import render_study, verdict
from optimizer.report.convert_summary import print_study
from tests.conversion.test_uncertain import LOW_HIGH
from tests.sites import machines, offer, site

UNSURE = {"named": LOW_HIGH, "known_after_quarters": 1, "tail_share": 0.5}


@pytest.fixture(scope="module")
def answered() -> Answer:
    made = site(
        machines("good", 4, 90.0),
        machines("old", 6, 30.0),
        years={"start": "2026-03-01", "quarters": 4, "years": 3},
        offers=(offer(name="Tenant <b>&"), offer(name="Other", rent={"usd_per_kw_month": 80.0, "term_months": 24})),
        uncertainty=UNSURE,
        assumed=("A sentence of the study.",),
    )
    return answer(Read(made, {"Twice": made.groups}))


def test_the_page_says_what_the_study_found(answered: Answer) -> None:
    page = render_study(answered)
    for sentence in verdict(answered):
        assert sentence.replace("<", "&lt;").replace("&b", "&amp;b").split("<")[0][:20] in page
    assert "A sentence of the study." in page
    assert "made up for a test" in page
    assert "Tenant &lt;b&gt;&amp;, in full" in page
    assert "<b>" not in page
    assert "http" not in page.replace("http-equiv", "")
    for entry in answered.found:
        assert page.count(entry.variant.name.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")) >= 2


def test_the_verdict_tells_what_to_do(answered: Answer) -> None:
    told = verdict(answered)
    assert told[0].startswith("Host ")
    assert "more than mining only" in told[0]
    nothing = replace(answered, figures=(*answered.figures[:-1], replace(answered.figures[0], converted_mw=0.0)))
    assert verdict(nothing)[0].startswith("Mine on: at $48,050 per BTC no megawatt is worth converting")


def test_workers_find_the_same(answered: Answer) -> None:
    again = answer(Read(answered.site, {"Twice": answered.site.groups}), workers=2)
    assert render_study(again) == render_study(answered)


def test_the_page_prints_on_two_pages_and_fits_a_phone(answered: Answer, browser: Any, tmp_path: Path) -> None:
    path = tmp_path / "convert.html"
    path.write_text(render_study(answered), encoding="utf-8")
    page = browser.new_page(viewport={"width": 390, "height": 900})
    page.goto(path.as_uri())
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    printed = page.pdf(prefer_css_page_size=True)
    page.close()
    assert printed.count(b"/Type /Page\n") == 2


def test_the_smallest_study_has_a_page_too() -> None:
    """A year, no paths, no other fleet, machines of a customer only: what there is none of is left out."""
    hosted = machines("H", 10, 60.0) | {"hosting": {"fee_usd_per_mwh": 45.0}}
    made = site(hosted, years={"start": "2026-03-01", "quarters": 0, "years": 1})
    found = answer(Read(made, {}))
    page = render_study(found)
    assert "What each way is worth" in page
    assert "Not knowing what comes" not in page
    assert found.fleets[0].cost is None
    assert convert_files(found)["paths.csv"] == "path,probability\n"
    print_study(found, Console(file=StringIO(), width=100))
