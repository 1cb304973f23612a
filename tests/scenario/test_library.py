"""The storm library: every file is well-formed, names its sources, plans on any farm, and has the figures it cites."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from optimizer.accounts.settlement import settle
from optimizer.config.load import load_farm
from optimizer.errors import InputError
from optimizer.plan.planning import Plan, plan_farm
from optimizer.scenario.courses import PriceChange
from optimizer.scenario.load import load_scenarios
from optimizer.scenario.placed import Scenario
from optimizer.through_time.policies import strike_rule
from tests.commands.running import CONFIGS, ROOT, curtail

LIBRARY = ROOT / "scenarios"
FILES = sorted(LIBRARY.glob("*.yaml"))
FARMS = ("west_texas.yaml", "fixed_tariff_12mw.yaml")
TEMPLATE = "next_storm.yaml"
every_file = pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)


def planned(farm: str, *scenarios: Scenario, hours: float | None = None, start: str | None = None) -> Plan:
    """A farm of configs/ planned under scenarios, over their hours unless told otherwise."""
    begins = None if start is None else pd.Timestamp(start).to_pydatetime()
    return plan_farm(load_farm(CONFIGS / farm), CONFIGS, scenarios=scenarios, hours=hours, start=begins)


def under(name: str, farm: str = "fixed_tariff_12mw.yaml", **given: Any) -> Plan:
    """A farm under the only scenario of a file."""
    (scenario,) = load_scenarios(LIBRARY / name)
    return planned(farm, scenario, **given)


def at(plan: Plan, time: str) -> int:
    """The interval that holds a time on the farm's clock; the plans here begin on 11 February 2026."""
    moment = pd.Timestamp(time, tz=plan.farm.timezone)
    return int(np.flatnonzero((plan.grid.starts <= moment) & (plan.grid.ends > moment))[0])


def test_the_library_is_the_page() -> None:
    """Every file is described, and every file that is described is there."""
    page = (ROOT / "docs" / "scenarios.md").read_text()
    assert set(re.findall(r"^\| `(\w+\.yaml)`", page, re.MULTILINE)) == {file.name for file in FILES}


def test_every_file_is_checked_by_the_command() -> None:
    done = curtail("check", *FILES)
    assert done.returncode == 0, done.stderr


@every_file
def test_a_file_names_its_sources_and_what_is_invented(file: Path) -> None:
    scenario = load_scenarios(file)[0]
    if file.name == TEMPLATE:
        assert scenario.sources == ("none: every figure of this template is invented",)
        return
    for source in scenario.sources:
        addressed = re.match(r"https?://[\w.-]+\.\w+(/\S+)?(, as of [^:]+)?: \S", source)
        assert addressed or "without a lasting address" in source, source
    assert len(scenario.sources) >= 3
    assert scenario.assumptions
    assert len(set(scenario.sources)) == len(scenario.sources)


def test_no_prices_of_a_market_are_shipped() -> None:
    """Shapes of a few points only."""
    assert {path.suffix for path in LIBRARY.iterdir() if path.is_file()} <= {".yaml"}
    for file in FILES:
        for placed in load_scenarios(file)[0].changes:
            assert getattr(placed.change, "series", None) is None
            assert len(getattr(placed.change, "shape", None) or ()) < 30


@every_file
@pytest.mark.parametrize("farm", FARMS)
def test_a_file_plans_and_changes_the_plan(file: Path, farm: str) -> None:
    """On spot with a block, and on a fixed tariff: no two scenarios earn the same, none what the farm earns alone.

    But for spot prices: a farm whose contract fixes its price is told that they do not touch it.
    """
    scenarios = load_scenarios(file)
    plans = [planned(farm, scenario) for scenario in scenarios]
    assert [plan.grid.hours.sum() for plan in plans] == [scenario.hours for scenario in scenarios]
    profits = {round(plan.settled.profit) for plan in plans}
    assert len(profits) == len(plans)
    fixed = any("the contract fixes the energy price" in warning for warning in plans[0].market.warnings)
    priced = any(isinstance(placed.change, PriceChange) for placed in scenarios[0].changes)
    assert fixed == (priced and farm == "fixed_tariff_12mw.yaml")
    if len(plans) == 1 and not fixed:  # one market of a sweep may be the farm's own
        assert profits != {round(planned(farm, hours=scenarios[0].hours).settled.profit)}


@every_file
def test_a_file_runs_over_the_day_on_which_clocks_go_forward(file: Path) -> None:
    """Day 2 of this plan lacks the hour from 02:00."""
    plan = planned("fixed_tariff_12mw.yaml", load_scenarios(file)[0], hours=48, start="2026-03-07 00:00")
    assert len(plan.grid) == 48


def test_uri_has_its_cap_its_dip_and_its_end() -> None:
    price = (plan := under("uri_2021.yaml", "west_texas.yaml")).market.energy_price_usd_per_mwh
    for time, usd in {
        "2026-02-12 02:00": 9000,  # 15 February 2021, day 2 of the storm
        "2026-02-12 15:00": 1200,
        "2026-02-12 18:00": 9000,
        "2026-02-16 08:00": 9000,
        "2026-02-16 11:00": 20,
    }.items():
        assert price[at(plan, time)] == usd, time
    assert price[at(plan, "2026-02-16 09:00")] == pytest.approx(0.25 * 3000 + 0.75 * 37)  # one quarter in the 3,000s
    cap = price[at(plan, "2026-02-12 17:00") : at(plan, "2026-02-16 09:00")]
    assert len(cap) == 88
    assert (cap == 9000).all()


def test_the_calls_of_uri_stop_a_farm_that_would_run() -> None:
    """The calls alone, on prices at which the farm runs: 25 MW, nothing, 5 MW; hourly intervals that a call touches."""
    plan, plain = under("uri_2021_calls.yaml", "west_texas.yaml"), planned("west_texas.yaml", hours=144)
    drawn, idle = plan.settled.import_mw, plan.conditions.idle_load_mw
    level = np.full(len(drawn), np.inf)
    for start, end, most in (
        ("2026-02-12 00:30", "2026-02-12 01:19", 25),
        ("2026-02-12 01:50", "2026-02-14 23:54", idle),
        ("2026-02-14 23:55", "2026-02-16 08:59", 5),
    ):
        called = slice(at(plan, start), at(plan, end) + 1)
        level[called] = np.minimum(level[called], np.broadcast_to(most, len(drawn))[called])
    assert (drawn <= level + 1e-6).all()
    assert (plain.settled.import_mw > level + 1).sum() > 60, "without the calls it draws more"
    assert plan.settled.lines["event_penalty"] == 0


def test_uri_lets_load_back_at_10_mw_an_hour() -> None:
    plan = under("uri_2021.yaml", "west_texas.yaml")
    drawn, first = plan.settled.import_mw, at(plan, "2026-02-16 09:00")
    rise = 5 + 10 * np.cumsum(plan.grid.hours[first:])
    assert (drawn[first:] <= rise + 1e-6).all()
    assert drawn[first + 2] > 30, "and it uses what it may"
    assert drawn[-1] > 40


def test_uri_is_refused_on_the_night_on_which_its_time_comes_twice() -> None:
    with pytest.raises(InputError, match=r"uri_2021_calls.yaml:\d+:\d+: .*01:20"):
        under("uri_2021_calls.yaml", start="2026-10-31 00:00")


def test_elliott_lasts_as_long_as_was_published() -> None:
    events = {event.name: event for event in under("elliott_2022.yaml").farm.events}
    first, second = events["Elliott, first rolling blackouts"], events["Elliott, second rolling blackouts"]
    assert (first.end - first.start).total_seconds() == (2 * 60 + 12) * 60
    assert (second.end - second.start).total_seconds() == (5 * 60 + 39) * 60


def test_fern_peaks_at_1501() -> None:
    assert under("fern_2026.yaml", "west_texas.yaml").market.energy_price_usd_per_mwh.max() == 1501.04


def test_short_notice_calls_are_kept_where_missing_them_costs_more() -> None:
    """On 50 MW down to 1 MW; the energy credit pays for 10 MW, from the contract's 11 to the 1 that is protected."""
    plan = under("short_notice_call.yaml", "west_texas.yaml")
    for start, end in (("2026-02-11 17:05", "2026-02-11 18:59"), ("2026-02-12 07:00", "2026-02-12 10:29")):
        called = plan.settled.import_mw[at(plan, start) : at(plan, end) + 1]
        assert (called <= 1 + 1e-6).all()
    assert plan.settled.lines["event_penalty"] == 0
    assert plan.settled.lines["event_payment"] >= 60 * 10 * 3 - 1e-6


def test_the_chance_of_a_peak_costs_what_the_charge_says() -> None:
    """A chance, times 70 USD/kW and year, times 1,000 kW, over 4 months: on next year's bill, in no price."""
    plan, plain = under("summer_4cp_week.yaml"), planned("fixed_tariff_12mw.yaml", hours=120)
    chance, imported = plan.market.peak_probability["4CP"], plan.settled.import_mw
    assert chance.sum() == pytest.approx(0.04 + 0.10 + 0.35 + 0.20 + 0.06)
    assert chance[at(plan, "2026-02-13 16:00")] == pytest.approx(0.35 / 2)
    assert plan.market.adders_usd_per_mwh.tolist() == plain.market.adders_usd_per_mwh.tolist()
    assert plan.settled.lines["coincident_peak"] == pytest.approx(-(chance @ imported) * 70 * 1000 / 4)
    rule = strike_rule(plan.conditions, plan.conditions)
    assert settle(plan.conditions, rule).lines["coincident_peak"] < 10 * plan.settled.lines["coincident_peak"] < 0


def test_capitulation_is_a_grid_of_prices_and_difficulties() -> None:
    scenarios = load_scenarios(LIBRARY / "capitulation_2026.yaml")
    assert len(scenarios) == 15
    found = {}
    for scenario in scenarios:
        market = planned("fixed_tariff_12mw.yaml", scenario, hours=1).market
        found[market.btc_price_usd[0], market.difficulty[0]] = market.hashprice_usd_per_ph_day[0]
    assert len(found) == 15
    assert found[66680.4, 125.86e12] == pytest.approx(33.31, abs=0.005)  # published figures, no fees
    assert 28 < found[66680.4, 144.4e12] < 30  # "28 to 30 USD per PH/s and day after"


def test_the_path_falls_to_125_86_t_and_rises_to_144_4_t() -> None:
    plan = under("capitulation_2026_path.yaml", hours=384)
    for time, trillions in (("2026-02-14 23:00", 141.67), ("2026-02-15 00:00", 125.86), ("2026-02-25 00:00", 144.4)):
        assert plan.market.difficulty[at(plan, time)] / 1e12 == pytest.approx(trillions, abs=0.01), time


def test_what_is_switched_off_in_the_template_is_well_formed(tmp_path: Path) -> None:
    """Its remarks, taken as changes, are read too, each by itself."""
    text = (LIBRARY / TEMPLATE).read_text()
    off = re.findall(r"^  #(  - .*(?:\n  #    .*)*)", text, re.MULTILINE)
    assert len(off) > 6
    head = text.split("changes:")[0]
    for change in off:
        block = change.replace("\n  #  ", "\n  ")
        (tmp_path / "one.yaml").write_text(f"{head}changes:\n{block}\n")
        (scenario,) = load_scenarios(tmp_path / "one.yaml")
        assert len(scenario.changes) == 1
    swept = text.replace("# sweep:", "sweep:").replace("#   - {change", "  - {change")
    (tmp_path / "swept.yaml").write_text(swept)
    assert len(load_scenarios(tmp_path / "swept.yaml")) == 9
