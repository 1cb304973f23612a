"""The page of a backtest in a real browser. Skipped, visibly, where playwright or a browser is not installed."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from optimizer.report.backtest.page import render_backtest
from tests.report.backtests import small
from tests.report.plan.test_browser import box_of, dragged


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("backtest") / "report.html"
    made = small()
    path.write_text(render_backtest(made.known, made.schedules, made.told), encoding="utf-8")
    return path


@pytest.fixture
def opened(look: Callable[..., Any], report: Path) -> Callable[..., Any]:
    """Opens the page at a width and in a scheme."""

    def show(width: int, scheme: str = "light") -> Any:
        return look(report, "Curtail.pages.length === 3 && Curtail.pages.at(-1).plots.length === 3", width, scheme)

    return show


DRAWN = """() => [...document.querySelectorAll('figure')].filter((f) => f.checkVisibility()).map((f) => {
  const c = f.querySelector('canvas');
  const d = new Uint32Array(c.getContext('2d').getImageData(0, 0, c.width, c.height).data.buffer);
  return [f.dataset.chart, c.clientWidth, f.clientWidth, new Set(d).size];
})"""


@pytest.mark.parametrize("width", [390, 1400])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_charts_that_are_unfolded_are_drawn_as_wide_as_they_may(opened: Any, width: int, scheme: str) -> None:
    """One day and one curve are open; opening another folds the first away and draws it at its width."""
    page = opened(width, scheme)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    first = page.evaluate(DRAWN)
    assert [name for name, *_ in first] == ["against", "price_d0", "load_d0", "reasons_d0"]
    page.get_by_text("Profit itself").click()
    page.locator("summary", has_text="highest price").click()
    page.wait_for_timeout(100)
    then = page.evaluate(DRAWN)
    assert [name for name, *_ in then] == ["profit", "price_d1", "load_d1", "reasons_d1"]
    for name, drawn, room, colours in (*first, *then):
        assert drawn == room > 0.7 * width, name
        assert colours > 5, name
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    smallest = (
        "Math.min(...[...document.querySelectorAll('main *')].filter((n) => n.checkVisibility() && n.innerText)"
        ".map((n) => parseFloat(getComputedStyle(n).fontSize)))"
    )
    assert page.evaluate(smallest) >= 11


@pytest.mark.parametrize("width", [390, 1400])
def test_the_ladder_is_read_without_scrolling_sideways(opened: Any, width: int) -> None:
    page = opened(width)
    hidden = page.evaluate(
        """() => [...document.querySelectorAll('.ladder td')].filter((cell) => {
          const box = cell.getBoundingClientRect(), frame = cell.closest('.scroll').getBoundingClientRect();
          return box.width === 0 || box.right > frame.right + 1;
        }).map((cell) => cell.textContent)"""
    )
    assert hidden == []


def test_zooming_a_day_leaves_the_curves_alone(opened: Any) -> None:
    page = opened(1400)
    shown = "Curtail.pages.map((p) => p.plots.map((q) => [q.scales.x.min, q.scales.x.max]))"
    before = page.evaluate(shown)
    box = dragged(page, "load_d0")
    after = page.evaluate(shown)
    assert after[0] == before[0]
    assert after[2] == before[2]
    assert len({tuple(view) for view in after[1]}) == 1
    assert after[1] != before[1]
    page.mouse.move(box["x"] + box["width"] * 0.5, box["y"] + 50)
    assert page.locator(".tip:visible").count() == 1


def test_hovering_tells_a_rung_that_is_not_drawn(opened: Any) -> None:
    page = opened(1400)
    box = box_of(page, "against")
    page.mouse.move(box["x"] + box["width"] * 0.5, box["y"] + 50)
    told = page.locator("[data-chart=against] .tip").inner_text()
    assert "Sun 2 Jul" in told
    rungs = small().told.rungs
    always, strike = (rungs[key].daily_usd + rungs[key].charged_usd for key in ("always_on", "strike"))
    at_end = (always - strike)[:2].sum()
    assert "always on" in told
    assert f"{at_end / 1e3:.1f}" in told
