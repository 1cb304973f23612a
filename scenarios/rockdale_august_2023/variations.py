"""The Rockdale farm planned over and over with one thing changed: what each difference to the published month is worth.

``python scenarios/rockdale_august_2023/variations.py FOLDER`` prints the tables of docs/rockdale-2023.md. FOLDER holds
the files named below: ERCOT prices with a column per hub, and a daily bitcoin series.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import yaml

FARM_FILE = Path(__file__).with_name("farm.yaml")
REAL_TIME = "ercot/real_time_15min_2020_2021_2023.csv.gz"
DAY_AHEAD = "ercot/day_ahead_hourly_2019_2020_2021_2023.csv.gz"
BITCOIN = "bitcoin/btc_mining_economics_daily_compiled_2019_2026.csv"
HUBS = ("HB_NORTH", "HB_HUBAVG", "HB_WEST", "HB_SOUTH")
PUBLISHED_BTC = 333  # Riot's update for August 2023, as in it.advfn.com/mercati/NASDAQ/RIOT/notizie/94499759
HOSTED_MW = 125  # capacity of the largest hosted customer (cryptopolitan.com/riot-platforms-to-acquire-rhodium)
DEAREST_HOURS = 100
WATTS = {"Antminer S19j Pro": 3068.0, "Antminer S19 XP": 3010.0}  # as in the catalogue

Farm = dict[str, Any]
Edit = Callable[[Farm], None]


@dataclass(frozen=True)
class Month:
    """What a month came to.

    load_mw: import per interval, (intervals,). strikes: USD/MWh at the meter by group. block_mw: what the blocks hold.
    The rest is as in settlement.json.
    """

    load_mw: np.ndarray
    strikes: dict[str, float]
    block_mw: float
    resale_usd: float
    profit_usd: float
    btc: float

    @property
    def sold_mwh(self) -> float:
        """Energy of the blocks that the farm did not draw."""
        return float(np.maximum(self.block_mw - self.load_mw, 0.0).sum() / 4)

    @property
    def running_hours(self) -> float:
        """Hours at full load that the energy drawn would last."""
        return float(self.load_mw.sum() / self.load_mw.max() / 4)

    def cut_when_dearest(self, prices: np.ndarray) -> float:
        """Share of the full load that is off in the dearest hours."""
        dearest = np.argsort(prices)[-4 * DEAREST_HOURS :]
        return float(1.0 - self.load_mw[dearest].mean() / self.load_mw.max())


def farm(hub: str, *edits: Edit) -> Farm:
    """The scenario's farm at a hub, changed by each edit in turn."""
    loaded: Farm = yaml.safe_load(FARM_FILE.read_text(encoding="utf-8"))
    loaded["catalogue"] = str((FARM_FILE.parent / loaded["catalogue"]).resolve())
    loaded["energy"]["price_usd_per_mwh"]["location"] = hub
    for edit in edits:
        edit(loaded)
    return loaded


def plan(changed: Farm, market: Path) -> Month:
    """Run ``curtail plan`` on the farm; raises CalledProcessError where it fails."""
    with tempfile.TemporaryDirectory() as folder:
        path, out = Path(folder) / "farm.yaml", Path(folder) / "out"
        path.write_text(yaml.safe_dump(changed, sort_keys=False), encoding="utf-8")
        files = [str(path), "--market", str(market), "--out", str(out)]
        command = [sys.executable, "-m", "optimizer.cli", "plan", *files, "--no-report", "--json"]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)  # noqa: S603  # ourselves
        account = json.loads((out / "settlement.json").read_text(encoding="utf-8"))
        schedule = pd.read_csv(out / "schedule.csv")
    strikes = schedule.groupby("group")["strike_usd_per_mwh"].max()
    load = schedule.groupby("interval_start", sort=False)["mw"].sum().to_numpy()
    return Month(
        load_mw=load + changed["site"]["auxiliary_load_mw"],
        strikes={str(name): float(strike) for name, strike in strikes.items()},
        block_mw=sum(block["mw"] for block in changed["energy"]["blocks"]),
        resale_usd=account["usd"]["resale_revenue"],
        profit_usd=account["profit_usd"],
        btc=account["btc"],
    )


def hub_prices(file: Path, hub: str) -> np.ndarray:
    """August 2023 on quarter hours, USD/MWh, (2976,); an hourly file is repeated."""
    series = pd.read_csv(file, index_col="interval_start_utc", usecols=["interval_start_utc", hub])[hub]
    series.index = pd.to_datetime(series.index, utc=True)
    grid = pd.date_range("2023-08-01", "2023-09-01", freq="15min", inclusive="left", tz="America/Chicago")
    return series.reindex(grid.tz_convert("UTC"), method="ffill").to_numpy()


def resale_by_rule(nominal: Month, changed: Farm, decides: np.ndarray, settles: np.ndarray) -> float:
    """Resale in USD if every group ran where the deciding price is at most its strike, restarts left out."""
    load = np.full(len(settles), changed["site"]["auxiliary_load_mw"], dtype=float)
    for group in changed["fleet"]:
        on = decides <= nominal.strikes[group["name"]] - changed["energy"]["adders_usd_per_mwh"]
        each = np.where(on, WATTS[group["model"]], group["standby_w"])
        load += group["units"] * each * changed["site"]["pue"] / 1e6
    return float((np.maximum(nominal.block_mw - load, 0.0) * settles).sum() / 4)


def each_group(**values: Any) -> Edit:
    """Set keys of every group."""

    def edit(changed: Farm) -> None:
        for group in changed["fleet"]:
            group.update(values)

    return edit


def fee(usd_per_mwh: float) -> Edit:
    """The buyer keeps so much of every MWh sold back."""

    def edit(changed: Farm) -> None:
        for block in changed["energy"]["blocks"]:
            block["resale"]["fee_usd_per_mwh"] = usd_per_mwh

    return edit


def runs_through(mw: float) -> Edit:
    """So many MW more that never stop: customers who keep running, load kept ready for the grid's call."""

    def edit(changed: Farm) -> None:
        changed["site"]["auxiliary_load_mw"] += mw

    return edit


def hosted_machines(changed: Farm) -> None:
    """Customers' machines of that size, which stop when power is dearer than their fee (an assumption)."""
    units = round(HOSTED_MW * 1e6 / WATTS["Antminer S19j Pro"] / changed["site"]["pue"])
    hosted = {"name": "Hosted", "model": "Antminer S19j Pro", "units": units, "hosting": {"fee_usd_per_mwh": 100}}
    changed["fleet"].append({**hosted, "standby_w": 25, "restart_minutes": 10})


def without_resale(changed: Farm) -> None:
    """What is not used is lost."""
    for block in changed["energy"]["blocks"]:
        del block["resale"]


def dearer_blocks(changed: Farm) -> None:
    """Every block 10 USD/MWh dearer."""
    for block in changed["energy"]["blocks"]:
        block["price_usd_per_mwh"] += 10


def afternoons_off(changed: Farm) -> None:
    """Stand still from 15:00 to 19:00 every day, whatever the price: chasing the coincident peak."""
    days = [date(2023, 8, 1) + timedelta(days=i) for i in range(31)]
    changed["events"] = [
        {"name": f"{day}", "start": f"{day} 15:00", "end": f"{day} 19:00", "cut": {"form": "full_stop"}} for day in days
    ]


def daily_hashprice(file: Path) -> Edit:
    """Each day's own hashprice instead of the month's mean."""
    series = {"file": str(file), "time_column": "date", "value_column": "hashprice_incl_fees_usd_per_ph_day"}
    given = {**series, "timezone": "UTC", "holds_until_next": True}

    def edit(changed: Farm) -> None:
        pool = changed["revenue"]["pool_fee_share"]
        btc = {**given, "value_column": "price_usd"}
        changed["revenue"] = {"hashprice_usd_per_ph_day": given, "btc_price_usd": btc, "pool_fee_share": pool}

    return edit


def row(name: str, month: Month) -> str:
    """A line of a Markdown table."""
    mean = month.resale_usd / month.sold_mwh if month.sold_mwh else 0.0
    figures = f"{month.resale_usd / 1e6:.1f} | {month.sold_mwh:,.0f} | {mean:,.0f} | {month.btc:,.0f}"
    return f"| {name} | {figures} | {month.profit_usd / 1e6:.1f} | {month.running_hours:.0f} |"


def main(folder: Path) -> None:
    """Print every table."""
    market = folder / REAL_TIME
    nominal = {hub: plan(farm(hub), market) for hub in HUBS}
    north = nominal["HB_NORTH"]
    working = each_group(availability=round(PUBLISHED_BTC / north.btc, 4))
    print("| | resale, M$ | sold, MWh | $/MWh | BTC | profit, M$ | full-load hours |\n|---|---|---|---|---|---|---|")
    for hub, month in nominal.items():
        cut = month.cut_when_dearest(hub_prices(market, hub))
        print(row(f"{hub}, off in the dearest {DEAREST_HOURS} h: {cut:.1%}", month))
    edits: dict[str, tuple[Edit, ...]] = {
        "resale forbidden": (without_resale,),
        "blocks 10 $/MWh dearer": (dearer_blocks,),
        "buyer keeps 10 $/MWh of what is sold": (fee(10),),
        "restarts cost nothing": (each_group(restart_minutes=0, wear_usd_per_start=0.0),),
        "restarts take 30 minutes": (each_group(restart_minutes=30),),
        "each day's own hashprice": (daily_hashprice(folder / BITCOIN),),
        "off 15:00 to 19:00 every day": (afternoons_off,),
        "10 MW run through": (runs_through(10),),
        f"{HOSTED_MW} MW run through": (runs_through(HOSTED_MW),),
        f"machines that make {PUBLISHED_BTC} BTC": (working,),
    }
    for name, changes in edits.items():
        print(row(name, plan(farm("HB_NORTH", *changes), market)))
    for hub in ("HB_NORTH", "HB_SOUTH"):
        print(
            row(f"those, {HOSTED_MW} MW run through, {hub}", plan(farm(hub, working, runs_through(HOSTED_MW)), market))
        )
        print(row(f"those, {HOSTED_MW} MW hosted stop too, {hub}", plan(farm(hub, working, hosted_machines), market)))
    print(row("sold day-ahead, HB_SOUTH", plan(farm("HB_SOUTH"), folder / DAY_AHEAD)))
    spot, ahead = hub_prices(market, "HB_SOUTH"), hub_prices(folder / DAY_AHEAD, "HB_SOUTH")
    rules = {"this quarter hour's price": spot, "the one before": np.roll(spot, 1), "the day-ahead price": ahead}
    print("\n| HB_SOUTH, stopped by | resale, M$ |\n|---|---|")
    for name, decides in rules.items():
        resale = resale_by_rule(nominal["HB_SOUTH"], farm("HB_SOUTH"), decides, spot)
        print(f"| {name} | {resale / 1e6:.1f} |")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
