"""The whole study: variants, flips, what moves them, other fleets, and what is uncertain."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from optimizer.conversion.case import Change, Site
from optimizer.conversion.flips import QUANTITIES, Asker, Flip, best_flip, full_flip, of_fleet
from optimizer.conversion.load import Read
from optimizer.conversion.sensitivity import Cell, Swing, heat_map, tornado
from optimizer.conversion.uncertain import Uncertain, decide
from optimizer.conversion.variants import BitcoinCost, Figures, Found, bitcoin_cost, figures, find_all
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

    site: Site
    found: tuple[Found, ...]
    figures: tuple[Figures, ...]
    offer: int
    full_flips: tuple[tuple[Flip, ...], ...]  # by offer
    best_flips: tuple[Flip, ...]
    swings: tuple[Swing, ...]
    heat: tuple[tuple[Cell, ...], ...]
    fleets: tuple[FleetAnswer, ...]
    uncertain: Uncertain | None

    @property
    def hashprice(self) -> float:
        """USD per PH/s and day at the start, before the pool's fee."""
        bitcoin = self.site.study.bitcoin
        return hashprice(
            bitcoin.price_usd, bitcoin.difficulty, subsidy_on(self.site.timeline.start), bitcoin.fees_btc_per_block
        )


def answer(read: Read, progress: Callable[[str], None]) -> Answer:
    """Run a study. Raises SolverError; InfeasibleError where even mining only cannot be paid for at any price."""
    site = read.site
    progress("comparing ways to go")
    found = find_all(site)
    told = tuple(figures(entry, found[0].account) for entry in found)
    in_full = [i for i, entry in enumerate(found) if entry.variant.name.endswith("in full")]
    offer = max(range(len(in_full)), key=lambda o: told[in_full[o]].npv)
    ask = Asker(site)
    progress("looking for flips")
    full = tuple(tuple(full_flip(ask, o, quantity) for quantity in QUANTITIES) for o in range(len(in_full)))
    best = tuple(best_flip(ask, quantity) for quantity in QUANTITIES)
    progress("moving one thing at a time")
    swings, heat = tornado(ask, offer), heat_map(ask)
    progress("asking other fleets")
    fleets = [_fleet(site, site.name, offer)]
    fleets += [_fleet(of_fleet(site, groups), name, offer) for name, groups in read.fleets.items()]
    progress("deciding before the paths are known")
    return Answer(site, found, told, offer, full, best, swings, heat, tuple(fleets), decide(site))


def _fleet(site: Site, name: str, offer: int) -> FleetAnswer:
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
