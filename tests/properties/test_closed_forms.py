"""Judge (c): where a closed form exists, the program must give it."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from optimizer.accounts.conditions import Conditions
from optimizer.engine.highs import solve
from optimizer.engine.program import compile_program
from optimizer.plan.formulation import build_problem
from optimizer.plan.planning import plan_conditions
from optimizer.plan.whole_units import dispatch_of
from tests.farms import conditions, farm, farms, group
from tests.properties.changes import best_profit


def strike_rule(c: Conditions) -> tuple[float, dict[tuple[str, str], np.ndarray], np.ndarray]:
    """Profit, machines on, and where the rule is clear-cut: each machine does in each interval what pays best.

    Written from prices alone: a mode earns hash (or the hosting fee) and draws its power; off draws standby.
    """
    cost = (c.market.energy_price_usd_per_mwh + c.market.adders_usd_per_mwh) * (1.0 + c.farm.energy.loss_share)
    fee = c.farm.revenue.pool_fee_share
    profit = float(-(cost * c.market.auxiliary_load_mw) @ c.grid.hours)
    units, clear = {}, np.ones(len(c.grid), dtype=bool)
    for machines in c.farm.fleet:
        gain = {"": -machines.standby_w / 1e6 * cost}
        for mode, point in machines.points.items():
            mwh = point.power_w / 1e6
            if machines.hosting is not None:
                earned = mwh * machines.hosting.fee_usd_per_mwh
            else:
                earned = point.hashrate_th / 1e3 * c.market.hashprice_usd_per_ph_day / 24 * (1.0 - fee)
            gain[mode] = earned - mwh * cost
        table = np.array(list(gain.values()))
        best = table.argmax(axis=0)
        two_best = np.sort(table, axis=0)[-2:]
        clear &= two_best[1] - two_best[0] > 1e-6
        profit += machines.units * float(table.max(axis=0) @ c.grid.hours)
        for i, mode in enumerate(gain):
            if mode:
                units[machines.name, mode] = np.where(best == i, float(machines.units), 0.0)
    return profit, units, clear


@given(farms(coupled=False))
def test_with_every_coupling_off_the_plan_is_the_strike_rule(c: Conditions) -> None:
    profit, units, clear = strike_rule(c)
    program = compile_program(build_problem(c))
    found = solve(program)
    assert sum(program.profit_by_term(found.x).values()) == pytest.approx(profit, rel=1e-9, abs=1e-9)
    on = dispatch_of(found).units_on
    for point, expected in units.items():
        np.testing.assert_allclose(on[point][clear], expected[clear], atol=1e-6)


@given(farms(coupled=False, most_intervals=6))
def test_the_whole_plan_is_the_strike_rule_too(c: Conditions) -> None:
    """Rounding must neither lose a machine nor a cent."""
    profit, units, clear = strike_rule(c)
    plan = plan_conditions(c)
    for point, expected in units.items():
        assert plan.dispatch.units_on[point][clear].tolist() == expected[clear].tolist()
    if clear.all():
        assert plan.settled.profit == pytest.approx(profit, rel=1e-9, abs=1e-9)
        assert plan.method == "rounded down"


@given(
    st.lists(st.tuples(st.integers(1, 20), st.integers(1, 64), st.integers(1, 16)), min_size=1, max_size=6),
    st.integers(0, 100),
    st.integers(-4, 40),
)
def test_under_one_import_limit_machines_run_in_merit_order(
    machines: list[tuple[int, int, int]], limit: int, price: int
) -> None:
    """The farm fills the interconnection with the machines that earn most per MWh, and no further than they pay."""
    fleet = [group(f"G{i}", n, th=64.0 * th, watts=62_500.0 * w) for i, (n, th, w) in enumerate(machines)]
    c = conditions(farm(*fleet, limit_mw=limit / 8 + 0.125), [price / 16])
    left, profit = limit / 8 + 0.125, 0.0
    for n, th, w in sorted(machines, key=lambda m: m[1] / m[2], reverse=True):
        mw, earned = w / 16, 0.064 * th
        margin = earned - price / 16 * mw
        run = min(float(n), left / mw) if margin > 0 else 0.0
        left, profit = left - run * mw, profit + run * margin
    assert best_profit(c) == pytest.approx(profit, rel=1e-9, abs=1e-9)


@given(farms(coupled=False, most_groups=1, most_intervals=8), st.integers(1, 8))
def test_one_start_is_worth_the_sum_of_its_run(c: Conditions, wear: int) -> None:
    """One group, wear of starts alone: the best runs by dynamic programming over on and off, machine by machine."""
    from tests.properties.changes import with_farm

    assume(c.farm.fleet[0].hosting is None)
    worn = with_farm(c, lambda data: data["fleet"][0].update(wear_usd_per_start=wear / 4))
    machines = worn.farm.fleet[0]
    cost = (c.market.energy_price_usd_per_mwh + c.market.adders_usd_per_mwh) * (1.0 + c.farm.energy.loss_share)
    rate = c.market.hashprice_usd_per_ph_day / 24e3 * (1.0 - c.farm.revenue.pool_fee_share)
    on = (
        np.max([p.hashrate_th * rate - p.power_w / 1e6 * cost for p in machines.points.values()], axis=0) * c.grid.hours
    )
    off = -machines.standby_w / 1e6 * cost * c.grid.hours
    best_on, best_off = 0.0, -np.inf  # it runs when the plan begins
    for gain_on, gain_off in zip(on, off, strict=True):
        best_on, best_off = max(best_on, best_off - wear / 4) + gain_on, max(best_on, best_off) + gain_off
    auxiliary = float((cost * c.market.auxiliary_load_mw) @ c.grid.hours)
    assert best_profit(worn) == pytest.approx(machines.units * max(best_on, best_off) - auxiliary, rel=1e-9, abs=1e-8)
