"""From prices to the meter and back: a dear hour of the August sample, at a hundredth of its size."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from optimizer.simulated.farm import FaultShares
from tools.closed_day import closed_day

EVENING = datetime(2026, 8, 7, 0, 0, tzinfo=UTC)  # 19:00 on the farm's clock


def test_the_dollars_between_plan_and_meter_are_explained() -> None:
    faults = FaultShares(deaf=0.1, wakes=0.3, lies=0.05, slow=0.0, dead=0.0, over_s=3600.0)
    day = closed_day(1.0, faults, begins=EVENING)
    assert day.statuses == {"planned": 4}
    assert day.commands >= 10
    assert day.worst_meter_mw < 1e-6
    assert day.unexplained_usd == pytest.approx(0.0, abs=1e-4)
    assert all(abs(usd) < 5.0 for usd in day.causes.values())
    assert day.causes["awake"] != 0.0
    assert day.causes["nameplate"] != 0.0
    assert day.metered_usd != pytest.approx(day.planned_usd, abs=0.01)
