"""NPV and IRR against pyxirr, which reckons them on its own."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import pytest

from optimizer.conversion.account import returns_over
from optimizer.conversion.case import case_of
from optimizer.conversion.choices import VariantRules
from optimizer.conversion.paths import central
from optimizer.conversion.returns import cvar, irr, root
from optimizer.conversion.solving import solve_case
from tests.sites import offer, site

pyxirr = pytest.importorskip("pyxirr", reason="pyxirr is not installed (extra `dev`)")


def test_npv_and_irr_of_a_plan_agree_with_pyxirr() -> None:
    """Days of 365 to the year, so that the middle of year 1 lies on day 182.5: times are doubled, rates halved."""
    made = site(
        offers=(offer(rent={"usd_per_kw_month": 200.0, "term_months": 60}),),
        years={"start": "2026-03-01", "quarters": 0, "years": 4},
    )
    case = case_of(made, central(made.timeline))
    plan, mining = (solve_case(case, VariantRules(converted=converted)).account for converted in ({0: 8.0}, {}))
    times, flows = plan.flows()
    days = [date(2026, 1, 1) + timedelta(days=round(2 * 365 * t)) for t in times.tolist()]
    theirs = pyxirr.xnpv(1.21**0.5 - 1.0, [date(2026, 1, 1), *days], [0.0, *flows.tolist()])
    assert plan.expected_npv == pytest.approx(theirs, abs=0.01)
    gains = (flows - mining.flows()[1]).tolist()
    found = returns_over(plan, mining)
    assert found.irr == pytest.approx((1.0 + pyxirr.xirr(days, gains)) ** 2 - 1.0, rel=1e-9)
    assert found.npv == pytest.approx(plan.expected_npv - mining.expected_npv)
    assert found.payback_years == 1.5


def test_what_is_built_is_paid_back_when_the_last_of_it_is() -> None:
    """By hand, MUSD: 32 and a year's mining of 1.75 are missed, 18.24 - 1.75 gained in year 2, 18.24 past the halving.

    In all -33.75, -17.26 and, in the middle of year 3, 0.98.
    """
    dear = offer(capex={"usd_per_mw": 4e6}, rent={"usd_per_kw_month": 200.0, "term_months": 60})
    made = site(offers=(dear,), years={"start": "2026-03-01", "quarters": 0, "years": 4})
    case = case_of(made, central(made.timeline))
    plan, mining = (solve_case(case, VariantRules(converted=converted)).account for converted in ({0: 8.0}, {}))
    assert returns_over(plan, mining).payback_years == 2.5


@pytest.mark.parametrize("seed", range(20))
def test_irr_of_random_flows_agrees_with_pyxirr(seed: int) -> None:
    rng = np.random.default_rng(seed)
    flows = np.append(-rng.uniform(50, 150), rng.uniform(0, 60, size=8))
    assert irr(np.arange(9.0), flows) == pytest.approx(pyxirr.irr(flows.tolist()), rel=1e-9, abs=1e-12)


def test_flows_without_a_change_of_sign_have_no_irr() -> None:
    assert irr(np.arange(3.0), np.array([1.0, 2.0, 3.0])) is None
    assert irr(np.arange(3.0), np.array([-1.0, -2.0, -3.0])) is None


def test_a_root_of_a_kinked_line_is_exact() -> None:
    assert root(lambda x: max(x - 3.0, 10.0 * (x - 3.0)), 0.0, 100.0) == pytest.approx(3.0, abs=1e-10)
    assert root(lambda x: x + 1.0, 0.0, 1.0) is None


def test_cvar_takes_a_part_of_a_path() -> None:
    """By hand: the worst 30 % of four equal paths are one of 1 and a fifth of one of 2."""
    assert cvar(np.array([1.0, 2.0, 3.0, 4.0]), np.full(4, 0.25), 0.3) == pytest.approx((0.25 + 0.05 * 2) / 0.3)
