"""Conditions as a thing that re-planning makes tens of thousands of."""

from __future__ import annotations

import gc
from weakref import ref

from optimizer.plan.planning import plan_conditions
from tests.farms import conditions, farm, group


def test_conditions_go_when_nobody_holds_them() -> None:
    """Nothing they have worked out holds them in turn: else only a collector would free their arrays, and late."""
    gc.disable()
    try:
        c = conditions(farm(group(minimum_on_hours=2.0, starts_per_day=1.0)), [0.2, 3.0, 0.2])
        plan = plan_conditions(c)
        gone = ref(c), ref(plan)
        del c, plan
        assert [one() for one in gone] == [None, None]
    finally:
        gc.enable()
