"""The only place with conversion factors."""

from __future__ import annotations

HOURS_PER_DAY = 24.0
SECONDS_PER_DAY = 86_400.0
MINUTES_PER_HOUR = 60.0
WATTS_PER_MEGAWATT = 1e6
KW_PER_MW = 1e3
TERAHASH_PER_PETAHASH = 1e3
HASHES_PER_TERAHASH = 1e12
HASHES_PER_PETAHASH = 1e15
HASHES_PER_DIFFICULTY = 2.0**32  # expected hashes per block at difficulty 1
TARGET_BLOCK_SECONDS = 600.0
BLOCKS_PER_DAY = SECONDS_PER_DAY / TARGET_BLOCK_SECONDS
BLOCKS_PER_EPOCH = 2016  # difficulty retargets after as many blocks
BLOCKS_PER_HALVING = 210_000
FIRST_SUBSIDY_BTC = 50.0


def megawatts(watts: float) -> float:
    """Megawatts of so many watts.

    >>> megawatts(3_068)
    0.003068
    """
    return watts / WATTS_PER_MEGAWATT


def usd_per_th_hour(usd_per_ph_day: float) -> float:
    """Hashprice in USD per TH/s per hour, from USD per PH/s per day.

    >>> round(usd_per_th_hour(33.31), 9)
    0.001387917
    """
    return usd_per_ph_day / (TERAHASH_PER_PETAHASH * HOURS_PER_DAY)


def celsius(fahrenheit: float) -> float:
    """Degrees Celsius of degrees Fahrenheit.

    >>> celsius(14.0)
    -10.0
    """
    return (fahrenheit - 32.0) / 1.8
