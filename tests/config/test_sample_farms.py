"""The farms that the project ships."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import pytest

from optimizer.accounts.reasons import Reason
from optimizer.config.farm import Farm
from optimizer.config.load import load_farm
from optimizer.plan.alarms import alarms
from optimizer.plan.checking import checked
from optimizer.plan.planning import plan_farm
from optimizer.units import megawatts, usd_per_th_hour
from tests.config.mutations import CONFIGS, FARMS

SHIPPED = sorted(path.name for path in CONFIGS.glob("*.yaml") if path.name != "machines.yaml")


def _farm(name: str) -> Farm:
    return load_farm(CONFIGS / name)


def _machine_mw(farm: Farm) -> float:
    return sum(group.units * megawatts(group.machine.power_w) for group in farm.fleet if group.machine)


@pytest.mark.parametrize("name", [*SHIPPED, "machines.yaml"])
def test_they_pass_their_own_check(name: str) -> None:
    assert checked(CONFIGS / name)[0] == []


def test_those_that_others_start_from_are_shipped() -> None:
    assert set(FARMS) < set(SHIPPED)


@pytest.mark.parametrize("name", SHIPPED)
def test_every_group_has_its_machine_and_modes(name: str) -> None:
    for group in _farm(name).fleet:
        points = list(group.points.values())
        assert points
        assert all(a.power_w < b.power_w for a, b in pairwise(points)), "modes stand in the order of power"


def test_west_texas_fills_its_fifty_megawatts() -> None:
    farm = _farm("west_texas.yaml")
    assert farm.site.import_limit_mw == 50
    assert 48 < _machine_mw(farm) < 50
    assert {group.model for group in farm.fleet} == {
        *("Antminer S19j Pro", "Antminer S19 XP", "Antminer S21", "Antminer S21 XP")
    }
    assert sum(group.hosting is not None for group in farm.fleet) == 1
    assert [(step.minutes, step.hours) for step in farm.horizon.intervals] == [(15, 2.0), (60, None)]


def test_west_texas_has_the_same_fleet_and_kind_of_contract_in_summer() -> None:
    winter, summer = _farm("west_texas.yaml"), _farm("west_texas_summer.yaml")
    assert [(g.name, g.model, g.units) for g in winter.fleet] == [(g.name, g.model, g.units) for g in summer.fleet]
    for farm in (winter, summer):
        (block,) = farm.energy.blocks
        (peak,) = farm.energy.coincident_peaks
        assert block.resale is not None
        assert (block.mw, peak.rule, peak.usd_per_kw_year) == (20, "ercot_4cp", 70)
    assert set(summer.state.bill.peaks_mw) == {charge.name for charge in summer.energy.demand}


def test_the_summer_farm_stops_for_peaks_and_for_resale_and_holds_its_demand_down() -> None:
    """An alarm that pays: machines kept off give up less than a tenth of what they take off the charge."""
    plan = plan_farm(_farm("west_texas_summer.yaml"), CONFIGS)
    off = {reason: counts.sum() for reason, counts in plan.explanation.off.items()}
    assert off[Reason.COINCIDENT_PEAK] > 10_000
    assert off[Reason.RESALE] > 10_000
    assert plan.explanation.items["demand_charge"].max() > 1
    (alarm,) = alarms(plan.conditions, plan.dispatch, plan.explanation)
    assert 0.2 < alarm.peaks_expected < 0.8
    assert 0 < alarm.margin_given_up_usd < alarm.saving_usd / 10
    assert plan.settled.lines["resale_revenue"] > 0


def test_february_2026_puts_the_fixed_tariff_farm_under_water() -> None:
    """At 33.31 USD/PH/day and 50 USD/MWh every S19 costs more than it earns, every S21 less.

    The hashprice follows from the price of 66,680.4 USD and the difficulty of 125.86 T that the press gave
    for 11 February 2026 (Gate market commentary).
    """
    farm = _farm("fixed_tariff_12mw.yaml")
    price = farm.energy.price_usd_per_mwh
    assert isinstance(price, float)
    strikes = {
        group.name: group.points["normal"].hashrate_th
        * usd_per_th_hour(33.31)
        / megawatts(group.points["normal"].power_w)
        for group in farm.fleet
    }
    assert {name: strike > price for name, strike in strikes.items()} == {
        **dict.fromkeys(("S19", "S19 Pro", "S19j Pro"), False),
        "S21": True,
    }


def test_the_hydro_farm_protects_every_group_from_frost() -> None:
    farm = _farm("hydro_cooled.yaml")
    assert all(group.freeze_protection and group.machine for group in farm.fleet)
    assert {group.machine.cooling for group in farm.fleet if group.machine} == {"hydro"}
    assert farm.energy.onsite is not None


@pytest.mark.parametrize("name", SHIPPED)
def test_a_farm_survives_being_printed_and_read_again(name: str) -> None:
    farm = _farm(name)
    assert Farm.model_validate(farm.model_dump()) == farm


def test_paths_are_relative_to_the_farm_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert _farm("west_texas.yaml").fleet[0].machine is not None
