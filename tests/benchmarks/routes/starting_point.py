"""Where the routes start: the farm's files, read."""

from __future__ import annotations

from pathlib import Path

from optimizer.accounts.conditions import Conditions
from optimizer.config.load import load_farm
from optimizer.market.grid import grid_of
from optimizer.market.inputs import read_market
from tests.benchmarks.instance import FARM_FILE


def conditions(folder: Path) -> Conditions:
    """Farm and market, as `curtail plan` reads them."""
    farm = load_farm(folder / FARM_FILE)
    return Conditions(farm, read_market(farm, folder, grid_of(farm, None, None), None), farm.state)
