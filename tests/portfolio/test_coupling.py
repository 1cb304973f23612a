"""What sites share, shared best: by hand, and against one program put together by others."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.optimize import linprog
from scipy.sparse import block_diag, csr_array, vstack

from optimizer.accounts.settlement import settle
from optimizer.engine.choices import optimum
from optimizer.engine.program import compile_program
from optimizer.errors import InfeasibleError
from optimizer.plan.formulation import build_problem
from optimizer.plan.planning import plan_conditions
from optimizer.plan.whole_units import dispatch_of
from optimizer.portfolio import coupling
from optimizer.portfolio.coupling import Coupled, by_prices, coupled, together
from optimizer.portfolio.run import room
from optimizer.portfolio.sites import Shared, SiteCase
from tests.farms import call, conditions, farm, group
from tests.portfolio.portfolios import at_random, cases_of, here
from tests.worked_examples.optimum import usd

PAYS = 0.4  # USD/MWh
METHODS = ("together", "by_prices")


def found(method: str, cases: tuple[SiteCase, ...], shared: Shared) -> Coupled:
    answer = here(cases, shared)
    first = answer(np.zeros(len(shared.limit)))
    if method == "together":
        return together(cases, shared, sum(one.profit for one in first))
    return by_prices(cases, shared, first, answer)


def two(**more: object) -> tuple[SiteCase, ...]:
    """Ten machines of one MW that earn 1 USD in an hour at A, and 2 USD at B; two hours, with a call on B in one."""
    called = {"events": (call("07:00", "08:00", 4.0),)} if more.get("call") else {}
    return cases_of(
        conditions(farm(group(th=1000.0)), [PAYS, PAYS]), conditions(farm(group(th=2000.0), **called), [PAYS, PAYS])
    )


@pytest.mark.parametrize("method", METHODS)
def test_two_farms_under_a_ceiling(method: str) -> None:
    """By hand: of 12 MW, B's machines, which gain 1.6 USD in an hour, have 10 and A's, which gain 0.6, have 2: 17.2
    USD an hour. One MW more is worth 0.6. Without the ceiling both run in full, for 22. With a call that leaves B 4 MW
    in the second hour A has 8 there, and the ceiling lifts nothing of the call: 6.4 + 4.8 USD.
    """
    shared = Shared(np.array([12.0, 12.0]))
    best = found(method, two(), shared)
    assert (best.apart_usd, best.profit_usd, best.most_usd) == (usd(44), usd(2 * 17.2), pytest.approx(2 * 17.2))
    np.testing.assert_allclose(best.used, [[2, 2], [10, 10]], atol=1e-7)
    np.testing.assert_allclose(best.price, [0.6, 0.6], atol=1e-7)
    best = found(method, two(call=True), shared)
    assert best.profit_usd == pytest.approx(17.2 + 11.2)
    np.testing.assert_allclose(best.used, [[2, 8], [10, 4]], atol=1e-7)


@pytest.mark.parametrize("method", METHODS)
def test_two_farms_of_one_treasury(method: str) -> None:
    """By hand: 6 USD pay for 15 MWh, which B turns into 1.6 USD each: 24 USD, and 4 USD for each USD more. Without it
    both run through both hours, for 44.
    """
    best = found(method, two(), Shared(None, 6.0))
    assert best.profit_usd == pytest.approx(24.0)
    np.testing.assert_allclose(best.used, [[0], [6]], atol=1e-7)
    assert best.price == pytest.approx([4.0])
    assert best.apart_usd == usd(44)


def test_what_all_want_fits() -> None:
    """Where nothing binds each is left what it can use at most, and nothing is worth more."""
    cases, shared = two(), Shared(np.array([25.0, 20.0]))
    best = coupled(cases, shared, here(cases, shared))
    assert (best.profit_usd, best.price.tolist()) == (usd(44), [0.0, 0.0])
    np.testing.assert_allclose(best.shares(shared, room(cases, shared)), [[12.5, 10], [12.5, 10]])


@pytest.mark.parametrize("method", METHODS)
def test_more_than_there_is_is_told_with_when_and_how_much(method: str) -> None:
    cases = cases_of(*[conditions(farm(site={"auxiliary_load_mw": 3.0}), [PAYS, PAYS]) for _ in range(2)])
    told = "2026-02-11 07:00 to 08:00 UTC: the sites must import 6 MW, the ceiling is 5 MW"
    with pytest.raises(InfeasibleError, match=told):
        found(method, cases, Shared(np.array([6.0, 5.0])))
    told = "energy costs 4.80 USD at least, the treasury has 4.00 USD"
    with pytest.raises(InfeasibleError, match=told):
        found(method, cases, Shared(None, 4.0))


def by_others(cases: tuple[SiteCase, ...], shared: Shared) -> float:
    """The optimum of all sites at once: matrices put side by side by SciPy, and its own solver."""
    programs = [compile_program(build_problem(case.conditions)) for case in cases]
    uses = []
    for case, p in zip(cases, programs, strict=True):
        c, n = case.conditions, len(case.conditions.grid)
        use = np.zeros((len(shared.limit), p.shape[1]))
        imported, spot = p.columns["grid_import"].span, p.columns["spot_mw"].span
        if shared.ceiling_mw is not None:
            use[:n, imported] = np.eye(n)
        if shared.treasury_usd is not None:
            use[-1, spot] = c.grid.hours * c.market.energy_price_usd_per_mwh
            use[-1, imported] = c.grid.hours * c.market.adders_usd_per_mwh
        uses.append(use)
    matrix = block_diag([csr_array((p.coefficients, p.indices, p.starts), shape=p.shape) for p in programs])
    rows = vstack([matrix, -matrix, np.hstack(uses)])
    upper = np.concatenate([p.row_upper for p in programs])
    lower = np.concatenate([p.row_lower for p in programs])
    limits = np.concatenate([upper, -lower, shared.limit])
    kept = np.isfinite(limits)
    bounds = [(a, b) for p in programs for a, b in zip(p.col_lower, p.col_upper, strict=True)]
    solved = linprog(-np.concatenate([p.cost for p in programs]), csr_array(rows)[kept], limits[kept], bounds=bounds)
    assert solved.status == 0, solved.message
    return float(-solved.fun + sum(p.offset for p in programs))


@pytest.mark.parametrize("seed", range(8))
def test_the_optimum_is_that_of_one_program(seed: int) -> None:
    """By both methods; and the sites' own optima within their shares add up to it."""
    cases, shared = at_random(np.random.default_rng(seed))
    expected = by_others(cases, shared)
    for method in METHODS:
        best = found(method, cases, shared)
        assert best.profit_usd == pytest.approx(expected, rel=1e-6, abs=1e-6)
        assert expected <= best.most_usd + 1e-6 * max(abs(expected), 1.0)
        assert best.most_usd == pytest.approx(expected, rel=1e-6, abs=1e-6), "the bound certifies it"
        shares = best.shares(shared, room(cases, shared))
        assert (shares.sum(axis=0) <= shared.limit + 1e-6).all()
        left = [shared.leaving(case.conditions, share) for case, share in zip(cases, shares, strict=True)]
        alone = sum(settle(c, dispatch_of(optimum(compile_program(build_problem(c))))).profit for c in left)
        assert alone == pytest.approx(expected, rel=1e-5, abs=1e-3)  # without the solver's tie-break
        whole = [plan_conditions(c) for c in left]
        imported = sum(plan.settled.import_mw for plan in whole)
        assert shared.ceiling_mw is None or (imported <= shared.ceiling_mw + 1e-6).all()


def test_a_large_portfolio_is_decomposed(monkeypatch: pytest.MonkeyPatch) -> None:
    cases, shared = two(), Shared(np.array([12.0, 12.0]))
    asked: list[str] = []
    for method in METHODS:
        original = getattr(coupling, method)
        monkeypatch.setattr(coupling, method, lambda *a, m=method, f=original: (asked.append(m), f(*a))[1])
    one = coupled(cases, shared, here(cases, shared))
    monkeypatch.setattr(coupling, "ONE_PROGRAM", 1)
    other = coupled(cases, shared, here(cases, shared))
    assert asked == list(METHODS)
    assert other.profit_usd == pytest.approx(one.profit_usd)
