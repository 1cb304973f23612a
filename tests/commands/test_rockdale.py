"""The scenario of a 345 MW block farm in August 2023: real hub prices against what was published for that month.

The folder with prices is named by CURTAIL_REAL_DATA. Figures and their explanation: docs/rockdale-2023.md.
"""

from __future__ import annotations

import os
from functools import cache
from pathlib import Path

import pytest

from optimizer.config.load import load_farm
from scenarios.rockdale_august_2023 import variations
from scenarios.rockdale_august_2023.variations import HOSTED_MW, PUBLISHED_BTC, Month, farm, plan
from tests.sampling import sample

DATA = Path(os.environ.get("CURTAIL_REAL_DATA", "/nowhere"))
MARKET = DATA / variations.REAL_TIME
real = pytest.mark.skipif(not MARKET.is_file(), reason="CURTAIL_REAL_DATA names no folder with real market data")
PUBLISHED_USD = 24.2e6  # power curtailment credits, August 2023 (forklog.com/en/riot-platforms-earned-31m-from-...)


@cache
def month_at(hub: str) -> Month:
    """The scenario at a hub."""
    return plan(farm(hub), MARKET)


def test_the_farm_is_what_was_published() -> None:
    """345 MW in three blocks; 95,904 machines with 10.7 EH/s."""
    scenario = load_farm(variations.FARM_FILE)
    assert [block.mw for block in scenario.energy.blocks] == [130, 65, 150]
    assert sum(group.units for group in scenario.fleet) == 95_904
    hash_eh = sum(group.units * group.points["normal"].hashrate_th for group in scenario.fleet) / 1e6
    assert hash_eh == pytest.approx(10.7, abs=0.001)


@real
@pytest.mark.parametrize(
    ("hub", "times"),
    [("HB_NORTH", 1.82), *sample([("HB_HUBAVG", 1.76), ("HB_WEST", 1.80), ("HB_SOUTH", 1.59)], 1)],
)
def test_resale_lands_within_the_order_of_the_credits(hub: str, times: float) -> None:
    """Sold with foresight by a fleet of which every machine works: 1.6 to 1.8 times what was published."""
    ratio = month_at(hub).resale_usd / PUBLISHED_USD
    assert 0.5 < ratio < 2.0
    assert ratio == pytest.approx(times, abs=0.01)


@real
def test_machines_that_worked_and_customers_who_ran_close_the_gap() -> None:
    """Machines enough for the published 333 BTC, 125 MW of customers that run on: 1.04 to 1.19 times the credits."""
    working = variations.each_group(availability=round(PUBLISHED_BTC / month_at("HB_NORTH").btc, 4))
    for hub, times in (("HB_NORTH", 1.19), ("HB_SOUTH", 1.04)):
        month = plan(farm(hub, working, variations.runs_through(HOSTED_MW)), MARKET)
        assert month.btc == pytest.approx(PUBLISHED_BTC, rel=0.01)
        assert month.resale_usd / PUBLISHED_USD == pytest.approx(times, abs=0.01)


@real
def test_without_resale_the_farm_runs() -> None:
    """Same prices, same machines: with resale they stop for 18 % of the month, without it they run all of it."""
    with_resale, without = month_at("HB_NORTH"), plan(farm("HB_NORTH", variations.without_resale), MARKET)
    assert with_resale.running_hours == pytest.approx(607, abs=1)
    assert without.running_hours == pytest.approx(744, abs=1e-6)
    assert without.resale_usd == 0
    dearest = variations.hub_prices(MARKET, "HB_NORTH").argmax()
    assert with_resale.load_mw[dearest] < 0.02 * without.load_mw[dearest]
    assert with_resale.profit_usd > 4 * without.profit_usd


@real
def test_nearly_everything_is_off_when_power_is_dearest() -> None:
    """More than 95 %, as was published, over the dearest hundred hours and in the quarter hour of the grid's peak."""
    north = month_at("HB_NORTH")
    assert north.cut_when_dearest(variations.hub_prices(MARKET, "HB_NORTH")) > 0.95
    peak = (9 * 24 + 16) * 4 + 3  # 10 August, 16:45: highest generation of the month, EIA's 15-minute figures
    assert north.load_mw[peak] < 0.05 * north.load_mw.max()


@real
def test_the_blocks_price_moves_profit_and_no_hour() -> None:
    """10 USD/MWh on 345 MW over 744 hours."""
    dearer = plan(farm("HB_NORTH", variations.dearer_blocks), MARKET)
    assert (dearer.load_mw == month_at("HB_NORTH").load_mw).all()
    assert month_at("HB_NORTH").profit_usd - dearer.profit_usd == pytest.approx(10 * 345 * 744, abs=1.0)
