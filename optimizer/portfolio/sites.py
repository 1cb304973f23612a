"""What a portfolio is planned from: the conditions of every site, and what all of them share on these intervals."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np

from optimizer.accounts.conditions import Conditions
from optimizer.accounts.ledger import declarations
from optimizer.accounts.limits import ABOVE_ALL_USD_PER_MWH
from optimizer.arrays import F
from optimizer.errors import InputError
from optimizer.files.digest import digest
from optimizer.market.grid import Grid, grid_of
from optimizer.market.quantities import limits_of
from optimizer.market.series import on_grid, read_series
from optimizer.plan.reading import conditions_of, judge_state
from optimizer.portfolio.language import Portfolio
from optimizer.portfolio.load import Loaded

_ABOVE_ALL_USD = 1e4  # what a USD that is not in the treasury costs a search: more than any USD of energy can earn


@dataclass(frozen=True)
class SiteCase:
    """One site of a portfolio, by its name."""

    name: str
    conditions: Conditions


@dataclass(frozen=True)
class Shared:
    """What sites have together: MW over the intervals of their plans, (intervals,), and USD; None where nothing is.

    Its rows are those of the ceiling, one for each interval, then that of the treasury.
    """

    ceiling_mw: F | None = None
    treasury_usd: float | None = None

    @property
    def limit(self) -> F:
        """What there is of each row: MW, then USD, (rows,)."""
        parts = [np.zeros(0) if self.ceiling_mw is None else self.ceiling_mw]
        return np.concatenate([*parts, [] if self.treasury_usd is None else [self.treasury_usd]])

    def beyond_usd(self, hours: F) -> F:
        """What one more of a row costs a search, which finds so whether there is enough, USD, (rows,)."""
        ceiling = np.zeros(0) if self.ceiling_mw is None else ABOVE_ALL_USD_PER_MWH * hours
        return np.concatenate([ceiling, [] if self.treasury_usd is None else [_ABOVE_ALL_USD]])

    def leaving(self, c: Conditions, share: F) -> Conditions:
        """A site that keeps to its share of each row, (rows,)."""
        import_mw = None if self.ceiling_mw is None else share[: c.planned]
        energy_usd = None if self.treasury_usd is None else float(share[-1])
        for held in declarations("share"):
            c = held(c, import_mw, energy_usd)
        return c


def read_sites(
    loaded: Loaded,
    *,
    start: datetime | None = None,
    hours: float | None = None,
    counted: Callable[[int, int], None] = lambda _done, _of: None,
) -> tuple[tuple[SiteCase, ...], Shared]:
    """The conditions of every site, and what they share. ``start`` and ``hours`` go before those of the files.

    Raises InputError, or MissingDataError, naming the site; InputError where sites that share something are planned
    over different intervals.
    """
    portfolio, cases = loaded.portfolio, []
    start, hours = start or portfolio.start, hours or portfolio.hours
    start = None if start is None else portfolio.at(start)
    for i, (site, farm) in enumerate(zip(portfolio.sites, loaded.farms, strict=True)):
        grid = grid_of(farm, start, hours)
        judge_state(farm.state, farm, grid)
        cases.append(SiteCase(site.name, conditions_of(farm, loaded.folder(i), grid)))
        counted(i + 1, len(loaded.farms))
    return tuple(cases), shared_on(loaded, cases)


def shared_on(loaded: Loaded, cases: Sequence[SiteCase]) -> Shared:
    """What a portfolio shares on the intervals of its sites."""
    portfolio, grid = loaded.portfolio, cases[0].conditions.grid
    if not portfolio.couples:
        return Shared()
    judge_intervals(cases)
    treasury = None if portfolio.treasury is None else portfolio.treasury.energy_usd
    return Shared(_ceiling_mw(loaded, grid), treasury)


def judge_intervals(cases: Sequence[SiteCase]) -> None:
    """Refuse sites that share something over different intervals. Raises InputError."""
    for case in cases[1:]:
        if not _same(cases[0].conditions.grid, case.conditions.grid):
            raise InputError(
                f"{cases[0].name} and {case.name} share what is there, but are planned over different intervals: "
                "give `start` and `hours` in the portfolio file and the same horizon in their files"
            )


def _same(one: Grid, other: Grid) -> bool:
    return one.starts.equals(other.starts) and np.array_equal(one.hours, other.hours)


def _ceiling_mw(loaded: Loaded, grid: Grid) -> F | None:
    ceiling, file = loaded.portfolio.import_ceiling_mw, loaded.ceiling_file
    if file is None:
        return None if ceiling is None else np.full(len(grid), float(ceiling))  # type: ignore[arg-type]
    limits = limits_of(Portfolio.model_fields["import_ceiling_mw"].annotation)
    series = read_series(loaded.path.parent / file.file, file, loaded.portfolio.timezone, within=grid, limits=limits)
    return on_grid(series, grid)


def portfolio_digest(cases: Sequence[SiteCase], shared: Shared, report: bool) -> str:
    """What the results of a portfolio follow from; ``report``: whether each site's page is among them."""
    sites = [(case.name, c.farm, c.market, c.rest, c.tail, c.state) for case in cases for c in [case.conditions]]
    return digest(*sites, shared, report)
