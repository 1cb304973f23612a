"""The whole study: variants, flips, what moves them, other fleets, and what is uncertain."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import as_completed
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from typing import Any

from optimizer.conversion.case import Change, StudySite
from optimizer.conversion.files.load import Read
from optimizer.conversion.flips import QUANTITIES, Asker, Flip, best_flip, full_flip, of_fleet
from optimizer.conversion.sensitivity import HeatPoint, Swing, heat_map, tornado
from optimizer.conversion.uncertain import Uncertain, decide
from optimizer.conversion.variants import (
    BitcoinCost,
    VariantFigures,
    VariantResult,
    bitcoin_cost,
    find_all,
    variant_figures,
)
from optimizer.errors import CurtailError
from optimizer.files.workers import worker_pool
from optimizer.market.hashprice import hashprice, subsidy_on


@dataclass(frozen=True)
class FleetAnswer:
    """One fleet: what a bitcoin costs it, what is decided today, and the price of BTC at which mining wins again.

    ``full`` is the flip of the offer that is worth most in full, against mining only; ``best`` that of the best plan.
    """

    name: str
    cost: BitcoinCost | None
    mining_npv: float
    best_npv: float
    best_mw: float
    full: Flip
    best: Flip


@dataclass(frozen=True, eq=False)
class Answer:
    """What a study found. ``offer`` is the position of the offer that is worth most in full."""

    site: StudySite
    results: tuple[VariantResult, ...]
    figures: tuple[VariantFigures, ...]
    offer: int
    full_flips: tuple[tuple[Flip, ...], ...]  # by offer
    best_flips: tuple[Flip, ...]
    swings: tuple[Swing, ...]
    heat: tuple[tuple[HeatPoint, ...], ...]
    fleets: tuple[FleetAnswer, ...]
    uncertain: Uncertain | None

    @property
    def hashprice(self) -> float:
        """USD per PH/s and day at the start, before the pool's fee."""
        bitcoin = self.site.study.bitcoin
        return hashprice(
            bitcoin.price_usd, bitcoin.difficulty, subsidy_on(self.site.timeline.start), bitcoin.fees_btc_per_block
        )


Progress = Callable[[int, int], None]


def answer(read: Read, *, workers: int = 1, progress: Progress = lambda _done, _of: None) -> Answer:
    """Run a study. The result does not depend on ``workers``, the number of processes.

    ``progress`` is told how many of how many parts are done. Raises SolverError; InfeasibleError where mining only
    cannot be paid for by any equity.
    """
    site = read.site
    results = find_all(site)
    by_variant = tuple(variant_figures(entry, results[0].account) for entry in results)
    in_full = [i for i, entry in enumerate(results) if entry.variant.path == "all"]
    offer = max(range(len(in_full)), key=lambda o: by_variant[in_full[o]].npv)
    fleets = {site.name: site} | {name: of_fleet(site, groups) for name, groups in read.fleets.items()}
    parts: list[_Part] = [(decide, (site,)), (_best, (site, offer))]
    parts += [(_full, (site, o)) for o in range(len(in_full))]
    parts += [(_fleet, (fleet, name, offer)) for name, fleet in fleets.items()]
    uncertain, (best, swings, heat), *rest = _run(parts, workers, progress)
    full, asked = rest[: len(in_full)], rest[len(in_full) :]
    return Answer(site, results, by_variant, offer, tuple(full), best, swings, heat, tuple(asked), uncertain)


_Part = tuple[Callable[..., Any], tuple[Any, ...]]


def _run(parts: list[_Part], workers: int, progress: Progress) -> list[Any]:
    """The results of functions with their arguments, in order; the longest come first and are begun first."""
    progress(0, len(parts))
    if workers == 1:
        made = []
        for function, arguments in parts:
            made.append(function(*arguments))
            progress(len(made), len(parts))
        return made
    with worker_pool(min(workers, len(parts))) as pool:
        try:
            futures = [pool.submit(function, *arguments) for function, arguments in parts]
            for done, future in enumerate(as_completed(futures), 1):
                future.result()
                progress(done, len(parts))
        except BrokenProcessPool:
            raise CurtailError("a worker process was killed, or ran out of memory; try fewer --workers") from None
        return [future.result() for future in futures]


def _full(site: StudySite, offer: int) -> tuple[Flip, ...]:
    ask = Asker(site)
    return tuple(full_flip(ask, offer, quantity) for quantity in QUANTITIES)


def _best(site: StudySite, offer: int) -> tuple[tuple[Flip, ...], tuple[Swing, ...], tuple[tuple[HeatPoint, ...], ...]]:
    ask = Asker(site)
    return (
        tuple(best_flip(ask, quantity) for quantity in QUANTITIES),
        tornado(ask, offer, site.study.ranges),
        heat_map(ask),
    )


def _fleet(site: StudySite, name: str, offer: int) -> FleetAnswer:
    ask = Asker(site)
    npv, converted = ask.best(Change())
    return FleetAnswer(
        name,
        bitcoin_cost(site),
        ask.npv(Change(), None),
        npv,
        converted,
        full_flip(ask, offer, "btc_price"),
        best_flip(ask, "btc_price"),
    )
