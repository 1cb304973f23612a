"""The farms that the project ships."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import pytest

from optimizer.config.farm import Farm
from optimizer.config.load import check_file, load_farm
from optimizer.units import megawatts, usd_per_th_hour
from tests.config.mutations import CONFIGS, FARMS


def _farm(name: str) -> Farm:
    return load_farm(CONFIGS / name)


def _machine_mw(farm: Farm) -> float:
    return sum(group.units * megawatts(group.machine.power_w) for group in farm.fleet if group.machine)


@pytest.mark.parametrize("name", [*FARMS, "machines.yaml"])
def test_they_pass_their_own_check(name: str) -> None:
    assert check_file(CONFIGS / name) == []


@pytest.mark.parametrize("name", FARMS)
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


@pytest.mark.parametrize("name", FARMS)
def test_a_farm_survives_being_printed_and_read_again(name: str) -> None:
    farm = _farm(name)
    assert Farm.model_validate(farm.model_dump()) == farm


def test_paths_are_relative_to_the_farm_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert _farm("west_texas.yaml").fleet[0].machine is not None
