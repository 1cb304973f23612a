"""One site's program under prices on what is shared: the best answer to them, and what that uses."""

from __future__ import annotations

import threading
from collections import OrderedDict
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from optimizer.arrays import F, Int
from optimizer.engine.program import LinearProgram, compile_program
from optimizer.engine.session import solve_from
from optimizer.errors import InfeasibleError
from optimizer.plan.formulation import build_problem
from optimizer.plan.planning import plan_conditions
from optimizer.plan.tail import to_the_end
from optimizer.portfolio.sites import Shared, SiteCase

MOST_KEPT = 1_000_000  # columns of programs that a worker keeps between one price and the next


@dataclass(frozen=True)
class Use:
    """What a program's columns use of the rows that are shared, as entries of a sparse matrix."""

    rows: Int
    columns: Int
    coefficients: F
    n: int

    def of(self, x: F) -> F:
        """Use of each row at column values, (rows,)."""
        return np.bincount(self.rows, self.coefficients * x[self.columns], self.n).astype(np.float64, copy=False)

    def charged(self, price: F, n_columns: int) -> F:
        """What prices of the rows charge the columns, USD, (columns,)."""
        weights = self.coefficients * price[self.rows]
        return np.bincount(self.columns, weights, n_columns).astype(np.float64, copy=False)


@dataclass(frozen=True)
class Priced:
    """An answer of a site to prices: profit of its own, USD, what it uses of each row, (rows,).

    ``most`` is what no answer exceeds, the prices paid, USD; ``columns`` is how large the program is.
    """

    site: int
    profit: float
    used: F
    most: float
    columns: int


@dataclass(frozen=True)
class SiteProgram:
    """A site's program, its tail in it, and what it uses of what is shared."""

    program: LinearProgram
    use: Use


def site_program(case: SiteCase, shared: Shared) -> SiteProgram:
    """The program of a site by itself.

    The ceiling is used by import; the treasury by what is bought at spot and by import, at price and adders.
    """
    whole, n = to_the_end(case.conditions), len(case.conditions.grid)
    problem = build_problem(whole)
    program = compile_program(problem)
    at, hours = np.arange(n), whole.grid.hours[:n]
    imported = program.columns["grid_import"].first + at
    entries: list[tuple[Int, Int, F]] = []
    if shared.ceiling_mw is not None:
        entries.append((at, imported, np.ones(n)))
    if shared.treasury_usd is not None:
        last = np.full(n, len(shared.limit) - 1)
        spot = program.columns["spot_mw"].first + at
        entries.append((last, spot, hours * problem.parameters["energy_usd_per_mwh"][:n]))
        entries.append((last, imported, hours * problem.parameters["adders_usd_per_mwh"][:n]))
    rows, columns, coefficients = (np.concatenate(part) for part in zip(*entries, strict=True))
    return SiteProgram(program, Use(rows, columns, coefficients, len(shared.limit)))


class _Kept:
    """Programs of this worker and the bases of their own optima, the oldest let go first."""

    def __init__(self, cases: tuple[SiteCase, ...], shared: Shared) -> None:
        self.of = cases, shared
        self.sites: OrderedDict[int, tuple[SiteProgram, Any]] = OrderedDict()

    def get(self, site: int) -> tuple[SiteProgram, Any]:
        if site not in self.sites:
            cases, shared = self.of
            made = site_program(cases[site], shared)
            try:
                self.sites[site] = made, solve_from(made.program, None).basis
            except InfeasibleError:
                plan_conditions(cases[site].conditions)  # says which limits collide
                raise
        self.sites.move_to_end(site)
        while len(self.sites) > 1 and sum(one.program.shape[1] for one, _ in self.sites.values()) > MOST_KEPT:
            self.sites.popitem(last=False)
        return self.sites[site]


_local = threading.local()  # solvers are not to be shared by threads, and Dask workers may have several


def answered(cases: tuple[SiteCase, ...], shared: Shared, site: int, price: F) -> Priced:
    """A site's best answer to prices of the rows that are shared, USD, (rows,). Raises the errors of a plan.

    Each is sought from the site's own optimum, so that it is the same whichever worker is asked, and after what.
    """
    kept: _Kept | None = getattr(_local, "kept", None)
    if kept is None or kept.of[0] is not cases or kept.of[1] is not shared:
        kept = _local.kept = _Kept(cases, shared)
    of, basis = kept.get(site)
    own = of.program
    priced = replace(own, cost=own.cost - of.use.charged(price, own.shape[1]))
    solution = solve_from(priced, (own, basis))
    profit = float((own.cost * solution.x).sum()) + own.offset
    return Priced(site, profit, of.use.of(solution.x), solution.bound, own.shape[1])
