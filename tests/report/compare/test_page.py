"""The files of a comparison: CSV, JSON, the page, and the page in a real browser."""

from __future__ import annotations

import csv
import io
import json
import re
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from optimizer.compare.running import Comparison, compare
from optimizer.compare.ways import Way
from optimizer.report.compare.files import compare_csv, compare_files, compare_json
from optimizer.report.compare.page import heat_maps, render_comparison, sweep_curve
from optimizer.report.compare.summary import lead
from optimizer.report.compare.view import Scale, name_of, sweeps
from tests.compare.cases import ALL_OFF, SPIKE, THREE_HOURS, case, scenario, scenarios
from tests.compare.test_running import TOO_MUCH
from tests.farms import group

BRACKETS = (
    """[{kind: event, event: {name: a, start: 2026-02-11 06:00, end: 2026-02-11 07:00, cut: {form: full_stop}}}]"""
)
HOSTILE = "<script>alert(1)<\\script><b>&\"'{{7*7}}[red]"
GRID = "[{kind: price, scale: 1}, {kind: hashprice, scale: 1}]"
TWO_KEYS = "[{change: 0, key: scale, values: [1, 2]}, {change: 1, key: scale, values: [1, 0.5, 2]}]"


@cache
def thirty() -> Comparison:
    """Thirty scenarios: single ones, a failing one, a hostile name, a sweep over one key and one over two.

    Beside the machines the site draws 2 MW: 1 USD an hour, 6 USD in the spike.
    """
    single = [
        scenario(f"[{{kind: price, scale: {1 + 0.3 * i}}}]", f"Dear power, the {i}th of its kind, in a cold week")
        for i in range(15)
    ]
    line = scenarios(
        "[{kind: price, scale: 1}]", "Line", sweep="[{change: 0, key: scale, values: [0, 0.5, 1, 2, 4, 8]}]"
    )
    grid = scenarios(GRID, "Grid", sweep=TWO_KEYS)
    odd = scenario("[{kind: price, set_usd_per_mwh: -4000}]", json.dumps(HOSTILE))
    found = compare(
        case(THREE_HOURS, state=ALL_OFF, site={"auxiliary_load_mw": 2.0}),
        [*single, SPIKE, TOO_MUCH, odd, *line, *grid],
    )
    assert len(found.scenarios) == 30
    return found


def test_the_grid_is_a_heat_map() -> None:
    """Profit of ten machines in four hours: 40 USD times the hashprice less 20 times the price and the site's 4."""
    grid = next(sweep for sweep in sweeps(thirty()) if sweep.name == "Grid")
    profit, _ = heat_maps(grid)
    assert profit.across == ("hashprice x 1", "hashprice x 0.5", "hashprice x 2")
    assert [text for text, _ in profit.rows] == ["price x 1", "price x 2"]
    cells = [[cell.usd for cell in row] for _, row in profit.rows]
    assert cells == [[pytest.approx(v) for v in row] for row in ([16, -4, 56], [-8, -8, 32])]
    heat = [cell.heat for _, row in profit.rows for cell in row]
    assert heat == [pytest.approx(100 * (v + 8) / 64) for v in (16, -4, 56, -8, -8, 32)]


def test_the_gain_over_the_strike_rule_is_a_heat_map() -> None:
    """An hour at 1.2 or 1.6 USD/MWh costs 2 or 6 USD to run through, a restart 5."""
    hour = "from: 2026-02-11 08:00, to: 2026-02-11 09:00"
    swept = scenarios(
        f"[{{kind: price, set_usd_per_mwh: 1, {hour}}}, {{kind: hashprice, scale: 1}}]",
        sweep="[{change: 0, key: set_usd_per_mwh, values: [0.9, 1.2, 1.6]}, {change: 1, key: scale, values: [1]}]",
    )
    found = compare(case(group(restart_minutes=30.0)), swept)
    _, gain = heat_maps(sweeps(found)[0])
    assert [cell.usd for _, row in gain.rows for cell in row] == [pytest.approx(v, abs=1e-9) for v in (0, 3, 0)]


def test_where_the_plan_adds_the_most_comes_first() -> None:
    """A restart costs 5 USD, running through the hour 2 USD: the rule stops and starts, the plan runs on."""
    hour = "from: 2026-02-11 08:00, to: 2026-02-11 09:00"
    dear = scenario(f"[{{kind: price, set_usd_per_mwh: 1.2, {hour}}}]", "Dear hour")
    found = compare(case(group(restart_minutes=30.0)), [scenario("[{kind: hashprice, scale: 1}]", "Calm"), dear])
    told = lead(found)
    assert told.startswith("The plan adds the most in Dear hour: $3 more than the strike rule (")
    assert told.endswith("In 1 of 2 scenarios a threshold does as well.")
    page = render_comparison(found)
    assert page.index("adds the most in Dear hour") < page.index("What the plan adds")


def test_one_key_is_a_line() -> None:
    line = sweep_curve(next(sweep for sweep in sweeps(thirty()) if sweep.name == "Line"))
    assert [at for at, _ in line.across] == [0, 6.25, 12.5, 25, 50, 100]
    assert [usd for _, _, usd in line.lines[Way.KNOWING]] == [pytest.approx(v) for v in (40, 28, 16, -8, -16, -32)]


def test_a_scale_with_outliers_is_stretched() -> None:
    assert Scale([1.0, 2.0, 3.0]).at(1.5) == pytest.approx(50)
    stretched = Scale([1.0, 1.0, 2.0, 1e6])
    assert stretched.at(1.0) > 4
    assert [text for _, text in stretched.ticks] == ["0", "10", "100", "1k", "10k", "100k", "1M"]


def test_the_csv_holds_every_way_of_every_scenario() -> None:
    rows = list(csv.DictReader(io.StringIO(compare_csv(thirty()))))
    assert len(rows) == 31 * len(Way)
    assert {row["way"] for row in rows} == set(Way)
    spike = next(row for row in rows if row["scenario"] == "Spike" and row["way"] == "knowing")
    lines = sum(float(value) for key, value in spike.items() if key.startswith("usd_") and value)
    assert float(spike["profit_usd"]) == pytest.approx(lines, abs=0.05)
    assert float(spike["change_usd"]) == pytest.approx(-15 - 5)
    reasons = sum(float(value) for key, value in spike.items() if key.startswith("off_mwh_") and value)
    assert float(spike["off_mwh"]) == pytest.approx(reasons)
    failed = next(row for row in rows if row["scenario"] == "Too much" and row["way"] == "knowing")
    assert failed["profit_usd"] == ""
    assert "short" in failed["failure"]


def test_the_json_explains_the_change() -> None:
    found = compare_json(thirty())
    spike = next(s for s in found["scenarios"] if s["name"] == "Spike")
    way = spike["ways"]["noticed"]
    assert way["change_usd"] == pytest.approx(sum(way["change_usd_by_line"].values()), abs=0.05)
    assert way["profit_usd"] == pytest.approx(found["bases"][spike["base"]]["ways"]["knowing"]["profit_usd"] - 25 - 5)
    assert next(s for s in found["scenarios"] if s["name"] == "Too much")["ways"]["knowing"]["exit_code"] == 3


def test_the_files_are_the_same_again() -> None:
    assert compare_files(thirty()) == compare_files(thirty())


def test_the_page_needs_nothing_from_outside_and_is_small() -> None:
    page = render_comparison(thirty())
    assert not re.search(r"""(?:src|href)\s*=\s*["'](?!data:,)""", page)
    assert "http" not in re.sub(r"<details>.*?</details>", "", page, flags=re.S).replace("http-equiv", "")
    assert len(page.encode()) < 400_000
    ten = Comparison(thirty().farm, "UTC", thirty().bases, thirty().scenarios[:10])
    assert len(render_comparison(ten).encode()) < 300_000
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert" in page


@pytest.mark.parametrize("width", [390, 1400])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_thirty_scenarios_are_readable(look: Any, tmp_path: Path, width: int, scheme: str) -> None:
    """No overflow, no trouble in the console, names and figures that do not overlap, bars that have a size."""
    path = tmp_path / "compare.html"
    path.write_text(render_comparison(thirty()), encoding="utf-8")
    page = look(path, width=width, scheme=scheme)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    overlapping = page.evaluate(
        """() => {
          const boxes = [...document.querySelectorAll(".dots > .name, .dots > .n:not(.head)")]
            .map((node) => {
              const range = document.createRange();
              range.selectNodeContents(node);
              return range.getBoundingClientRect();
            });
          return boxes.flatMap((a, i) => boxes.slice(i + 1).filter((b) =>
            a.left < b.right - 1 && b.left < a.right - 1 && a.top < b.bottom - 1 && b.top < a.bottom - 1)).length;
        }"""
    )
    assert overlapping == 0
    heights = "[...document.querySelectorAll('.dots > .name')].map((n) => n.getBoundingClientRect().height)"
    assert max(page.evaluate(heights)) < 100  # four lines
    marks = page.evaluate(
        """() => [...document.querySelectorAll(".track:not(.scale)")].map((track) => {
          const box = track.getBoundingClientRect();
          return [...track.querySelectorAll(".mark")].every((mark) => {
            const at = mark.getBoundingClientRect();
            return at.left > box.left - 14 && at.right < box.right + 14 && at.width > 1;
          });
        })"""
    )
    assert len(marks) == 1 + 18
    assert all(marks)
    heat = (
        "[...new Set([...document.querySelectorAll('table.heat td')].map((c) => getComputedStyle(c).backgroundColor))]"
    )
    assert len(page.evaluate(heat)) == 5  # two of six cells hold the same
    bars = "[...document.querySelectorAll('.fall[open] .money span')].map((b) => b.getBoundingClientRect().width)"
    assert max(page.evaluate(bars)) > 50
    smallest = (
        "Math.min(...[...document.querySelectorAll('main *')].filter((n) => n.checkVisibility() && n.innerText)"
        ".map((n) => parseFloat(getComputedStyle(n).fontSize)))"
    )
    assert page.evaluate(smallest) >= 11


def test_names_are_short_where_values_are_long() -> None:
    found = thirty()
    grid = [s for s in found.scenarios if s.values and s.name.startswith("Grid")]
    assert name_of(found, grid[1]).endswith("hashprice x 0.5")


def test_brackets_in_a_name_and_in_a_value_belong_to_them() -> None:
    """A sweep of "Storm [2021]" over "call [1]" and "call [2]" is one sweep of that name."""
    values = "[{change: 0, key: event.name, values: ['call [1]', 'call [2]']}]"
    found = compare(case(hours=1.0), scenarios(BRACKETS, "'Storm [2021]'", sweep=values))
    assert [name_of(found, one) for one in found.scenarios] == [
        "Storm [2021]: event name call [1]",
        "Storm [2021]: event name call [2]",
    ]
    assert [(sweep.name, sweep.values) for sweep in sweeps(found)] == [("Storm [2021]", (("call [1]", "call [2]"),))]
