"""A backtest as one self-contained HTML page."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd

from optimizer.accounts.ledger import in_order, title
from optimizer.report.backtest.charts import STYLE, cumulative, day_in_detail, far_off
from optimizer.report.backtest.view import ShownDay, best_and_worst, falls, pair_of, shown_days, sure_of
from optimizer.report.kit.page import render
from optimizer.report.kit.reasons import looks_of
from optimizer.report.kit.text import share
from optimizer.through_time.backtest.outcomes import HIT_SHARE, Ladder, RungOutcome
from optimizer.through_time.backtest.rungs import BOUND, RUNGS
from optimizer.through_time.knowledge import Knowledge
from optimizer.through_time.policies import Followed


@dataclass(frozen=True)
class RungRow:
    """A rung on the page. share: of the bound's profit, None without a bound; curtailed_mwh: off for any reason."""

    key: str
    outcome: RungOutcome
    usd_per_mw_year: float
    share: float | None
    curtailed_mwh: float


@dataclass(frozen=True)
class Day:
    """A day in detail: what tells its charts from others', the highest price and when, what the pair earned, USD."""

    place: str
    shown: ShownDay
    highest_usd_per_mwh: float
    at: str
    mine: float
    theirs: float


def render_backtest(k: Knowledge, schedules: Mapping[str, Followed], ladder: Ladder) -> str:
    """The page of a backtest, HTML text."""
    pair = pair_of(ladder)
    rows = [
        RungRow(key, rung, ladder.usd_per_mw_year(key), ladder.share_of_bound(key), sum(rung.off_mwh.values()))
        for key, rung in ladder.rungs.items()
    ]
    days = [_day(k, ladder, shown, f"d{n}") for n, shown in enumerate(shown_days(k, ladder, pair))]
    charts = [cumulative(ladder, pair)]
    charts += [day_in_detail(k, schedules, ladder, pair, day.shown.position, day.place) for day in days]
    present = {reason for row in rows for reason in row.outcome.off_mwh}
    charged = in_order(line for row in rows for line in row.outcome.usd)
    shares = {name: share(value, 0) for name, value in k.actual.farm.backtest if isinstance(value, float)}
    best, worst = ([], []) if pair is None else best_and_worst(ladder, pair)
    return render(
        "optimizer.report.backtest",
        charts=charts,
        t=ladder,
        days_between=(ladder.days[0], ladder.days[-1]),
        pair=pair,
        rows=rows,
        by_key={row.key: row for row in rows},
        bound=BOUND.key,
        titles={key: rung.title for key, rung in RUNGS.items()},
        meanings={key: rung.meaning.format(**shares) for key, rung in RUNGS.items()},
        falls=falls(ladder),
        best=best,
        worst=worst,
        shown=days,
        far=[]
        if pair is None
        else [(RUNGS[key].title, _end(ladder, key, pair.theirs)) for key in far_off(ladder, pair)],
        reasons=looks_of(present),
        lines={line: title(line, afterwards=True) for line in charged},
        peaks=rows[0].outcome.peaks_seen,
        came=[
            (n, peak.charge, _local(ladder, peak.start)) for n, peak in enumerate(rows[0].outcome.peaks) if peak.came
        ],
        hit_share=HIT_SHARE,
        known=sure_of(k),
        most_mwh=max(row.curtailed_mwh for row in rows) or 1.0,
        broken=[row for row in rows if row.outcome.breaches],
        styles=STYLE,
    )


def _end(ladder: Ladder, key: str, base: str) -> float:
    return ladder.rungs[key].profit - ladder.rungs[base].profit


def _local(ladder: Ladder, start: str) -> str:
    return pd.Timestamp(start).tz_convert(ladder.timezone).strftime("%Y-%m-%d %H:%M")


def _day(k: Knowledge, ladder: Ladder, shown: ShownDay, place: str) -> Day:
    pair = pair_of(ladder)
    prices = k.actual.market.energy_price_usd_per_mwh.copy()
    prices[k.grid.day_of_interval != shown.position] = -float("inf")
    at = int(prices.argmax())
    mine, theirs = (
        (0.0, 0.0)
        if pair is None
        else (float(ladder.rungs[key].daily_usd[shown.position]) for key in (pair.mine, pair.theirs))
    )
    return Day(place, shown, float(prices[at]), k.grid.local_starts[at].strftime("%H:%M"), mine, theirs)
