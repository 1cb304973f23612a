"""What the page of a backtest shows: which rung is measured against which, waterfalls, days, what was known when."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from optimizer.accounts.ledger import title
from optimizer.config.replanning import Replanning
from optimizer.market.timeseries import clock
from optimizer.report.kit.text import plural, trimmed
from optimizer.report.kit.waterfall import Cascade, cascade
from optimizer.through_time.backtest.outcomes import Ladder, between
from optimizer.through_time.backtest.rungs import BOUND, REPLANNING, STRIKE
from optimizer.through_time.knowledge import Knowledge
from optimizer.units import MINUTES_PER_HOUR

MOST_DAYS = 5  # best, and as many worst
MOST_TERMS = 3
_NOTHING = 0.005  # USD
_SMALL = 0.5  # USD


@dataclass(frozen=True)
class Pair:
    """The rung that the page is about, and the one it is measured against."""

    mine: str
    theirs: str


def pair_of(ladder: Ladder) -> Pair | None:
    """Re-planning against the strike rule; without one of them what stands nearest, None on a ladder of one rung."""
    keys = list(ladder.rungs)
    if len(keys) < 2:
        return None
    earned = [key for key in keys if key != BOUND.key]
    mine = REPLANNING.key if REPLANNING.key in keys else earned[-1] if len(earned) > 1 else keys[-1]
    others = keys[: keys.index(mine)]
    if not others:
        return Pair(keys[1], keys[0])
    return Pair(mine, STRIKE.key if STRIKE.key in others else others[-1])


@dataclass(frozen=True)
class Fall:
    """What makes the profit of one rung that of another, by lines of the account, and the sum, USD."""

    one: str
    other: str
    change: float
    bars: Cascade


def falls(ladder: Ladder) -> list[Fall]:
    """The pair the page is about, then all neighbours on the ladder."""
    keys = list(ladder.rungs)
    pair = pair_of(ladder)
    steps = list(pairwise(keys))
    if pair is not None:
        steps = [(pair.theirs, pair.mine), *(step for step in steps if step != (pair.theirs, pair.mine))]
    return [_fall(ladder, one, other) for one, other in steps]


def _fall(ladder: Ladder, one: str, other: str) -> Fall:
    change = ladder.rungs[other].profit - ladder.rungs[one].profit
    terms = between(ladder.rungs[one], ladder.rungs[other])
    bars = [(title(line, afterwards=True), usd, False) for line, usd in terms.items()]
    return Fall(one, other, change, cascade([*bars, ("Together", change, True)]))


@dataclass(frozen=True)
class DayRow:
    """A day on the page, USD: what the pair and the bound earned, and the lines that differ most."""

    day: str
    mine: float
    theirs: float
    bound: float | None
    gain: float
    terms: tuple[tuple[str, float], ...]


def best_and_worst(ladder: Ladder, pair: Pair) -> tuple[list[DayRow], list[DayRow]]:
    """The days on which the one rung earned most more than the other, and those on which it earned most less."""
    mine, theirs = ladder.rungs[pair.mine], ladder.rungs[pair.theirs]
    gains = mine.daily_usd - theirs.daily_usd
    bound = ladder.rungs[BOUND.key].daily_usd if BOUND.key in ladder.rungs else None

    def row(at: int) -> DayRow:
        lines = dict.fromkeys([*mine.daily, *theirs.daily])
        nothing = np.zeros(len(gains))
        terms = [
            (
                title(line, afterwards=True),
                float(mine.daily.get(line, nothing)[at] - theirs.daily.get(line, nothing)[at]),
            )
            for line in lines
        ]
        largest = sorted((term for term in terms if abs(term[1]) >= _SMALL), key=lambda term: -abs(term[1]))
        return DayRow(
            day=ladder.days[at],
            mine=float(mine.daily_usd[at]),
            theirs=float(theirs.daily_usd[at]),
            bound=None if bound is None else float(bound[at]),
            gain=float(gains[at]),
            terms=tuple(largest[:MOST_TERMS]),
        )

    order = np.argsort(-gains, kind="stable").tolist()
    best = [row(at) for at in order[:MOST_DAYS] if gains[at] > _NOTHING]
    worst = [row(at) for at in order[::-1][:MOST_DAYS] if gains[at] < -_NOTHING]
    return best, worst


@dataclass(frozen=True)
class ShownDay:
    """A day in detail: its place among the days, and why it is shown."""

    position: int
    day: str
    labels: tuple[str, ...]


def shown_days(k: Knowledge, ladder: Ladder, pair: Pair | None) -> list[ShownDay]:
    """The best and the worst day of the pair's one rung against the other, and that of the highest price."""
    wanted: dict[int, list[str]] = {}
    if pair is not None:
        gains = ladder.rungs[pair.mine].daily_usd - ladder.rungs[pair.theirs].daily_usd
        if gains.max() > _NOTHING:
            wanted.setdefault(int(gains.argmax()), []).append("Best day")
        if gains.min() < -_NOTHING:
            wanted.setdefault(int(gains.argmin()), []).append("Worst day")
    highest = int(k.actual.market.energy_price_usd_per_mwh.argmax())
    wanted.setdefault(int(k.grid.day_of_interval[highest]), []).append("Highest price")
    return [ShownDay(at, ladder.days[at], tuple(labels)) for at, labels in wanted.items()]


def sure_of(k: Knowledge) -> list[str]:
    """What every rung but the bound knew when, and what is left out: sentences."""
    farm, market = k.actual.farm, k.actual.market
    sentences = _of_prices(k, farm.replanning)
    sentences.append("What hashing is worth is known a day late: a day's bitcoin price and difficulty when it is over.")
    if market.temperature_c is not None and np.ptp(market.temperature_c) > 0:
        sentences.append("The weather ahead is expected to be that of the same hour of the last day seen.")
    if any(k.issued.values()):
        sentences.append(
            "Coincident peaks: plans see the probabilities issued at midnight and hourly through the day from the "
            "grid's load up to then; every rung is charged at the hours that became the peaks in the end."
        )
    sentences.append(
        "Prices and peaks are taken as they came: what the farm does moves neither. Machines do as they are told."
    )
    return sentences


def _of_prices(k: Knowledge, rules: Replanning | None) -> list[str]:
    if k.prices is None or rules is None:
        return ["The contract fixes the price of energy, so it is known in advance."]
    minutes = round(float(k.grid.hours[0]) * MINUTES_PER_HOUR)
    lag = k.prices.lag
    sentences = [
        f"The price of an interval of {minutes} minutes is known as it begins."
        if lag == 0
        else f"The latest price that is known as an interval begins is that of {plural(lag, 'interval')} of {minutes} "
        "minutes before."
    ]
    sentences.append(rules.forecast.expected)
    fitted = [first for first, _ in k.prices.fitted]
    if fitted:
        since = "" if fitted[0] <= 0 else f", from {clock(k.grid.starts[fitted[0]], k.grid.timezone)} on"
        sentences.append(
            f"How the latest prices' departure from that lasts is fitted every month on the prices before it{since}."
        )
    if rules.deviation_half_life_minutes and (not fitted or fitted[0] > 0):
        half = trimmed(rules.deviation_half_life_minutes)
        sentences.append(f"How far the latest price departs from that is expected to halve every {half} minutes.")
    return sentences
