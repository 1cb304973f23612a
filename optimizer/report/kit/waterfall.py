"""Waterfalls: how one sum becomes another, bar by bar, in per cent of a common width."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class WaterfallBar:
    """A bar of a waterfall: from and to in per cent of the width; ``whole`` where it begins at zero."""

    title: str
    usd: float
    left: float
    width: float
    whole: bool


@dataclass(frozen=True)
class Cascade:
    """The bars of a waterfall, and where zero is, per cent of the width."""

    steps: tuple[WaterfallBar, ...]
    zero: float


def cascade(bars: Sequence[tuple[str, float, bool]]) -> Cascade:
    """Bars of title, USD and whether they begin at zero; the others begin where the one before ends.

    >>> [(step.left, step.width) for step in cascade([("a", 3.0, False), ("b", -1.0, False), ("", 2.0, True)]).steps]
    [(0.0, 100.0), (66.66666666666667, 33.333333333333336), (0.0, 66.66666666666667)]
    """
    level, spans = 0.0, []
    for _, usd, whole in bars:
        begin = 0.0 if whole else level
        level = begin + usd
        spans.append((min(begin, level), max(begin, level)))
    low, high = min(0.0, *(a for a, _ in spans)), max(0.0, *(b for _, b in spans))
    span = (high - low) or 1.0
    return Cascade(
        tuple(
            WaterfallBar(title, usd, 100.0 * (a - low) / span, 100.0 * (b - a) / span, whole)
            for (title, usd, whole), (a, b) in zip(bars, spans, strict=True)
        ),
        zero=-100.0 * low / span,
    )
