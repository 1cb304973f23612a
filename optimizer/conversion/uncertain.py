"""Deciding before the paths are known: expected value, the worst paths, what waiting and knowing are worth."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from optimizer.arrays import F
from optimizer.conversion.case import Case, StudySite, case_of
from optimizer.conversion.choices import VariantRules
from optimizer.conversion.paths import paths_of
from optimizer.conversion.returns import cvar
from optimizer.conversion.variants import BEST, Variant, VariantResult, find, variants_of


@dataclass(frozen=True, eq=False)
class Spread:
    """A variant over the paths: its NPV on each, their mean, and the mean of the worst share of them, USD."""

    name: str
    npv: F
    expected: float
    cvar: float
    beats_mining: float  # probability
    beyond_means: bool
    converted_mw: float  # expected, critical MW


@dataclass(frozen=True)
class Uncertain:
    """Expected NPV of five ways to decide, USD.

    ``mine_only``; ``commit``: every conversion is decided today for all paths; ``wait``: none begins before the paths
    are known, then each path has its own; ``best``: what begins before is the same on all paths, what begins later is
    not; ``knowing``: the path were known today. Always commit, wait <= best <= knowing.
    """

    spreads: tuple[Spread, ...]
    mine_only: float
    commit: float
    wait: float
    best: float
    knowing: float
    now_mw: float  # critical MW that the best plan begins before the paths are known
    paths: tuple[str, ...]
    probability: F

    @property
    def value_of_waiting(self) -> float:
        """What waiting earns more than deciding today for good; a loss where it is below zero."""
        return self.wait - self.commit

    @property
    def value_of_information(self) -> float:
        """What knowing the path today would be worth."""
        return self.knowing - self.best


def decide(site: StudySite) -> Uncertain | None:
    """The answers over a study's paths; None where it names none."""
    uncertainty = site.study.uncertainty
    if uncertainty is None:
        return None
    paths = paths_of(site.study, site.timeline)
    case, known = case_of(site, paths), min(uncertainty.known_after_quarters, site.timeline.decisions)
    periods = len(site.timeline)
    fixed = [v for v in variants_of(case) if v.path in ("none", "all")]
    results = [find(case, variant, shared=known, shared_conversions=periods) for variant in fixed]
    free = Variant(BEST, "best", None, VariantRules())
    best = find(case, free, shared=known, shared_conversions=known)
    commit = find(case, free, shared=known, shared_conversions=periods)
    wait = find(case, replace(free, rules=VariantRules(first=known)), shared=known, shared_conversions=known)
    alone = [find(case_of(site, paths.only(s)), free).account.expected_npv for s in range(len(paths))]
    mining, tail = results[0].account.npv, uncertainty.tail_share
    begun = best.account.decisions.converted_mw[case.vintages.start < known]
    return Uncertain(
        spreads=tuple(_spread(case, entry, mining, tail) for entry in (*results, best)),
        mine_only=results[0].account.expected_npv,
        commit=commit.account.expected_npv,
        wait=wait.account.expected_npv,
        best=best.account.expected_npv,
        knowing=float(paths.probability @ np.array(alone)),
        now_mw=float(begun.sum(axis=0) @ paths.probability),
        paths=paths.names,
        probability=paths.probability,
    )


def _spread(case: Case, result: VariantResult, mining: F, tail: float) -> Spread:
    npv, p = result.account.npv, case.paths.probability
    return Spread(
        name=result.variant.name,
        npv=npv,
        expected=float(p @ npv),
        cvar=cvar(npv, p, tail),
        beats_mining=float(p @ (npv > mining + 1.0)),
        beyond_means=result.beyond_means,
        converted_mw=float(result.account.decisions.converted_mw.sum(axis=0) @ p),
    )
