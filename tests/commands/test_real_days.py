"""`curtail plan` on real prices: 31 July 2023 and the Uri week, ERCOT HB_WEST. Skipped where the data are not at hand.

The folder is named by CURTAIL_REAL_DATA; its README says where the series come from.
"""

from __future__ import annotations

import csv
import itertools
import json
import os
import shutil
from collections import defaultdict
from pathlib import Path

import pytest
import yaml

from tests.commands.running import CONFIGS, WEST_TEXAS, curtail

DATA = Path(os.environ.get("CURTAIL_REAL_DATA", "/nowhere"))
pytestmark = pytest.mark.skipif(not DATA.is_dir(), reason="CURTAIL_REAL_DATA names no folder with real market data")
OLDEST_FIRST = ("Hall A S19j Pro", "Hall A S19 XP", "Hall C S21", "Hall C S21 XP")


def planned(folder: Path, *, energy: dict[str, str], hashprice: dict[str, str], start: str, hours: int) -> Path:
    """Plan the sample West Texas fleet on these series, without its own event, hourly then 15 minutes as they come."""
    farm = yaml.safe_load(WEST_TEXAS.read_text())
    farm["fleet"] = [group for group in farm["fleet"] if group["name"] in OLDEST_FIRST]
    for group in farm["fleet"]:
        group["outages"] = []
    farm["revenue"] = {"hashprice_usd_per_ph_day": {**hashprice, "holds_until_next": True}, "pool_fee_share": 0.01}
    farm["energy"]["price_usd_per_mwh"] = energy
    for term in ("blocks", "coincident_peaks"):  # the farm on spot alone
        del farm["energy"][term]
    farm["weather"] = {"temperature_c": 20.0}
    farm["events"] = []
    farm["horizon"] = {"start": start, "hours": hours, "intervals": [{"minutes": 15}]}
    (folder / "farm.yaml").write_text(yaml.safe_dump(farm))
    shutil.copy(CONFIGS / "machines.yaml", folder)
    done = curtail("plan", folder / "farm.yaml", "--out", folder / "out")
    assert done.returncode == 0, done.stderr
    return folder / "out"


Row = dict[str, str]


def by_interval(out: Path) -> dict[str, dict[str, Row]]:
    """The schedule: interval start -> group -> row."""
    found: dict[str, dict[str, Row]] = defaultdict(dict)
    with (out / "schedule.csv").open(newline="") as file:
        for row in csv.DictReader(file):
            found[row["interval_start"]][row["group"]] = row
    return found


def share_on(row: Row) -> float:
    """Share of a group's machines that run."""
    on = sum(float(row[key] or 0) for key in row if key.startswith("on_"))
    return on / (on + float(row["off"]))


def stops_oldest_first(out: Path) -> int:
    """Assert that no group stops for its price while a less efficient one runs; count the stops.

    Only stops are ordered: after the storm, staging and ramps may bring a slow starter up before a better machine.
    """
    stopped = 0
    for start, groups in by_interval(out).items():
        for older, newer in itertools.pairwise(OLDEST_FIRST):
            if "price" in groups[newer]["reason"]:
                stopped += 1
                assert share_on(groups[older]) == 0, f"{newer} is off at {start} while {older} runs"
    return stopped


def test_31_july_2023(tmp_path: Path) -> None:
    """Real-time HB_WEST was above $3,000 at 18:45; at about $70/PH/day even an S21 XP stops near $220."""
    out = planned(
        tmp_path,
        energy={"file": str(DATA / "ercot/real_time_15min_2020_2021_2023.csv.gz"), "location": "HB_WEST"},
        hashprice={
            "file": str(DATA / "bitcoin/btc_mining_economics_daily_compiled_2019_2026.csv"),
            "time_column": "date",
            "value_column": "hashprice_incl_fees_usd_per_ph_day",
            "timezone": "UTC",
        },
        start="2023-07-31 00:00",
        hours=24,
    )
    assert stops_oldest_first(out) > 0
    assert {share_on(row) for row in by_interval(out)["2023-07-31T18:45:00-05:00"].values()} == {0.0}
    assert json.loads((out / "settlement.json").read_text())["profit_usd"] > 0


def test_the_uri_week(tmp_path: Path) -> None:
    """At the $9,000 cap everything stands still; before and after the storm the farm runs."""
    bundle = str(DATA / "ercot/uri_bundle_15min_2021-02-07_2021-02-22.csv")
    times = {"file": bundle, "time_column": "interval_start_utc"}
    out = planned(
        tmp_path,
        energy={**times, "value_column": "rt_HB_WEST"},
        hashprice={**times, "value_column": "hashprice_usd_ph_day"},
        start="2021-02-13 00:00",
        hours=8 * 24,
    )
    assert stops_oldest_first(out) > 0
    schedule = by_interval(out)
    assert {share_on(row) for row in schedule["2021-02-17T12:00:00-06:00"].values()} == {0.0}
    assert max(share_on(row) for row in schedule["2021-02-20T12:00:00-06:00"].values()) > 0.9
    account = json.loads((out / "settlement.json").read_text())
    assert account["plan_objective_usd"] == pytest.approx(account["continuous_settlement_usd"], rel=1e-9)
    assert account["machine_hours_off"]["price"] > 0
