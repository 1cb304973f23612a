"""The drawings of an ensemble as numbers for SVG: a histogram of profit, and when each group runs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from optimizer.arrays import F
from optimizer.ensemble.results import Results
from optimizer.ensemble.study import EnsembleStudy
from optimizer.report.kit.packing import bins_of
from optimizer.report.kit.text import Clock, usd

MOST_BARS = 60
MOST_CELLS = 400  # columns of the map; a longer plan is drawn by hours or days
WIDTH, HEIGHT = 1000.0, 260.0  # of the histogram, in its own units
SHADES = 20  # steps between never and always


@dataclass(frozen=True)
class Bar:
    """One bar: its place and size in the drawing's units, whether it lies in the tail, and what it says."""

    x: float
    y: float
    width: float
    height: float
    tail: bool
    text: str


def histogram(profit: F, edge: float, mean_of_tail: float) -> dict[str, Any]:
    """Bars and marks of the distribution of profit, USD.

    ``edge`` is the quantile at which the tail ends, ``mean_of_tail`` its CVaR.
    """
    low, high = _range(profit)
    bars = int(np.clip(round(3 * len(profit) ** (1 / 3)), 8, MOST_BARS))
    counts, edges = np.histogram(np.clip(profit, low, high), bars, range=(low, high))
    ends = {0: float(profit.min()), bars - 1: float(profit.max())}  # the outermost bars hold what lies beyond
    scale = WIDTH / (high - low)

    def at(value: float) -> float:
        return round((value - low) * scale, 2)

    top = max(int(counts.max()), 1)
    drawn = []
    for i, (count, left, right) in enumerate(
        zip(counts.tolist(), edges[:-1].tolist(), edges[1:].tolist(), strict=True)
    ):
        least, most = min(left, ends.get(i, left)), max(right, ends.get(i, right))
        drawn.append(
            Bar(
                x=at(left),
                y=round(HEIGHT * (1 - count / top), 2),
                width=round((right - left) * scale - 1.0, 2),
                height=round(HEIGHT * count / top, 2),
                tail=(left + right) / 2 <= edge,
                text=f"{usd(least)} to {usd(most)}: {count} of {len(profit)}",
            )
        )
    mean, middle = float(profit.mean()), float(np.median(profit))
    marks = [
        {"x": float(np.clip(at(value), 0.0, WIDTH)), "label": label, "text": usd(value), "name": name}
        for name, label, value in (
            ("cvar", "CVaR", mean_of_tail),
            ("edge", "5 % quantile", edge),
            ("median", "median", middle),
            ("mean", "mean", mean),
        )
    ]
    beyond = int(((profit < low) | (profit > high)).sum())
    drawing = {"bars": drawn, "marks": marks, "width": WIDTH, "height": HEIGHT, "beyond": beyond}
    return drawing | {"ticks": _ticks(low, high, at)}


def _range(profit: F) -> tuple[float, float]:
    """What is drawn: all, but for a few outliers that would press the rest together."""
    least, low, high, most = np.quantile(profit, [0.0, 0.02, 0.98, 1.0]).tolist()
    low, high = max(least, low - (high - low) / 2), min(most, high + (high - low) / 2)
    if high - low < 1e-6 * max(abs(low), abs(high), 1.0):
        return low - 1.0, high + 1.0
    return low, high


def _ticks(low: float, high: float, at: Any) -> list[dict[str, Any]]:
    step = 10 ** np.floor(np.log10((high - low) / 4))
    step *= next(factor for factor in (1, 2, 5, 10) if (high - low) / (step * factor) <= 6)
    first = int(np.ceil(low / step))
    return [{"x": at(k * step), "label": usd(k * step)} for k in range(first, int(np.floor(high / step)) + 1)]


def running_map(study: EnsembleStudy, results: Results) -> dict[str, Any]:
    """For each group, runs of cells of one shade: (column, columns, shade, what it says)."""
    grid, clock = study.base.grid, Clock(study.base.grid)
    bins = bins_of(grid, MOST_CELLS)
    probability = bins.mean(results.probability)
    shade = np.round(probability * SHADES).astype(int)
    columns = probability.shape[1]
    edges = np.append(bins.first, len(grid))
    rows = []
    for g, group in enumerate(study.base.farm.fleet):
        changes = np.flatnonzero(np.diff(shade[g], prepend=-1))
        cells = []
        for first, stop in zip(changes.tolist(), [*changes[1:].tolist(), columns], strict=True):
            span = f"{clock.start(int(edges[first]))} to {clock.end(int(edges[stop]) - 1)}"
            mean = float(probability[g, first:stop].mean())
            cells.append((first, stop - first, int(shade[g, first]) / SHADES, f"{span}: {100 * mean:.0f} %"))
        rows.append((group.name, cells))
    local_days = np.asarray(grid.day_of_interval)[bins.first]
    days = [(int(i), grid.days[int(local_days[i])][5:]) for i in np.flatnonzero(np.diff(local_days, prepend=-1))]
    return {"rows": rows, "columns": columns, "days": _spread(days, columns), "kind": bins.kind}


def _spread(days: list[tuple[int, str]], columns: int) -> list[tuple[int, str]]:
    """Labels of days far enough apart to be read."""
    room, kept = columns / 8, list[tuple[int, str]]()
    for at, day in days:
        if at <= columns - room / 2 and (not kept or at - kept[-1][0] >= room):
            kept.append((at, day))
    return kept
