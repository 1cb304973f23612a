"""How bitcoin, difficulty, power and delays go: the central path by month, and the paths around it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime, time, timedelta

import numpy as np

from optimizer import units
from optimizer.arrays import F, Int
from optimizer.conversion.files.study import Bitcoin, Study
from optimizer.conversion.files.uncertainty import Drawn, NamedPath
from optimizer.conversion.timeline import DAYS_PER_MONTH, MONTHS_PER_YEAR, Timeline
from optimizer.market.hashprice import btc_per_ph_day, subsidy_on

_DAYS_PER_EPOCH = units.BLOCKS_PER_EPOCH / units.BLOCKS_PER_DAY
_DAYS_PER_YEAR = 365.25


@dataclass(frozen=True, eq=False)
class Paths:
    """Paths side by side; factors on the central path by month.

    names and probability: (paths,); btc, difficulty and power: (paths, months); delay_months: (paths,), whole months.
    """

    names: tuple[str, ...]
    probability: F
    btc: F
    difficulty: F
    power: F
    delay_months: Int

    def __len__(self) -> int:
        return len(self.names)

    def only(self, path: int) -> Paths:
        """One of them, on its own and certain."""
        at = slice(path, path + 1)
        return Paths(
            self.names[at], np.ones(1), self.btc[at], self.difficulty[at], self.power[at], self.delay_months[at]
        )

    def later(self, months: int) -> Paths:
        """The same with first rents so many months later."""
        return replace(self, delay_months=self.delay_months + months)


@dataclass(frozen=True, eq=False)
class CentralBitcoin:
    """Bitcoin on the central path by month, (months,): USD per BTC, and BTC per PH/s and day."""

    price_usd: F
    btc_per_ph_day: F
    difficulty: F


def central_bitcoin(bitcoin: Bitcoin, timeline: Timeline) -> CentralBitcoin:
    """The central path, reckoned by day: retargets every 2,016 blocks of ten minutes, halvings on schedule."""
    days = np.arange(round(timeline.months * DAYS_PER_MONTH))
    start = datetime.combine(timeline.start, time(), UTC)
    epochs = np.floor(days / _DAYS_PER_EPOCH)
    per_epoch = (1.0 + bitcoin.difficulty_growth_per_year) ** (_DAYS_PER_EPOCH / _DAYS_PER_YEAR)
    subsidy = np.array([subsidy_on(start + timedelta(days=day)) for day in days.tolist()])
    halvings = np.round(np.log2(subsidy[0] / subsidy))
    difficulty = bitcoin.difficulty * per_epoch**epochs * bitcoin.halving_difficulty_share**halvings
    price = bitcoin.price_usd * (1.0 + bitcoin.price_growth_per_year) ** (days / _DAYS_PER_YEAR)
    mined = btc_per_ph_day(difficulty, subsidy, bitcoin.fees_btc_per_block)
    first = np.searchsorted(days, np.arange(timeline.months) * DAYS_PER_MONTH)
    counts = np.diff(np.append(first, len(days)))

    def monthly(daily: F) -> F:
        return np.asarray(np.add.reduceat(daily, first) / counts)

    return CentralBitcoin(monthly(price), monthly(mined), monthly(difficulty))


def central(timeline: Timeline) -> Paths:
    """The central path, alone."""
    ones = np.ones((1, timeline.months))
    return Paths(("central",), np.ones(1), ones, ones, ones, np.zeros(1, np.int64))


def paths_of(study: Study, timeline: Timeline) -> Paths:
    """The uncertain paths of a study; the central path where it names none."""
    if study.uncertainty is None:
        return central(timeline)
    if study.uncertainty.drawn is not None:
        return _drawn(study.uncertainty.drawn, timeline)
    return _named(study.uncertainty.named, timeline)


def _named(named: tuple[NamedPath, ...], timeline: Timeline) -> Paths:
    years = (np.arange(timeline.months) + 0.5) / MONTHS_PER_YEAR
    probability = np.array([path.probability for path in named])

    def towards(factors: list[float]) -> F:
        """Factors reached evenly, in the log, after the path's years."""
        reached = np.array([np.minimum(years / max(path.years, 1e-9), 1.0) for path in named])
        return np.asarray(np.exp(np.log(np.array(factors))[:, None] * reached))

    return Paths(
        tuple(path.name for path in named),
        probability / probability.sum(),  # to the last digit
        towards([path.btc_price for path in named]),
        towards([path.difficulty for path in named]),
        towards([path.power_price for path in named]),
        np.array([path.delay_months for path in named], dtype=np.int64),
    )


def _drawn(drawn: Drawn, timeline: Timeline) -> Paths:
    """Lognormal walks by month. Every path has a mirror image, so that their means are close to the central path."""
    rng = np.random.default_rng(drawn.seed)
    half = (drawn.count + 1) // 2
    shape = (half, timeline.months)
    step = 1.0 / MONTHS_PER_YEAR

    def mirrored(values: F) -> F:
        return np.concatenate([values, -values])[: drawn.count]

    def walk(deviation: float) -> F:
        return mirrored(np.cumsum(rng.standard_normal(shape) * deviation * np.sqrt(step), axis=1))

    btc = walk(drawn.btc_volatility_per_year)
    lag = np.exp(-step)  # difficulty closes the distance to what the price calls for with a time constant of a year
    follows = np.zeros_like(btc)
    for month in range(1, timeline.months):
        follows[:, month] = lag * follows[:, month - 1] + (1.0 - lag) * drawn.difficulty_follows * btc[:, month - 1]
    difficulty = follows + walk(drawn.difficulty_deviation_per_year)
    power = walk(drawn.power_deviation_per_year)
    delay = rng.permutation(np.resize(np.array(drawn.delays_months, dtype=np.int64), drawn.count))

    def unbiased(logs: F) -> F:
        """Factors whose mean over the paths is one in every month."""
        factors = np.exp(logs)
        return np.asarray(factors / factors.mean(axis=0))

    return Paths(
        tuple(f"path {i + 1}" for i in range(drawn.count)),
        np.full(drawn.count, 1.0 / drawn.count),
        unbiased(btc),
        np.exp(difficulty),
        unbiased(power),
        delay,
    )
