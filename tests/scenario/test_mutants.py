"""Whatever is done to a scenario file, it is applied or refused at a place; nothing else happens."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from optimizer.config.load import load_farm
from optimizer.errors import InputError, MissingDataError
from optimizer.market.grid import grid_of
from optimizer.plan.checking import checked
from optimizer.plan.reading import conditions_of
from optimizer.scenario.load import load_scenarios
from tests.config.mutations import CONFIGS, mutants
from tests.config.test_mutants import COUNT, well_placed

HERE = Path(__file__).parent
EVERY_KIND = (HERE / "every_kind.yaml").read_text(encoding="utf-8")
BASE = "name: Base\nsummary: x\nsources: [made up]\nchanges: [{kind: price, floor_usd_per_mwh: 20}]\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    shutil.copy(CONFIGS / "machines.yaml", tmp_path)
    (tmp_path / "base.yaml").write_text(BASE)
    rows = "".join(f"2026-02-11 {hour:02d}:00,{hour}\n" for hour in range(18, 24))
    (tmp_path / "prices.csv").write_text(f"time,usd_per_mwh\n{rows}")
    return tmp_path


def test_the_whole_one_is_applied(folder: Path) -> None:
    """Proves that the mutants begin with a file that does everything."""
    (folder / "scenario.yaml").write_text(EVERY_KIND)
    assert checked(folder / "scenario.yaml")[0] == []
    farm = load_farm(CONFIGS / "fixed_tariff_12mw.yaml")
    scenarios = load_scenarios(folder / "scenario.yaml")
    assert len(scenarios) == 6
    c = conditions_of(farm, CONFIGS, grid_of(farm, hours=24), scenario=scenarios[0])
    assert [group.name for group in c.farm.fleet] == ["S19 Pro", "S19j Pro", "S21", "New"]
    assert c.market.energy_price_usd_per_mwh[[0, 20, 23]].tolist() == [50, 20, 50]
    assert c.market.adders_usd_per_mwh[0] == 2


def test_mutants_are_applied_or_refused_at_a_place(folder: Path) -> None:
    farm = load_farm(CONFIGS / "fixed_tariff_12mw.yaml")
    grid = grid_of(farm, hours=24)
    path = folder / "scenario.yaml"
    loaded = applied = 0
    for number, mutant in enumerate(mutants(seed=20210215, count=COUNT, texts=[EVERY_KIND, BASE])):
        path.write_bytes(mutant)
        try:
            scenario = load_scenarios(path)[-1]
            loaded += 1
            conditions_of(farm, CONFIGS, grid, scenario=scenario)
            applied += 1
        except InputError as error:
            assert well_placed(error), (number, str(error))
        except MissingDataError as error:
            assert "covers 2026-02-11 18:00" in str(error), (number, str(error))
    assert COUNT * 0.05 < applied < loaded < COUNT * 0.9


def test_checking_mutants_finds_what_loading_finds(folder: Path) -> None:
    path = folder / "scenario.yaml"
    for number, mutant in enumerate(mutants(seed=5, count=COUNT // 10, texts=[EVERY_KIND, BASE])):
        path.write_bytes(mutant)
        faults = checked(path)[0]
        try:
            load_scenarios(path)
        except InputError as error:
            unrecognised = any("is neither a farm file" in fault.message for fault in faults)
            assert faults and (unrecognised or set(error.faults) <= set(faults)), number
