"""What the charge on coincident peaks does to a plan: what alarms cost, what they save, what misses may still cost."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from optimizer.accounts.conditions import Conditions
from optimizer.accounts.dispatch import Dispatch
from optimizer.accounts.flows import grid_import_mw
from optimizer.accounts.reasons import Reason
from optimizer.arrays import F
from optimizer.mechanisms.tags.account import tag_usd
from optimizer.mechanisms.tags.config import CoincidentPeak
from optimizer.mechanisms.tags.facts import Tag, tags
from optimizer.plan.explain import Explanation
from optimizer.plan.items import PLAIN_ITEMS
from optimizer.units import WATTS_PER_MEGAWATT


@dataclass(frozen=True)
class Alarm:
    """One coincident-peak charge in one year, as a finished plan stands to it. An alarm is an hour kept off for it.

    peaks_expected: peaks that fall into the plan, the sum of the probabilities.
    miss_usd_per_mw: what 1 MW running at one peak costs in today's money, the contract's minimum left aside.
    pays_from: group -> probability from which stopping for an hour pays; the mean over the intervals in which a peak
    may come and the group earns more than the plain price of power, None where there is no such interval.
    at_peaks_mw: what the plan's import adds to the tag; ``tag_mw`` is the tag with it, ``cost_usd`` the plan's charge,
    and ``cost_unheeded_usd`` the charge had the machines kept off for it run.
    kept_off_mwh: energy at the meter they did not draw; ``margin_given_up_usd`` what they would have earned above the
    plain price of power, and ``wrong_alarms_usd`` the part of it that is expected to be for nothing.
    misses_usd: import that runs on times the probability that it meets a peak, times the miss.
    """

    name: str
    year: int
    peaks_expected: float
    miss_usd_per_mw: float
    pays_from: Mapping[str, float | None]
    at_peaks_mw: float
    tag_mw: float
    cost_usd: float
    cost_unheeded_usd: float
    kept_off_mwh: float
    margin_given_up_usd: float
    wrong_alarms_usd: float
    misses_usd: float

    @property
    def saving_usd(self) -> float:
        """What the machines kept off take off the charge."""
        return self.cost_unheeded_usd - self.cost_usd


def alarms(c: Conditions, dispatch: Dispatch, explanation: Explanation) -> tuple[Alarm, ...]:
    """One `Alarm` for every coincident-peak charge and year for which the plan holds a chance of a peak.

    The plain price is that of one more MWh at the meter, energy and adders, as the explanation itemises it. A machine
    kept off counts with the power of its group's first mode, and all of them with no more than the import limit has
    room for. Where two charges keep a machine off, each answers for its part of what an MW costs in that interval.
    """
    billed = tags(c)
    imported = grid_import_mw(c, dispatch)
    kept = _kept_off_mw(c, imported, explanation.off)
    charged = np.array([tag.rate_usd_per_mw * tag.weight for tag in billed]).reshape(len(billed), len(c.grid))
    part = charged / np.maximum(charged.sum(axis=0), np.finfo(np.float64).tiny)
    margin = explanation.strike - np.sum([explanation.items[name] for name in PLAIN_ITEMS], axis=0)
    return tuple(_alarm(c, tag, imported, kept, part[k], margin) for k, tag in enumerate(billed))


def _kept_off_mw(c: Conditions, imported: F, off: Mapping[Reason, F]) -> F:
    """MW at the meter of machines kept off for coincident peaks, (groups, intervals)."""
    units = off.get(Reason.COINCIDENT_PEAK, np.zeros((len(c.farm.fleet), len(c.grid))))
    watts = np.array([group.points[group.modes[0]].power_w - group.standby_w for group in c.farm.fleet])
    mw = units * watts[:, None] / WATTS_PER_MEGAWATT * c.pue
    together = mw.sum(axis=0)
    room = np.maximum(c.market.import_limit_mw - imported, 0.0)
    return np.asarray(mw * np.minimum(room / np.where(together > 0, together, 1.0), 1.0), dtype=np.float64)


def _alarm(c: Conditions, tag: Tag, imported: F, kept: F, part: F, margin: F) -> Alarm:
    peak, hours = c.farm.sections(CoincidentPeak)[tag.charge], c.grid.hours
    probability = tag.weight * tag.count
    miss = tag.rate_usd_per_mw / tag.count
    given_up = (margin * kept).sum(axis=0) * hours * part
    at_peaks, cost = float(tag.weight @ imported), float(tag_usd(tag, imported).sum())
    return Alarm(
        name=peak.name,
        year=tag.year,
        peaks_expected=float(probability.sum()),
        miss_usd_per_mw=miss,
        pays_from={
            group.name: _pays_from(margin[g], np.where(probability > 0, hours, 0.0), miss)
            for g, group in enumerate(c.farm.fleet)
        },
        at_peaks_mw=at_peaks,
        tag_mw=tag.floor_mw + (cost / tag.rate_usd_per_mw if tag.rate_usd_per_mw else 0.0),
        cost_usd=cost,
        cost_unheeded_usd=float(tag_usd(tag, imported + kept.sum(axis=0)).sum()),
        kept_off_mwh=float((kept.sum(axis=0) * hours * part).sum()),
        margin_given_up_usd=float(given_up.sum()),
        wrong_alarms_usd=float((given_up * np.maximum(1.0 - probability, 0.0)).sum()),
        misses_usd=at_peaks * tag.rate_usd_per_mw,
    )


def _pays_from(margin: F, hours: F, miss: float) -> float | None:
    """The mean margin of the hours in which there is one, over the cost of a miss."""
    earning = np.where(margin > 0, hours, 0.0)
    if miss <= 0 or not earning.any():
        return None
    return float(np.average(margin, weights=earning)) / miss
