"""The Python way: farms from data, changed farms, prices as series, plans as data frames."""

from __future__ import annotations

import csv
import io
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

import optimizer
from optimizer.report.plan.files import plan_files

CANADA = Path("configs/canada_14mw.yaml")
FARM: dict[str, Any] = {
    "name": "Two",
    "timezone": "America/Toronto",
    "currency": "CAD",
    "exchange_rates": {"USD": 1.4},
    "site": {"import_limit_mw": 5},
    "fleet": [
        {"name": "A", "model": "Antminer S21", "units": 900},
        {"name": "B", "machine": {"model": "own", "hashrate_th": 100, "power_w": 3000}, "units": 500},
    ],
    "revenue": {"btc_price_usd": 66_000, "difficulty": 125e12},
    "energy": {"price_per_mwh": "6.2 ct/kWh"},
    "horizon": {"start": "2026-02-11 00:00", "hours": 6},
}


@pytest.fixture(scope="module")
def farm() -> optimizer.Farm:
    return optimizer.Farm.from_dict(FARM)


@pytest.fixture(scope="module")
def plan(farm: optimizer.Farm) -> optimizer.Plan:
    return optimizer.plan_farm(farm)


def test_names_are_found_and_a_wrong_one_is_told() -> None:
    assert {"Farm", "plan_farm", "load_farm"} <= set(dir(optimizer))
    with pytest.raises(AttributeError, match=r"no attribute 'plan_form'; it has Catalogue, "):
        _ = optimizer.plan_form


def test_a_farm_from_data_is_that_of_a_file(farm: optimizer.Farm, tmp_path: Path) -> None:
    import yaml

    (tmp_path / "farm.yaml").write_text(yaml.safe_dump(FARM))
    assert optimizer.load_farm(tmp_path / "farm.yaml") == farm
    assert farm.energy.price_usd_per_mwh == pytest.approx(62)
    wrong = FARM | {"fleet": [FARM["fleet"][0] | {"units": -1}], "energy": {"price": 3}}
    with pytest.raises(optimizer.CurtailError) as caught:
        optimizer.Farm.from_dict(wrong)
    assert "fleet[0].units: must be more than 0 (got -1)" in str(caught.value)
    assert "energy.price: is not a known key; did you mean `price_per_mwh`?" in str(caught.value)


def test_a_changed_farm_is_judged_and_the_old_one_stays(farm: optimizer.Farm) -> None:
    other = farm.changed(
        energy={"adders_per_mwh": "10 USD/MWh"}, fleet={"A": {"units": 7}, "B": {"model": "Antminer S19"}}
    )
    assert [group.units for group in other.fleet] == [7, 500]
    assert [group.points["normal"].power_w for group in other.fleet] == [3500, 3250]
    assert (other.energy.adders_usd_per_mwh, farm.energy.adders_usd_per_mwh) == (14, 0)
    assert other.energy.price_usd_per_mwh == farm.energy.price_usd_per_mwh
    with pytest.raises(optimizer.CurtailError, match=r"fleet\[0\]\.units: must be a whole number \(got 'many'\)"):
        farm.changed(fleet={"A": {"units": "many"}})
    with pytest.raises(optimizer.CurtailError, match="no entry has the name 'C'; there is: A, B"):
        farm.changed(fleet={"C": {"units": 1}})


def test_a_price_may_be_a_number_an_amount_or_a_series(farm: optimizer.Farm, tmp_path: Path) -> None:
    hours = pd.date_range("2026-02-11", periods=6, freq="h")
    dear = pd.Series([10, 10, 200, 200, 10, 10], index=hours)
    plan = optimizer.plan_farm(farm, price=dear)
    assert plan.market.energy_price_usd_per_mwh.tolist() == dear.tolist()
    dear.rename("price").to_csv(tmp_path / "p.csv", index_label="time")
    assert optimizer.plan_farm(farm, price_file=tmp_path / "p.csv").profit == plan.profit
    abroad = optimizer.plan_farm(farm, price=dear.tz_localize("America/Toronto").tz_convert("Europe/Oslo"))
    assert abroad.profit == plan.profit
    assert optimizer.plan_farm(farm, price=70).market.energy_price_usd_per_mwh[0] == 70
    assert optimizer.plan_farm(farm, price="50 USD/MWh").market.energy_price_usd_per_mwh[0] == pytest.approx(70)
    with pytest.raises(optimizer.CurtailError, match=r"needs times as its index \(got RangeIndex\)"):
        optimizer.plan_farm(farm, price=dear.reset_index(drop=True))
    with pytest.raises(optimizer.CurtailError, match=r"^the series of prices: price: covers 2026-02-11 00:00"):
        optimizer.plan_farm(farm, price=dear[:3])


def test_what_is_no_farm_or_no_time_says_what_was_given(farm: optimizer.Farm) -> None:
    assert repr(farm).startswith("<Farm Two: 2 groups, ")
    with pytest.raises(optimizer.CurtailError, match=r"load_farm or Farm.from_dict makes \(got 'farm.yaml'\)"):
        optimizer.plan_farm("farm.yaml")  # type: ignore[arg-type]
    with pytest.raises(optimizer.CurtailError, match=r"^start: must be a time such as .* \(got 'noon'\)"):
        optimizer.plan_farm(farm, start="noon")


def test_a_plan_as_data_frames(plan: optimizer.Plan) -> None:
    schedule, settlement = plan.schedule, plan.settlement
    assert schedule.index.names == ["interval_start", "group"]
    assert schedule.loc[(slice(None), "A"), "on_normal"].tolist() == plan.dispatch.units_on["A", "normal"].tolist()
    assert {"off", "started", "mw", "strike_cad_per_mwh", "reason"} <= set(schedule.columns)
    todo = plan.actions
    assert len(todo) == len(list(csv.DictReader(io.StringIO(plan_files(plan)["actions.csv"]))))
    assert todo.index.name == "when"
    assert list(todo.columns) == ["until", "group", "from", "to", "machines", "mw", "reason", "worth_cad"]
    assert settlement.index[0] == pd.Timestamp("2026-02-11", tz="America/Toronto")
    assert settlement.to_numpy().sum() == pytest.approx(plan.profit)
    assert settlement["energy"].sum() < 0 < settlement["hash_revenue"].sum()


def test_a_plan_says_what_it_is_in_a_line(plan: optimizer.Plan) -> None:
    assert repr(plan) == f"<Plan of Two: 2026-02-11 00:00, 6 h, profit CAD {plan.profit:,.0f}>"
    assert "<table" in plan._repr_html_()
    assert "100.0%" in plan._repr_html_()


def test_a_plan_is_drawn(plan: optimizer.Plan) -> None:
    matplotlib = pytest.importorskip("matplotlib")
    matplotlib.use("Agg")
    ax = plan.plot()
    assert ax.get_lines()[0].get_ydata().tolist() == plan.settled.import_mw.tolist()
