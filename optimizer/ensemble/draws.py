"""What one scenario draws: bitcoin and difficulty as factors over time, storms as weights over intervals."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from optimizer.arrays import Bool, F
from optimizer.ensemble.history import bootstrap_blocks, consecutive
from optimizer.ensemble.language import BtcPath, DifficultyPath, Storm, StormPrice
from optimizer.units import BLOCKS_PER_EPOCH, HOURS_PER_DAY, TARGET_BLOCK_SECONDS

_DAYS_PER_YEAR = 365.0
_HOURS_PER_WEEK = 7 * HOURS_PER_DAY
_EPOCH_HOURS = BLOCKS_PER_EPOCH * TARGET_BLOCK_SECONDS / 3600.0
_LARGEST_RETARGET = 4.0


def dice_of(seed: int, number: int, concern: int) -> np.random.Generator:
    """The dice of one concern of one scenario; no other concern, scenario or worker shares them.

    >>> dice_of(1, 5, 0).random() == dice_of(1, 5, 0).random() != dice_of(1, 6, 0).random()
    True
    """
    return np.random.Generator(np.random.PCG64(np.random.SeedSequence(seed, spawn_key=(number, concern))))


def btc_factor(dice: np.random.Generator, path: BtcPath, log_returns: F | None, begins: F) -> F:
    """Price of bitcoin over that at the plan's beginning, (intervals,): a step after every 24 hours.

    ``begins`` are hours from the plan's beginning to each interval's.
    """
    day = np.floor(begins / HOURS_PER_DAY + 1e-9).astype(np.int64)
    n = int(day[-1])
    if log_returns is None:
        sigma, drift = path.volatility_per_year or 0.0, path.drift_per_year
        returns = dice.normal((drift - sigma**2 / 2) / _DAYS_PER_YEAR, sigma / np.sqrt(_DAYS_PER_YEAR), n)
    else:
        anywhere = np.arange(len(log_returns))
        drawn = bootstrap_blocks(dice, (anywhere,) * n, consecutive(len(log_returns)), path.block_days, random=True)
        returns = log_returns[list(drawn)] if n else np.empty(0)
    path_of_days: F = np.exp(np.concatenate([[0.0], np.cumsum(returns)]))
    return path_of_days[day]


def difficulty_factor(dice: np.random.Generator, path: DifficultyPath, begins: F, hours: F) -> F:
    """Difficulty over what it would have been, (intervals,); an interval that spans a retarget has its mean."""
    factor = np.ones(len(hours))
    at, end = path.first_retarget_hours, begins[-1] + hours[-1]
    while at < end:
        change = dice.normal(1.0 + path.mean_change_share, path.deviation_share)
        change = min(max(change, 1.0 / _LARGEST_RETARGET), _LARGEST_RETARGET)
        after = np.clip((begins + hours - at) / hours, 0.0, 1.0)
        factor *= 1.0 + after * (change - 1.0)
        at += _EPOCH_HOURS
    return factor


def storms(dice: np.random.Generator, storm: Storm, begins: F, hours: F) -> Iterator[tuple[F, Bool]]:
    """Each coming of a storm: its weight, 0 to 1, and whether it touches an interval, both (intervals,).

    Comings are a Poisson process of the rate at which a week is free of them with 1 - probability_per_week; one may be
    under way when the plan begins.
    """
    end = begins[-1] + hours[-1]
    rate = -np.log1p(-storm.probability_per_week) / _HOURS_PER_WEEK
    for start in np.sort(dice.uniform(-storm.most_hours, end, dice.poisson(rate * (end + storm.most_hours)))):
        length = dice.uniform(storm.least_hours, storm.most_hours)
        first, last = np.maximum(begins, start), np.minimum(begins + hours, start + length)
        share = np.maximum(last - first, 0.0) / hours
        if share.any():
            middle = ((first + last) / 2 - start) / length
            height = 1.0 - np.abs(2.0 * middle - 1.0) if storm.shape == "peak" else 1.0
            yield share * height, share > 0


def stormy(price: F, weight: F, effect: StormPrice) -> F:
    """Prices under a storm, USD/MWh: raised in proportion to its weight, never lowered.

    >>> stormy(np.array([40.0, 40.0, -5.0]), np.array([0.0, 0.5, 1.0]), StormPrice(multiply=3.0)).tolist()
    [40.0, 80.0, -5.0]
    """
    raised = price + weight * ((effect.multiply - 1.0) * np.maximum(price, 0.0) + effect.add_usd_per_mwh)
    if effect.at_most_usd_per_mwh is not None:
        raised = np.minimum(raised, effect.at_most_usd_per_mwh)
    return np.maximum(price, raised)
