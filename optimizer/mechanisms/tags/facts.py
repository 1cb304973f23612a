"""Coincident-peak charges in one plan: the year's tag, and where a contract has a floor, every place a peak may lie."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from optimizer.accounts.conditions import Conditions, fact
from optimizer.arrays import F
from optimizer.market.grid import Grid
from optimizer.mechanisms.tags.config import CoincidentPeak
from optimizer.peaks.rule import PeakRule

_SURE = 1e-9  # a sum of probabilities that is one is not a trifle more
_MINUTES = 60


@dataclass(frozen=True)
class PeakPlace:
    """One peak in one place: in the intervals from ``first`` on, or outside the plan where there are none of them.

    ``shares`` are those of the intervals in the mean that the rule takes. ``chance`` is the case's weight: those of a
    tag add up to one. The other peaks are those of the plan besides ``peak``, at their expectation, and
    ``elsewhere_mw``, the sum of what is imported at those outside. The tag is billed at ``floor_mw`` without the plan.
    """

    peak: int
    first: int
    shares: F
    chance: float
    elsewhere_mw: float
    floor_mw: float


@dataclass(frozen=True)
class Tag:
    """A coincident-peak charge of one year, which is billed at ``floor_mw`` without the plan.

    weight: (intervals,), the probability of a peak over the number of peaks. Without a floor that can bind the plan
    adds ``weight @ import``. With one that differs by ``cases``: ``chances`` tells where each of the peaks lies that
    may be the plan's, (peaks, intervals), and ``count`` peaks make a year.
    """

    charge: int
    year: int
    weight: F
    floor_mw: float
    rate_usd_per_mw: float
    count: int
    chances: F
    cases: tuple[PeakPlace, ...] = ()

    def others(self, peak: int) -> F:
        """The probability of each interval to be one of the plan's peaks but one, (intervals,)."""
        return np.asarray(np.delete(self.chances, peak, axis=0).sum(axis=0))


@fact
def tags(c: Conditions) -> tuple[Tag, ...]:
    """Every coincident-peak charge and year for which the plan holds a chance of a peak."""
    charges = enumerate(c.farm.sections(CoincidentPeak))
    return tuple(tag for i, peak in charges for tag in _tags_of(i, peak, c.market.peak_probability[peak.name], c.grid))


def _tags_of(i: int, peak: CoincidentPeak, probability: F, grid: Grid) -> Iterator[Tag]:
    """The tags of a charge, one for every year in which the plan holds a chance of a peak."""
    rule, years = peak.peak_rule, grid.years
    for year in dict.fromkeys(years[probability > 0].tolist()):
        chances = _one_by_one(np.where(years == year, probability, 0.0), rule, grid)
        count = rule.intervals_per_year
        weight = np.where(years == year, probability, 0.0) / count
        cases = tuple(_cases(chances, count, peak, rule, grid)) if peak.minimum_mw > 0 else ()
        if all(peak.minimum_mw * count <= case.elsewhere_mw for case in cases):
            cases = ()  # what is expected of the other peaks alone exceeds the floor: every MW is charged
        outside = peak.elsewhere_mw * max(1.0 - float(weight.sum()), 0.0)
        floor = sum(case.chance * case.floor_mw for case in cases) if cases else outside
        yield Tag(i, year, weight, floor, peak.rate_usd_per_mw, count, chances, cases)


def _one_by_one(probability: F, rule: PeakRule, grid: Grid) -> F:
    """The probability told apart by peak, (peaks, intervals): in each month or season the first of them comes first.

    What is certain to be one peak is filled up before the next begins, so a row never sums to more than one.
    """
    days = grid.local_starts.date
    label = np.array([str(rule.counts_for(day)) for day in days])
    rows: list[F] = []
    for period in dict.fromkeys(label[probability > 0].tolist()):
        so_far = np.cumsum(np.where(label == period, probability, 0.0))
        for k in range(max(int(np.ceil(so_far[-1] - _SURE)), 1)):
            rows.append(np.diff(np.clip(so_far, k, k + 1), prepend=k))
    return np.array(rows).reshape(len(rows), len(grid))


def _cases(chances: F, count: int, peak: CoincidentPeak, rule: PeakRule, grid: Grid) -> Iterator[PeakPlace]:
    """Every place of every peak; a peak that is likelier to be the plan's counts for more where there are several."""
    mass = chances.sum(axis=1)
    outside = np.maximum(1.0 - mass, 0.0) * peak.elsewhere_mw
    beyond = max(count - len(mass), 0) * peak.elsewhere_mw
    slots = np.asarray(grid.starts.floor(f"{rule.interval_minutes}min").asi8)
    begins = np.flatnonzero(np.diff(slots, prepend=slots[0] - 1))
    stops = np.append(begins[1:], len(grid))
    for k, row in enumerate(chances):
        part, rest = mass[k] / mass.sum(), float(outside.sum() - outside[k]) + beyond
        chance = np.add.reduceat(row, begins)
        for slot in np.flatnonzero(chance > 0).tolist():
            first, stop = int(begins[slot]), int(stops[slot])
            shares = grid.hours[first:stop] / grid.hours[first:stop].sum()
            yield PeakPlace(k, first, shares, part * float(chance[slot]), rest, max(peak.minimum_mw, rest / count))
        away = rest + peak.elsewhere_mw
        yield PeakPlace(k, 0, np.zeros(0), part * max(1.0 - mass[k], 0.0), away, max(peak.minimum_mw, away / count))
