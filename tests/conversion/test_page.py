"""The board's page: what it says, that it is whole, and that it prints on two pages."""

from __future__ import annotations

from dataclasses import replace
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from optimizer.config.load import load_farm
from optimizer.conversion.answer import Answer, answer
from optimizer.conversion.files.load import Read, load_offer, read_study
from optimizer.conversion.files.study import Study
from optimizer.conversion.pages.figures import convert_files
from optimizer.conversion.pages.flips import flip_rows
from optimizer.conversion.pages.page import now, render_study, verdict
from optimizer.conversion.pages.summary import print_study
from tests.commands.running import CONFIGS, WEST_TEXAS
from tests.conversion.test_files import HOSTING, OFFERS
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
    for entry in answered.results:
        assert page.count(entry.variant.name.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")) >= 2


def test_the_verdict_tells_what_to_do(answered: Answer) -> None:
    told = verdict(answered)
    assert told[0].startswith("If the central path were sure: host ")
    assert "more than mining only" in told[0]
    nothing = replace(answered, figures=(*answered.figures[:-1], replace(answered.figures[0], converted_mw=0.0)))
    assert verdict(nothing)[0].startswith(
        "If the central path were sure: mine on: at $48,050 per BTC no megawatt is worth converting"
    )


def test_what_to_decide_now_comes_first(answered: Answer) -> None:
    """What the best plan does on paths that nobody knows yet, above what it would do if it knew."""
    assert answered.uncertain is not None
    later = replace(answered.uncertain, now_mw=0.0, wait=answered.uncertain.commit + 3e6)
    waits = replace(answered, uncertain=later)
    begins = replace(answered, uncertain=replace(answered.uncertain, now_mw=39.7))
    assert now(waits) == "Begin nothing yet: waiting until it is known what comes is worth $3.0 M."
    assert now(begins).startswith("Begin 39.7 critical MW now")
    assert "$3.0 M" not in "".join(verdict(waits))  # said above already
    assert "Over " in verdict(begins)[-1]
    page = render_study(waits)
    assert page.index("Begin nothing yet") < page.index("If the central path were sure")
    assert now(replace(answered, uncertain=None)) == ""
    assert verdict(replace(answered, uncertain=None))[0].startswith("Host ")


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


def test_seven_offers_print_on_two_pages_too(answered: Answer, browser: Any, tmp_path: Path) -> None:
    """All that is shipped, with all that it assumes; the figures of the first offer stand for those of all."""
    offers = tuple(load_offer(path) for path in OFFERS)
    names = ["mine only", *(f"{o.name}, {part}" for o in offers for part in ("in part", "in full")), "best plan"]
    at = [0, *[1, 2] * len(offers), -1]
    found = tuple(
        replace(answered.results[i], variant=replace(answered.results[i].variant, name=name))
        for i, name in zip(at, names, strict=True)
    )
    spreads = answered.uncertain.spreads
    many = replace(
        answered,
        site=replace(answered.site, offers=offers, study=load_study_of(answered)),
        results=found,
        figures=tuple(answered.figures[i] for i in at),
        full_flips=(answered.full_flips[0],) * len(offers),
        fleets=(answered.fleets[0],) * 3,
        uncertain=replace(answered.uncertain, spreads=(spreads[0], *(spreads[1],) * len(offers), spreads[-1])),
    )
    page = browser.new_page()
    (tmp_path / "convert.html").write_text(render_study(many), encoding="utf-8")
    page.goto((tmp_path / "convert.html").as_uri())
    printed = page.pdf(prefer_css_page_size=True)
    wide = page.evaluate("[...document.querySelectorAll('.scroll')].map(e => e.scrollWidth - e.clientWidth)")
    page.close()
    assert max(wide) <= 0  # at 1,280 px nothing must be scrolled for
    assert printed.count(b"/Type /Page\n") == 2


def load_study_of(answered: Answer) -> Study:
    """The study of the fixture with the sentences, weeks and blocks of the shipped one."""
    shipped = read_study(load_farm(WEST_TEXAS), CONFIGS, [OFFERS[0]], HOSTING / "february_2026_ercot.yaml").site.study
    kept = {"assumed": shipped.assumed, "source": shipped.source, "power": shipped.power}
    return answered.site.study.model_copy(update=kept)


def test_a_flip_tells_the_side_that_grows_and_what_is_offered(answered: Answer) -> None:
    rows = dict(flip_rows(answered))
    btc, _, rent, capex, delay = rows["Tenant <b>&, in full"]
    flips = answered.full_flips[0]
    assert btc.text == f"mine above ${flips[0].at * answered.site.study.bitcoin.price_usd:,.0f}"
    assert rent.text == f"host above ${200 * flips[2].at:,.1f}"
    assert rent.offered == "of $200.0"
    assert capex.text.startswith("mine above $")
    assert delay.text == ("always host" if flips[4].at is None else f"mine from {flips[4].at:.0f} months")
    assert btc.title.endswith("host, above mine")


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
