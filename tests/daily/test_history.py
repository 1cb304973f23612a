"""`curtail history`: planned and realised, by hand; the strike rule; drift; the page."""

from __future__ import annotations

import json
import re
import sqlite3
import time
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from optimizer.daily.entries import RunEntry
from optimizer.daily.history import History
from optimizer.daily.history_view import _chart as history_chart
from optimizer.daily.history_view import _charts, render_history, sums
from optimizer.daily.job import run_once
from optimizer.daily.log_file import COLUMNS
from optimizer.daily.observed import prices_in
from optimizer.daily.prices import Prices, Rank
from optimizer.daily.review import Review, SettledRun, review
from optimizer.daily.review_figures import totals
from tests.commands.running import beside, curtail
from tests.daily.farms import START, data_of, write_prices
from tests.report.kit.test_packing import unpacked

FLAT = """
name: Flat
timezone: America/Chicago
site: {{import_limit_mw: 20}}
fleet:
  - name: G
    units: 1000
    machine: {{model: n, hashrate_th: 200, power_w: 3500, cooling: air, source: made up for a test, confidence: low}}
revenue: {{hashprice_usd_per_ph_day: 33}}
energy: {{price_usd_per_mwh: {{file: prices.csv}}{energy}}}
horizon: {{hours: 24}}
daily: {{settled_prices: {{file: settled.csv}}}}
{more}
"""
# 1,000 machines draw 3.5 MW and earn 1,000 x 200 TH/s x 33 / 24,000 USD per TH/s and hour = 275 USD an hour: they pay
# up to 275 / 3.5 = 78.57 USD/MWh.
MW, EARNED = 3.5, 275.0


def flat(folder: Path, energy: str = "", more: str = "", price: float = 30.0) -> Path:
    folder.mkdir()
    (folder / "farm.yaml").write_text(FLAT.format(energy=energy, more=more))
    write_prices(folder / "prices.csv", [price] * 96)
    return folder / "farm.yaml"


@pytest.fixture
def farm(tmp_path: Path) -> Path:
    return flat(tmp_path / "farm")


def settled(farm: Path, *prices: float) -> None:
    write_prices(farm.parent / "settled.csv", prices)


def runs(farm: Path, state: Path, *hours: int) -> Review:
    for hour in hours:
        run_once(farm, state, START + timedelta(hours=hour), report=False)
    with History(state / "history.sqlite") as history:
        return review(history)


def test_an_error_by_hand(farm: Path, state: Path) -> None:
    """Planned on 30 USD/MWh throughout; the third hour came at 60, the fourth at 100, where a rule would have stopped.

    Planned over four hours: 4 x (275 - 105) = 680 USD. The error is -3.5 x (30 + 70) = -350 USD. The strike rule stops
    in the fourth hour and saves 350 - 275 = 75 USD.
    """
    settled(farm, 30, 30, 60, 100)
    (first,) = runs(farm, state, 0, 4).followed
    assert first.hours == 4
    assert first.planned_usd == pytest.approx(4 * (EARNED - 30 * MW))
    assert first.error_usd == pytest.approx(-350)
    assert first.strike_rule_usd - first.realised_usd == pytest.approx(75)
    assert first.drift_usd_per_day == pytest.approx(-350 * 6)


def test_a_tariff_is_known_without_waiting(tmp_path: Path) -> None:
    """A number, and rates by time of use: from 02:30 on 100 USD/MWh, where the machines stop.

    Six hours of a number earn 6 x (275 - 105) = 1,020 USD, of the rates 2.5 x (275 - 105) = 425 USD.
    """
    rates = (
        "{rates: [{name: Dear, usd_per_mwh: 100, when: {hours: [{start: 2.5, end: 24}]}}], otherwise_usd_per_mwh: 30}"
    )
    for name, tariff, hours in (("number", "30", 6.0), ("rates", rates, 2.5)):
        farm = flat(tmp_path / name)
        text = (
            farm.read_text()
            .replace("{file: prices.csv}", tariff)
            .replace("daily: {settled_prices: {file: settled.csv}}", "")
        )
        farm.write_text(text.replace("{hours: 24}", "{hours: 24, intervals: [{minutes: 30}]}"))
        (first,) = runs(farm, tmp_path / f"{name} state", 0, 6).followed
        assert first.hours == 6
        assert first.realised_usd == pytest.approx(hours * (EARNED - 30 * MW))
        assert first.error_usd == pytest.approx(0)


def test_a_schedule_is_drawn_as_far_as_its_price_is_known(farm: Path, state: Path) -> None:
    """The schedule in force runs for 24 hours, two of which have a price: its lines are two hours long."""
    settled(farm, 30, 30, 30, 30, 30, 40)
    found = runs(farm, state, 0, 4, 6)
    assert [one.hours for one in found.followed] == [4, 2]
    drawn = _charts(found.followed, found.timezone)["minutes"]
    assert drawn == [240, 120]


def test_hours_without_a_price_do_not_count(farm: Path, state: Path) -> None:
    settled(farm, 30, 40)
    (first,) = runs(farm, state, 0, 4).followed
    assert (first.hours, first.error_usd) == (2, pytest.approx(-35))


def test_errors_add_up_and_the_drift_forgets_after_seven_days(farm: Path, state: Path) -> None:
    """Days 1 to 9, each ten USD/MWh dearer than planned in its first hour: 35 USD each; the drift holds the last 7."""
    write_prices(farm.parent / "prices.csv", [30.0] * 24 * 12)
    settled(farm, *[40.0 if hour == 0 else 30.0 for _ in range(9) for hour in range(24)])
    found = runs(farm, state, *range(0, 24 * 10, 24)).followed
    assert [round(one.running_error_usd) for one in found] == [-35 * day for day in range(1, 10)]
    settled(farm, *[40.0 if day < 2 else 30.0 for day in range(10) for _ in range(24)])
    with History(state / "history.sqlite") as history:
        history.note_prices(
            (
                (
                    int(START.timestamp()) + 6 * 3600 + 3600 * hour,
                    int(START.timestamp()) + 6 * 3600 + 3600 * (hour + 1),
                    30.0,
                )
                for hour in range(48, 24 * 9)
            ),
            Rank.FED,
        )
        later = review(history).followed
    assert later[-1].drift_usd_per_day == pytest.approx(0)
    assert later[2].drift_usd_per_day != 0


def test_the_strike_rule_goes_on_from_where_it_led(tmp_path: Path) -> None:
    """A demand charge whose peak the rule set on the first day is not charged to it again on the second."""
    demand = ", demand: [{name: D, usd_per_kw: 1, expected_peak_mw: 0}]"
    state = "state: {at: 2026-02-11 00:00, bill: {peaks_mw: {D: 1.75}}}"
    farm = flat(tmp_path / "farm", demand, state, price=50.0)
    settled(farm, *[50.0] * 48)
    one, two = runs(farm, tmp_path / "state", 0, 24, 48).followed[:2]
    full_day = 24 * (EARNED - 50 * MW)  # 2,400 USD; 1.75 MW more cost 1,750 USD of demand
    assert one.strike_rule_usd == pytest.approx(full_day - 1750)
    assert two.strike_rule_usd == pytest.approx(full_day)
    half_day = 12 * (EARNED - 50 * MW)  # the plan: half of the machines, as 1,200 USD more do not repay 1,750 USD
    assert [one.realised_usd, two.realised_usd] == [pytest.approx(half_day)] * 2


def test_the_command_with_another_price_file(tmp_path: Path, farm: Path, state: Path) -> None:
    settled(farm, *[30.0] * 24)
    runs(farm, state, 0, 4)
    write_prices(tmp_path / "other.csv", [40.0] * 30)
    done = curtail("history", "--state", state, "--prices", tmp_path / "other.csv", "--json")
    assert done.returncode == 0, done.stderr
    told = data_of(done.stdout)
    assert told["totals"]["error_usd"] == -35.0 * 28  # four hours of the first schedule, all 24 of the second
    assert [run["followed"]["hours_with_price"] for run in told["runs"]] == [4, 24]
    shown = curtail("history", "--state", state, "--html", tmp_path / "h.html")
    assert "2026-02-11 00:00  planned" in shown.stdout
    assert "whole plan: profit of the plan to its end" in shown.stdout
    assert max(map(len, shown.stdout.splitlines())) <= 100
    page = (tmp_path / "h.html").read_text()
    assert not re.findall(r"(?:src|href)=.?(?:https?:)?//", page)


def test_another_price_file_is_read_as_the_farm_describes_its_own(tmp_path: Path, farm: Path, state: Path) -> None:
    text = farm.read_text().replace("{file: settled.csv}", "{file: settled.csv, unit: cents_per_kwh}")
    farm.write_text(text)
    settled(farm, *[3.0] * 24)
    runs(farm, state, 0)
    other = tmp_path / "other.csv"
    write_prices(other, [4.0] * 30)
    other.write_text(other.read_text().replace("price_usd_per_mwh", "price"))
    with History(state / "history.sqlite", reading=True) as history:
        assert set(prices_in(other, None, history).usd_per_mwh.tolist()) == {40.0}


def test_a_history_that_is_not_there(tmp_path: Path) -> None:
    done = curtail("history", "--state", tmp_path / "none")
    assert done.returncode == 2
    assert "holds no history: no run has been made with this --state" in done.stderr
    assert not (tmp_path / "none").exists()


def test_a_history_with_only_failures(farm: Path, state: Path) -> None:
    (farm.parent / "prices.csv").unlink()
    found = runs(farm, state, 0)
    assert [(run.status, run.exit_code) for run in found.runs] == [("nothing", 5)]
    assert "handed out no plan" in render_history(found)


def test_the_page_draws_both_charts(browser: Any, tmp_path: Path, farm: Path, state: Path) -> None:
    settled(farm, *range(10, 58))
    found = runs(farm, state, 0, 6, 24)
    (tmp_path / "h.html").write_text(render_history(found))
    troubles: list[str] = []
    for width in (1400, 390):
        page = browser.new_page(viewport={"width": width, "height": 900})
        page.on("console", lambda message: troubles.append(message.text))
        page.on("pageerror", lambda error: troubles.append(str(error)))
        page.goto((tmp_path / "h.html").as_uri())
        page.wait_for_function("Curtail.page && Curtail.page.plots.length === 2")
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        page.close()
    assert troubles == []


def test_of_hours_without_a_price_nothing_is_drawn(farm: Path, state: Path) -> None:
    """Hours 0 and 1 have a price, 4 and 5 too: between them is a gap, not a profit of nothing."""
    settled(farm, 30, 30)
    found = runs(farm, state, 0, 4)
    (first,) = found.followed
    later = replace(first, starts=first.starts + 4 * 3600)
    drawn = _charts((first, later), found.timezone)
    assert unpacked(drawn["minutes"]) == [120, 120, 120]
    for key in ("planned_usd", "realised_usd", "strike_rule_usd", "drift"):
        assert unpacked(drawn["series"][key])[1] is None
    assert None not in unpacked(drawn["series"]["running"])


def kept(state: Path) -> dict[int, tuple[int, str]]:
    with History(state / "history.sqlite") as history:
        return history.settled()


def unread(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The numbers of runs whose records are read from now on."""
    found: list[int] = []
    real = History.record

    def noted(self: History, number: int) -> Any:
        found.append(number)
        return real(self, number)

    monkeypatch.setattr(History, "record", noted)
    return found


def test_what_became_of_plans_is_kept_and_only_what_is_new_is_reckoned(
    farm: Path, state: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settled(farm, *[30.0] * 4)
    first = runs(farm, state, 0, 2, 4)
    read = unread(monkeypatch)
    assert runs(farm, state) == first
    assert read == []
    hour = int(START.timestamp()) + 6 * 3600
    with History(state / "history.sqlite") as history:
        history.note_prices([(hour + 3 * 3600, hour + 4 * 3600, 30.0)], Rank.SETTLED)  # no news
        assert review(history) == first
        assert read == []
        history.note_prices([(hour + 3 * 3600, hour + 4 * 3600, 50.0)], Rank.FED)  # of the second schedule
        later = review(history)
    assert read == [2, 3]
    assert [one.error_usd for one in later.followed] == [pytest.approx(0), pytest.approx(-20 * MW)]


def test_a_run_that_begins_sooner_cuts_the_one_before(farm: Path, state: Path) -> None:
    """What was kept of the second schedule was two hours long; a run at three leaves one of them."""
    settled(farm, *[30.0] * 6)
    assert [one.hours for one in runs(farm, state, 0, 2, 4, 5).followed] == [2, 2, 1]
    assert [one.hours for one in runs(farm, state, 3).followed] == [2, 1, 1, 1]


def test_what_is_kept_is_what_would_be_reckoned(tmp_path: Path) -> None:
    """Of runs that were settled one after another, and of the same when nothing is kept; the rule's state goes on."""
    demand = ", demand: [{name: D, usd_per_kw: 1, expected_peak_mw: 0}]"
    start = "state: {at: 2026-02-11 00:00, bill: {peaks_mw: {D: 1.75}}}"
    farm, state = flat(tmp_path / "farm", demand, start, price=50.0), tmp_path / "state"
    settled(farm, *[50.0 + hour for hour in range(48)])
    once = runs(farm, state, 0, 6, 12, 24, 30)
    with History(state / "history.sqlite") as history:
        history.work(lambda file: file.execute("DELETE FROM settled"))
        assert review(history) == once
    assert len(kept(state)) == 5


def test_a_damaged_row_of_what_is_kept_is_reckoned_anew(farm: Path, state: Path) -> None:
    settled(farm, 30, 30, 60, 100)
    first = runs(farm, state, 0, 2, 4)
    with History(state / "history.sqlite") as history:
        history.work(lambda file: file.execute("UPDATE settled SET told = replace(told, '30', '31') WHERE number = 1"))
        history.work(lambda file: file.execute("UPDATE settled SET ends = 'soon' WHERE number = 2"))
        assert review(history) == first
        assert review(history) == first


def test_other_prices_are_reckoned_with_and_not_kept(farm: Path, state: Path) -> None:
    settled(farm, 30, 30)
    first = runs(farm, state, 0, 2)
    hour = int(START.timestamp()) + 6 * 3600
    dear = Prices(np.array([hour]), np.array([hour + 7200]), np.array([50.0]))
    with History(state / "history.sqlite") as history:
        assert review(history, dear).followed[0].error_usd == pytest.approx(2 * -20 * MW)
        assert review(history) == first


def test_old_records_are_dropped_and_what_became_of_plans_stays(
    farm: Path, state: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("optimizer.daily.history.MOST_RECORDS", 2)
    settled(farm, *[30.0 + hour for hour in range(6)])
    found = runs(farm, state, 0, 1, 2, 3, 4, 5)
    assert [one.error_usd for one in found.followed] == [pytest.approx(-hour * MW) for hour in range(5)]
    with History(state / "history.sqlite") as history:
        assert [record.name[11:15] for _, record in history.schedules()] == ["0400", "0500"]
        hour = int(START.timestamp()) + 6 * 3600
        history.note_prices([(hour, hour + 3600, 99.0)], Rank.FED)  # of the first, which can be reckoned no more
        assert review(history).followed == found.followed


def test_only_so_many_prices_are_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("optimizer.daily.history.MOST_PRICES", 3)
    with History(tmp_path / "history.sqlite") as history:
        history.note_prices([(i, i + 1, float(i)) for i in range(9)], Rank.FED)
        history.add(logged="", seconds=None, at="", status="kept", exit_code=5, message="x" * 10_000)
        assert history.prices(0).usd_per_mwh.tolist() == [6.0, 7.0, 8.0]
        assert len(history.runs()[0].message) == 4000


def test_a_year_of_runs_is_read_within_a_second(farm: Path, state: Path) -> None:
    """8,760 runs of which it is kept what became of them; seconds of this process, others' work left out."""
    settled(farm, *[30.0] * 2)
    runs(farm, state, 0, 1)
    with History(state / "history.sqlite") as history:
        (run,) = [run for run in history.runs() if run.number == 1]
        ((_, told),) = [row for number, row in history.settled().items() if number == 1]
        year = range(10_000 - 8760, 10_000)
        values = [(n, run.start - 3600 * (10_000 - n), run.end - 3600 * (10_000 - n)) for n in year]

        def insert(file: sqlite3.Connection) -> None:
            kept = file.execute(f"SELECT {COLUMNS}, digest FROM runs WHERE number = 1").fetchone()
            made = [(n, *kept[1:8], start, end, *kept[10:]) for n, start, end in values]
            file.execute("BEGIN")  # one transaction, and one wait for the disk
            file.executemany(f"INSERT INTO runs ({COLUMNS}, digest) VALUES ({', '.join('?' * len(kept))})", made)
            file.execute("COMMIT")

        history.work(insert)
        rest = json.loads(told)[4:]
        rows = [(n, start + 3600, json.dumps([n, run.run, start, start + 3600, *rest])) for n, start, _ in values]
        history.keep_settled(rows, history.version())
        begun = time.process_time()
        found = review(history)
        assert time.process_time() - begun < 1.0
    assert len(found.followed) == 8760 + 1


def test_reading_while_a_run_writes(farm: Path, state: Path) -> None:
    """A reader in the middle of its reading sees what was there; the writer does not wait for it."""
    settled(farm, 30)
    runs(farm, state, 0)
    reader = beside(
        "-c",
        "import sqlite3, sys; c = sqlite3.connect(sys.argv[1], isolation_level=None); c.execute('BEGIN');\n"
        "n = c.execute('SELECT count(*) FROM runs').fetchone(); print('reading', flush=True); sys.stdin.readline();\n"
        "print(n == c.execute('SELECT count(*) FROM runs').fetchone())",
        state / "history.sqlite",
    )
    reader.stdout.readline()
    assert len(runs(farm, state, 1).runs) == 2
    assert reader.communicate("go\n")[0].strip() == "True"


def test_a_feed_goes_before_files_whichever_comes_first(tmp_path: Path) -> None:
    with History(tmp_path / "history.sqlite") as history:
        history.note_prices([(0, 3600, 10.0), (3600, 7200, 11.0)], Rank.FORESEEN)
        history.note_prices([(0, 900, 50.0)], Rank.FED)
        history.note_prices([(0, 3600, 12.0), (3600, 7200, 13.0)], Rank.SETTLED)
        history.note_prices([(3600, 7200, 14.0)], Rank.FORESEEN)
        kept = history.prices(0)
        assert list(zip(kept.starts, kept.ends, kept.usd_per_mwh, strict=True)) == [(0, 900, 50.0), (3600, 7200, 13.0)]
        assert history.prices(0, least=Rank.FED).usd_per_mwh.tolist() == [50.0]


def test_what_the_posture_cost_stands_apart_from_what_plans_did() -> None:
    """Two schedules of ten hours: a plan 40 USD over the rule, a posture 30 under it; always on is known of both."""

    def followed(number: int, realised: float, always: float) -> SettledRun:
        causes = {"Demand charges": realised - 100.0}
        money = {"planned_usd": 100.0, "realised_usd": realised, "strike_rule_usd": 100.0, "always_on_usd": always}
        rest = {"running_error_usd": 0.0, "drift_usd_per_day": 0.0, "causes": causes}
        return SettledRun(number, "", 0, 36_000, "UTC", 10.0, **money, **rest)

    def ran(number: int, status: str) -> RunEntry:
        named = {"number": number, "status": status, "exit_code": 0}
        return RunEntry(**{name: named.get(name) for name in RunEntry._fields})

    found = Review("F", "UTC", (ran(1, "planned"), ran(2, "safe")), (followed(1, 140, 90), followed(2, 70, 95)))
    told = totals(found)
    assert (told["gain_usd"], told["over_always_on_usd"]) == (10, 25)
    assert told["gain_usd_by_cause"] == {"Demand charges": 10}
    assert told["gain_usd_by_source"] == {
        "plans": {"hours": 10, "usd": 40},
        "without a plan": {"hours": 10, "usd": -30},
    }
    said = " ".join(sums(found))
    for part in ("$10 more than the strike rule, $25 more than always on", "$40 came with plans, -$30 in 10.0 hours"):
        assert part in said
    old = replace(found, followed=(replace(found.followed[0], always_on_usd=None),))
    assert "always on" not in " ".join(sums(old)), "an older version did not settle it"


def test_a_spike_does_not_press_the_chart_flat() -> None:
    values = np.append(np.full(99, 10.0), 5_000.0)
    hour = np.full(100, 60.0)
    chart, _ = history_chart("profit", (("a", "A", "c1"),), {"a": values}, hour, ("a",))
    assert chart["range"][1] < 20
    assert chart["full"][1] > 5_000
    plain, _ = history_chart("profit", (("a", "A", "c1"),), {"a": values[:99]}, hour[:99], ("a",))
    assert plain["full"] is None
    rule = {"a": values[:99], "b": np.append(np.full(50, -5_000.0), np.zeros(49))}  # the rule's, half of the time
    other, _ = history_chart("profit", (("a", "A", "c1"),), rule, hour[:99], ("a",))
    assert other["range"][0] > -20
