"""The page as text: whole, safe, small, the same every time."""

from __future__ import annotations

import base64
import hashlib
import json
import re
import subprocess
import sys
from dataclasses import replace
from html.parser import HTMLParser

import pytest

from optimizer.plan.nearest import plan_or_nearest
from optimizer.plan.planning import Plan
from optimizer.plan.terms import TermEffect, contract_terms
from optimizer.report.kit.page import render
from optimizer.report.kit.text import number, usd
from optimizer.report.plan.figures import figures
from optimizer.report.plan.files import FILES
from tests.farms import conditions, farm
from tests.report.kit.test_packing import unpacked
from tests.report.plans import HOSTILE_NAME, contract_plan, page_of, plan_of, rich_plan


class Reader(HTMLParser):
    """Collects elements, their attributes and the text of each."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[str] = []
        self.scripts: list[str] = []
        self.inside = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """An element begins."""
        self.elements.append((tag, dict(attrs)))
        self.inside = tag
        if tag == "script":
            self.scripts.append("")

    def handle_data(self, data: str) -> None:
        """Text within an element."""
        if self.inside == "script":
            self.scripts[-1] += data
        elif self.inside != "style":
            self.texts.append(data)

    def handle_endtag(self, tag: str) -> None:
        """An element ends."""
        self.inside = ""


@pytest.fixture(scope="module")
def page() -> str:
    return page_of(rich_plan())


def test_the_same_plan_gives_the_same_bytes(page: str) -> None:
    assert page_of(rich_plan()) == page


def test_no_address_outside_the_page(page: str) -> None:
    assert not re.findall(r"https?:|url\(|@import|//[a-z0-9-]+\.[a-z]", page)
    for tag, attributes in Reader(page).elements:
        assert "src" not in attributes, tag
        assert attributes.get("href", "data:,") in ("data:,", *FILES), tag
        assert tag not in ("iframe", "object", "embed", "base", "form")


def test_only_the_page_s_own_script_may_run(page: str) -> None:
    data, script = Reader(page).scripts
    policy = re.search(r'Content-Security-Policy" content="([^"]+)"', page)
    assert policy
    assert "default-src 'none'" in policy[1]
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    assert f"script-src 'sha256-{digest}'" in policy[1]
    assert json.loads(data)["zone"] == "America/Chicago"


def test_hostile_names_are_text(page: str) -> None:
    reader = Reader(page)
    assert len(reader.scripts) == 2
    assert not [tag for tag, _ in reader.elements if tag in ("b", "alert")]
    text = "".join(reader.texts)
    assert HOSTILE_NAME in text
    assert "Old <b>hall" in text
    assert "49[red]" not in text
    rows = next(chart for chart in json.loads(reader.scripts[0])["charts"] if chart["id"] == "reasons")["rows"]
    assert HOSTILE_NAME in {row["label"] for row in rows}


def test_not_even_a_closing_tag_gets_through() -> None:
    f, nasty = figures(rich_plan()), "</script></title></style><script>alert(1)</script>"
    groups = (replace(f.groups[0], name=nasty), *f.groups[1:])
    f = replace(f, farm=nasty, groups=groups)
    effect = TermEffect(nasty, nasty, 0.0, 0.0, 0.0, 0.0, 0.0)
    page = render(
        "optimizer.report.plan",
        f=f,
        charts={"points": nasty},
        most_blocks=1,
        most_steps=1,
        files=(),
        headline=str,
        reasons_of=str,
        effects=(effect,),
        glossary={},
    )
    reader = Reader(page)
    assert len(reader.scripts) == 2
    assert json.loads(reader.scripts[0]) == {"points": nasty}
    assert nasty in reader.texts


def test_the_page_says_the_plan_s_numbers(page: str) -> None:
    f, text = figures(rich_plan()), text_of(page)
    for said in (
        usd(f.profit), usd(f.power_cost), number(f.mwh, 1), usd(f.hashprice, 2), number(f.starts), usd(f.gap_usd, 2),
        number(f.objective, 2), "Limits broken and paid for", usd(-f.penalties[0].usd, 2), "prices <b>.csv",
        "Permission is hereby granted", "Leon Sorokin",
    ):  # fmt: skip
        assert said in text
    for row in (*f.lines, *f.items):
        assert row.title in text


def text_of(page: str) -> str:
    """What a reader sees of a page."""
    return " ".join(" ".join(Reader(page).texts).split())


def test_the_page_prints_the_bill_the_terms_and_the_alarms() -> None:
    plan = contract_plan()
    text, f = text_of(page_of(plan)), figures(plan)
    for section in f.bill:
        for said in (f"Billing period {section.label}", number(section.charged_usd, 2), number(section.owed_usd, 2)):
            assert said in text
        for row in (*section.charges, *section.sales, *section.later):
            for said in (row.name, row.quantity, row.rate, row.note, number(row.usd, 2)):
                assert said in text
    for effect in contract_terms(plan):
        for said in (effect.name, number(effect.without_usd), number(effect.blind_usd), number(effect.worth_usd)):
            assert said in text
    (alarm,) = f.alarms
    for said in (usd(alarm.miss_usd_per_mw), usd(alarm.saving_usd), f"{number(alarm.kept_off_mwh, 1)} MWh"):
        assert said in text
    for said in (f.notes[0], usd(f.sold), f"{number(f.sold_mwh, 1)} MWh at", "idle in these hours"):
        assert said in text


def test_a_farm_without_a_contract_has_no_sections_of_one() -> None:
    text = text_of(page_of(plan_of(6)))
    assert "Billing period 2026-02" in text
    for absent in ("What each term of the contract did", "Coincident peaks", "Power sold", "Owed anyway"):
        assert absent not in text


def test_a_plan_too_large_to_solve_for_each_term_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("optimizer.plan.terms.MOST_POINT_INTERVALS", 1)
    assert "would be solved again without each of 8 terms" in text_of(page_of(contract_plan()))


def sent(plan: Plan) -> tuple[dict[str, object], dict[str, list[float]]]:
    data = json.loads(Reader(page_of(plan)).scripts[0])
    return data, {key: unpacked(series) for key, series in data["series"].items()}


def test_the_charts_hold_every_machine_and_megawatt() -> None:
    plan = rich_plan()
    data, series = sent(plan)
    n = len(plan.grid)
    assert {len(values) for values in series.values()} == {n}
    charts = {chart["id"]: chart for chart in data["charts"]}
    for row in charts["reasons"]["rows"]:
        parts = [series[key] for key in row["parts"].values()]
        assert [sum(values) for values in zip(*parts, strict=True)] == [row["total"]] * n
    stack = [series[line["key"]] for line in charts["load"]["stack"]]
    for interval, load in enumerate(plan.settled.flows.load_mw):
        assert sum(values[interval] for values in stack) == pytest.approx(load, abs=0.005 * len(stack))
    assert charts["price"]["full"] is not None
    assert charts["price"]["peak"] == 5004.0


def test_many_groups_are_pooled_but_all_counted() -> None:
    plan = plan_of(6, groups=15)
    data, _ = sent(plan)
    rows = data["charts"][2]["rows"]
    assert len(rows) == 13
    assert rows[-1]["label"] == "3 other groups"
    assert sum(row["total"] for row in rows) == sum(group.units for group in plan.farm.fleet)


def test_a_week_in_quarter_hours_with_twelve_groups_is_small() -> None:
    page = page_of(plan_of(672, groups=12, hours=0.25, standby_w=25.0))
    assert len(page.encode()) < 300_000


def test_a_long_plan_is_drawn_in_daily_means_and_says_so() -> None:
    page = page_of(plan_of(2400, groups=3))
    assert "The charts show daily means" in page
    assert len(page.encode()) < 300_000
    assert "The charts show" not in page_of(plan_of(24))


def test_nothing_is_imported_that_a_report_does_not_need() -> None:
    code = (
        "import sys, optimizer.report.plan.page, optimizer.report.plan.summary;"
        "print([m for m in ('highspy', 'pyomo', 'jinja2', 'rich', 'optimizer.plan.planning') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_the_nearest_schedule_says_first_by_how_much_it_falls_short_and_until_when() -> None:
    """0.3 MW draw with every machine off, 0.2 are allowed for two hours; a plan that keeps its limits says nothing."""
    low = {"name": "C", "start": "2026-02-11 07:00", "end": "2026-02-11 09:00", "cut": {"form": "to_level", "mw": 0.2}}
    site = farm(site={"auxiliary_load_mw": 0.3}, events=(low,))
    page = page_of(plan_or_nearest(conditions(site, [0.5] * 4)).plan)
    told = "2026-02-11 07:00 until 2026-02-11 09:00: up to 0.1 MW above what binds, 0.2 MWh in all"
    assert page.index("this is the nearest") < page.index(told) < page.index("What to do next")
    assert "this is the nearest" not in page_of(plan_or_nearest(conditions(farm(), [0.5] * 4)).plan)
