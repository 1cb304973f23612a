"""A small farm, a folder for its state, and its first plan."""

from __future__ import annotations

from pathlib import Path

import pytest

from optimizer.daily.job import run_once
from optimizer.daily.record import Record
from tests.daily.farms import START, write_farm


@pytest.fixture
def farm(tmp_path: Path) -> Path:
    return write_farm(tmp_path / "farm")


@pytest.fixture
def state(tmp_path: Path) -> Path:
    return tmp_path / "state"


@pytest.fixture(scope="session")
def record(tmp_path_factory: pytest.TempPathFactory) -> Record:
    """The plan of the small farm at midnight, twelve hours long: New runs until the dear hour of 07:00."""
    folder = tmp_path_factory.mktemp("planned")
    return run_once(write_farm(folder / "farm"), folder / "state", START, report=False).record
