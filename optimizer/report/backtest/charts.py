"""The charts of a backtest as ``charts.js`` draws them: a timeline of all days, and one for each day shown."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import cycle
from typing import Any

import numpy as np
import pandas as pd

from optimizer.accounts.conditions import Conditions
from optimizer.accounts.flows import grid_import_mw
from optimizer.arrays import F
from optimizer.errors import MissingDataError
from optimizer.money import currency
from optimizer.report.backtest.view import Pair
from optimizer.report.kit.charts import MOST_GROUPS, price_range, reason_parts, timeline, trace
from optimizer.report.kit.packing import decimals_of, packed
from optimizer.report.kit.reasons import looks
from optimizer.through_time.backtest.outcomes import Ladder, peaks_that_came
from optimizer.through_time.backtest.rungs import BOUND, REPLANNING, RULES, RUNGS, STRIKE
from optimizer.through_time.knowledge import Knowledge
from optimizer.through_time.policies import Followed, strike_prices
from optimizer.through_time.policies.wish import meter_price

_FAR = 3.0  # times the middle of all: a curve that goes further is told, not drawn
_UNITS = ((1e7, 1e6, "million ", 2), (1e4, 1e3, "thousand ", 1), (0.0, 1.0, "", 0))
_RULE_LINES: tuple[tuple[str, tuple[int, ...]], ...] = (
    ("price", ()),
    ("c4", ()),
    ("c5", ()),
    ("c3", ()),
    ("c7", (6, 3)),
    ("c1", ()),
    ("c6", (6, 3)),
)
STYLE: dict[str, tuple[str, float, tuple[int, ...]]] = {
    **{
        rung.key: (color, 2.0 if rung is STRIKE else 1.5, dash)
        for rung, (color, dash) in zip(RULES, cycle(_RULE_LINES), strict=False)
    },
    REPLANNING.key: ("marginal", 2.5, ()),
    BOUND.key: ("c2", 1.5, (3, 3)),
}
"""Colour, width and dashes of each rung's line, the same on every chart; of rules, by their place on the ladder."""


def cumulative(ladder: Ladder, pair: Pair | None) -> dict[str, Any]:
    """Profit of every rung summed over the days: against the pair's second, and as it is."""
    series: dict[str, Any] = {}
    sums = {key: (rung.daily_usd + rung.charged_usd).cumsum() for key, rung in ladder.rungs.items()}
    charts = []
    if pair is not None:
        against = {key: usd - sums[pair.theirs] for key, usd in sums.items()}
        charts.append(_curves("against", against, series, far_off(ladder, pair)))
    charts.append(_curves("profit", sums, series, ()))
    start, days = pd.Timestamp(ladder.start), pd.DatetimeIndex(ladder.days).tz_localize(ladder.timezone)
    ends = [*days[1:], pd.Timestamp(ladder.end)]
    begins = [start, *days[1:]]
    minutes = np.array([(end - begin).total_seconds() / 60.0 for begin, end in zip(begins, ends, strict=True)])
    return timeline(ladder.timezone, int(start.timestamp()), minutes, series, charts)


def far_off(ladder: Ladder, pair: Pair) -> tuple[str, ...]:
    """Rungs whose difference to the pair's second is so large that beside it no other could be told apart."""
    usd = {key: rung.daily_usd + rung.charged_usd for key, rung in ladder.rungs.items()}
    farthest = {key: float(np.abs((usd[key] - usd[pair.theirs]).cumsum()).max()) for key in usd if key != pair.theirs}
    limit = max(_FAR * float(np.median(list(farthest.values()))), farthest[pair.mine])
    return tuple(key for key, usd in farthest.items() if usd > limit)


def _curves(name: str, usd: Mapping[str, F], series: dict[str, Any], hidden: Sequence[str]) -> dict[str, Any]:
    drawn = np.array([values for key, values in usd.items() if key not in hidden])
    low, high = min(float(drawn.min()), 0.0), max(float(drawn.max()), 0.0)
    _, scale, unit, decimals = next(unit_of for unit_of in _UNITS if max(high, -low) >= unit_of[0])
    lines = []
    for key, values in usd.items():
        color, width, dash = STYLE[key]
        series[f"{name}_{key}"] = packed(values / scale, decimals)
        lines.append(trace(f"{name}_{key}", RUNGS[key].title, color, width, dash, hover=key in hidden))
    margin = 0.05 * ((high - low) or 1.0)
    shown = [round((low - margin if low < 0 else 0.0) / scale, 4), round((high + margin) / scale, 4)]
    return _chart(name, unit + currency(), decimals, lines, [], range=shown, full=None)


def day_in_detail(
    k: Knowledge, schedules: Mapping[str, Followed], ladder: Ladder, pair: Pair | None, day: int, place: str
) -> dict[str, Any]:
    """Power at the meter and strike prices, what was drawn, and why machines of the pair's first rung were off.

    ``place`` tells the charts of one day from those of another.
    """
    first, stop = (int(at) for at in np.searchsorted(k.grid.day_of_interval, (day, day + 1)))
    c, seen = (replace(whole, market=whole.market.part(first, stop)) for whole in (k.actual, k.observed))
    mine = next(iter(schedules)) if pair is None else pair.mine
    keys = [key for key in schedules if pair is None or key in (pair.mine, pair.theirs, BOUND.key)]
    series: dict[str, Any] = {}
    bands = _peaks(c)
    charts = [_prices(k, c, seen, series, first), _drawn(k, schedules, keys, series, (first, stop))]
    charts.append(_reasons(c, schedules[mine], series, (first, stop)))
    for chart in charts:
        chart |= {"id": f"{chart['id']}_{place}", "bands": bands}
    return timeline(ladder.timezone, int(c.grid.starts[0].timestamp()), c.grid.hours * 60.0, series, charts)


def _prices(k: Knowledge, c: Conditions, seen: Conditions, series: dict[str, Any], first: int) -> dict[str, Any]:
    price = meter_price(c)
    series["price"] = packed(price, 2)
    lines = [trace("price", "Power at the meter", "marginal", 2.5)]
    prices = [price]
    if k.prices is not None:
        if k.prices.lag:
            series["seen"] = packed(meter_price(seen), 2)
            lines.append(trace("seen", "The latest known then", "", 1.5, hover=True))
        try:
            ahead = k.prices.at(first, first + len(c.grid))
        except MissingDataError:
            pass
        else:
            prices.append(meter_price(replace(c, market=c.market.with_(energy_price_usd_per_mwh=ahead))))
            series["expected"] = packed(prices[-1], 2)
            lines.append(trace("expected", "As expected at midnight", "price", 1.75, (2, 3)))
    strikes = strike_prices(seen)
    size = [group.units * max(p.power_w for p in group.points.values()) for group in c.farm.fleet]
    named = sorted(np.argsort(np.negative(size), kind="stable")[:MOST_GROUPS].tolist(), key=lambda g: -strikes[g, 0])
    merged: dict[bytes, list[int]] = {}
    for g in named:
        merged.setdefault(np.round(strikes[g], 2).tobytes(), []).append(g)
    for place, groups in enumerate(merged.values()):
        names = ", ".join(c.farm.fleet[g].name for g in groups)
        series[f"strike{place}"] = packed(strikes[groups[0]], 2)
        lines.append(trace(f"strike{place}", f"Strike: {names}", f"c{place}", 1.5))
    return _chart("price", f"{currency()}/MWh", 2, lines, [], **price_range(np.concatenate(prices), strikes[named]))


def _drawn(
    k: Knowledge, schedules: Mapping[str, Followed], keys: Sequence[str], series: dict[str, Any], part: tuple[int, int]
) -> dict[str, Any]:
    drawn = {key: grid_import_mw(k.actual, schedules[key])[slice(*part)] for key in keys}
    low = min(0.0, *(float(mw.min()) for mw in drawn.values()))
    high = max(float(mw.max()) for mw in drawn.values()) or 1.0
    lines = []
    for key, mw in drawn.items():
        series[f"mw_{key}"] = packed(mw, decimals_of(high))
        lines.append(trace(f"mw_{key}", RUNGS[key].title, *STYLE[key]))
    return _chart("load", "MW", decimals_of(high), lines, [], range=[1.06 * low, 1.06 * high], full=None)


def _reasons(c: Conditions, schedule: Followed, series: dict[str, Any], part: tuple[int, int]) -> dict[str, Any]:
    """A row per group, the largest ones: part 0 runs, the others are off by reason; together all installed."""
    off = {reason: counts[:, slice(*part)] for reason, counts in schedule.off.items()}
    present = [reason for reason in looks() if reason in off and off[reason].any()]
    parts = reason_parts(present)
    rows = []
    for g, group in enumerate(c.farm.fleet):
        series[f"on{g}"] = packed(schedule.running(group)[slice(*part)], 1)
        keys = {"0": f"on{g}"}
        for at, reason in enumerate(present, start=1):
            if off[reason][g].any():
                keys[str(at)] = f"off{g}_{at}"
                series[keys[str(at)]] = packed(off[reason][g], 1)
        rows.append({"label": group.name, "total": group.units, "parts": keys})
    return {"id": "reasons", "kind": "rows", "unit": "machines", "parts": parts, "rows": rows, "bands": []}


def _peaks(c: Conditions) -> list[dict[str, Any]]:
    """Bands where coincident peaks came."""
    bands = []
    for charge, run, chance in peaks_that_came(c):
        detail = (
            "one of the grid's peaks, as it turned out" if chance == 1.0 else f"a peak with probability {chance:.2g}"
        )
        begin, end = int(c.grid.starts[run[0]].timestamp()), int(c.grid.ends[run[-1]].timestamp())
        bands.append({"from": begin, "to": end, "label": charge, "detail": detail, "level": None})
    return bands


def _chart(name: str, unit: str, decimals: int, lines: Any, bands: Any, **more: Any) -> dict[str, Any]:
    chart = {"id": name, "kind": "lines", "unit": unit, "decimals": decimals, "series": lines, "bands": bands}
    return chart | {"banded": "Coincident peak"} | more
