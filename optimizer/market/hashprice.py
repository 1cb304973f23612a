"""What a hash earns: the hashprice identity, the subsidy schedule and the next retarget.

The identity: a miner with one PH/s finds ``1e15 * 86400 / (difficulty * 2**32)`` blocks a day on
average, and each pays the subsidy and its fees. The subsidy halves every 210,000 blocks and the
difficulty retargets every 2,016 blocks by at most a factor of 4: rules of the Bitcoin protocol
(Bitcoin Core, ``GetBlockSubsidy`` and ``CalculateNextWorkRequired``).
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import TypeVar

from optimizer import units
from optimizer.arrays import F
from optimizer.config.revenue import Epoch

Number = TypeVar("Number", float, F)  # one number, or arrays of one shape

# Times stamped on blocks 210000, 420000, 630000 and 840000 of the Bitcoin block chain.
HALVINGS = (
    datetime(2012, 11, 28, 15, 24, 38, tzinfo=UTC),
    datetime(2016, 7, 9, 16, 46, 13, tzinfo=UTC),
    datetime(2020, 5, 11, 19, 23, 43, tzinfo=UTC),
    datetime(2024, 4, 20, 0, 9, 27, tzinfo=UTC),
)
_SATOSHI_PER_BTC = 100_000_000
_LARGEST_RETARGET = 4.0


def btc_per_ph_day(difficulty: Number, subsidy_btc: Number, fees_btc: Number | float = 0.0) -> Number:
    """Expected BTC per PH/s per day, before the pool's fee.

    >>> round(btc_per_ph_day(125.86e12, 3.125), 9)
    0.000499478
    """
    blocks = units.HASHES_PER_PETAHASH * units.SECONDS_PER_DAY / units.HASHES_PER_DIFFICULTY
    return (subsidy_btc + fees_btc) * blocks / difficulty


def hashprice(btc_price_usd: Number, difficulty: Number, subsidy_btc: Number, fees_btc: Number | float = 0.0) -> Number:
    """Expected USD per PH/s per day, before the pool's fee; ``fees_btc`` is per block.

    >>> round(hashprice(66_680.4, 125.86e12, 3.125), 2)
    33.31
    """
    return btc_price_usd * btc_per_ph_day(difficulty, subsidy_btc, fees_btc)


def subsidy_at_height(height: int) -> float:
    """BTC newly made by the block at this height, in whole satoshi as the protocol has it.

    >>> subsidy_at_height(839_999), subsidy_at_height(840_000)
    (6.25, 3.125)
    """
    if height < 0:
        raise ValueError(f"a block height is not negative (got {height})")
    halvings = height // units.BLOCKS_PER_HALVING
    first = int(units.FIRST_SUBSIDY_BTC * _SATOSHI_PER_BTC)
    return (first >> halvings) / _SATOSHI_PER_BTC if halvings < 64 else 0.0


def subsidy_on(when: date) -> float:
    """BTC per block on a date (at its first moment, UTC) or at a time with an offset.

    Past halvings are the block chain's. Later ones are an estimate: 210,000 blocks of ten minutes
    from one to the next, counted from April 2024; give a block height where a halving is near.

    >>> subsidy_on(date(2024, 4, 19)), subsidy_on(date(2026, 2, 11)), subsidy_on(date(2029, 1, 1))
    (6.25, 3.125, 1.5625)
    """
    moment = when if isinstance(when, datetime) else datetime.combine(when, time(), UTC)
    if moment.tzinfo is None:
        raise ValueError(f"the time needs an offset (got {moment})")
    passed = sum(moment >= halving for halving in HALVINGS)
    if passed == len(HALVINGS):
        between = timedelta(seconds=units.BLOCKS_PER_HALVING * units.TARGET_BLOCK_SECONDS)
        passed += (moment - HALVINGS[-1]) // between
    return subsidy_at_height(passed * units.BLOCKS_PER_HALVING)


def next_difficulty(difficulty: float, epoch: Epoch) -> tuple[float, float]:
    """Estimated difficulty after the next retarget, and the hours from ``epoch.at`` until it.

    Blocks keep the pace of the epoch so far; the change is at most a factor of 4 either way.

    >>> epoch = Epoch(at="2026-02-11 06:00", blocks_so_far=1008, hours_so_far=140.0)
    >>> estimate, hours = next_difficulty(100e12, epoch)
    >>> round(estimate / 1e12, 6), hours
    (120.0, 140.0)
    """
    hours_per_block = epoch.hours_so_far / epoch.blocks_so_far
    target_hours = units.TARGET_BLOCK_SECONDS * units.HOURS_PER_DAY / units.SECONDS_PER_DAY
    change = min(max(target_hours / hours_per_block, 1 / _LARGEST_RETARGET), _LARGEST_RETARGET)
    return difficulty * change, (units.BLOCKS_PER_EPOCH - epoch.blocks_so_far) * hours_per_block
