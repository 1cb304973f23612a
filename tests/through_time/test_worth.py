"""What a plan is worth against a threshold: on the farm that `make plan` shows, worked out again from raw prices."""

from __future__ import annotations

import csv
import re
from datetime import datetime
from functools import cache

import numpy as np
import pytest
import yaml

from optimizer.config.load import load_farm
from optimizer.plan.planning import Plan, plan_farm
from optimizer.report.kit.worth import headline, reasons_of
from optimizer.through_time.worth import Worth, against, worth_of
from tests.commands.running import CONFIGS, ROOT

SHOWN = re.search(r"^FARM \?= configs/(\w+)\.yaml", (ROOT / "Makefile").read_text(), re.M)
assert SHOWN
FILE = CONFIGS / f"{SHOWN[1]}.yaml"


@cache
def shown() -> tuple[Plan, Worth]:
    plan = plan_farm(load_farm(FILE), CONFIGS)
    worth = worth_of(plan.conditions, plan.settled)
    assert worth is not None
    return plan, worth


def column(file: str, start: datetime, hours: int) -> np.ndarray:
    """Hourly values of a raw file from a moment on."""
    rows = csv.DictReader((CONFIGS / file).read_text().splitlines())
    values = {datetime.fromisoformat(row["interval_start"]): float(list(row.values())[-1]) for row in rows}
    begin = sorted(values).index(next(at for at in values if at.replace(tzinfo=None) == start))
    return np.array([values[at] for at in sorted(values)][begin : begin + hours])


def figures(plan: Plan, on: dict[tuple[str, str], np.ndarray]) -> float:
    """USD that machines running by group and mode earn: farm file and raw series, and the chances of a peak."""
    told = yaml.safe_load(FILE.read_text().replace("e12", "e+12"))
    models = {one["model"]: one for one in yaml.safe_load((CONFIGS / "machines.yaml").read_text())["machines"]}
    energy, n = told["energy"], int(told["horizon"]["hours"])
    start = datetime.fromisoformat(str(told["horizon"]["start"]))
    price = column(energy["price_usd_per_mwh"]["file"], start, n)
    degrees = column(told["weather"]["temperature_c"]["file"], start, n)
    pue = np.interp(degrees, told["site"]["pue"]["temperature_c"], told["site"]["pue"]["pue"])
    revenue = told["revenue"]
    btc_per_th_hour = 3.125 * 3600e12 / (float(revenue["difficulty"]) * 2**32)
    usd_per_th_hour = btc_per_th_hour * revenue["btc_price_usd"] * (1 - revenue["pool_fee_share"])
    load, usd = np.full(n, told["site"]["auxiliary_load_mw"]), 0.0
    for group in told["fleet"]:
        model = models[group["model"]]
        points = {"normal": model} | model.get("modes", {})
        running = sum(on[group["name"], mode] for mode in group.get("modes", ["normal"]))
        for mode in group.get("modes", ["normal"]):
            units = on[group["name"], mode]
            usd += float(units.sum()) * points[mode]["hashrate_th"] * usd_per_th_hour
            load = load + units * points[mode]["power_w"] / 1e6 * pue
        load = load + (group["units"] - running) * group["standby_w"] / 1e6 * pue
        starts = np.maximum(np.diff(running, prepend=group["units"]), 0.0).sum()
        lost = (
            points[group.get("modes", ["normal"])[0]]["hashrate_th"] * group["restart_minutes"] / 60 * usd_per_th_hour
        )
        usd -= starts * (lost + group["wear_usd_per_start"])
    usd -= float((load * (1 + energy["loss_share"]) * (price + energy["adders_usd_per_mwh"])).sum())
    (demand,), (peaks,) = energy["demand"], energy["coincident_peaks"]
    hour = (np.arange(n) + start.hour) % 24
    (window,) = demand["when"]["hours"]
    counted = load[(hour >= window["start"]) & (hour < window["end"])].max()
    usd -= 1e3 * demand["usd_per_kw"] * max(counted - demand["expected_peak_mw"], 0.0)
    chance = plan.market.peak_probability[peaks["name"]]
    per_mw = 1e3 * peaks["usd_per_kw_year"] * (1 - peaks["next_year_discount_share"]) / 4
    return usd - float((chance * load).sum()) * per_mw


def strikes(plan: Plan) -> dict[tuple[str, str], np.ndarray]:
    """The strike rule by hand: each group in the mode that earns most after power, off where none earns anything."""
    c = plan.conditions
    price = 1.02 * (c.market.energy_price_usd_per_mwh + 5)
    units = {}
    for group in c.farm.fleet:
        earned = []
        for point in group.points.values():
            usd = point.hashrate_th * c.market.hashprice_usd_per_ph_day / 24e3 * 0.99
            earned.append(usd - (point.power_w - group.standby_w) / 1e6 * c.pue * price)
        best = np.array(earned).argmax(axis=0)
        pays = np.array(earned).max(axis=0) > 0
        for m, mode in enumerate(group.modes):
            units[group.name, mode] = np.where(pays & (best == m), float(group.units), 0.0)
    return units


def test_the_gain_that_make_plan_shows_is_that_of_raw_prices() -> None:
    plan, worth = shown()
    mine, rule = figures(plan, dict(plan.dispatch.units_on)), figures(plan, strikes(plan))
    first = worth.against[0]
    assert mine == pytest.approx(worth.usd, rel=1e-3)
    assert rule == pytest.approx(first.usd, rel=1e-3)
    assert mine - rule == pytest.approx(first.gain_usd, rel=1e-3)
    assert not first.breaks
    everything = {(group.name, mode): np.full(len(plan.grid), float(group.units) * (mode == "normal"))
                  for group in plan.farm.fleet for mode in group.modes}  # fmt: skip
    assert figures(plan, everything) == pytest.approx(worth.against[1].usd, rel=1e-3)


def test_where_coupling_matters_and_which_mechanism_makes_the_difference() -> None:
    _, worth = shown()
    causes = worth.against[0].causes
    assert list(causes)[:2] == ["Coincident peaks, expected, billed next year", "Demand charges"]
    assert causes["hash revenue less energy"] < 0, "a threshold earns more by the hour alone"
    assert sum(causes.values()) == pytest.approx(worth.against[0].gain_usd, abs=0.1)
    assert worth.against[0].gain_usd > worth.usd > 0
    assert "more than the strike rule" in headline(worth)
    assert "coincident peaks, expected" in reasons_of(worth)


def test_the_peaks_come_at_prices_that_a_threshold_runs_through() -> None:
    """Where a peak is likeliest, power costs less than the oldest machines earn."""
    plan, _ = shown()
    likeliest = int(plan.market.peak_probability["ERCOT 4CP"].argmax())
    assert float(plan.market.energy_price_usd_per_mwh[likeliest]) < float(plan.explanation.strike[:, likeliest].min())


def test_where_a_threshold_does_as_well_the_plan_says_so() -> None:
    usd = {"hash_revenue": 1000.0, "energy": -400.0}
    one = Worth(600.0, 1000.0, (against("the strike rule", usd, {**usd, "energy": -400.5}),))
    assert one.threshold_does
    assert reasons_of(one) == "A threshold would do as well here."
    dear = Worth(600.0, 1000.0, (against("the strike rule", usd, {**usd, "demand_charge": -50.0}),))
    assert "demand charges +$50" in reasons_of(dear)
    broken = Worth(600.0, 1000.0, (against("the strike rule", usd, usd, ("ramp",)),))
    assert not broken.threshold_does
    assert "would break: ramp" in reasons_of(broken)
