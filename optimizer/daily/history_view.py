"""The history in the terminal and as a page: what was planned, what came of it, and which way the error drifts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from rich.console import Console
from rich.table import Table

from optimizer.arrays import F
from optimizer.daily.review import Review, SettledRun
from optimizer.daily.review_figures import totals
from optimizer.money import currency
from optimizer.report.kit.charts import timeline, trace
from optimizer.report.kit.packing import packed
from optimizer.report.kit.page import render
from optimizer.report.kit.text import number, plural, usd

MOST_RUNS = 30  # in the terminal
MOST_ROWS = 500  # on the page; --json has all
_MOST_DRAWN = 1000
_LEGEND = (
    "whole plan: profit of the plan to its end; the rest: of the hours it was followed for and whose price is known"
)
_SECONDS_PER_HOUR = 3600.0
_USUAL, _SPIKED = 0.04, 3.0  # share of the time on either side, beyond which a chart that is so much higher is cut
_LARGE = 10_000.0  # USD, from which on an axis counts in thousands


def print_history(review: Review, console: Console) -> None:
    """Print the last runs and the sums; fits 100 columns."""
    by_number = {one.number: one for one in review.followed}
    table = Table(
        box=None, pad_edge=False, title=f"{review.farm}: {plural(len(review.runs), 'run')}", title_justify="left"
    )
    table.add_column("from")
    table.add_column("status")
    table.add_column("code", justify="right")
    for name in ("whole plan", "hours", "planned", "realised", "error", "over strike rule"):
        table.add_column(name, justify="right")
    for run in review.runs[-MOST_RUNS:]:
        one = by_number.get(run.number)
        cells = ["", "", "", "", ""] if one is None else [
            number(one.hours, 1), usd(one.planned_usd), usd(one.realised_usd), usd(one.error_usd), usd(one.gain_usd),
        ]  # fmt: skip
        plan = "" if run.planned_usd is None else usd(run.planned_usd)
        table.add_row(_when(run.run, run.at), run.status, str(run.exit_code), plan, *cells)
    console.print(table, highlight=False)
    for line in (*([_LEGEND] if review.followed else []), *sums(review)):
        console.print(line, highlight=False)


def _when(run: str | None, at: str) -> str:
    return at[:16].replace("T", " ") if run is None else f"{run[:10]} {run[11:13]}:{run[13:15]}"


def sums(review: Review) -> list[str]:
    """What it all comes to, in sentences."""
    if not review.followed:
        return ["No schedule has hours yet whose price is known."]
    all_ = totals(review)
    gains = [(all_["gain_usd"], "the strike rule"), (all_["over_always_on_usd"], "always on")]
    known = [(gain, rule) for gain, rule in gains if gain is not None]
    more = [f"{usd(abs(gain))} {'less' if gain < 0 else 'more'} than {rule}" for gain, rule in known]
    came = (
        f"Over {number(all_['hours_with_price'], 1)} hours with a known price: planned {usd(all_['planned_usd'])}, "
        f"realised {usd(all_['realised_usd'])}, {', '.join(more)}."
    )
    most = sorted(all_["gain_usd_by_cause"].items(), key=lambda one: -abs(one[1]))[:3]
    made = "; ".join(f"{cause[:1].lower()}{cause[1:]} {'+' if more > 0 else ''}{usd(more)}" for cause, more in most)
    source = all_["gain_usd_by_source"]
    without = source["without a plan"]
    apart = (
        f"Of the difference to the strike rule {usd(source['plans']['usd'])} came with plans, {usd(without['usd'])} in "
        f"{number(without['hours'], 1)} hours without a new one (kept schedules and the safe posture)."
    )
    drift = usd(all_["drift_usd_per_day"])
    error = f"Error, realised less planned: {usd(all_['error_usd'])} so far, {drift} per day over the last seven days."
    peaks = "Coincident peaks count with the probability that each plan gave them, for the strike rule too."
    causes = [f"Against the strike rule: {made}."] if made else []
    causes += [apart] if without["hours"] else []
    return [came, *causes, error, *([peaks] if review.expects_peaks else [])]


def render_history(review: Review) -> str:
    """The page of a history, HTML text."""
    return render(
        "optimizer.daily",
        "history",
        charts=_charts(review.followed[-_MOST_DRAWN:], review.timezone),
        r=review,
        total=totals(review),
        sums=sums(review),
        by_number={one.number: one for one in review.followed},
        shown=list(reversed(review.runs[-MOST_ROWS:])),
        when=_when,
    )


def _charts(followed: tuple[SettledRun, ...], zone: str) -> dict[str, Any]:
    """USD per day of each schedule over its hours with a price, and the error summed up; elsewhere nothing is known."""
    if not followed:
        return timeline(zone, 0, np.zeros(0), {}, ())
    minutes: list[float] = []
    rows: list[SettledRun | None] = []
    at = float(followed[0].starts)
    for one in followed:
        if one.starts > at:
            minutes.append((one.starts - at) / 60.0)
            rows.append(None)
        minutes.append(one.hours * 60.0)
        rows.append(one)
        at = one.starts + one.hours * _SECONDS_PER_HOUR
    per_day = {
        key: np.array([np.nan if row is None else getattr(row, key) / row.hours * 24.0 for row in rows])
        for key in ("planned_usd", "realised_usd", "strike_rule_usd")
    }
    sum_so_far = 0.0
    running = np.array([sum_so_far := sum_so_far if row is None else row.running_error_usd for row in rows])
    drift = np.array([np.nan if row is None else row.drift_usd_per_day for row in rows])
    lines = (
        ("planned_usd", "Planned", "price"),
        ("realised_usd", "Realised", "c1"),
        ("strike_rule_usd", "Strike rule", "c3"),
    )
    errors = (("running", "Error, summed up", "event"), ("drift", "Error per day, mean of seven days", "c2"))
    profit, series = _chart("profit", lines, per_day, minutes, ("planned_usd", "realised_usd"))
    error, more = _chart("error", errors, {"running": running, "drift": drift}, minutes, ("running",))
    return timeline(zone, followed[0].starts, np.array(minutes), series | more, [profit, error], "interval")


def _usual(values: F, minutes: F) -> tuple[float, float]:
    """Between what values lie all but a short time on either side; where nothing is known does not count."""
    values, minutes = values[known := ~np.isnan(values)], minutes[known]
    order = np.argsort(values)
    share = np.cumsum(minutes[order]) / minutes.sum()
    low, high = np.searchsorted(share, [_USUAL, 1.0 - _USUAL])
    return float(values[order][low]), float(values[order][high])


def _with_room(low: float, high: float) -> list[float]:
    room = 0.06 * ((high - low) or 1.0)
    return [round(low - room, 2), round(high + room, 2)]


def _chart(
    key: str,
    lines: tuple[tuple[str, str, str], ...],
    values: Mapping[str, F],
    minutes: Sequence[float],
    seen: tuple[str, ...],
) -> tuple[dict[str, Any], dict[str, Any]]:
    """A chart and its series, in thousands where figures are so large that an axis could not hold them.

    ``seen``: the lines that are to be told apart; what sticks out of them for a short time, and the others, are cut.
    """
    everything = np.concatenate([*values.values(), [0.0]])
    everything = everything[~np.isnan(everything)]
    scale = 1000.0 if np.abs(everything).max() >= _LARGE else 1.0
    full = _with_room(float(everything.min()) / scale, float(everything.max()) / scale)
    usual = _usual(np.concatenate([values[one] for one in seen]) / scale, np.tile(minutes, len(seen)))
    shown = _with_room(min(usual[0], 0.0), max(usual[1], 0.0))
    spiked = full[1] - full[0] > _SPIKED * (shown[1] - shown[0])
    chart = {
        "id": key,
        "kind": "lines",
        "unit": currency() if scale == 1.0 else f"thousand {currency()}",
        "decimals": 2,
        "range": shown if spiked else full,
        "full": full if spiked else None,
        "peak": round(float(everything.max()) / scale, 2),
        "trough": round(float(everything.min()) / scale, 2),
        "series": [trace(*one, width=2) for one in lines],
        "bands": [],
    }
    return chart, {k: packed(v / scale, 3) for k, v in values.items()}
