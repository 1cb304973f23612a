"""The facts of a contract in one plan: peaks, thresholds and tags, and what is expected after the plan."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from optimizer.arrays import F, Int
from optimizer.mechanisms.demand.config import Ratchet


@dataclass(frozen=True)
class Rest:
    """What the rest of a billing period adds after the plan, as its tail expects it.

    expected: what accounts declare as `rest`, by (name, period's label) each. unknown_mw: what a peak before the plan
    is taken to have been where that is not known; it must be, when None.
    """

    expected: Mapping[str, Mapping[tuple[str, str], float]] = field(default_factory=dict)
    unknown_mw: float | None = None

    def of(self, name: str) -> Mapping[tuple[str, str], float]:
        """What is expected of one of them; nothing where that is not known."""
        return self.expected.get(name, {})


NO_REST = Rest()


@dataclass(frozen=True)
class PeakBill:
    """A demand charge in a billing period: ``intervals`` whose import counts, and what is billed without any of it.

    ``floor_mw`` is billed whatever the plan imports; of it ``owed_mw`` is owed without the plan. ``so_far_mw`` was owed
    as the plan begins, ``known_mw`` is the floor without what is expected of the rest. Where the hours that count lie
    outside the plan there are no intervals, but the charge is owed all the same.
    """

    charge: int
    period: int
    intervals: Int
    rate_usd_per_mw: float
    floor_mw: float
    owed_mw: float
    so_far_mw: float
    known_mw: float


@dataclass(frozen=True)
class Quantity:
    """A threshold over a billing period: of tier or supply ``item``; ``amount`` is what is left of it for the plan.

    ``mwh_per_mw`` holds the hours of each of the ``intervals`` that count.
    """

    item: int
    period: int
    intervals: Int
    mwh_per_mw: F
    amount: float


@dataclass(frozen=True)
class LaterBill:
    """A demand charge in a billing period after the plan, which a ratchet lets peaks of the plan hold up.

    ``earlier`` are the positions of those peak bills of the plan that it looks back on; a ``share`` of the highest of
    their measured peaks is billed. ``floor_mw`` is billed without any of it.
    """

    charge: int
    label: str
    rate_usd_per_mw: float
    floor_mw: float
    share: float
    earlier: tuple[int, ...]


def looked_back(ratchet: Ratchet, label: str) -> list[str]:
    """Labels of the billing periods whose peaks a ratchet counts in the one labelled so.

    >>> looked_back(Ratchet(share=0.8, months=3), "2026-02")
    ['2026-01', '2025-12', '2025-11']
    """
    year, month = (int(part) for part in label.split("-"))
    back = (divmod(12 * year + month - 1 - n, 12) for n in range(1, ratchet.months + 1))
    counted = ((y, m + 1) for y, m in back if ratchet.of_months is None or m + 1 in ratchet.of_months)
    return [f"{y:04d}-{m:02d}" for y, m in counted]
