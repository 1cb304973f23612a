"""A rule that a schedule breaks."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from optimizer.arrays import F

MW_TOLERANCE = 1e-6
UNIT_TOLERANCE = 1e-6


@dataclass(frozen=True)
class Breach:
    """A rule broken: which, by whom, in which interval, by how much of what."""

    rule: str
    who: str
    interval: int
    amount: float
    unit: str

    def __str__(self) -> str:
        return (
            f"{self.rule} broken by {self.who or 'the site'} in interval {self.interval}: {self.amount:.6g} {self.unit}"
        )


def machines(rule: str, who: str, excess: F) -> Iterator[Breach]:
    """A breach in every interval with machines in excess, (intervals,)."""
    yield from _beyond(rule, who, excess, "machines", UNIT_TOLERANCE)


def mw_breaches(rule: str, who: str, excess: F) -> Iterator[Breach]:
    """A breach in every interval with MW in excess, (intervals,)."""
    yield from _beyond(rule, who, excess, "MW", MW_TOLERANCE)


def _beyond(rule: str, who: str, excess: F, unit: str, tolerance: float) -> Iterator[Breach]:
    beyond = excess > tolerance
    if beyond.any():
        for t in np.flatnonzero(beyond).tolist():
            yield Breach(rule, who, t, float(excess[t]), unit)
