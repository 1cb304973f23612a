"""The safe posture: the schedule for when no plan can be made and the last good one has run out.

It keeps every hard limit as the policies do: calls to cut load, the import limit, ramps, frost, minimum times.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd

from optimizer.accounts.conditions import Conditions
from optimizer.accounts.reasons import Reason
from optimizer.arrays import F
from optimizer.config.base import SeriesFile
from optimizer.config.daily import SafePosture
from optimizer.config.farm import Farm
from optimizer.daily.kept import conditions_from, followed_record, hours_from
from optimizer.daily.orders import Orders
from optimizer.daily.prices import Prices
from optimizer.daily.record import Record
from optimizer.errors import CurtailError
from optimizer.market.grid import Grid
from optimizer.market.inputs import ENERGY_PRICE, read_market
from optimizer.market.quantities import PRICES, declared
from optimizer.market.series import read_series
from optimizer.through_time.policies import Followed, on_where

_LOOKED_BACK = pd.Timedelta(days=7)


def safe_record(
    farm: Farm | None,
    folder: Path,
    posture: SafePosture,
    start: pd.Timestamp,
    before: Record,
    orders: Orders,
    fed: Prices,
    measured: Path | None,
) -> tuple[Record, tuple[str, ...]]:
    """The posture as a schedule from ``start`` on, and what an operator should know.

    All but the energy price goes on as ``before`` ended; ``fed`` are the prices that a feed has brought.
    """
    farm = orders.over(before.farm if farm is None or not _same_names(farm, before.farm) else farm)
    c, messages = conditions_from(before, farm, start, hours_from(start, posture.hours, farm), measured, folder)
    price = _last_known(c, folder, float(before.market.energy_price_usd_per_mwh[-1]))
    price = _or_fed(price, c.grid, fed)
    c = replace(c, market=c.market.with_(energy_price_usd_per_mwh=price))
    most = posture.off_above_usd_per_mwh
    on = np.zeros(len(c.grid), dtype=np.bool_) if most is None else price <= most
    return followed_record(c, _named(on_where(c, on)), "posture", before), messages


def _same_names(farm: Farm, other: Farm) -> bool:
    """Whether the market that was kept for one farm has all that another one asks of it."""
    listed = [one for one in declared(type(farm)).values() if one.many and one.keys[0] != "fleet"]
    same = all(one.names(farm) == one.names(other) for one in listed)
    return same and (not farm.needs_temperature or bool(other.weather))


def _last_known(c: Conditions, folder: Path, otherwise: float) -> F:
    """The energy price of each hour where it is known, before and after that the nearest earlier one, USD/MWh."""
    spec, farm, grid = c.farm.energy.price_usd_per_mwh, c.farm, c.grid
    if not isinstance(spec, SeriesFile):
        return read_market(farm, folder, grid, only={ENERGY_PRICE}).energy_price_usd_per_mwh
    begins = grid.starts[0] - _LOOKED_BACK
    window = Grid(pd.DatetimeIndex([begins]), np.array([(grid.end - begins) / pd.Timedelta(hours=1)]), farm.timezone)
    try:
        series = read_series(folder / spec.file, spec, farm.timezone, within=window, limits=PRICES)
    except CurtailError:
        return np.full(len(grid), otherwise)
    row = np.asarray(series.starts.searchsorted(grid.starts, side="right")) - 1
    return np.where(row >= 0, series.values[np.maximum(row, 0)], otherwise)


def _or_fed(price: F, grid: Grid, fed: Prices) -> F:
    """What a feed says of an hour, and where it has ended the higher of its last price and the file's."""
    if not len(fed):
        return price
    begins = np.array([start.timestamp() for start in grid.starts])
    row = np.searchsorted(fed.starts, begins, side="right") - 1
    fed_price = fed.usd_per_mwh[np.maximum(row, 0)]
    over = (row >= 0) & (begins < fed.ends[np.maximum(row, 0)])
    return np.where(over, fed_price, np.where(row >= 0, np.maximum(fed_price, price), price))


def _named(followed: Followed) -> Followed:
    """A schedule in which machines that no limit keeps off are off for the posture."""
    named: dict[Reason, F] = {
        Reason.SAFE_POSTURE if reason is Reason.PRICE else reason: off for reason, off in followed.off.items()
    }
    return replace(followed, off=named)
