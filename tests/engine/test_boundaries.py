"""What the rule language and the solver boundary refuse, so that a wrong rule or number never passes for an optimum."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from optimizer.engine.choices import with_columns_fixed
from optimizer.engine.highs import solve
from optimizer.engine.language import Family
from optimizer.engine.program import compile_program
from optimizer.engine.scaling import solve_counted
from optimizer.errors import InfeasibleError, InputError, SolverError, UnboundedError
from optimizer.mechanisms.fleet.program import later_change
from optimizer.plan.formulation import DispatchProblem, build_problem
from tests.farms import conditions, farm, group


@pytest.fixture
def problem() -> DispatchProblem:
    two = farm(group("A", 3), group("B", 4), limit_mw=5.0)
    return build_problem(conditions(two, [0.2, 3.0, 0.4]))


def compiled(problem: DispatchProblem, rule: Any, *over: str) -> Any:
    return compile_program(problem, (Family(rule, over, ""),))


def test_a_rule_that_branches_on_an_expression(problem: DispatchProblem) -> None:
    with pytest.raises(TypeError, match="truth value"):
        compiled(problem, lambda m, t: m.grid_import[t] if m.grid_import[t] else 0.0, "INTERVALS")


@pytest.mark.parametrize("price", [0.1 + 0.2 - 0.3, -1e-99, 1e-9])
def test_a_price_of_a_sums_last_digits(price: float) -> None:
    """It stands in the row of the minimum bill, where HiGHS would leave it out with a warning.

    By hand: ten machines earn 10 USD in the first of the 426 hours left of February, and one USD of the bill falls due.
    """
    least = farm(energy={"minimum_bill_usd_per_month": 426.0})
    assert solve(compile_program(build_problem(conditions(least, [price])))).objective == pytest.approx(9.0)


def test_a_chained_comparison(problem: DispatchProblem) -> None:
    with pytest.raises(TypeError, match="chained comparison"):
        compiled(problem, lambda m, t: 0.0 <= m.grid_import[t] <= 1.0, "INTERVALS")


def test_a_strict_inequality(problem: DispatchProblem) -> None:
    with pytest.raises(TypeError, match="strict"):
        compiled(problem, lambda m, t: m.grid_import[t] < 1.0, "INTERVALS")


def test_a_rule_that_returns_no_relation(problem: DispatchProblem) -> None:
    with pytest.raises(TypeError, match="not a Relation"):
        compiled(problem, lambda m, t: m.grid_import[t] + 1.0, "INTERVALS")


def test_an_interval_before_the_first(problem: DispatchProblem) -> None:
    """Neither the map of previous intervals nor plain arithmetic wraps to the last interval."""
    with pytest.raises(IndexError, match="LATER_INTERVALS"):
        compiled(problem, later_change, "GROUPS", "INTERVALS")
    with pytest.raises(IndexError, match="LATER_INTERVALS"):
        compiled(problem, lambda m, t: m.grid_import[t - 1] <= 1.0, "INTERVALS")


def test_a_sum_within_a_sum(problem: DispatchProblem) -> None:
    def nested(m: Any, t: Any) -> Any:
        return m.sum(m.GROUPS, lambda g: m.sum(m.POINTS, lambda p: m.units_on[p, t])) <= 1.0

    with pytest.raises(TypeError, match="do not nest"):
        compiled(problem, nested, "INTERVALS")


def test_a_column_that_stands_twice_in_a_row_is_added_up(problem: DispatchProblem) -> None:
    program = compiled(problem, lambda m, t: 2.0 * m.grid_import[t] + m.grid_import[t] <= 6.0, "INTERVALS")
    assert program.coefficients.tolist() == [3.0] * 3
    assert program.starts.tolist() == [0, 1, 2, 3]


@pytest.mark.parametrize("array", ["cost", "coefficients", "row_lower", "row_upper", "col_lower", "col_upper"])
def test_a_nan_never_reaches_the_solver(problem: DispatchProblem, array: str) -> None:
    program = compile_program(problem)
    values = getattr(program, array).copy()
    values[0] = np.nan
    with pytest.raises(SolverError, match=f"{array}: NaN"):
        solve(replace(program, **{array: values}))


def test_a_problem_is_judged(problem: DispatchProblem) -> None:
    with pytest.raises(ValueError, match="hashprice: 1 value"):
        problem.with_(hashprice=np.array([0.1, np.inf, 0.1]))
    with pytest.raises(ValueError, match=r"hashprice: float64 of shape \(2,\)"):
        problem.with_(hashprice=np.ones(2))
    with pytest.raises(ValueError, match="undeclared parameters: hashprise"):
        problem.with_(hashprise=np.ones(3))


def test_an_unknown_option(problem: DispatchProblem) -> None:
    with pytest.raises(SolverError, match="no_such"):
        solve(compile_program(problem), options={"no_such": 1})


def test_profit_without_a_limit(problem: DispatchProblem) -> None:
    with pytest.raises(UnboundedError, match="a price or a limit is missing"):
        solve(compile_program(problem.with_(energy_usd_per_mwh=-np.ones(3)), families=()))


def test_limits_that_collide(problem: DispatchProblem) -> None:
    with pytest.raises(InfeasibleError):
        solve(compile_program(problem.with_(import_limit_mw=-np.ones(3))))


def test_a_warm_start_changes_nothing(problem: DispatchProblem) -> None:
    first = solve(compile_program(problem))
    dearer = compile_program(problem.with_(energy_usd_per_mwh=1.1 * problem.energy_usd_per_mwh))
    assert solve(dearer, basis=first.basis).objective == pytest.approx(solve(dearer).objective, rel=1e-12)


def test_a_plan_is_judged_by_the_entries_its_matrix_would_have(monkeypatch: pytest.MonkeyPatch) -> None:
    """By hand, four half hours: 5 x 2 modes + 4 and windows of 3 and of all 4; 5 + 4 and no windows: 4 x (21 + 9)."""
    busy = group(
        other_modes={"eco": (700.0, 0.6e6)}, modes=("normal", "eco"), minimum_on_hours=1.5, minimum_off_hours=9
    )
    c = conditions(farm(busy, group("H")), [0.0] * 4, hours=0.5)
    monkeypatch.setattr("optimizer.plan.formulation.MOST_ENTRIES", 120.0)
    build_problem(c)
    monkeypatch.setattr("optimizer.plan.formulation.MOST_ENTRIES", 119.0)
    with pytest.raises(InputError, match="million matrix entries"):
        build_problem(c)


@pytest.mark.parametrize(
    "more",
    [
        {"restart_minutes": 5.0},
        {"cold_restart": {"below_c": 0.0, "minutes": 5.0}},
        {"minimum_on_hours": 2.0},
        {"minimum_off_hours": 2.0},
        {"wear_usd_per_start": 1.0},
        {"starts_per_day": 1.0},
        {"starts_per_hour": 4.0},
        {"minimum_start_temperature_c": -5.0},
    ],
)
def test_starts_are_ordered_where_they_matter(more: dict[str, Any]) -> None:
    """Ties are broken among groups whose starts bind other hours: the second of two weighs twice as much."""
    plain, both = farm(group(), group("H")), farm(group(**more), group("H", **more))
    assert not build_problem(conditions(plain, [0.0])).parameters["start_order_usd"].any()
    first, second = build_problem(conditions(both, [0.0])).parameters["start_order_usd"].tolist()
    assert second == pytest.approx(2 * first)
    assert 0 < first < 0.01


def test_what_is_held_is_a_choice_no_more() -> None:
    """One of the whole containers of a plan is held at four machines; the others are chosen as before."""
    c = conditions(farm(group(units=8, units_switched_together=4)), [0.0] * 2)
    program = compile_program(build_problem(replace(c, whole=True)))
    one = np.zeros(program.shape[1], dtype=np.bool_)
    one[np.flatnonzero(program.integer)[0]] = True
    held = with_columns_fixed(program, one, np.full(len(one), 4.0))
    assert (held.integer == (program.integer & ~one)).all()
    assert (held.col_lower[one], held.col_upper[one]) == (4.0, 4.0)
    assert (held.col_upper[~one] == program.col_upper[~one]).all()


def test_what_is_decided_is_in_the_units_of_the_rules_however_it_is_solved(problem: DispatchProblem) -> None:
    """Counted in thousands, machines on are the same machines in the schedule and in the values."""
    counted = tuple(replace(v, counted_in=1024.0) if v.name == "units_on" else v for v in problem.formulation.variables)
    program = compile_program(problem)
    solution = solve_counted(program, replace(problem.formulation, variables=counted))
    values = solution.values["units_on"]
    assert values.max() > 1.0
    assert [row.tolist() for row in solution.decided["units_on"].values()] == values.tolist()
