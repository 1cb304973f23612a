"""Whatever is done to a farm file, it loads or is refused at a place; nothing else happens."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from optimizer.config.check import check_file
from optimizer.config.load import load_catalogue, load_farm
from optimizer.config.rates import Rates
from optimizer.errors import InputError
from tests.config.mutations import CONFIGS, mutants
from tests.sampling import number

COUNT = number(1000, 10_000)
AT_EVERY_EDGE = 2200  # mutants among which every edge is reached


def refusal(load: Callable[[Path], object], path: Path) -> InputError | None:
    """Why the file is refused, if it is; any other exception is the failure these tests look for."""
    try:
        load(path)
    except InputError as error:
        return error
    return None


def well_placed(error: InputError) -> bool:
    return bool(error.faults) and all(
        fault.file and fault.line >= 1 and fault.column >= 1 and fault.message and str(fault).isprintable()
        for fault in error.faults
    )


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    shutil.copy(CONFIGS / "machines.yaml", tmp_path)
    return tmp_path


def test_checking_mutants_finds_what_loading_finds(folder: Path) -> None:
    path = folder / "farm.yaml"
    for mutant in mutants(seed=7, count=COUNT // 10):
        path.write_bytes(mutant)
        faults = check_file(path)
        error = refusal(load_farm, path)
        if error is not None:
            unrecognised = any(fault.path == "fleet" and "is missing" in fault.message for fault in error.faults)
            unrecognised |= any("is neither a farm file" in fault.message for fault in faults)
            assert faults and (unrecognised or set(error.faults) <= set(faults))


def test_mutated_catalogues(folder: Path) -> None:
    text = (CONFIGS / "machines.yaml").read_text(encoding="utf-8")
    path = folder / "catalogue.yaml"
    for mutant in mutants(seed=3, count=COUNT // 10, texts=[text]):
        path.write_bytes(mutant)
        error = refusal(load_catalogue, path)
        assert error is None or well_placed(error), str(error)


def test_mutants_are_the_same_for_the_same_seed() -> None:
    assert list(mutants(seed=1, count=30)) == list(mutants(seed=1, count=30))
    assert list(mutants(seed=1, count=30)) != list(mutants(seed=2, count=30))


def test_mutants_load_or_are_refused_at_a_place_on_both_sides_of_every_edge(folder: Path) -> None:
    """Proves that no broken file ends in a traceback; some mutants are well, most are not.

    Farms at an edge are among them: some that load, some that a rule of the whole refuses.
    """
    path, count = folder / "farm.yaml", max(COUNT, AT_EVERY_EDGE)
    loaded, said = [], ""
    for n, mutant in enumerate(mutants(seed=11, count=count)):
        path.write_bytes(mutant)
        try:
            loaded.append(load_farm(path))
        except InputError as error:
            assert well_placed(error), (n, str(error))
            said += f"{error}\n"
    assert count * 0.02 < len(loaded) < count * 0.9
    assert {"Africa/Cairo", "America/Havana"} <= {farm.timezone for farm in loaded}
    assert any(group.started and group.stopped for farm in loaded for group in farm.state.groups.values())
    assert {farm.revenue.pool_fee_share for farm in loaded} >= {0.01, 1.0}
    assert {farm.revenue.hashprice_usd_per_ph_day for farm in loaded} >= {None, 0.0}
    assert 0.0 in {farm.revenue.subsidy_btc for farm in loaded}
    assert any(isinstance(farm.energy.price_usd_per_mwh, Rates) and farm.energy.demand for farm in loaded)
    assert {"nerc", "US-TX"} <= {farm.energy.holidays for farm in loaded}
    for words in ("goes by past peaks", "overlaps rates[0]", "leave holidays without a price", "names no part of US",
                  "must not be below zero", "is the name of rates[0]", "did you mean `Peak`?"):  # fmt: skip
        assert words in said, words
    for words in ("leave out", "is later than state.at", "state.at: is needed", "does not exist in Africa/Cairo",
                  "does not exist in America/Havana", "the W of mode", "can never start", "U+202E"):  # fmt: skip
        assert words in said, words
