"""The figures of a portfolio as they are shown: in whole cents, so that rows and columns add up."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from optimizer.portfolio.run import PortfolioResult
from optimizer.portfolio.work import SitePlan

_CENTS = 100


def in_cents(usd: Mapping[str, float], total_usd: float) -> dict[str, int]:
    """Amounts in whole cents that add up to the total's: each is rounded down or up, those with the most lost up.

    >>> in_cents({"a": 0.014, "b": 0.014, "c": -0.01}, 0.02)
    {'a': 2, 'b': 1, 'c': -1}
    """
    exact = {line: _CENTS * value for line, value in usd.items()}
    down = {line: int(np.floor(value)) for line, value in exact.items()}
    left = round(_CENTS * total_usd) - sum(down.values())
    most = sorted(exact, key=lambda line: (down[line] - exact[line], line))
    step = 1 if left >= 0 else -1
    for k in range(abs(left)):
        down[most[k % len(most)]] += step
    return down


def portfolio_figures(result: PortfolioResult, name: str) -> dict[str, Any]:
    """The portfolio as plain data; USD with cents. Sites' lines add up to their profits, sites to the total."""
    sites = [_site(result, one) for one in result.outcomes]
    lines = dict.fromkeys(line for site in sites for line in site["usd"])
    cents = {line: sum(round(_CENTS * site["usd"].get(line, 0.0)) for site in sites) for line in lines}
    keys = dict.fromkeys(key for one in result.outcomes for key in one.figures)
    return {
        "portfolio": name,
        "sites": sites,
        "total": {
            "profit_usd": result.profit_usd,
            "usd": {line: value / _CENTS for line, value in cents.items()},
            **{key: round(sum(site.get(key, 0.0) for site in sites), 8) for key in keys},
        },
        "shared": _shared(result),
        "proved_optimal": result.proved,
    }


def _site(result: PortfolioResult, one: SitePlan) -> dict[str, Any]:
    cents = in_cents(one.usd, one.profit_usd)
    return {
        "name": result.cases[one.site].name,
        "farm": result.cases[one.site].conditions.farm.name,
        "profit_usd": one.profit_usd,
        "usd": {line: value / _CENTS for line, value in cents.items() if value},
        **one.figures,
        "proved_optimal": one.proved,
    }


def _shared(result: PortfolioResult) -> dict[str, Any] | None:
    """What sharing costs, and how near the plans are to the best there is; None where nothing is shared.

    What the tails earn after the plans is taken off.
    """
    coupling, c = result.coupled, result.cases[0].conditions
    if coupling is None:
        return None
    n, tails = len(c.grid), sum(one.tail_usd for one in result.outcomes)
    plain: dict[str, Any] = {
        "continuous_usd_if_nothing_were_shared": round(coupling.apart_usd - tails, 2),
        "continuous_usd": round(coupling.profit_usd - tails, 2),
        "most_usd_proved": round(coupling.most_usd - tails, 2),
        "cost_of_sharing_usd": round(coupling.apart_usd - coupling.profit_usd, 2) + 0.0,
    }
    if result.shared.ceiling_mw is not None:
        binds = coupling.price[:n] > 0.0
        plain["hours_ceiling_binds"] = round(float(c.grid.hours @ binds), 4)
        plain["highest_price_of_ceiling_usd_per_mwh"] = round(float((coupling.price[:n] / c.grid.hours).max()), 4)
    if result.shared.treasury_usd is not None:
        spent = -sum(one.usd["energy"] + one.usd["adders"] for one in result.outcomes)
        plain |= {
            "treasury_usd": result.shared.treasury_usd,
            "spent_usd": round(spent, 2),
            "usd_earned_by_one_more": round(float(coupling.price[-1]), 6),
        }
    return plain
