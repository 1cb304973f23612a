"""Power over a year as blocks of hours with about the same price. Their order is dropped: over years nothing needs it.

A machine that can stop at once earns ``sum(hours * max(hash income - price, 0))`` whatever the order of the hours.
Blocks keep that exactly as long as no strike price lies inside a block's range of prices; else it is too low by at most
a quarter of ``hours * range`` of that one block.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from optimizer.arrays import Bool, F
from optimizer.conversion.files.power import Call, Power
from optimizer.conversion.timeline import HOURS_PER_YEAR
from optimizer.errors import InputError
from optimizer.units import KW_PER_MW

_MIDDLE_USD_PER_MWH = 50.0  # half of what a price can count for; where strike prices lie
_NO_HOURS = 1e-9


@dataclass(frozen=True, eq=False)
class Blocks:
    """Blocks of a year, those of calls last: hours and hub price of each, what draw in it is charged besides, USD/MWh.

    ``left_share``: of the connection, what each call leaves, (calls,). ``storm``: whether hours are of the dearest
    week, (blocks,).
    """

    names: tuple[str, ...]
    hours: F
    usd_per_mwh: F
    charge_usd_per_mwh: F
    left_share: F
    storm: Bool

    @property
    def calls(self) -> int:
        """How many of the blocks are calls."""
        return len(self.left_share)

    @property
    def open(self) -> int:
        """How many are not."""
        return len(self.names) - self.calls


def duration_blocks(prices: F, hours: F, count: int) -> tuple[F, F]:
    """Hours and mean price of blocks that cut a price duration curve, cheapest first; each (blocks,).

    ``prices`` and ``hours`` (intervals,): a week of weight w stands here with its hours times w. Each block takes as
    much as the others of the hours and of the price together, half of either; prices count less the higher they are, as
    no machine pays above some 150 USD/MWh. Sums of hours and of money are kept.

    >>> hours, price = duration_blocks(np.array([10.0, 10.0, 30.0, 500.0]), np.ones(4), 3)
    >>> hours.tolist(), price.tolist()
    ([2.0, 1.0, 1.0], [10.0, 30.0, 500.0])
    """
    price, of_price = np.unique(prices, return_inverse=True)
    length = np.bincount(of_price, weights=hours)
    height = np.maximum(price, 0.0) / (_MIDDLE_USD_PER_MWH + np.maximum(price, 0.0))
    rise = (height - height[0]) / max(float(height[-1] - height[0]), 1e-12)
    passed = (np.cumsum(length) - length / 2.0) / length.sum()
    block = np.minimum(((rise + passed) / 2.0 * count).astype(np.int64), count - 1)
    held = np.asarray(np.bincount(block, weights=length, minlength=count), dtype=np.float64)
    money = np.bincount(block, weights=length * price, minlength=count)
    kept = held > 0
    return held[kept], money[kept] / held[kept]


@dataclass(frozen=True)
class _Block:
    name: str
    hours: float
    usd_per_mwh: float
    charge_usd_per_mwh: float = 0.0
    storm: bool = False


def blocks_of(power: Power) -> Blocks:
    """The blocks of a year of 8,766 hours; ``power`` has no history any more.

    Storms, peaks and calls have the hours they are said to have; all others share the rest of the year. A call without
    a price takes the dearest hours of the storms. Raises InputError where there are not so many hours.
    """
    others = [_Block(b.name, b.hours_per_year, b.usd_per_mwh) for b in power.blocks if not b.storm]
    storms = [_Block(b.name, b.hours_per_year, b.usd_per_mwh, storm=True) for b in power.blocks if b.storm]
    calls = []
    for call in power.calls:
        if call.usd_per_mwh is None:
            made, storms = _in_storms(call, storms)
            calls.append(made)
        else:
            calls.append(_Block(call.name, call.hours_per_year, call.usd_per_mwh))
    peaks = []
    if power.peaks is not None and power.peaks.hours_per_year is not None and power.peaks.usd_per_mwh is not None:
        hours = power.peaks.hours_per_year
        charge = KW_PER_MW * power.peaks.usd_per_kw_year / hours
        peaks = [_Block("coincident peaks", hours, power.peaks.usd_per_mwh, charge)]
    taken, listed = (sum(b.hours for b in part) for part in ((*storms, *peaks, *calls), others))
    if taken >= HOURS_PER_YEAR or listed <= 0.0:
        raise InputError(
            f"storms, peaks and calls take {taken:g} hours of a year of {HOURS_PER_YEAR:g}, and some block must "
            "hold the rest; give them less"
        )
    every = (*others, *storms, *peaks, *calls)
    hours_of = [b.hours * ((HOURS_PER_YEAR - taken) / listed) for b in others] + [b.hours for b in every[len(others) :]]
    return Blocks(
        tuple(b.name for b in every),
        np.array(hours_of),
        np.array([b.usd_per_mwh for b in every]),
        np.array([b.charge_usd_per_mwh for b in every]),
        np.array([call.to_share for call in power.calls]),
        np.array([b.storm for b in every]),
    )


def _in_storms(call: Call, storms: list[_Block]) -> tuple[_Block, list[_Block]]:
    """A call in the dearest hours of the storms, and what it leaves of them."""
    there = sum(block.hours for block in storms)
    if call.hours_per_year > there + _NO_HOURS:
        raise InputError(
            f"call '{call.name}' has no price and asks for {call.hours_per_year:g} hours of storms; there are "
            f"{there:g} left: give it usd_per_mwh, or fewer hours"
        )
    left, money, rest = call.hours_per_year, 0.0, []
    for block in sorted(storms, key=lambda b: -b.usd_per_mwh):
        taken = min(block.hours, left)
        left, money = left - taken, money + taken * block.usd_per_mwh
        if block.hours - taken > _NO_HOURS:
            rest.append(_Block(block.name, block.hours - taken, block.usd_per_mwh, storm=True))
    return _Block(call.name, call.hours_per_year, money / call.hours_per_year, storm=True), rest[::-1]
