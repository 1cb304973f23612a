"""The page in a real browser. Skipped, visibly, where playwright or a browser is not installed."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from optimizer.plan.planning import Plan, plan_conditions
from optimizer.report.plan.actions import todo_of
from tests.farms import call, conditions, farm, group
from tests.report.plans import contract_plan, page_of, plan_of, rich_plan

CHARTS = ("price", "load", "reasons")


def written(folder: Path, plan: Plan) -> Path:
    (folder / "report.html").write_text(page_of(plan), encoding="utf-8")
    return folder / "report.html"


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return written(tmp_path_factory.mktemp("report"), rich_plan())


@pytest.fixture
def opened(look: Callable[..., Any], report: Path) -> Callable[..., Any]:
    """Opens the report, or another plan's, at a width and in a scheme."""

    def show(width: int = 1400, scheme: str = "light", path: Path = report) -> Any:
        return look(path, "Curtail.page && Curtail.page.plots.length === 3", width, scheme)

    return show


def inked(page: Any, chart: str) -> int:
    """How many colours a chart's canvas holds; an empty one holds one."""
    return int(
        page.evaluate(
            """id => { const c = document.querySelector(`[data-chart=${id}] canvas`);
            const d = new Uint32Array(c.getContext('2d').getImageData(0, 0, c.width, c.height).data.buffer);
            return new Set(d).size; }""",
            chart,
        )
    )


def ranges(page: Any) -> list[list[float]]:
    """The time range that each chart shows, seconds."""
    return list(page.evaluate("Curtail.page.plots.map(p => [p.scales.x.min, p.scales.x.max])"))


def box_of(page: Any, chart: str) -> dict[str, float]:
    over = page.locator(f"[data-chart={chart}] .u-over")
    over.scroll_into_view_if_needed()
    return dict(over.bounding_box())


def dragged(page: Any, chart: str) -> dict[str, float]:
    """The box of a chart of which the second quarter has been chosen with the mouse."""
    box = box_of(page, chart)
    page.mouse.move(box["x"] + box["width"] * 0.25, box["y"] + 50)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] * 0.5, box["y"] + 60, steps=3)
    page.mouse.up()
    page.wait_for_timeout(50)
    return box


@pytest.mark.parametrize("width", [390, 1400])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_draws_without_overflow(opened: Any, width: int, scheme: str) -> None:
    page = opened(width, scheme)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    for chart in CHARTS:
        assert inked(page, chart) > 5, chart


def test_dragging_zooms_all_charts_and_double_click_resets(opened: Any) -> None:
    page = opened()
    whole = ranges(page)
    box = dragged(page, "load")
    start, end = whole[0]
    for low, high in ranges(page):
        assert low == pytest.approx(start + 0.25 * (end - start), abs=900)
        assert high == pytest.approx(start + 0.5 * (end - start), abs=900)
    page.mouse.dblclick(box["x"] + box["width"] * 0.4, box["y"] + 50)
    page.wait_for_timeout(50)
    assert ranges(page) == whole


def test_hovering_tells_the_interval_s_values(opened: Any) -> None:
    page = opened()
    plan = rich_plan()
    at = 30  # the spike
    for chart, said in (
        ("price", f"{plan.explanation.marginal_price[at]:,.2f}"),
        ("load", f"{plan.settled.flows.load_mw[at]:.3f}"),
        ("reasons", "8 of 10"),
    ):
        box = box_of(page, chart)
        page.mouse.move(box["x"] + box["width"] * (at + 0.5) / len(plan.grid), box["y"] + 20)
        tip = page.locator(f"[data-chart={chart}] .tip")
        assert "Thu 12 Feb, 06:00–07:00" in tip.inner_text()
        assert said in tip.inner_text()
        assert page.locator(".tip:visible").count() == 1


def test_the_spike_is_clipped_until_asked_for(opened: Any) -> None:
    page = opened()
    top = "Curtail.page.plots[0].scales.y.max"
    assert page.evaluate(top) < 1_000
    page.get_by_role("button", name="Show the full range").click()
    page.wait_for_timeout(50)
    assert page.evaluate(top) > 5_000


def test_dark_differs_from_light_and_follows_a_change(opened: Any) -> None:
    page = opened(scheme="light")
    background = "getComputedStyle(document.body).backgroundColor"
    light = page.evaluate(background)
    line = "Curtail.page.plots[0].series[1].stroke()"
    drawn = page.evaluate(line)
    page.emulate_media(color_scheme="dark")
    page.wait_for_timeout(50)
    assert page.evaluate(background) != light
    assert page.evaluate(line) != drawn


@pytest.mark.parametrize("width", [390, 1400])
def test_the_bill_can_be_read_at_any_width(opened: Any, tmp_path: Path, width: int) -> None:
    """Every amount is on the screen without scrolling sideways, and a period folds away."""
    page = opened(width, path=written(tmp_path, contract_plan()))
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    hidden = page.evaluate(
        """() => [...document.querySelectorAll('.bill td, .ledger td')].filter((cell) => {
          const box = cell.getBoundingClientRect(), frame = cell.closest('.scroll').getBoundingClientRect();
          return cell.textContent.trim() && (box.width === 0 || box.right > frame.right + 1);
        }).map((cell) => cell.textContent)"""
    )
    assert hidden == []
    february = page.locator("details.bill").first
    total = february.locator("tr.sum td.last")
    assert total.is_visible()
    assert total.inner_text() == "271.50"
    february.locator("summary").click()
    assert not total.is_visible()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_has_the_contrast_that_accessibility_asks_for(opened: Any, scheme: str) -> None:
    """At least 4.5 to 1 (WCAG 2.2, success criterion 1.4.3) on the ground each colour stands on."""
    page = opened(scheme=scheme)
    ratios = page.evaluate(
        """() => {
          const luminance = (hex) => {
            const parts = [1, 3, 5].map((i) => parseInt(hex.slice(i, i + 2), 16) / 255)
              .map((v) => (v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4));
            return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2];
          };
          const found = {};
          const pairs = [["text", "page"], ["muted", "page"], ["text", "surface"], ["muted", "surface"],
            ["accent", "surface"], ["good", "surface"], ["bad", "surface"],
            ["event", "surface"], ["text", "warn-page"]];
          for (const [ink, ground] of pairs) {
            const [high, low] = [luminance(Curtail.css(ink)), luminance(Curtail.css(ground))].sort((a, b) => b - a);
            found[`${ink} on ${ground}`] = (high + 0.05) / (low + 0.05);
          }
          return found;
        }"""
    )
    assert {pair: ratio for pair, ratio in ratios.items() if ratio < 4.5} == {}


def test_a_long_plan_draws_in_reasonable_time(opened: Any, tmp_path: Path) -> None:
    page = opened(path=written(tmp_path, plan_of(960, groups=12)))
    assert page.evaluate("performance.getEntriesByType('navigation')[0].domContentLoadedEventEnd") < 3_000
    assert inked(page, "reasons") > 5


def test_prints_on_two_sheets(opened: Any, tmp_path: Path) -> None:
    """What to do, eight groups, prices, money and the bill; the rest is for the screen."""
    fleet = [group(f"Hall {i}", 500, th=80 + 10 * i, watts=3_300 - 30 * i) for i in range(8)]
    demand = ({"name": "Delivery", "usd_per_kw": 4, "expected_peak_mw": 9.0},)
    built = farm(
        *fleet,
        events=(call("20:00", "22:00", 1.0),),
        energy={"demand": demand},
        limit_mw=10,
        state={"bill": {"peaks_mw": {"Delivery": 9.0}}},
    )
    plan = plan_conditions(conditions(built, 50 + 30 * np.sin(np.arange(48)), hashprice=33.0))
    assert len(todo_of(plan).steps) > 6
    page = opened(path=written(tmp_path, plan))
    page.emulate_media(media="print")
    sheets = re.findall(rb"/Type\s*/Page[^s]", page.pdf(format="A4"))
    assert len(sheets) <= 2


def test_a_column_s_head_sorts_the_table(opened: Any) -> None:
    page = opened()
    table = page.locator("table.sort", has_text="Strike price, USD/MWh").first
    names = "(t) => [...t.tBodies[0].rows].map((row) => Number(row.children[2].textContent.replace(/,/g, '')))"
    table.locator("th", has_text="Machines").click()
    up = table.evaluate(names)
    table.locator("th", has_text="Machines").click()
    assert up == sorted(up)
    assert table.evaluate(names) == up[::-1]
