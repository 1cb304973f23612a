"""The safe posture: the schedule for when no plan can be made and the last good one has run out.

It keeps every hard limit as the policies do: the import limit, calls to cut load, ramps, frost, minimum times.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from optimizer.conditions import Conditions
from optimizer.config.base import Price, SeriesFile
from optimizer.config.daily import SafePosture
from optimizer.config.farm import Farm
from optimizer.daily.carried import state_at
from optimizer.daily.record import Record, market_at
from optimizer.errors import CurtailError
from optimizer.market.grid import Grid
from optimizer.market.inputs import MarketInputs
from optimizer.market.reading import Reading, limits_of
from optimizer.market.series import read_series
from optimizer.policies import Followed, on_where
from optimizer.schedule.reasons import Reason
from optimizer.settlement.account import Dispatch

F = NDArray[np.float64]
SAFE = "safe_posture"  # the reason of machines that the posture itself keeps off
_LOOKED_BACK = pd.Timedelta(days=7)


def safe_record(
    farm: Farm, folder: Path, posture: SafePosture, start: pd.Timestamp, before: Record, measured: Path
) -> Record:
    """The posture as a schedule from ``start`` on. All but the energy price goes on as ``before`` ended."""
    if not _same_names(farm, before.farm):
        farm = before.farm
    state, _ = state_at(start, farm, before, measured)
    farm = farm.model_copy(update={"state": state})
    hours = int(np.ceil(posture.hours))
    grid = Grid(pd.date_range(start, periods=hours, freq="h").as_unit("us"), np.ones(hours), farm.timezone)
    market = _held(before, farm, grid)
    price = _last_known(farm, folder, grid, float(before.market.energy_price_usd_per_mwh[-1]))
    c = Conditions(farm, replace(market, energy_price_usd_per_mwh=price))
    most = posture.off_above_usd_per_mwh
    on = np.zeros(len(grid), dtype=np.bool_) if most is None else price <= most
    followed = on_where(c, on)
    dispatch = Dispatch(dict(followed.units_on), followed.onsite_mw, followed.export_mw, dict(followed.supply_mw))
    return Record("posture", farm, c.market, dispatch, None, _reasons(c, followed), before.expected_mw)


def _same_names(farm: Farm, other: Farm) -> bool:
    """Whether the market that was kept for one farm has all that another one asks of it."""
    keys = ("blocks", "supplies", "coincident_peaks")
    named = [[{item.name for item in getattr(one.energy, key)} for key in keys] for one in (farm, other)]
    return named[0] == named[1] and (not farm.needs_temperature or bool(other.weather))


def _held(before: Record, farm: Farm, grid: Grid) -> MarketInputs:
    """The market at the end of a schedule, going on."""
    last = np.full(len(grid), len(before.market.grid) - 1)
    market = market_at(before.market, last, grid)
    shares = {group.name: market.availability.get(group.name, np.ones(len(grid))) for group in farm.fleet}
    return replace(market, availability=shares, fills=(), warnings=())


def _last_known(farm: Farm, folder: Path, grid: Grid, otherwise: float) -> F:
    """The energy price of each hour where it is known, before and after that the nearest earlier one, USD/MWh."""
    spec = farm.energy.price_usd_per_mwh
    if not isinstance(spec, SeriesFile):
        return Reading(farm, folder, grid).over(grid, spec, Price)
    begins = grid.starts[0] - _LOOKED_BACK
    window = Grid(pd.DatetimeIndex([begins]), np.array([(grid.end - begins) / pd.Timedelta(hours=1)]), farm.timezone)
    try:
        series = read_series(folder / spec.file, spec, farm.timezone, within=window, limits=limits_of(Price))
    except CurtailError:
        return np.full(len(grid), otherwise)
    row = np.asarray(series.starts.searchsorted(grid.starts, side="right")) - 1
    return np.where(row >= 0, series.values[np.maximum(row, 0)], otherwise)


def _reasons(c: Conditions, followed: Followed) -> tuple[tuple[str, ...], ...]:
    """By group and interval: what keeps machines off, the posture itself or a limit that is tighter."""
    n = len(c.grid)
    names = {reason: SAFE if reason is Reason.PRICE else reason.value for reason in followed.off}

    def told(g: int, t: int) -> str:
        some = [(names[reason], off[g, t]) for reason, off in followed.off.items() if off[g, t] > 0]
        return some[0][0] if len(some) == 1 else " ".join(f"{name}={count:g}" for name, count in some)

    return tuple(tuple(told(g, t) for t in range(n)) for g in range(len(c.farm.fleet)))
