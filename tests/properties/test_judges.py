"""Judges (d) and (e): the settlement is a second account of the money, the checker a second reading of the rules."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given

from optimizer.accounts.conditions import Conditions
from optimizer.accounts.reasons import Reason
from optimizer.accounts.settlement import settle
from optimizer.engine.choices import optimum, with_columns_fixed
from optimizer.engine.program import compile_program
from optimizer.errors import InfeasibleError
from optimizer.plan.checker import check
from optimizer.plan.explain import point_strikes
from optimizer.plan.formulation import build_problem
from optimizer.plan.items import ITEMS, Charges, machine_items, marginal_items
from optimizer.plan.planning import plan_conditions
from optimizer.plan.whole_units import dispatch_of
from tests.farms import farms
from tests.sampling import examples


@given(farms())
def test_the_settlement_of_the_unrounded_plan_is_the_objective(c: Conditions) -> None:
    program = compile_program(build_problem(c))
    found = optimum(program)
    terms, settled = program.profit_by_term(found.x), settle(c, dispatch_of(found))
    lines = settled.lines
    turnover = sum(map(abs, terms.values()))
    assert settled.profit == pytest.approx(sum(terms.values()), rel=1e-9, abs=1e-9 * turnover)
    assert set(lines) == set(terms)
    for account in (lines, terms):  # without a fee a block may as well be sold and spot bought as the block be used
        account["energy"] += account.pop("resale_revenue")
        if c.farm.energy.minimum_bill_usd_per_month > 0:  # below it they take each other's place
            account["minimum_bill"] += sum(account.pop(line) for line in ("energy", "energy_tiers", "demand_charge"))
    for name, line in lines.items():
        assert line == pytest.approx(terms[name], rel=1e-9, abs=1e-9 * (1.0 + turnover)), name


@given(farms())
def test_the_checker_finds_nothing_in_the_continuous_schedule(c: Conditions) -> None:
    found = optimum(compile_program(build_problem(c)))
    assert check(c, dispatch_of(found), whole=False) == []


@given(farms(most_groups=2, most_intervals=8))
def test_a_whole_plan_breaks_no_rule_and_earns_no_more_than_the_optimum(c: Conditions) -> None:
    plan = plan_conditions(c)
    assert check(c, plan.dispatch) == []
    turnover = sum(map(abs, plan.continuous.lines.values()))
    assert plan.objective == pytest.approx(plan.continuous.profit, rel=1e-9, abs=1e-9 * turnover)
    # the solver weighs its tie-break too, 1e-5 USD a start at most
    slack = 1e-5 * c.units_available.sum() + 1e-6 * turnover
    assert plan.settled.profit <= plan.continuous.profit + slack
    assert plan.rounding_gap_usd == pytest.approx(plan.continuous.profit - plan.settled.profit)


@given(farms(most_groups=2, most_intervals=5))
@examples(20)
def test_exact_whole_units_earn_at_least_what_rounded_ones_do(c: Conditions) -> None:
    rounded, exact = plan_conditions(c), plan_conditions(c, units="exact")
    assert check(c, exact.dispatch) == []
    turnover = sum(map(abs, rounded.continuous.lines.values()))
    slack = 1e-5 * c.units_available.sum() + 1e-5 * turnover
    assert exact.settled.profit >= rounded.settled.profit - slack
    assert exact.settled.profit <= exact.continuous.profit + slack


@given(farms())
def test_the_items_of_the_marginal_price_add_up_to_the_shadow_price(c: Conditions) -> None:
    """Nothing of the balance row's shadow price is left unexplained."""
    program = compile_program(build_problem(c))
    found = optimum(program)
    items = marginal_items(Charges(program, found), c.grid.hours)
    assert "extension" not in items
    total = np.sum(list(items.values()), axis=0)
    np.testing.assert_allclose(total, -found.shadow_prices["balance"] / c.grid.hours, atol=1e-6)
    price, billed = c.market.energy_price_usd_per_mwh, 1.0 + c.farm.energy.loss_share
    resale = [block.resale for block in c.farm.energy.blocks]
    worth = [  # of a MWh left in a block
        0.0 * price
        if r is None
        else np.minimum(price, np.inf if r.cap_usd_per_mwh is None else r.cap_usd_per_mwh) - r.fee_usd_per_mwh
        for r in resale
    ]
    for supply in c.farm.energy.supplies:  # or of one more drawn
        take = supply.minimum_take
        cost = c.market.supply_price_usd_per_mwh[supply.name]
        worth.append(cost - (0.0 if take is None else take.shortfall_usd_per_mwh))
    if c.farm.energy.minimum_bill_usd_per_month > 0:  # below it energy costs nothing more
        worth.append(0.0 * price)
    energy = c.farm.energy
    if not (energy.blocks or energy.supplies or energy.minimum_bill_usd_per_month):  # spot alone sets the price
        np.testing.assert_allclose(items["energy"], billed * price, atol=1e-9)
    kept = None in resale  # a block that is kept costs nothing more, and below zero no spot is bought beside it
    most = np.maximum(price, 0.0) if kept or c.farm.energy.minimum_bill_usd_per_month > 0 else price
    assert (items["energy"] <= billed * most + 1e-6).all()
    drawn = found.values["grid_import"] > 1e-6  # where nothing is drawn, any lower price holds machines off as well
    assert (items["energy"] >= billed * np.min([price, *worth], axis=0) - 1e-6)[drawn].all()


@given(farms())
def test_what_a_machine_pays_adds_up_to_the_reduced_cost_of_its_column(c: Conditions) -> None:
    """What it earns beyond its share of the marginal power price goes to items with declared names."""
    problem = build_problem(c)
    program = compile_program(problem)
    found = optimum(program)
    group = np.repeat(np.arange(len(c.farm.fleet)), [len(machines.modes) for machines in c.farm.fleet])
    items = machine_items(Charges(program, found), group)
    assert set(items) <= set(ITEMS) - {"extension"}
    total = np.sum(list(items.values()), axis=0)
    np.testing.assert_allclose(total, -found.reduced_costs["units_on"], atol=1e-5)
    mwh = problem.extra_mw[:, None] * problem.pue * c.grid.hours
    price = np.sum(list(marginal_items(Charges(program, found), c.grid.hours).values()), axis=0)
    nothing = np.zeros_like(mwh)
    np.testing.assert_allclose(items.get("power", nothing), price * mwh, atol=1e-5)
    earned = problem.hash_yield_th[:, None] * problem.hashprice + problem.hosting_usd_per_hour[:, None]
    np.testing.assert_allclose(items.get("earned", nothing), -earned * c.grid.hours, atol=1e-5)
    np.testing.assert_allclose(point_strikes(problem, items) * mwh, earned * c.grid.hours, atol=1e-5)


@given(farms(most_intervals=6))
@examples(25)
def test_the_marginal_price_is_what_one_more_megawatt_costs(c: Conditions) -> None:
    """With the choices made profit is concave in the load, so its slopes to either side bracket the shadow price."""
    problem = build_problem(c)
    program = compile_program(problem)
    found = optimum(program)
    price = np.sum(list(marginal_items(Charges(program, found), c.grid.hours).values()), axis=0)
    step = 1e-3
    for t in range(len(c.grid)):

        def cost_of(mw: float, t: int = t) -> float:
            auxiliary = problem.auxiliary_mw.copy()
            auxiliary[t] += mw
            try:
                other = compile_program(problem.with_(auxiliary_mw=auxiliary))
                return found.objective - optimum(with_columns_fixed(other, other.integer, np.round(found.x))).objective
            except InfeasibleError:
                return np.inf

        slack = 1e-7 * (1.0 + abs(found.objective))
        assert -cost_of(-step) <= price[t] * c.grid.hours[t] * step + slack
        assert price[t] * c.grid.hours[t] * step <= cost_of(step) + slack


@given(farms(most_groups=2, most_intervals=8))
def test_every_machine_that_is_off_has_one_reason(c: Conditions) -> None:
    plan = plan_conditions(c)
    off = np.sum([*plan.explanation.off.values(), np.zeros((len(c.farm.fleet), len(c.grid)))], axis=0)
    for g, machines in enumerate(c.farm.fleet):
        np.testing.assert_allclose(off[g], machines.units - plan.dispatch.running(machines), atol=1e-9)
    assert all((count >= 0).all() for count in plan.explanation.off.values())
    assert Reason.EXTENSION not in plan.explanation.off
    restarting = plan.explanation.off.get(Reason.RESTART_COST, np.zeros((len(c.farm.fleet), 1)))
    for g, machines in enumerate(c.farm.fleet):
        costs = machines.wear_usd_per_start > 0 or (machines.hosting is None and c.restart_hours[g].any())
        assert costs or not restarting[g].any()


@given(farms(most_groups=2, most_intervals=6))
@examples(10)
def test_the_same_plan_comes_out_twice(c: Conditions) -> None:
    one, two = plan_conditions(c), plan_conditions(c)
    assert one.method == two.method
    for point, units in one.dispatch.units_on.items():
        assert units.tolist() == two.dispatch.units_on[point].tolist()
