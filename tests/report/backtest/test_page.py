"""The page of a backtest: its figures are the ladder's, its bars add up, and it works with little on the ladder."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from optimizer.accounts.ledger import Kind, of_kind
from optimizer.report.backtest.charts import cumulative, day_in_detail
from optimizer.report.backtest.page import render_backtest
from optimizer.report.backtest.view import Pair, best_and_worst, falls, pair_of, shown_days, sure_of
from optimizer.report.kit.text import number
from optimizer.through_time.backtest.outcomes import ladder_json
from optimizer.through_time.departures import Departures
from tests.report.backtests import SPIKE, Made, only, replayed, small, write_farm
from tests.report.kit.test_packing import unpacked

TWO = ("always_on", "strike")


def page_of(made: Made) -> str:
    return render_backtest(made.known, made.schedules, made.told)


def sections(page: str) -> list[str]:
    return re.findall(r"<h2>(.*?)</h2>", page)


def rows_of(page: str, heading: str) -> list[list[str]]:
    """The text of the cells of the first table under a heading, row by row."""
    table = page.split(f"<h2>{heading}</h2>")[1].split("</table>")[0]
    rows = re.findall(r"<tr.*?>(.*?)</tr>", table.split("<tbody>")[1], re.S)
    return [[re.sub(r"<.*?>", "", cell).strip() for cell in re.findall(r"<td.*?>(.*?)</td>", row)] for row in rows]


def test_the_ladder_on_the_page_is_that_of_the_json() -> None:
    made = small()
    told = ladder_json(made.told)["rungs"]
    rows = rows_of(page_of(made), "The ladder")
    assert len(rows) == len(told) == 10
    for row, rung in zip(rows, told.values(), strict=True):
        assert row[1] == number(rung["profit_usd"])
        assert row[2] == number(rung["usd_per_mw_year"])
        assert row[3] == f"{100 * rung['share_of_bound']:.1f} %"
        assert row[4] == f"{100 * rung['uptime']:.1f} %"
        assert row[5] == number(rung["starts_per_machine_year"])
        assert row[6] == number(sum(rung["off_mwh"].values()))
        hit = sum(peak["chance"] for peak in rung["peaks"] if peak["hit"])
        assert row[7] == f"{hit:.3g} of {len(rung['peaks'])}"


def test_the_days_of_the_ladder_add_up_to_its_profits() -> None:
    """Days earn what is no charge of a month; the charges stand beside them, on the days that set them."""
    for rung in small().told.rungs.values():
        assert rung.daily_usd.shape == rung.charged_usd.shape == (3,)
        assert float((rung.daily_usd + rung.charged_usd).sum()) == pytest.approx(rung.profit, abs=0.05)
        by_period = sum(rung.usd.get(line, 0.0) for line in of_kind(Kind.BY_PERIOD))
        assert float(rung.charged_usd.sum()) == pytest.approx(by_period, abs=0.05)
    assert any(rung.charged_usd.any() for rung in small().told.rungs.values())


def test_a_waterfall_adds_up_to_the_difference() -> None:
    told = small().told
    found = falls(told)
    assert [(fall.one, fall.other) for fall in found][:2] == [("strike", "replanning"), ("always_on", "one_threshold")]
    assert len(found) == 1 + 9
    for fall in found:
        change = told.rungs[fall.other].profit - told.rungs[fall.one].profit
        *terms, total = fall.bars.steps
        assert fall.change == pytest.approx(change)
        assert total.whole
        assert total.usd == fall.change
        assert sum(step.usd for step in terms) == pytest.approx(change, abs=0.05)


def test_neighbours_are_told_once() -> None:
    """Where nothing stands between the strike rule and re-planning, their waterfall is that of neighbours."""
    found = falls(only("strike", "replanning", "perfect").told)
    assert [(fall.one, fall.other) for fall in found] == [("strike", "replanning"), ("replanning", "perfect")]


@pytest.mark.parametrize(
    ("keys", "pair"),
    [
        (("always_on", "strike", "hysteresis", "replanning", "perfect"), Pair("replanning", "strike")),
        (("always_on", "replanning", "perfect"), Pair("replanning", "always_on")),
        (("strike", "hysteresis", "perfect"), Pair("hysteresis", "strike")),
        (("always_on", "strike"), Pair("strike", "always_on")),
        (("strike", "perfect"), Pair("perfect", "strike")),
        (("replanning",), None),
    ],
)
def test_which_rung_is_measured_against_which(keys: tuple[str, ...], pair: Pair | None) -> None:
    assert pair_of(only(*keys).told) == pair


def test_the_curves_end_at_the_differences() -> None:
    told = small().told
    described = cumulative(told, Pair("replanning", "strike"))
    against, profit = described["charts"]
    assert (against["id"], profit["id"]) == ("against", "profit")
    scale = {"USD": 1.0, "thousand USD": 1e3, "million USD": 1e6}
    for chart, base in ((against, told.rungs["strike"].profit), (profit, 0.0)):
        for line in chart["series"]:
            ends = unpacked(described["series"][line["key"]])[-1] * scale[chart["unit"]]
            rung = next(rung for key, rung in told.rungs.items() if line["key"].endswith(f"_{key}"))
            assert ends == pytest.approx(rung.profit - base, abs=0.51 * scale[chart["unit"]] / 10 ** chart["decimals"])
    assert {line["key"] for line in against["series"]} == {f"against_{key}" for key in told.rungs}
    assert set(unpacked(described["series"]["against_strike"])) == {0}


def test_a_rung_far_off_is_told_and_not_drawn() -> None:
    """Always on runs into the spike: on the scale of its loss nothing else could be told apart."""
    told = small().told
    against, profit = cumulative(told, Pair("replanning", "strike"))["charts"]
    hidden = {line["key"] for line in against["series"] if line["hover"]}
    assert "against_always_on" in hidden
    assert "against_replanning" not in hidden
    assert not any(line["hover"] for line in profit["series"])
    apart = next(note for note in re.findall(r'<p class="note">(.*?)</p>', page_of(small())) if "Too far off" in note)
    assert "always on" in apart


BOTH = [Pair("replanning", "strike"), Pair("one_threshold", "always_on")]  # never worse, and worse on two days


@pytest.mark.parametrize("pair", BOTH)
def test_best_and_worst_days_are_those_of_the_differences(pair: Pair) -> None:
    told = small().told
    mine, theirs = told.rungs[pair.mine], told.rungs[pair.theirs]
    gains = mine.daily_usd - theirs.daily_usd
    best, worst = best_and_worst(told, pair)
    assert [row.gain for row in best] == sorted((gain for gain in gains if gain > 0), reverse=True)
    assert [row.gain for row in worst] == sorted(gain for gain in gains if gain < 0)
    assert len(best) + len(worst) == 3
    for row in (*best, *worst):
        at = told.days.index(row.day)
        assert (row.mine, row.theirs) == (mine.daily_usd[at], theirs.daily_usd[at])
        lines = [float(mine.daily[line][at] - theirs.daily[line][at]) for line in theirs.daily]
        assert [abs(usd) for _, usd in row.terms] == sorted((abs(v) for v in lines if abs(v) >= 0.5), reverse=True)[:3]


@pytest.mark.parametrize("pair", BOTH)
def test_the_days_in_detail_are_the_best_the_worst_and_that_of_the_highest_price(pair: Pair) -> None:
    """A day that is both stands once; without a day that is worse none is called the worst."""
    made = small()
    gains = made.told.rungs[pair.mine].daily_usd - made.told.rungs[pair.theirs].daily_usd
    found = shown_days(made.known, made.told, pair)
    at = {label: day.position for day in found for label in day.labels}
    assert at["Best day"] == int(gains.argmax())
    assert at.get("Worst day") == (int(gains.argmin()) if gains.min() < 0 else None)
    assert made.told.days[at["Highest price"]] == SPIKE[:10]
    assert len({day.position for day in found}) == len(found)


def test_a_day_in_detail_shows_what_was_drawn_and_what_was_expected() -> None:
    made = small()
    described = day_in_detail(made.known, made.schedules, made.told, Pair("replanning", "strike"), 1, "x")
    price, load, rows = described["charts"]
    assert [chart["id"] for chart in (price, load, rows)] == ["price_x", "load_x", "reasons_x"]
    first = int(np.searchsorted(made.known.grid.day_of_interval, 1))
    assert described["start"] == int(made.known.grid.starts[first].timestamp())
    market = made.known.actual.market
    meter = market.energy_price_usd_per_mwh[first : first + 24] + 2.0  # the adders; nothing is lost
    assert unpacked(described["series"]["price"]) == pytest.approx(meter.tolist(), abs=0.006)
    expected = made.known.prices.at(first, first + 24) + 2.0
    assert unpacked(described["series"]["expected"]) == pytest.approx(expected.tolist(), abs=0.006)
    for key in ("replanning", "strike", "perfect"):
        running = sum(made.schedules[key].units_on.values())[first : first + 24]  # machines of 1 MW
        assert unpacked(described["series"][f"mw_{key}"]) == pytest.approx(running.tolist(), abs=0.006)
    strikes = [line for line in price["series"] if line["label"].startswith("Strike")]
    assert [unpacked(described["series"][line["key"]])[0] for line in strikes] == [100.0, 50.0]  # 60 USD/PH/day
    assert [band["label"] for band in load["bands"]] == ["Peak <b>hour"]
    assert load["bands"][0]["from"] == int(made.known.grid.starts[first + 17].timestamp())


@pytest.mark.parametrize("keys", [TWO, ("replanning",), ("perfect",), ("strike", "perfect")])
def test_a_page_of_few_rungs(keys: tuple[str, ...]) -> None:
    made = only(*keys)
    page = page_of(made)
    assert len(rows_of(page, "The ladder")) == len(keys)
    assert ("Where the difference comes from" in sections(page)) == (len(keys) > 1)
    assert "perfect foresight" in page if "perfect" in keys else "of perfect foresight" not in page.lower()
    data = json.loads(re.search(r'id="report">(.*?)</script>', page, re.S).group(1))  # type: ignore[union-attr]
    ids = [chart["id"] for timeline in data for chart in timeline["charts"]]
    assert ids
    assert len(set(ids)) == len(ids)
    for one in ids:
        assert page.count(f'data-chart="{one}"') == 1


def test_without_coincident_peaks_none_are_spoken_of(tmp_path: Path) -> None:
    page = page_of(replayed(write_farm(tmp_path, peaks=False), ("always_on", "strike")))
    assert "Coincident peaks" not in sections(page)
    assert "peak" not in rows_of(page, "The ladder")[0]
    assert "Coincident peaks" in sections(page_of(small()))


def test_the_peaks_are_told_with_what_was_drawn() -> None:
    rows = {row[0]: row[1:] for row in rows_of(page_of(small()), "Coincident peaks")}
    assert rows["always on"] == ["20.0 missed"]
    assert rows["perfect foresight"] == ["0.0"]


def test_a_single_day(tmp_path: Path) -> None:
    made = replayed(write_farm(tmp_path), ("strike", "replanning", "perfect"), hours=24.0)
    page = page_of(made)
    assert made.told.days == ("2023-07-01",)
    assert sections(page)[0] == "The ladder"


def test_what_is_known_when_is_said() -> None:
    known = small().known
    said = " ".join(sure_of(known))
    assert "13:30" in said
    assert "known as it begins" in said
    assert known.prices is not None
    late = " ".join(sure_of(replace(known, prices=replace(known.prices, lag=3))))
    assert "3 intervals" in late
    fit = Departures(20.0, (), np.array([0]), np.zeros((1, 3)))
    fitted = " ".join(sure_of(replace(known, prices=replace(known.prices, fitted=((24, fit),)))))
    assert "fitted every month on the prices before it, from 2023-07-02 00:00-05:00 on" in fitted
    fixed = " ".join(sure_of(replace(known, prices=None)))
    assert "contract fixes" in fixed


def test_the_page_needs_nothing_from_outside_and_names_are_no_markup() -> None:
    page = page_of(small())
    assert not re.search(r"""(?:src|href)\s*=\s*["'](?!data:,)""", page)
    assert "http" not in re.sub(r"<details>\s*<summary>Software.*?</details>", "", page, flags=re.S).replace(
        "http-equiv", ""
    )
    assert "<b>hour" not in page
    assert "<i>hall" not in page
    assert "Peak &lt;b&gt;hour" in page
    assert page_of(small()) == page


def test_a_year_of_quarter_hours_stays_a_page() -> None:
    """The curves of ten rungs over 365 days, with numbers that never repeat."""
    made = small()
    rng = np.random.default_rng(3)
    rungs = {
        key: replace(rung, daily={"energy": rng.normal(0, 1e4, 365).cumsum()}, charged={})
        for key, rung in made.told.rungs.items()
    }
    days = tuple(str(day)[:10] for day in np.arange("2023-01-01", "2024-01-01", dtype="datetime64[D]"))
    year = replace(made.told, rungs=rungs, days=days, start="2023-01-01T00:00:00-06:00")
    described = json.dumps(cumulative(year, Pair("replanning", "strike")))
    assert len(described) < 80_000
