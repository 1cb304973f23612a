"""What the page of a comparison shows: positions on a common scale, waterfalls, sweeps. No drawing, no markup."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from optimizer.accounts.ledger import title
from optimizer.compare.running import BASE, Compared, Comparison
from optimizer.compare.ways import Way
from optimizer.plan.outcomes import changed_lines
from optimizer.report.kit.text import number
from optimizer.report.kit.waterfall import Cascade, cascade
from optimizer.scenario.sweeps import figure
from optimizer.through_time.worth import Worth, against

_STRETCHED = 12.0  # the largest profit in medians from which the scale is stretched around zero

_APART = 8.0  # per cent of the width between zero and the next tick


def name_of(comparison: Comparison, compared: Compared) -> str:
    """The name people see: values of a sweep shortened, bases told apart by their hours."""
    if compared.name == BASE and len(comparison.bases) > 1:
        alike = len({base.start for base in comparison.bases}) == 1
        return f"{BASE}, {number(compared.hours)} h{'' if alike else f' from {local(compared.start)}'}"
    if not compared.values:
        return compared.name
    return f"{compared.swept}: {', '.join(compared.words)}"


def added(compared: Compared) -> Worth | None:
    """What the plan that knows a scenario earns more than the rules; None where one of them failed."""
    plan, strike, always = map(compared.outcome, (Way.KNOWING, Way.STRIKE_RULE, Way.ALWAYS_ON))
    if plan is None or strike is None or always is None:
        return None
    rules = (("the strike rule", strike), ("always on", always))
    margins = (against(name, plan.usd, rule.usd, tuple(rule.breaches)) for name, rule in rules)
    return Worth(plan.profit, sum(max(usd, 0.0) for usd in plan.usd.values()), tuple(margins))


def local(time: str) -> str:
    """A time as people read it, from ISO 8601.

    >>> local("2026-02-11T06:00:00-06:00")
    '2026-02-11 06:00'
    """
    return time[:16].replace("T", " ")


def value_text(value: Any) -> str:
    """A value of a sweep.

    >>> value_text(125860000000000.0), value_text(60000), value_text("eco")
    ('125.86 T', '60,000', 'eco')
    """
    if isinstance(value, bool) or not isinstance(value, int | float):
        return str(value)
    return figure(value)


class Scale:
    """Values to per cent of a width; stretched around zero (inverse hyperbolic sine) where single values stand far out.

    >>> scale = Scale([-50.0, 100.0])
    >>> round(scale.at(-50.0)), round(scale.at(100.0)), [text for _, text in scale.ticks]
    (0, 100, ['-50', '0', '50', '100'])
    """

    def __init__(self, values: Sequence[float]) -> None:
        finite = [0.0, *values]
        self.low, self.high = min(finite), max(finite)
        if self.high == self.low:
            self.high = self.low + 1.0
        middle = float(np.median(np.abs(values))) if len(values) else 0.0
        self.unit = middle if middle > 0 and max(self.high, -self.low) > _STRETCHED * middle else 0.0

    def _bent(self, value: float) -> float:
        return math.asinh(value / self.unit) if self.unit else value

    def at(self, value: float) -> float:
        """Per cent from the left."""
        low, high = self._bent(self.low), self._bent(self.high)
        return 100.0 * (self._bent(value) - low) / (high - low)

    @property
    def ticks(self) -> list[tuple[float, str]]:
        """Places, in per cent, and texts of a few round values."""
        if not self.unit:
            step = _round_step(self.high - self.low)
            first, last = math.ceil(self.low / step - 1e-9), math.floor(self.high / step + 1e-9)
            return [(self.at(i * step), short_usd(i * step)) for i in range(first, last + 1)]
        powers = [10.0**k for k in range(math.floor(math.log10(self.unit)), 13)]
        round_values = sorted([0.0, *powers, *(-power for power in powers)])
        zero = self.at(0.0)
        return [
            (self.at(v), short_usd(v))
            for v in round_values
            if self.low <= v <= self.high and (v == 0.0 or abs(self.at(v) - zero) >= _APART)
        ]


def _round_step(span: float) -> float:
    """A step of 1, 2 or 5 times a power of ten, three to seven of which make the span."""
    power = 10.0 ** math.floor(math.log10(span / 3.0))
    return max((m for m in (1.0, 2.0, 5.0) if m * power <= span / 3.0), default=1.0) * power


def short_usd(value: float) -> str:
    """USD as a tick has it.

    >>> short_usd(-1500000.0), short_usd(20000.0), short_usd(0.5)
    ('-1.5M', '20k', '0.5')
    """
    for size, letter in ((1e9, "B"), (1e6, "M"), (1e3, "k")):
        if abs(value) >= size:
            return f"{value / size:g}{letter}"
    return f"{value + 0.0:g}"


@dataclass(frozen=True)
class Waterfall:
    """How the profit without a scenario becomes that with it, by ``change`` USD."""

    name: str
    summary: str
    change: float
    bars: Cascade


def waterfall(comparison: Comparison, compared: Compared) -> Waterfall | None:
    """The plan without the scenario, line by line to the plan that knows it, and on to that which learns of it.

    A schedule that breaks a rule is no measure of what it is worth to know: the steps to it are left out.
    """
    base, mine, noticed = comparison.base_of(compared), *map(compared.outcome, (Way.KNOWING, Way.NOTICED))
    if base is None or mine is None:
        return None
    bars: list[tuple[str, float, bool]] = [("Without the scenario", base.profit, True)]
    bars += [(title(line), usd, False) for line, usd in changed_lines(base, mine).items()]
    bars.append(("With it, planned knowing it", mine.profit, True))
    if noticed is not None and not noticed.breaches and abs(noticed.profit - mine.profit) >= 0.005:
        bars.append(("Not known before notice", noticed.profit - mine.profit, False))
        bars.append(("With it, planned as noticed", noticed.profit, True))
    return Waterfall(
        name=name_of(comparison, compared),
        summary=compared.summary,
        change=mine.profit - base.profit,
        bars=cascade(bars),
    )


@dataclass(frozen=True)
class SweepView:
    """A scenario of which one or two keys vary: keys, the values of each in order and in words, scenarios by values."""

    name: str
    keys: tuple[str, ...]
    values: tuple[tuple[Any, ...], ...]
    words: tuple[tuple[str, ...], ...]
    members: dict[tuple[str, ...], Compared]

    def at(self, *values: Any) -> Compared | None:
        """The scenario with these values."""
        return self.members.get(tuple(map(repr, values)))

    @property
    def noun(self) -> str:
        """What the first key is called, as its values in words have it."""
        return re.split(r" x | [$+-]*\d", self.words[0][0].removesuffix(f" {self.values[0][0]}"))[0]


def sweeps(comparison: Comparison) -> list[SweepView]:
    """Every sweep among the scenarios, in their order."""
    groups: dict[tuple[str, tuple[str, ...]], list[Compared]] = {}
    for compared in comparison.scenarios:
        if compared.values:
            groups.setdefault((compared.swept, tuple(key for key, _ in compared.values)), []).append(compared)
    views = []
    for (name, keys), members in groups.items():
        points = [tuple(value for _, value in member.values) for member in members]
        values = tuple(tuple({repr(point[k]): point[k] for point in points}.values()) for k in range(len(keys)))
        words = tuple(
            tuple({repr(p[k]): m.words[k] for p, m in zip(points, members, strict=True)}.values())
            for k in range(len(keys))
        )
        by_value = {tuple(map(repr, point)): member for point, member in zip(points, members, strict=True)}
        views.append(SweepView(name, keys, values, words, by_value))
    return views
