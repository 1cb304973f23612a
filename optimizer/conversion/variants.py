"""The variants a board compares: mine only, each offer in part and in full, and the best plan; and their figures.

These are the paths of the industry in February 2026: convert none, part or all of the site.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from optimizer.conversion.account import Returns, StudyAccount, returns_over
from optimizer.conversion.case import Case, StudySite, case_of
from optimizer.conversion.choices import VariantRules
from optimizer.conversion.paths import Paths, central
from optimizer.conversion.returns import cvar
from optimizer.conversion.solving import solve_case
from optimizer.conversion.storm import StormWeek, storm_of
from optimizer.errors import InfeasibleError

MINE_ONLY = "mine only"
BEST = "best plan"
_ANY_USD = 1e12  # more equity than any site takes


Path = Literal["none", "part", "all", "best"]


@dataclass(frozen=True)
class Variant:
    """A way to go: a name, how much it converts, the offer it takes up, and what it may decide."""

    name: str
    path: Path
    offer: str | None
    rules: VariantRules


@dataclass(frozen=True, eq=False)
class VariantResult:
    """A variant with its account; ``beyond_means`` where it needs more equity than can be raised."""

    variant: Variant
    account: StudyAccount
    beyond_means: bool


@dataclass(frozen=True)
class VariantFigures:
    """What a board asks of a variant, on the central path; USD unless said otherwise.

    converted_mw: critical MW in all. mw_by_year: (machines running at the most, tenant load) at the meter per year.
    curtailment_usd: paid for flexibility and saved by stopping in dear hours, undiscounted; penalties_usd: service
    credits and backup fuel. standing_mw: machines that stand at the end of each year, by group. storm: None where the
    study's year has none.
    """

    npv: float
    over_mining: Returns
    converted_mw: float
    capex_usd: float
    cash_low_usd: float
    btc_sold: float
    equity_usd: float
    debt_most_usd: float
    btc_mined: float
    curtailment_usd: float
    penalties_usd: float
    mw_by_year: tuple[tuple[float, float], ...]
    standing_mw: dict[str, tuple[float, ...]]
    storm: StormWeek | None


def variants_of(case: Case) -> tuple[Variant, ...]:
    """Mine only, each offer in part and in full, the best plan."""
    made = [Variant(MINE_ONLY, "none", None, VariantRules(converted={}))]
    part = case.site.study.part_share
    for o, offer in enumerate(case.offers):
        most = float(case.offer_mw[o])
        made.append(Variant(f"{offer.name}, in part", "part", offer.name, VariantRules(converted={o: part * most})))
        made.append(Variant(f"{offer.name}, in full", "all", offer.name, VariantRules(converted={o: most})))
    return (*made, Variant(BEST, "best", None, VariantRules()))


def without_equity_limit(site: StudySite) -> StudySite:
    """The same site where any amount of equity can be raised, at its cost."""
    money = site.study.money
    equity = money.equity.model_copy(update={"most_usd": _ANY_USD})
    study = site.study.model_copy(update={"money": money.model_copy(update={"equity": equity})})
    return replace(site, study=study)


def find(case: Case, variant: Variant, *, shared: int = 0, shared_conversions: int = 0) -> VariantResult:
    """The best a variant can do; one that cannot be paid for is told with all the equity it takes."""
    rules = replace(variant.rules, shared=shared, shared_conversions=shared_conversions)
    try:
        return VariantResult(variant, solve_case(case, rules, reason=False).account, beyond_means=False)
    except InfeasibleError:
        lifted = replace(case, site=without_equity_limit(case.site))
        return VariantResult(variant, solve_case(lifted, rules).account, beyond_means=True)


def find_all(site: StudySite, paths: Paths | None = None) -> tuple[VariantResult, ...]:
    """Every variant, on the central path unless told otherwise."""
    case = case_of(site, paths or central(site.timeline))
    return tuple(find(case, variant) for variant in variants_of(case))


def variant_figures(result: VariantResult, mining: StudyAccount) -> VariantFigures:
    """The figures of a variant on the central path, gains over mining only."""
    account, case, d = result.account, result.account.case, result.account.decisions
    energy = d.running_mw * case.block_hours[:, None, :, None]
    debt = np.cumsum((d.drawn_usd - d.repaid_usd).sum(axis=0), axis=0)
    return VariantFigures(
        npv=account.expected_npv,
        over_mining=returns_over(account, mining),
        converted_mw=float(d.converted_mw.sum()),
        capex_usd=-float(account.lines["capex"].sum()),
        cash_low_usd=float(account.cash_usd.min()),
        btc_sold=float(d.btc_sold.sum()),
        equity_usd=float(d.equity_usd.sum()),
        debt_most_usd=float(debt.max(initial=0.0)),
        btc_mined=float((energy * case.btc_per_mwh).sum()),
        curtailment_usd=curtailment_income(account),
        penalties_usd=-float((account.lines["service_credits"] + account.lines["backup_fuel"]).sum()),
        mw_by_year=_mw_by_year(account),
        standing_mw=_standing_mw(account),
        storm=storm_of(account),
    )


def curtailment_income(account: StudyAccount) -> float:
    """What load that can stop earns, USD: payments of the grid, and losses not made by stopping in dear hours."""
    case, d = account.case, account.decisions
    loss = np.maximum(case.power_usd_per_mwh[:, None] - case.hash_usd_per_mwh, 0.0)
    stopped = d.running_mw.max(axis=0, initial=0.0) - d.running_mw  # what runs when power is cheap, and does not here
    saved = float((loss * stopped * case.block_hours[:, None, :, None]).sum())
    return saved + float((account.lines["capacity_payment"] + account.lines["cut_payment"]).sum())


def _mw_by_year(account: StudyAccount) -> tuple[tuple[float, float], ...]:
    case, d = account.case, account.decisions
    running = d.running_mw.sum(axis=1).max(axis=0)[:, 0]
    tenants = np.einsum("vqs,vs->qs", case.vintages.drawn_mw, d.converted_mw)[:, 0]
    years, weight = case.timeline.calendar_years(), case.timeline.years
    return tuple(
        (float(np.average(running[years == y], weights=weight[years == y])), float(np.average(tenants[years == y])))
        for y in range(1, int(years.max()) + 1)
    )


def _standing_mw(account: StudyAccount) -> dict[str, tuple[float, ...]]:
    years = account.case.timeline.calendar_years()
    last = [int(np.flatnonzero(years == year)[-1]) for year in range(1, int(years.max()) + 1)]
    standing = np.maximum(account.decisions.machines_mw[:, last, 0], 0.0)  # the solver's last digits taken off
    return {name: tuple(row) for name, row in zip(account.case.site.groups.names, standing.tolist(), strict=True)}


@dataclass(frozen=True)
class BitcoinCost:
    """What a bitcoin costs in the first year of mining only, USD: three ways to run, against its price.

    power_always and power_flexible: power alone, running always and stopping in dear hours; all_in: of running always,
    with upkeep, the site and the loss of the machines' value.
    """

    btc_price: float
    power_always: float
    power_flexible: float
    all_in: float


def bitcoin_cost(site: StudySite) -> BitcoinCost | None:
    """The cost of a bitcoin on the central path; None for a fleet that mines none."""
    case = case_of(site, central(site.timeline))
    account = find(case, variants_of(case)[0]).account
    first = case.timeline.calendar_years() == 1
    years, groups = case.timeline.years[first], site.groups
    hours = case.block_hours[:, first]
    own = groups.mw * (groups.th_per_mw > 0)
    own_mw = own * min(1.0, site.site_mw / max(float(groups.mw.sum()), 1e-9))
    mined = float(np.einsum("g,bq,gq->", own_mw, hours, case.btc_per_mwh[:, first, 0]))
    energy = account.decisions.running_mw[:, :, first, 0] * (groups.th_per_mw > 0)[:, None] * hours[:, None]
    flexibly = float((energy * case.btc_per_mwh[:, first, 0]).sum())
    if mined <= 0.0 or flexibly <= 0.0:
        return None
    power = float(own_mw.sum() * (hours * case.power_usd_per_mwh[:, first, 0]).sum())
    spent = float((energy * case.power_usd_per_mwh[:, first, 0][:, None]).sum())
    worn = float((groups.resale_usd_per_mw * own_mw).sum() * -groups.resale_growth * years.sum())
    standing = site.study.machines.upkeep_usd_per_mw_year * float(own_mw.sum() * years.sum())
    fixed = site.study.money.site_usd_per_year * float(years.sum())
    price = float(np.average(case.btc_usd[first, 0], weights=years))
    return BitcoinCost(price, power / mined, spent / flexibly, (power + standing + fixed + worn) / mined)


def worst(result: VariantResult, tail: float) -> float:
    """CVaR of a variant's NPV over its paths."""
    return cvar(result.account.npv, result.account.case.paths.probability, tail)
