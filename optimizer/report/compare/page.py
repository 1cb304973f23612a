"""A comparison as one self-contained HTML page. Charts are plain elements placed in per cent; no script draws them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from optimizer.accounts.ledger import Kind
from optimizer.compare.running import Compared, Comparison
from optimizer.compare.ways import Way
from optimizer.money import currency
from optimizer.plan.outcomes import Outcome
from optimizer.report.compare.summary import lead, notes
from optimizer.report.compare.view import (
    Scale,
    SweepView,
    added,
    local,
    name_of,
    sweeps,
    value_text,
    waterfall,
)
from optimizer.report.kit.charts import timeline
from optimizer.report.kit.page import render
from optimizer.report.kit.reasons import looks_of
from optimizer.report.kit.worth import cause_of
from optimizer.through_time.worth import Worth

MOST_ROWS = 200  # scenarios on the page; compare.csv holds all
MOST_WATERFALLS = 40


@dataclass(frozen=True)
class ScenarioRow:
    """A scenario on the page: its plan's outcome and those of the other ways, and the base it is measured against."""

    name: str
    compared: Compared
    base: Outcome | None
    ways: dict[Way, Outcome | None]

    @property
    def worth(self) -> Worth | None:
        """What the plan adds."""
        return added(self.compared)


@dataclass(frozen=True)
class Cell:
    """A cell of a heat map: USD, how far it lies between the lowest and the highest, per cent; None where it failed."""

    usd: float | None
    heat: float


@dataclass(frozen=True)
class HeatMap:
    """Values of the first key down, of the second across."""

    title: str
    across: tuple[str, ...]
    rows: tuple[tuple[str, tuple[Cell, ...]], ...]


@dataclass(frozen=True)
class Curve:
    """Profit over the values of one key: points in per cent by way, ticks of both axes."""

    title: str
    key: str
    lines: dict[Way, list[tuple[float, float, float]]]
    across: list[tuple[float, str]]
    up: list[tuple[float, str]]


def render_comparison(comparison: Comparison) -> str:
    """The page of a comparison, HTML text."""
    rows = [
        ScenarioRow(name_of(comparison, s), s, comparison.base_of(s), {way: s.outcome(way) for way in Way})
        for s in comparison.scenarios[:MOST_ROWS]
    ]
    bases = [
        ScenarioRow(name_of(comparison, b), b, b.outcome(Way.KNOWING), {way: b.outcome(way) for way in Way})
        for b in sorted(comparison.bases, key=lambda base: base.hours)
    ]
    present = {
        reason for row in (*bases, *rows) for outcome in row.ways.values() if outcome for reason in outcome.off_mwh
    }
    swept = sweeps(comparison)
    falls = [waterfall(comparison, scenario) for scenario in comparison.scenarios[:MOST_WATERFALLS]]
    return render(
        "optimizer.report.compare",
        charts=timeline("UTC", 0, np.zeros(0), {}, ()),
        c=comparison,
        rows=rows,
        most_first=sorted(rows, key=lambda row: -row.worth.against[0].gain_usd if row.worth else 0.0),
        bases=bases,
        singles=[row for row in rows if not row.compared.values],
        ways=tuple(Way),
        knowing=Way.KNOWING,
        scale=Scale([outcome.profit for row in (*bases, *rows) for outcome in row.ways.values() if outcome]),
        most_mwh=max((f.curtailed_mwh for row in (*bases, *rows) for f in row.ways.values() if f), default=0.0) or 1.0,
        reasons=looks_of(present),
        curves=[sweep_curve(sweep) for sweep in swept if len(sweep.keys) == 1],
        maps=[map_ for sweep in swept if len(sweep.keys) > 1 for map_ in heat_maps(sweep)],
        falls=[fall for fall in falls if fall is not None],
        notes=notes(comparison),
        lead=lead(comparison),
        kinds=Kind,
        local=local,
        cause_of=cause_of,
    )


def heat_maps(sweep: SweepView) -> tuple[HeatMap, ...]:
    """Profit of the plan that knows the scenario, and what it earns more than the strike rule."""

    def profit(compared: Compared | None, way: Way) -> float | None:
        outcome = None if compared is None else compared.outcome(way)
        return None if outcome is None else outcome.profit

    def gain(compared: Compared | None) -> float | None:
        plan, rule = profit(compared, Way.KNOWING), profit(compared, Way.STRIKE_RULE)
        return None if plan is None or rule is None else plan - rule

    return (
        _heat_map(
            f"{sweep.name}: profit, knowing, {currency()}", sweep, lambda compared: profit(compared, Way.KNOWING)
        ),
        _heat_map(f"{sweep.name}: what the plan earns more than the strike rule, {currency()}", sweep, gain),
    )


def _heat_map(title: str, sweep: SweepView, value: Any) -> HeatMap:
    usd = [[value(sweep.at(down, across)) for across in sweep.values[1]] for down in sweep.values[0]]
    known = [v for row in usd for v in row if v is not None]
    low, span = min(known, default=0.0), (max(known, default=0.0) - min(known, default=0.0)) or 1.0
    return HeatMap(
        title,
        tuple(sweep.words[1]),
        tuple(
            (
                down,
                tuple(Cell(v, 0.0 if v is None else 100.0 * (v - low) / span) for v in row),
            )
            for down, row in zip(sweep.words[0], usd, strict=True)
        ),
    )


def sweep_curve(sweep: SweepView) -> Curve:
    """Profit by way over one key; values that are no numbers stand at equal distances."""
    values = sweep.values[0]
    plain = all(isinstance(value, int | float) and not isinstance(value, bool) for value in values)
    places = [float(value) for value in values] if plain else [float(i) for i in range(len(values))]
    left, span = min(places), (max(places) - min(places)) or 1.0
    across = [100.0 * (place - left) / span for place in places]
    points_of = {
        way: [
            (x, outcome.profit)
            for x, value in zip(across, values, strict=True)
            if (member := sweep.at(value)) is not None and (outcome := member.outcome(way)) is not None
        ]
        for way in Way
    }
    scale = Scale([usd for points in points_of.values() for _, usd in points])
    return Curve(
        title=f"{sweep.name}: profit, {currency()}",
        key=sweep.noun,
        lines={way: sorted((x, 100.0 - scale.at(usd), usd) for x, usd in points) for way, points in points_of.items()},
        across=[(x, value_text(value)) for x, value in zip(across, values, strict=True)],
        up=[(100.0 - at, text) for at, text in scale.ticks],
    )
