"""Rules that a farm without a plan follows, by hand. A machine draws one MW and earns one USD an hour."""

from __future__ import annotations

import pytest

from optimizer.through_time.policies import guarded_threshold
from tests.farms import conditions, farm


@pytest.mark.parametrize(
    ("prices", "on"),
    [
        ([0.5, 1.2, 0.5, 0.5, 0.5], [10, 0, 0, 10, 10]),  # it stops, and rests for its two hours
        ([1.2, 0.95, 0.95, 0.85], [0, 0, 0, 10]),  # 0.95 and a tenth of it is no less than 1
        ([1.2, 0.5, 0.5, 1.2, 1.2], [0, 0, 10, 10, 0]),  # what has started runs for its two hours
        ([1.2, 0.5, 0.5, 2.5, 0.5], [0, 0, 10, 0, 0]),  # but for a price more than twice the threshold
    ],
)
def test_a_guarded_threshold(prices: list[float], on: list[int]) -> None:
    c = conditions(farm(), prices)
    schedule = guarded_threshold(c, c, share=0.1, minimum_hours=2.0, spike=1.0)
    assert schedule.running(c.farm.fleet[0]).tolist() == on
