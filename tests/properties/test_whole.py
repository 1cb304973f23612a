"""Whole containers on random farms, with ramps that rounding may break."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from optimizer.accounts.conditions import Conditions
from optimizer.errors import InfeasibleError
from optimizer.plan.checker import check
from optimizer.plan.planning import plan_conditions
from tests.farms import farms
from tests.properties.changes import with_farm, without
from tests.sampling import examples


def in_containers(c: Conditions, sizes: list[int], ramp_down: float | None) -> Conditions:
    """The farm with machines switched together, every machine running before the plan."""
    plain = without(c, "groups", "grid_import_mw", *(["outages"] if ramp_down is not None else []))

    def change(data: dict[str, Any]) -> None:
        for group, size in zip(data["fleet"], sizes, strict=False):
            group["units_switched_together"] = size
            if group["starts_per_hour"] is not None:
                group["starts_per_hour"] = max(group["starts_per_hour"], float(size))
        if ramp_down is not None:
            full = sum(group["units"] * group["machine"]["power_w"] for group in data["fleet"]) / 1e6
            data["site"]["ramp_down_mw_per_hour"] = ramp_down * full + 2.0

    return with_farm(plain, change)


@given(
    farms(most_groups=2, most_intervals=6),
    st.lists(st.sampled_from([1, 2, 3, 5]), min_size=2, max_size=2),
    st.sampled_from([None, 0.25, 0.5]),
)
@examples(30)
def test_whole_containers_break_no_rule(c: Conditions, sizes: list[int], ramp_down: float | None) -> None:
    boxed = in_containers(c, sizes, ramp_down)
    try:
        plan = plan_conditions(boxed)
    except InfeasibleError:
        assume(False)
    assert check(boxed, plan.dispatch) == []
    for g, group in enumerate(boxed.farm.fleet):
        size = group.units_switched_together
        partly_filled = boxed.units_available[g] % size
        running = plan.dispatch.running(group)
        assert ((running % size == 0) | (running % size == partly_filled)).all()
    turnover = sum(map(abs, plan.continuous.lines.values()))
    assert plan.settled.profit <= plan.continuous.profit + 1e-5 * boxed.units_available.sum() + 1e-6 * turnover


@given(farms(most_groups=2, most_intervals=4), st.lists(st.sampled_from([1, 2, 3, 5]), min_size=2, max_size=2))
@examples(20)
def test_no_whole_schedule_beats_the_exact_one(c: Conditions, sizes: list[int]) -> None:
    boxed = in_containers(c, sizes, None)
    rounded, exact = plan_conditions(boxed), plan_conditions(boxed, units="exact")
    assert check(boxed, exact.dispatch) == []
    turnover = sum(map(abs, rounded.continuous.lines.values()))
    slack = 1e-5 * boxed.units_available.sum() + 1e-5 * turnover
    assert exact.settled.profit >= rounded.settled.profit - slack
    assert exact.rounding_gap_usd >= -slack
    assert exact.rounding_gap_share == pytest.approx(exact.rounding_gap_usd / gross(exact), abs=1e-12)


@given(farms(most_groups=3, most_intervals=4), st.permutations([1, 1, 5]))
@examples(20)
def test_what_is_proved_is_as_good_as_the_exact_one(c: Conditions, sizes: list[int]) -> None:
    """To a thousandth of gross revenue, or a ten-thousandth of profit, which is what it is said to be proved to."""
    boxed = in_containers(c, sizes, None)
    rounded, exact = plan_conditions(boxed), plan_conditions(boxed, units="exact")
    slack = 1e-5 * boxed.units_available.sum() + 1e-6 * sum(map(abs, rounded.continuous.lines.values()))
    short = exact.settled.profit - rounded.settled.profit
    assert rounded.proved
    assert short <= max(1e-3 * gross(rounded), 1e-4 * abs(exact.settled.profit)) + slack


def gross(plan: Any) -> float:
    """Gross revenue of the continuous optimum, USD."""
    return sum(max(usd, 0.0) for usd in plan.continuous.lines.values()) or np.inf
