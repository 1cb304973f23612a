"""Power over a year as blocks of hours with about the same price. Chronology is dropped: over years nothing needs it.

A machine that can stop at once earns ``sum(hours * max(hash income - price, 0))`` whatever the order of the hours.
Blocks keep that exactly as long as no strike price lies inside a block's range of prices; else it is too low by at most
a quarter of ``hours * range`` of that one block.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from optimizer.config import base
from optimizer.config.yearly_power import Power
from optimizer.conversion.timeline import HOURS_PER_YEAR
from optimizer.errors import InputError
from optimizer.market.reading import limits_of
from optimizer.market.series import read_series

F = NDArray[np.float64]
KW_PER_MW = 1000.0
_MIDDLE_USD_PER_MWH = 50.0  # half of what a price can count for; where strike prices lie


@dataclass(frozen=True, eq=False)
class Blocks:
    """Blocks of a year, those of calls last: hours and hub price of each, what draw in it is charged besides, USD/MWh.

    ``left_share``: of the connection, what each call leaves, (calls,).
    """

    names: tuple[str, ...]
    hours: F
    usd_per_mwh: F
    charge_usd_per_mwh: F
    left_share: F

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
    order = np.argsort(prices, kind="stable")
    price, length = prices[order], hours[order]
    height = np.maximum(price, 0.0) / (_MIDDLE_USD_PER_MWH + np.maximum(price, 0.0))
    rise = (height - height[0]) / max(float(height[-1] - height[0]), 1e-12)
    passed = (np.cumsum(length) - length / 2.0) / length.sum()
    block = np.minimum(((rise + passed) / 2.0 * count).astype(np.int64), count - 1)
    held = np.asarray(np.bincount(block, weights=length, minlength=count), dtype=np.float64)
    money = np.bincount(block, weights=length * price, minlength=count)
    kept = held > 0
    return held[kept], money[kept] / held[kept]


def blocks_of(power: Power, folder: Path, timezone: str) -> Blocks:
    """The blocks of a study's power. Raises InputError where a price file is wrong or calls leave no hours."""
    if power.history is not None:
        series = read_series(folder / power.history.series.file, power.history.series, timezone, limits=_PRICES)
        lengths = np.asarray((series.ends - series.starts).total_seconds(), dtype=np.float64) / 3600.0
        hours, prices = duration_blocks(series.values, lengths, power.history.blocks)
        names = [f"prices near {price:,.0f}" for price in prices.tolist()]
        names = [name if name not in names[:i] else f"{name} ({i})" for i, name in enumerate(names)]
    else:
        hours = np.array([block.hours_per_year for block in power.blocks])
        prices = np.array([block.usd_per_mwh for block in power.blocks])
        names = [block.name for block in power.blocks]
    peaks = () if power.peaks is None else (power.peaks,)
    taken = sum(call.hours_per_year for call in power.calls) + sum(peak.hours_per_year for peak in peaks)
    if taken >= HOURS_PER_YEAR:
        raise InputError(f"power: calls and peaks take {taken:g} hours of a year of {HOURS_PER_YEAR:g}; give them less")
    hours = hours * ((HOURS_PER_YEAR - taken) / hours.sum())
    charges = [KW_PER_MW * peak.usd_per_kw_year / peak.hours_per_year for peak in peaks]
    return Blocks(
        (*names, *("coincident peaks" for _ in peaks), *(call.name for call in power.calls)),
        np.concatenate([hours, [peak.hours_per_year for peak in peaks], [c.hours_per_year for c in power.calls]]),
        np.concatenate([prices, [peak.usd_per_mwh for peak in peaks], [call.usd_per_mwh for call in power.calls]]),
        np.concatenate([np.zeros(len(hours)), charges, np.zeros(len(power.calls))]),
        np.array([call.to_share for call in power.calls]),
    )


_PRICES = limits_of(base.Price)
