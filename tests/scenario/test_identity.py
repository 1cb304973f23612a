"""Laws of scenarios over random farms."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from optimizer.accounts.conditions import Conditions
from optimizer.market.inputs import MarketInputs
from optimizer.scenario.apply import combined
from optimizer.scenario.farm_changes import farm_with
from optimizer.scenario.market_changes import market_with
from optimizer.scenario.placed import Scenario
from tests.farms import farms
from tests.scenario.made import scenario

NOTHING = (
    "kind: price, scale: 1",
    "kind: price, shift_usd_per_mwh: 0, from: day 1 06:20",
    "kind: price, cap_usd_per_mwh: 1e6",
    "kind: adders, scale: 1, to: day 1 07:07",
    "kind: temperature, shift_c: 0",
    "kind: btc_price, scale: 1",
    "kind: difficulty, retargets: [{at: day 1 07:00, change_share: 0}]",
    "kind: fixed_costs, scale: 1",
)


def under(c: Conditions, one: Scenario) -> Conditions:
    farm = farm_with(c.farm, one, c.grid.starts[0].to_pydatetime())
    return replace(c, farm=farm, market=market_with(c.market, one), tail=None)


def same(a: MarketInputs, b: MarketInputs, tolerance: float) -> bool:
    def equal(x: Any, y: Any) -> bool:
        if isinstance(x, dict):
            return x.keys() == y.keys() and all(equal(x[key], y[key]) for key in x)
        return np.allclose(x, y, rtol=tolerance, atol=0.0) if isinstance(x, np.ndarray) else x == y

    return equal(a.table, b.table) and a.fills == b.fills


@given(farms())
def test_an_empty_scenario_changes_nothing(c: Conditions) -> None:
    empty = under(c, scenario())
    assert empty.farm is c.farm
    assert same(empty.market, c.market, 0.0)


@given(farms())
def test_changes_that_change_nothing_change_nothing(c: Conditions) -> None:
    """To rounding: an interval that is cut is put together again."""
    one = under(c, scenario(*NOTHING[:5], *NOTHING[7:]))
    assert one.farm == c.farm
    assert same(one.market, c.market, 1e-14)
    assert np.allclose(under(c, scenario(*NOTHING)).market.hashprice_usd_per_ph_day, c.market.hashprice_usd_per_ph_day)


@given(farms(), st.floats(0.25, 4.0), st.floats(-50.0, 50.0))
def test_one_after_the_other_is_both_at_once(c: Conditions, factor: float, by: float) -> None:
    scaled, shifted = scenario(f"kind: price, scale: {factor!r}"), scenario(f"kind: price, shift_usd_per_mwh: {by!r}")
    both = under(c, combined([scaled, shifted])).market.energy_price_usd_per_mwh
    assert np.allclose(both, c.market.energy_price_usd_per_mwh * factor + by)
    assert np.allclose(both, under(under(c, scaled), shifted).market.energy_price_usd_per_mwh)
