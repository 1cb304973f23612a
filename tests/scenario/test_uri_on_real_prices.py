"""The calls of Winter Storm Uri on ERCOT's real-time prices of that week; three hours of it settled by hand.

The folder with the data is named by CURTAIL_REAL_DATA; its README says where the series come from.
"""

from __future__ import annotations

import csv
import os
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import yaml

from optimizer.arrays import F
from optimizer.config.load import load_farm
from optimizer.plan.planning import Plan, plan_farm
from optimizer.scenario.load import load_scenarios
from tests.commands.running import CONFIGS, ROOT, WEST_TEXAS

BUNDLE = Path(os.environ.get("CURTAIL_REAL_DATA", "/nowhere")) / "ercot/uri_bundle_15min_2021-02-07_2021-02-22.csv"
pytestmark = pytest.mark.skipif(not BUNDLE.is_file(), reason="CURTAIL_REAL_DATA names no folder with real market data")
ZONE = "America/Chicago"


@dataclass(frozen=True)
class Group:
    """A group as its nameplates and the farm file have it, written down a second time."""

    available: int
    modes: dict[str, tuple[float, float]]  # TH/s and W by mode
    minutes: float
    wear: float
    hosted: bool = False
    old: bool = False


S19J = {"eco": (80.0, 2186.0), "normal": (104.0, 3068.0)}
XP, S21, S21XP = {"normal": (140.0, 3010.0)}, {"normal": (200.0, 3500.0)}, {"normal": (270.0, 3645.0)}
GROUPS = {
    "Hall A S19j Pro": Group(2880, S19J, 10, 0.02, old=True),
    "Yard B S19j Pro containers": Group(2400, S19J, 10, 0.02, old=True),
    "Hall A S19 XP": Group(1940, XP, 8, 0.03, old=True),
    "Hall B S19 XP": Group(1500, XP, 8, 0.03, old=True),
    "Hall C S21": Group(2548, S21, 6, 0.05),
    "Hall D S21 hosted": Group(1200, S21, 6, 0.05, hosted=True),
    "Hall C S21 XP": Group(1386, S21XP, 6, 0.08),
    "Hall D S21 XP": Group(800, S21XP, 6, 0.08),
}
COLD_MINUTES, COLD_BELOW_C = 30.0, 0.0  # an S19 that starts in frost hashes after half an hour (assumption)


@pytest.fixture(scope="module")
def rows() -> dict[str, dict[str, float]]:
    """The published quarter hours, read without the package: local start -> price, temperature, hashprice."""
    with BUNDLE.open(newline="") as file:
        return {
            row["interval_start_local"][:16]: {
                "price": float(row["rt_HB_WEST"]),
                "celsius": (float(row["dfw_temp_f"] or "nan") - 32) / 1.8,
                "hashprice": float(row["hashprice_usd_ph_day"]),
            }
            for row in csv.DictReader(file)
        }


@pytest.fixture(scope="module")
def plan(tmp_path_factory: pytest.TempPathFactory) -> Plan:
    """The West Texas farm from 14 to 19 February 2021 under the calls; its prices are given as --market would."""
    folder = tmp_path_factory.mktemp("uri")
    farm = yaml.safe_load(WEST_TEXAS.read_text())
    times = {"file": str(BUNDLE), "time_column": "interval_start_utc"}
    farm["catalogue"] = str(CONFIGS / "machines.yaml")
    farm["revenue"] = {
        "hashprice_usd_per_ph_day": {**times, "value_column": "hashprice_usd_ph_day"}, "pool_fee_share": 0.01,
    }  # fmt: skip
    farm["energy"]["price_usd_per_mwh"] = {**times, "file": "nowhere.csv", "value_column": "rt_HB_WEST"}
    farm["energy"].pop("coincident_peaks")
    farm["weather"]["temperature_c"] = {
        **times, "value_column": "dfw_temp_f", "unit": "fahrenheit", "fill_gaps": "linear",
    }  # fmt: skip
    farm["events"] = []
    farm["horizon"] = {"intervals": [{"minutes": 15}]}
    for group in farm["fleet"]:
        group.pop("outages", None)
        if GROUPS[group["name"]].old:
            group["cold_restart"] = {"below_c": COLD_BELOW_C, "minutes": COLD_MINUTES}
    (folder / "farm.yaml").write_text(yaml.safe_dump(farm))
    return plan_farm(
        load_farm(folder / "farm.yaml"),
        folder,
        start=pd.Timestamp("2021-02-14").to_pydatetime(),
        price_file=BUNDLE,
        scenarios=load_scenarios(ROOT / "scenarios" / "uri_2021_calls.yaml"),
    )


def local(plan: Plan) -> list[str]:
    return [f"{start.tz_convert(ZONE):%Y-%m-%dT%H:%M}" for start in plan.grid.starts]


def on(plan: Plan, name: str) -> F:
    """Machines of a group that run, by interval."""
    return np.sum([plan.dispatch.units_on[name, mode] for mode in GROUPS[name].modes], axis=0)


def test_the_plan_is_of_the_storm(plan: Plan, rows: dict[str, dict[str, float]]) -> None:
    assert (local(plan)[0], local(plan)[-1]) == ("2021-02-14T00:00", "2021-02-19T23:45")
    assert plan.market.energy_price_usd_per_mwh == pytest.approx([rows[time]["price"] for time in local(plan)])
    assert len(plan.farm.events) == 3


def test_every_air_cooled_s19_stands_while_the_price_is_at_the_cap(
    plan: Plan, rows: dict[str, dict[str, float]]
) -> None:
    capped = np.array([rows[time]["price"] > 8900 for time in local(plan)])
    assert capped.sum() > 350, "most of five days"
    for group in plan.farm.fleet:
        if GROUPS[group.name].old:
            assert (group.machine.model[:12], group.machine.cooling) == ("Antminer S19", "air")
            assert on(plan, group.name)[capped].sum() == 0
    assert sum(on(plan, name) for name in GROUPS).max() > 12_000, "and otherwise the farm runs"


def test_every_call_is_kept(plan: Plan) -> None:
    """25 MW from 00:30, nothing but standby from 01:50 to 23:55 two days later, 5 MW from then to 09:00 on the 19th."""
    clock, drawn = np.array(local(plan)), plan.settled.import_mw
    for since, until, most in (
        ("2021-02-15T00:30", "2021-02-15T01:20", np.full(len(drawn), 25.0)),
        ("2021-02-15T01:45", "2021-02-17T23:55", plan.conditions.idle_load_mw),  # 01:45 begins before 01:50
        ("2021-02-17T23:45", "2021-02-19T09:00", np.full(len(drawn), 5.0)),
    ):
        called = (clock >= since) & (clock < until)
        assert called.any()
        assert (drawn[called] <= most[called] + 1e-6).all()
    assert plan.settled.lines["event_penalty"] == 0


def test_it_restarts_in_stages(plan: Plan) -> None:
    """From 5 MW at 09:00 on the 19th by 10 MW an hour, though power costs nearly nothing from 10:00 on."""
    clock, drawn = np.array(local(plan)), plan.settled.import_mw
    back = clock >= "2021-02-19T09:00"
    allowed = 5 + 2.5 * np.arange(1, back.sum() + 1)
    assert (drawn[back] <= allowed + 1e-6).all()
    staged = (clock[back] >= "2021-02-19T10:00") & (clock[back] < "2021-02-19T12:45")
    assert (drawn[back][staged] > allowed[staged] - 1.0).all(), "the rate is what holds it"
    assert drawn[clock == "2021-02-19T18:00"][0] > 40
    started = sum(plan.settled.starts.values())[back]
    assert np.count_nonzero(started) > 12


def test_an_hour_at_the_cap_by_hand(plan: Plan) -> None:
    """18 February, 00:00 to 01:00: nothing runs; all there is is what the block brings at 9,000 less its fee."""
    standby_mw = 14_654 * 25 / 1e6  # machines available, W each: 0.36635
    pue = 1.02 + 0.01 * (15 + (25 - 32) / 1.8) / 25  # 25 F is -3.89 C, between -15 C (1.02) and 10 C (1.03)
    billed_mw = (standby_mw * pue + 0.35) * 1.02  # losses
    assert billed_mw == pytest.approx(0.739811, abs=1e-6)
    by_hand = {
        "block_cost": -20 * 34.0,
        "resale_revenue": (20 - billed_mw) * (9000 - 0.5),
        "adders": -billed_mw * 5.0,
    }
    assert sum(by_hand.values()) == pytest.approx(172_648.5, abs=1)
    assert settled(plan, "2021-02-18T00") == pytest.approx(by_hand, abs=0.01)


@pytest.mark.parametrize("hour", ["2021-02-14T02", "2021-02-19T11"], ids=["before the storm", "in the restart"])
def test_two_hours_by_hand(plan: Plan, rows: dict[str, dict[str, float]], hour: str) -> None:
    """The new machines at some 600 USD/MWh; and the restart, with starts that lose half an hour in the frost."""
    by_hand: dict[str, float] = {}
    for quarter in ("00", "15", "30", "45"):
        for line, usd in quarter_by_hand(plan, f"{hour}:{quarter}", rows[f"{hour}:{quarter}"]).items():
            by_hand[line] = by_hand.get(line, 0.0) + usd
    assert settled(plan, hour) == pytest.approx({line: usd for line, usd in by_hand.items() if usd}, abs=0.01)
    assert by_hand["hash_revenue"] > 1000
    assert (by_hand["restart_loss"] < -10) == (hour == "2021-02-19T11")


def settled(plan: Plan, hour: str) -> dict[str, float]:
    """What the settlement has for an hour, lines of zero left out."""
    within = np.array([time.startswith(hour) for time in local(plan)])
    assert within.sum() == 4
    return {line: usd for line, values in plan.settled.usd.items() if (usd := float(values[within].sum()))}


def quarter_by_hand(plan: Plan, time: str, row: dict[str, float]) -> dict[str, float]:
    """The account of a quarter of an hour, from the machines that run in it and in the one before."""
    t, frost = local(plan).index(time), row["celsius"] < COLD_BELOW_C
    watts = hash_hours = lost_hours = wear = hosting = 0.0
    for name, group in GROUPS.items():
        counts = {mode: plan.dispatch.units_on[name, mode][t] for mode in group.modes}
        running = sum(counts.values())
        started = max(running - on(plan, name)[t - 1], 0.0)
        watts += 25 * (group.available - running) + sum(counts[mode] * w for mode, (_, w) in group.modes.items())
        wear += started * group.wear
        if group.hosted:
            hosting += running * 3500 / 1e6 * 0.25 * 62
            continue
        first = next(iter(group.modes.values()))[0]
        minutes = COLD_MINUTES if group.old and frost else group.minutes
        hash_hours += 0.25 * sum(counts[mode] * th for mode, (th, _) in group.modes.items())
        lost_hours += started * minutes / 60 * first
    pue = np.interp(row["celsius"], [-15, 10, 25], [1.02, 1.03, 1.04])
    billed_mw = (watts / 1e6 * pue + 0.35) * 1.02
    per_th_hour = row["hashprice"] * 0.99 / 1000 / 24  # the pool keeps 1 %
    return {
        "hash_revenue": hash_hours * per_th_hour,
        "hosting_revenue": hosting,
        "restart_loss": -lost_hours * per_th_hour,
        "start_wear": -wear,
        "energy": -max(billed_mw - 20, 0) * 0.25 * row["price"],
        "block_cost": -20 * 34 * 0.25,
        "resale_revenue": max(20 - billed_mw, 0) * 0.25 * (row["price"] - 0.5),
        "adders": -billed_mw * 0.25 * 5,
    }
