"""A few weeks that stand for a history of prices, so that operation over years fits into one program.

How they are chosen: `rules/weeks.py`. What they reproduce, measured: ``docs/measured.md``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd

from optimizer.arrays import Bool, F, Int
from optimizer.conversion.selection import selection_problem, weights_of
from optimizer.conversion.weeks_curves import marks_of, strikes_between
from optimizer.errors import InputError
from optimizer.market.grid import Grid
from optimizer.market.peaks_rule import ERCOT_4CP, PeakRule
from optimizer.market.timeseries import clock

_WEEK = pd.Timedelta(days=7)
_WEEK_HOURS = 168.0
_MONDAY = 0
_STRIKES = strikes_between(20.0, 150.0)  # an S19 at 14 USD per PH/s per day, an S21 at 63


@dataclass(frozen=True)
class Week:
    """168 hours from ``start`` (UTC) on, and how many weeks of the history they stand for.

    A ``storm`` stands for itself alone, weight 1; a ``peak`` for itself at least. ``peaks``: beginnings, UTC, of the
    coincident peaks the week holds. Each came once, whatever the weight.
    """

    start: pd.Timestamp
    weight: float
    kind: Literal["typical", "storm", "peak"]
    peaks: tuple[pd.Timestamp, ...] = ()


def representative_weeks(
    grid: Grid,
    prices: F,
    count: int = 12,
    *,
    load_mw: F | None = None,
    peaks: PeakRule | None = ERCOT_4CP,
    storms: int = 1,
    strikes: F = _STRIKES,
) -> tuple[Week, ...]:
    """``count`` weeks in time's order that stand for a history; weights add up to its length in weeks.

    prices: USD/MWh over the intervals of the grid, NaN where unknown; load_mw: of the whole system, likewise; without
    it the dearest intervals are taken for its peaks. strikes: USD/MWh, rising, at which hours off, margin and resale
    are matched: those of the machines, see `strikes_between`.

    Always among them are the ``storms`` weeks of the highest mean price and those of the ``peaks``. Weeks begin on
    Mondays of the farm's clock, 168 hours apart, and one at each end of the history; weeks with an unknown price are
    not chosen. Raises InputError; InfeasibleError where weights cannot add up to the history.
    """
    _judge(grid, prices, load_mw, strikes)
    first, stop = _weeks(grid)
    known = np.isfinite(prices)
    holes = np.concatenate([[0], np.cumsum(~known)])
    whole = holes[stop] == holes[first]
    if not whole.any():
        raise InputError("there is no week in the history without a hole: fill the gaps in its prices (fill_gaps)")
    stormy = _dearest(prices, grid.hours, first, stop, storms)
    at_peak = () if peaks is None else _peaks(grid, prices if load_mw is None else load_mw, peaks, load_mw is not None)
    week_of_peak = [int(np.argmax((first <= at) & (at < stop))) for at in at_peak]
    included = sorted({*stormy, *week_of_peak})
    for week in included:
        if not whole[week]:
            what = "storm" if week in stormy else "coincident peak"
            raise InputError(_hole(grid, known, int(first[week]), int(stop[week]), what))
    if count <= len(included):
        raise InputError(
            f"at least {len(included) + 1} weeks must be chosen: {len(included)} are storms or peaks, and some must "
            f"stand for all others (got {count})"
        )
    if count > whole.sum():
        raise InputError(f"at most {whole.sum()} weeks can be chosen, those without a hole (got {count})")
    weeks = np.flatnonzero(whole)
    marks = marks_of(prices, grid.hours, first[weeks], stop[weeks], strikes)
    weights = weights_of(
        selection_problem(
            marks.parts,
            marks.whole,
            marks.curve,
            length=float(grid.hours.sum()) / _WEEK_HOURS,
            count=count,
            included=np.searchsorted(weeks, included).tolist(),
            once=np.searchsorted(weeks, stormy).tolist(),
        )
    )
    return tuple(
        Week(
            start=grid.starts[first[week]],
            weight=float(weight),
            kind="storm" if week in stormy else "peak" if week in week_of_peak else "typical",
            peaks=tuple(grid.starts[at] for at, its in zip(at_peak, week_of_peak, strict=True) if its == week),
        )
        for week, weight in zip(weeks.tolist(), weights.tolist(), strict=True)
        if weight > 0
    )


def _judge(grid: Grid, prices: F, load_mw: F | None, strikes: F) -> None:
    for name, values in (("prices", prices), ("load_mw", load_mw)):
        if values is not None and len(values) != len(grid):
            raise InputError(f"{name} must have a value for each of {len(grid)} intervals (got {len(values)})")
    if len(strikes) < 1 or not (np.diff(strikes) > 0).all() or strikes[0] <= 0:
        raise InputError("strikes must rise and lie above zero")
    weeks = float(grid.hours.sum()) / _WEEK_HOURS
    if weeks < 1:
        raise InputError(f"the history lasts {weeks:.3g} weeks; one is the least")


def _weeks(grid: Grid) -> tuple[Int, Int]:
    """First interval of each week, and the one after its last."""
    local = grid.local_starts
    begin, end = grid.starts[0], grid.end - _WEEK
    mondays = np.flatnonzero((local.day_of_week == _MONDAY) & (local.hour == 0) & (local.minute == 0))
    monday = grid.starts[mondays[0]] if len(mondays) else begin
    starts = pd.date_range(min(monday, end), end, freq=_WEEK).union(pd.DatetimeIndex([begin, end])).as_unit("us")
    first, stop = grid.starts.searchsorted(starts), grid.ends.searchsorted(starts + _WEEK) + 1
    if not (np.isin(starts, grid.starts).all() and np.isin(starts + _WEEK, grid.ends).all()):
        raise InputError("the intervals of the history do not make up whole weeks from Monday to Monday")
    return first.astype(np.int64), stop.astype(np.int64)


def _dearest(prices: F, hours: F, first: Int, stop: Int, storms: int) -> list[int]:
    """The weeks of the highest mean price; what is unknown does not count."""
    known = np.isfinite(prices)
    money, time = (
        np.concatenate([[0.0], np.cumsum(np.where(known, values, 0.0))]) for values in (prices * hours, hours)
    )
    length = time[stop] - time[first]
    mean = np.where(length > 0, (money[stop] - money[first]) / np.maximum(length, 1e-9), -np.inf)
    return [int(week) for week in np.argsort(-mean, kind="stable")[:storms]]


def _peaks(grid: Grid, load: F, rule: PeakRule, of_load: bool) -> tuple[int, ...]:
    """Intervals that set a coincident-peak charge, by the rule, over the part of its periods that the history holds."""
    table = pd.DataFrame({"load": load, "day": grid.local_starts.date})
    period = {day: rule.period(day) for day in table["day"].unique()}
    mine = table[[period[day] is not None for day in table["day"]]]
    if len(mine) and not np.isfinite(mine["load"]).any():
        raise InputError(f"there is no {'load' if of_load else 'price'} in the months of the coincident peaks")
    highest = mine.dropna().sort_values("load", ascending=False, kind="stable")
    if rule.distinct_days:
        highest = highest.drop_duplicates("day")
    taken = highest.groupby([str(period[day]) for day in highest["day"]]).head(rule.count)
    return tuple(sorted(int(at) for at in taken.index))


def _hole(grid: Grid, known: Bool, first: int, stop: int, what: str) -> str:
    missing = first + int(np.argmin(known[first:stop]))
    return (
        f"the week of {clock(grid.starts[first], grid.timezone)[:10]} must be included for its {what}, but has no "
        f"price from {clock(grid.starts[missing], grid.timezone)} on: fill the gap (fill_gaps)"
    )
