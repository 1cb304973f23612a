"""Reuse gives the same program, the same value, and an answer that no earlier problem has a part in."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from optimizer.accounts.conditions import Conditions
from optimizer.engine import session as module
from optimizer.engine.choices import optimum
from optimizer.engine.highs import solve
from optimizer.engine.program import LinearProgram, compile_program
from optimizer.engine.session import Session, is_optimal
from optimizer.errors import InfeasibleError
from optimizer.plan.formulation import DispatchProblem, build_problem
from tests.farms import conditions, farm, farms, group

ARRAYS = ("cost", "starts", "indices", "coefficients", "row_lower", "row_upper", "col_lower", "col_upper")


def varied(c: Conditions, seed: int, *, availability: bool = False) -> Conditions:
    """The same conditions with other prices, hashprices and, if asked, machines in service."""
    dice, n = np.random.default_rng(seed), len(c.grid)
    market = c.market.with_(
        energy_price_usd_per_mwh=c.market.energy_price_usd_per_mwh * dice.lognormal(0.0, 0.5, n) - 4 * (seed % 3),
        hashprice_usd_per_ph_day=c.market.hashprice_usd_per_ph_day * dice.uniform(0.7, 1.3),
    )
    if availability:
        kept = {name: np.minimum(values, dice.uniform(0.5, 1.0)) for name, values in market.availability.items()}
        market = market.with_(availability=kept)
    return replace(c, market=market)


def assert_same_program(one: LinearProgram, other: LinearProgram) -> None:
    for name in ARRAYS:
        np.testing.assert_array_equal(getattr(one, name), getattr(other, name), err_msg=name)
    assert one.offset == other.offset
    assert one.terms.keys() == other.terms.keys()
    for name, term in one.terms.items():
        np.testing.assert_array_equal(term.coefficients, other.terms[name].coefficients, err_msg=name)


@given(farms(), st.integers(0, 1000), st.booleans())
def test_the_adapted_program_is_the_compiled_one(c: Conditions, seed: int, availability: bool) -> None:
    problem = build_problem(varied(c, seed, availability=availability))
    assert_same_program(Session(build_problem(c)).program(problem), compile_program(problem))


@given(farms(), st.integers(0, 1000))
def test_the_value_is_that_of_a_cold_solve(c: Conditions, seed: int) -> None:
    problem = build_problem(varied(c, seed))
    _, warm = Session(build_problem(c)).solve(problem)
    cold = optimum(compile_program(problem))
    assert warm.objective == pytest.approx(cold.objective, rel=1e-9, abs=1e-6)


@given(farms(), st.integers(0, 1000))
def test_proof_by_shadow_prices(c: Conditions, seed: int) -> None:
    """An optimum is proved; the optimum of other prices is not, unless it happens to earn as much."""
    ours, others = (compile_program(build_problem(varied(c, s))) for s in (seed, seed + 1))
    right, wrong = solve(ours), solve(others)
    assert is_optimal(ours, right)
    if ours.shape == others.shape and right.objective - (ours.cost @ wrong.x + ours.offset) > 1e-3:
        assert not is_optimal(ours, replace(right, x=wrong.x))


def test_order_and_history_leave_no_trace() -> None:
    """To the last bit, whatever was solved before."""
    c = conditions(
        farm(*(group(f"G{i}", 20, 900.0 + 37 * i, 1e6, restart_minutes=10.0) for i in range(4)), limit_mw=61.0),
        np.random.default_rng(3).normal(40.0, 25.0, 96),
    )
    problems = [build_problem(varied(c, seed)) for seed in range(12)]
    forward, backward = Session(build_problem(c)), Session(build_problem(c))
    one = [forward.solve(problem)[1] for problem in problems]
    other = [backward.solve(problem)[1] for problem in reversed(problems)][::-1]
    for first, second in zip(one, other, strict=True):
        assert first.iterations == second.iterations
        np.testing.assert_array_equal(first.x, second.x)
    assert sum(solution.iterations for solution in one) > 0


def test_only_terms_that_look_at_a_change_are_written_again(monkeypatch: pytest.MonkeyPatch) -> None:
    c = conditions(farm(group(restart_minutes=10.0)), [10.0, 90.0, 20.0])
    base = build_problem(c)
    session = Session(base)
    written: list[str] = []
    original = module.term_cost

    def noted(model: Any, term: Any) -> Any:
        written.append(term.name)
        return original(model, term)

    monkeypatch.setattr(module, "term_cost", noted)
    session.program(base.with_(energy_usd_per_mwh=base.energy_usd_per_mwh * 2))
    assert "energy" in written
    assert not {"hash_revenue", "restart_loss", "start_wear", "adders"} & set(written)
    written.clear()
    session.program(base.with_(hashprice=base.hashprice * 2))
    assert {"hash_revenue", "restart_loss"} <= set(written)
    assert not {"energy", "adders", "start_wear"} & set(written)
    written.clear()
    session.program(base)
    assert written == []


def test_a_parameter_in_the_matrix_is_noticed() -> None:
    """A minimum bill puts the price into a row: then nothing of the matrix may be kept."""
    built = farm(energy={"minimum_bill_usd_per_month": 50_000.0, "fixed_usd_per_month": 0.0})
    c = conditions(built, [10.0, 20.0, 30.0])
    problem = build_problem(varied(c, 1))
    program = Session(build_problem(c)).program(problem)
    assert_same_program(program, compile_program(problem))
    assert not np.array_equal(program.coefficients, compile_program(build_problem(c)).coefficients)


def test_rows_follow_prices() -> None:
    """Below zero, spot may not be bought beside a block that is kept: two rows and a choice for one hour."""
    built = farm(energy={"blocks": ({"name": "B", "mw": 4.0, "price_usd_per_mwh": 20.0},)})
    c = conditions(built, [10.0, 20.0, 30.0])
    problem = build_problem(replace(c, market=c.market.with_(energy_price_usd_per_mwh=np.array([10.0, -5.0, 30.0]))))
    session = Session(build_problem(c))
    assert_same_program(session.program(problem), compile_program(problem))
    assert session.program(problem).shape[0] == session.program(build_problem(c)).shape[0] + 2
    assert session.solve(problem)[1].objective == pytest.approx(optimum(compile_program(problem)).objective)


def test_an_infeasible_problem_is_told_as_such_and_the_next_is_solved() -> None:
    built = farm(group(units=10, standby_w=1e5), limit_mw=100.0, site={"auxiliary_load_mw": 0.5})
    c = conditions(built, [10.0, 20.0])
    base = build_problem(c)
    session = Session(base)
    with pytest.raises(InfeasibleError):
        session.solve(base.with_(import_limit_mw=np.array([0.25, 0.25])))
    assert session.solve(base)[1].objective == pytest.approx(solve(compile_program(base)).objective)


def test_an_unproved_optimum_is_sought_again(monkeypatch: pytest.MonkeyPatch) -> None:
    c = conditions(farm(group(restart_minutes=10.0)), [10.0, 90.0, 20.0])
    base: DispatchProblem = build_problem(c)
    session = Session(base)
    asked: list[Any] = []
    original = module.solve

    def noted(program: LinearProgram, *, basis: Any = None) -> Any:
        asked.append(basis)
        return original(program, basis=basis)

    monkeypatch.setattr(module, "solve", noted)
    session.solve(base)
    assert len(asked) == 1
    monkeypatch.setattr(module, "is_optimal", lambda *_: False)
    session.solve(base)
    assert [basis is None for basis in asked] == [False, False, True]
