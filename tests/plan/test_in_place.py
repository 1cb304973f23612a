"""What keeps a plan from its input is told where the farm file names it, and nothing else is lost by that."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from optimizer.config.files import NO_FILE
from optimizer.errors import Fault, InputError, MissingDataError, SolverError
from optimizer.plan.checking import in_place
from tests.commands.running import CONFIGS, WEST_TEXAS

GONE = Fault("weather.csv", 1, 1, "", NO_FILE)
WRONG = Fault("prices.csv", 7, 3, "", "is not a number (got 'x')")


@pytest.fixture
def farm(tmp_path: Path) -> Path:
    """A farm whose series are not there."""
    shutil.copy(CONFIGS / "machines.yaml", tmp_path)
    return Path(shutil.copy(WEST_TEXAS, tmp_path / "farm.yaml"))


def test_a_file_that_is_not_there_hides_no_other_fault(farm: Path) -> None:
    placed = in_place(farm, InputError([WRONG, GONE]))
    assert isinstance(placed, InputError)
    assert WRONG in placed.faults
    assert GONE not in placed.faults
    assert "weather.temperature_c.file" in {fault.path for fault in placed.faults}


def test_what_has_its_place_keeps_it(farm: Path, tmp_path: Path) -> None:
    for error in (InputError([WRONG]), SolverError("HiGHS failed")):
        assert in_place(farm, error) is error
    elsewhere = InputError([GONE])
    assert in_place(tmp_path / "no farm.yaml", elsewhere) is elsewhere


@pytest.mark.parametrize("kind", [MissingDataError, InputError])
def test_what_is_said_of_a_key_is_told_at_its_line(farm: Path, kind: type[InputError | MissingDataError]) -> None:
    placed = in_place(farm, kind("energy.price_usd_per_mwh: prices.csv ends at 2026-02-10"))
    assert isinstance(placed, kind)
    assert str(placed).startswith(f"{farm}:")
    assert str(placed).endswith("energy.price_usd_per_mwh: prices.csv ends at 2026-02-10")
