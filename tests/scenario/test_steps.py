"""Prices that are noticed as they come: each step of a held shape is a change of its own."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from optimizer.errors import InputError
from optimizer.scenario.load import scenarios_in
from optimizer.scenario.market_changes import market_with
from tests.farms import farm, market

HEAD = "{name: S, summary: s, sources: [made up], changes: "
STEPS = (
    "[{kind: price, between: hold, noticed_as_it_comes: true, to: 2026-02-11 10:00, shape: "
    "[{at: 2026-02-11 07:00, usd_per_mwh: 90}, {at: 2026-02-11 09:00, usd_per_mwh: 300}]}]}"
)


def test_every_step_is_known_when_it_begins() -> None:
    (scenario,) = scenarios_in(HEAD + STEPS)
    base = market(farm(), [20.0] * 5)

    def seen(hour: int) -> list[float]:
        return market_with(
            base, scenario, known_at=datetime(2026, 2, 11, hour, tzinfo=UTC)
        ).energy_price_usd_per_mwh.tolist()

    assert seen(6) == [20, 20, 20, 20, 20]
    assert seen(7) == [20, 90, 90, 20, 20]
    assert seen(9) == [20, 90, 90, 300, 20]
    assert market_with(base, scenario).energy_price_usd_per_mwh.tolist() == [20, 90, 90, 300, 20]


@pytest.mark.parametrize("wrong", ["scale: 2", "shape: [{at: 2026-02-11 07:00, usd_per_mwh: 9}], to: 2026-02-11 09:00"])
def test_only_a_held_shape_comes_in_steps(wrong: str) -> None:
    with pytest.raises(InputError, match="noticed_as_it_comes: goes with a shape and `between: hold`"):
        scenarios_in(HEAD + "[{kind: price, noticed_as_it_comes: true, " + wrong + "}]}")
