"""The investment program in both readings, entry by entry, and on random sites the account of money beside it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from optimizer.conversion.case import Case, case_of
from optimizer.conversion.choices import VariantRules
from optimizer.conversion.paths import paths_of
from optimizer.conversion.program import problem_of
from optimizer.conversion.solving import solve_case
from optimizer.engine.conflict import colliding_row
from optimizer.engine.highs import solve
from optimizer.engine.program import compile_program
from tests.engine.test_two_readings import the_same
from tests.sites import BTC_USD, DIFFICULTY, machines, offer, site

money = st.sampled_from([0.0, 1e5, 3e6, 4e7])
share = st.sampled_from([0.0, 0.1, 0.5])


@st.composite
def cases(draw: Any) -> tuple[Case, VariantRules]:
    """Small sites with everything that the rules know: offers, calls, debt, treasury, paths, risk."""
    offers = tuple(
        offer(
            name=f"Tenant {i}",
            rent={"usd_per_kw_month": draw(st.sampled_from([60.0, 150.0, 220.0])), "term_months": 30},
            lead_months=draw(st.sampled_from([0, 4, 12])),
            months_without_revenue=0,
            power_paid_by=draw(st.sampled_from(["tenant", "farm"])),
            debt=draw(st.sampled_from([None, {"share_of_cost": 0.7, "rate_per_year": 0.08, "years": 5.0}])),
            service={"credit_usd_per_mwh": 900.0, "backup_share": draw(share), "backup_usd_per_mwh": 300.0},
            size={"most_mw": 5.0, "least_mw": 1.0, "step_mw": 1.0},
        )
        for i in range(draw(st.integers(0, 2)))
    )
    made = site(
        machines("A", 6, draw(st.sampled_from([30.0, 55.0, 90.0]))),
        machines("B", 4, draw(st.sampled_from([20.0, 45.0, 70.0]))),
        offers=offers,
        years={"start": "2026-03-01", "quarters": 4, "years": 3},
        bitcoin={"price_usd": BTC_USD, "difficulty": DIFFICULTY, "price_growth_per_year": draw(share)},
        machines={
            "resale": ({"at_most_j_per_th": 1e6, "usd_per_th": 0.5},),
            "failures_per_year": draw(share),
            "upkeep_usd_per_mw_year": 1e4,
        },
        power={
            "blocks": (
                {"name": "cheap", "hours_per_year": 8_000.0, "usd_per_mwh": 25.0},
                {"name": "dear", "hours_per_year": 700.0, "usd_per_mwh": 80.0},
            ),
            "calls": ({"name": "storm", "hours_per_year": 60.0, "to_share": draw(share), "usd_per_mwh": 300.0},),
            "flexibility": {"capacity_usd_per_kw_month": 2.0, "cut_usd_per_mwh": 100.0, "most_mw": 7.0},
        },
        money={
            "discount_rate": 0.1,
            "tax_rate": draw(st.sampled_from([0.0, 0.25])),
            "cash_usd": draw(money) + 3e6,
            "losses_carried_usd": draw(money),
            "site_usd_per_year": 1e5,
            "treasury": {"btc": 30.0, "discount_share": 0.02, "paid_usd_per_btc": draw(st.sampled_from([1e4, 1e5]))},
            "equity": {"most_usd": 1e9, "cost_share": 0.05},
        },
        uncertainty={
            "named": (
                {"name": "low", "probability": 0.25, "btc_price": 0.6, "power_price": 1.2, "delay_months": 5},
                {"name": "high", "probability": 0.75, "btc_price": 1.7, "difficulty": 1.1},
            ),
            "known_after_quarters": 2,
            "tail_share": 0.4,
            "risk_weight": draw(share),
        },
        whole_steps=draw(st.booleans()),
    )
    return case_of(made, paths_of(made.study, made.timeline)), VariantRules(shared=2, shared_conversions=2)


@given(cases())
def test_the_array_reading_writes_the_pyomo_model(made: tuple[Case, VariantRules]) -> None:
    the_same(problem_of(*made))


@given(cases())
def test_every_family_has_words(made: tuple[Case, VariantRules]) -> None:
    problem = problem_of(*made)
    program = compile_program(problem)
    for rows in program.rows.values():
        if rows.stop > rows.start:
            assert colliding_row(problem, program, rows.start, 0.0).words.strip()


@given(cases())
def test_the_account_is_the_objective_line_by_line(made: tuple[Case, VariantRules]) -> None:
    case, rules = made
    found = solve_case(case, rules)
    lines = found.program.profit_by_term(found.solution.x)
    for name, usd in lines.items():
        assert found.account.present(name) == pytest.approx(usd, rel=1e-9, abs=0.01), name
    assert found.account.expected_npv == pytest.approx(sum(lines.values()), rel=1e-9, abs=0.01)
    assert (found.account.cash_usd >= -0.01).all()


@given(cases())
def test_no_plan_beats_what_the_shadow_prices_allow(made: tuple[Case, VariantRules]) -> None:
    """Strong duality, of the program without whole steps."""
    program = compile_program(problem_of(*made))
    found = solve(program)
    y, d = found.row_dual, found.column_dual
    bound = np.where(y > 0, program.row_upper, program.row_lower)
    at_limit = (d > 0) & np.isfinite(program.col_upper)
    limited = np.isfinite(bound)
    assert np.abs(y[~limited]).max(initial=0.0) <= 1e-9 * np.abs(y).max(initial=0.0)  # the solver's last digits
    worth = program.offset + y[limited] @ bound[limited] + d[at_limit] @ program.col_upper[at_limit]
    assert worth == pytest.approx(found.objective, rel=1e-7, abs=1.0)
