"""Where a decision flips: found by solving again, not read off a grid, on the central path.

Two questions. When is an offer in full worth as much as mining only? That is a root of the difference of two optima.
When does the best plan convert nothing any more? That is a change of a decision, closed in on from both sides.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache

from optimizer.conversion.case import Change, StudySite, case_of
from optimizer.conversion.choices import VariantRules
from optimizer.conversion.groups import Groups
from optimizer.conversion.paths import central
from optimizer.conversion.returns import root
from optimizer.conversion.solving import solve_case
from optimizer.conversion.variants import BEST, Variant, find, without_equity_limit

QUANTITIES = ("btc_price", "hashprice", "rent", "capex", "delay_months")
_FACTORS = (1.0, 1.25, 0.8, 1.6, 0.625, 2.0, 0.5, 3.0, 1.0 / 3.0, 5.0, 0.2, 10.0, 0.1)  # outward from today
_MOST_MONTHS = 60
_SOME_MW = 0.01  # less than this converted is nothing
_CLOSE = 1e-7  # how far apart both sides of a flip may lie, as a share


@dataclass(frozen=True)
class Flip:
    """Where a decision flips: the factor on today's value (or months of delay), both sides of it as they decide.

    ``below`` and ``above`` tell what is decided just below and just above; ``at`` is None where nothing up to a tenth
    or to ten times of today's value flips it, and both tell the same.
    """

    quantity: str
    at: float | None
    below: str
    above: str


class Asker:
    """Answers questions about one site with something changed, each once."""

    def __init__(self, site: StudySite) -> None:
        self._central = central(site.timeline)
        self._sites = {False: site, True: without_equity_limit(site)}
        self.npv = cache(self._npv)
        self.best = cache(self._best)

    def _npv(self, change: Change, offer: int | None) -> float:
        """NPV of an offer in full, or of mining only, whatever equity that takes."""
        case = case_of(self._sites[True], self._central, change)
        converted = {} if offer is None else {offer: float(case.offer_mw[offer])}
        return solve_case(case, VariantRules(converted=converted)).account.expected_npv

    def _best(self, change: Change) -> tuple[float, float]:
        """NPV of the best plan with the means there are, and the critical MW it converts."""
        result = find(case_of(self._sites[False], self._central, change), Variant(BEST, "best", None, VariantRules()))
        return result.account.expected_npv, float(result.account.decisions.converted_mw.sum())

    def gain(self, change: Change, offer: int) -> float:
        """What an offer in full earns more than mining only."""
        return self.npv(change, offer) - self.npv(_of_mining(change), None)


def _of_mining(change: Change) -> Change:
    """The same change without what does not touch mining, so that mining need not be solved again."""
    return replace(change, rent=1.0, capex=1.0, delay_months=0)


def full_flip(ask: Asker, offer: int, quantity: str) -> Flip:
    """Where an offer in full and mining only are worth the same."""

    def gain(value: float) -> float:
        return ask.gain(changed(quantity, value), offer)

    def words(value: float) -> str:
        return "host" if gain(value) > 0 else "mine"

    if quantity == "delay_months":
        return _by_months(quantity, words)
    bracket = _bracket(lambda factor: gain(factor) > 0)
    if bracket is None:
        return Flip(quantity, None, words(1.0), words(1.0))
    at = root(gain, *bracket, tolerance=1e-10)
    assert at is not None, "the bracket has both signs"
    return Flip(quantity, at, words(at * (1.0 - 1e-6)), words(at * (1.0 + 1e-6)))


def best_flip(ask: Asker, quantity: str) -> Flip:
    """Where the best plan begins or ceases to convert anything at all."""

    def converts(value: float) -> bool:
        return ask.best(changed(quantity, value))[1] > _SOME_MW

    def words(value: float) -> str:
        return "host some" if converts(value) else "mine only"

    if quantity == "delay_months":
        return _by_months(quantity, words)
    bracket = _bracket(converts)
    if bracket is None:
        return Flip(quantity, None, words(1.0), words(1.0))
    low, high = bracket
    below = converts(low)
    while high - low > _CLOSE * high:
        middle = (low + high) / 2.0
        low, high = (middle, high) if converts(middle) == below else (low, middle)
    return Flip(quantity, (low + high) / 2.0, words(low), words(high))


def of_fleet(site: StudySite, groups: Groups) -> StudySite:
    """The same site with other machines on it."""
    return replace(site, groups=groups)


def changed(quantity: str, value: float) -> Change:
    """One assumption changed: by a factor, or the delay in whole months."""
    if quantity == "delay_months":
        return Change(delay_months=round(value))
    return Change(**{quantity: value})  # type: ignore[arg-type]  # every other field is a factor


def _bracket(holds: Callable[[float], bool]) -> tuple[float, float] | None:
    """The two neighbouring factors closest to today's between which a question's answer changes."""
    known = {1.0: holds(1.0)}
    for factor in _FACTORS[1:]:
        known[factor] = holds(factor)
        if known[factor] != known[1.0]:
            inner = [other for other in known if known[other] == known[1.0]]
            nearest = min(inner, key=lambda other: abs(other - factor))
            return min(nearest, factor), max(nearest, factor)
    return None


def _by_months(quantity: str, words: Callable[[float], str]) -> Flip:
    """The first month of delay that changes the answer, if one up to five years does."""
    today = words(0)
    if words(_MOST_MONTHS) == today:
        return Flip(quantity, None, today, today)
    low, high = 0, _MOST_MONTHS
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if words(middle) == today else (low, middle)
    return Flip(quantity, float(high), words(low), words(high))
