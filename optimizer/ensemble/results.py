"""What the outcomes of an ensemble say together: the distribution of profit, its tail, and when groups run."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from optimizer.arrays import Bool, F, Int
from optimizer.ensemble.study import EnsembleStudy
from optimizer.ensemble.work import FIGURES, ScenarioResult, line_names
from optimizer.errors import InfeasibleError

TAIL = 0.05
QUANTILES = (0.01, 0.05, 0.10, 0.25, 0.50, 0.75, 0.90, 0.95, 0.99)


@dataclass(frozen=True)
class Results:
    """Every scenario that has a result, in the order of their numbers.

    numbers: (scenarios,). figures: name -> (scenarios,). lines: settlement line -> USD, (scenarios,). probability:
    share of the scenarios in which a group runs, (groups, intervals). failures: number -> reason.
    """

    numbers: Int
    figures: dict[str, F]
    lines: dict[str, F]
    probability: F
    failures: dict[int, str]

    @property
    def profit(self) -> F:
        """USD, (scenarios,)."""
        return self.figures["profit_usd"]

    @property
    def in_tail(self) -> Bool:
        """The scenarios of the worst twentieth, at least one, (scenarios,)."""
        worst = np.argsort(self.profit, kind="stable")[: max(round(TAIL * len(self.profit)), 1)]
        return np.isin(np.arange(len(self.profit)), worst)


def quantile(values: F, share: float) -> float:
    """The least value that at least a ``share`` of all do not exceed.

    >>> quantile(np.arange(1.0, 101.0), 0.05)
    5.0
    """
    return float(np.quantile(values, share, method="inverted_cdf"))


def tail_mean(values: F, share: float) -> float:
    """The mean of the worst ``share`` of the values, the one at its edge counted in part.

    Conditional value at risk of a sample, after Rockafellar and Uryasev, "Optimization of Conditional Value-at-Risk",
    Journal of Risk 2(3), 2000, pages 21-41; turned from losses to profits.

    >>> tail_mean(np.arange(1.0, 101.0), 0.05), tail_mean(np.array([1.0, 2.0, 3.0, 4.0]), 0.375)
    (3.0, 1.3333333333333333)
    """
    weight = np.clip(share * len(values) - np.arange(len(values)), 0.0, 1.0)
    return float(weight @ np.sort(values) / weight.sum())


def collect(study: EnsembleStudy, outcomes: Iterable[ScenarioResult]) -> Results:
    """Put the outcomes together. Raises InfeasibleError where no scenario has a result."""
    groups, intervals = len(study.base.farm.fleet), len(study.base.grid)
    counts = np.zeros(groups * intervals, dtype=np.int64)
    numbers, figures, lines, failures = [], [], [], {}
    for outcome in outcomes:
        if outcome.failure is not None:
            failures[outcome.number] = outcome.failure
            continue
        numbers.append(outcome.number)
        figures.append(np.frombuffer(outcome.figures))
        lines.append(np.frombuffer(outcome.lines))
        counts += np.unpackbits(np.frombuffer(outcome.running, np.uint8), count=len(counts))
    if not numbers:
        first = min(failures, default=0)
        raise InfeasibleError(f"none of {len(failures)} scenarios has a result; number {first}: {failures.get(first)}")
    by_figure, by_line = np.array(figures).T, np.array(lines).T
    return Results(
        numbers=np.array(numbers, dtype=np.int64),
        figures=dict(zip(FIGURES, by_figure, strict=True)),
        lines=dict(zip(line_names(), by_line, strict=True)),
        probability=counts.reshape(groups, intervals) / len(numbers),
        failures=failures,
    )
