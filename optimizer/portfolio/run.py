"""A portfolio from beginning to end: shares where anything is shared, then every site's plan, kept as it is made."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from optimizer.arrays import F
from optimizer.errors import (
    CurtailError,
    InfeasibleError,
    InputError,
    MissingDataError,
    RuleBrokenError,
    StoppedEarlyError,
)
from optimizer.files.pool import Workers, workers_on
from optimizer.portfolio.coupling import Coupled, coupled
from optimizer.portfolio.priced import Priced
from optimizer.portfolio.sites import Shared, SiteCase
from optimizer.portfolio.store import PortfolioStore
from optimizer.portfolio.work import AtPrice, InShare, SitePlan, Task, portfolio_job

Counted = Callable[[int, int], None]
_MW = 1e-5  # what sums of imports may miss a ceiling by
_CENT = 0.01
_ERRORS = (CurtailError, InputError, InfeasibleError, StoppedEarlyError, MissingDataError)
_BY_CODE = {error.exit_code: error for error in _ERRORS}


def _uncounted(_done: int, _of: int) -> None:
    """Show nothing."""


@dataclass(frozen=True)
class PortfolioResult:
    """The plans of all sites, in their order, without their files, and what couples them, if anything does."""

    cases: tuple[SiteCase, ...]
    shared: Shared
    coupled: Coupled | None
    outcomes: tuple[SitePlan, ...]

    @property
    def profit_usd(self) -> float:
        """USD of all sites, in whole cents."""
        return sum(round(100 * one.profit_usd) for one in self.outcomes) / 100

    @property
    def proved(self) -> bool:
        """Whether every site's plan was proved best within its share."""
        return all(one.proved for one in self.outcomes)

    @property
    def import_mw(self) -> F:
        """MW of all sites together, (intervals,); for sites on the same intervals."""
        total: F = np.sum([one.import_mw for one in self.outcomes], axis=0)
        return total


def run_portfolio(
    cases: tuple[SiteCase, ...],
    shared: Shared,
    store: PortfolioStore,
    *,
    workers: int = 1,
    dask: str | None = None,
    report: bool = True,
    counted: Counted = _uncounted,
) -> PortfolioResult:
    """Plan every site that ``store`` does not hold yet, within its share where anything is shared.

    ``workers`` processes of this machine (1: none but this one) or the cluster at ``dask`` do it; the results are the
    same. Killed at any moment, the same call goes on from where the store ends. Raises the worst error of the sites,
    each named, and InfeasibleError where they need more than is shared.
    """
    there = {one.site for one in store.outcomes()}
    missing = [site for site in range(len(cases)) if site not in there]
    counted(len(there), len(cases))
    coupling, failures = store.coupled, list[SitePlan]()
    if missing:
        with workers_on(portfolio_job(cases, shared), workers, dask) as doing:
            if coupling is None and len(shared.limit):
                coupling = coupled(cases, shared, lambda price: answers(doing, cases, price))
                store.keep(coupling)
            shares = None if coupling is None else coupling.shares(shared, room(cases, shared))
            tasks = [InShare(site, None if shares is None else shares[site], report) for site in missing]
            for done, outcome in enumerate(_each(doing, tasks), start=len(there) + 1):
                assert isinstance(outcome, SitePlan)
                if outcome.failure is None:
                    store.add(outcome)
                else:
                    failures.append(outcome)
                counted(done, len(cases))
    raise_worst(cases, failures)
    result = PortfolioResult(cases, shared, coupling, tuple(store.outcomes()))
    _judge(result)
    return result


def answers(doing: Workers[Task, Priced | SitePlan], cases: Sequence[SiteCase], price: F) -> list[Priced]:
    """The answers of all sites to prices, in their order. Raises the errors of the sites that have none."""
    outcomes = list(_each(doing, [AtPrice(site, price) for site in range(len(cases))]))
    raise_worst(cases, [one for one in outcomes if isinstance(one, SitePlan)])
    return sorted((one for one in outcomes if isinstance(one, Priced)), key=lambda one: one.site)


def _each(doing: Workers[Task, Priced | SitePlan], tasks: Sequence[Task]) -> Iterator[Priced | SitePlan]:
    for chunk in doing.results([task] for task in tasks):
        yield from chunk


def room(cases: Sequence[SiteCase], shared: Shared) -> F:
    """What each site could use of each row at most, (sites, rows); of a treasury all alike."""
    treasury = [] if shared.treasury_usd is None else [abs(shared.treasury_usd) + 1.0]
    ceiling = 0 if shared.ceiling_mw is None else len(shared.ceiling_mw)
    return np.array([[*case.conditions.most_import_mw[:ceiling], *treasury] for case in cases])


def raise_worst(cases: Sequence[SiteCase], failures: Sequence[SitePlan]) -> None:
    """Raise what is wrong with sites, in the class of the worst."""
    if failures:
        worst = min(failures, key=lambda one: (one.exit_code == InfeasibleError.exit_code, one.exit_code))
        lines = [f"{cases[one.site].name}: {one.failure}" for one in sorted(failures, key=lambda one: one.site)]
        raise _BY_CODE.get(worst.exit_code, CurtailError)("\n".join(lines))


def _judge(result: PortfolioResult) -> None:
    """Whether the plans keep together to what is shared; that they do follows from the shares."""
    ceiling, treasury = result.shared.ceiling_mw, result.shared.treasury_usd
    if ceiling is not None and (result.import_mw > ceiling + _MW).any():
        raise RuleBrokenError("the finished plans import more than the ceiling")
    spent = -sum(one.usd["energy"] + one.usd["adders"] for one in result.outcomes)
    if treasury is not None and spent > treasury + _CENT * len(result.cases):
        raise RuleBrokenError("the finished plans spend more than the treasury")
