"""Which power price, BTC price and difficulty each group pays at, and what a bitcoin costs it to make."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from optimizer.accounts.conditions import Conditions
from optimizer.arrays import F
from optimizer.config.farm import Farm
from optimizer.config.fleet import Group
from optimizer.market.grid import Grid
from optimizer.market.inputs import read_market
from optimizer.mechanisms.hosting.config import Hosting
from optimizer.units import HOURS_PER_DAY, TERAHASH_PER_PETAHASH, megawatts, usd_per_th_hour

DAYS_PER_YEAR = 365.25
MONTHS_PER_YEAR = 12.0


@dataclass(frozen=True)
class Breakeven:
    """One group in one mode, on the horizon's average prices.

    strike_usd_per_mwh: power price at the meter at which it stops paying. power_usd_per_mwh: what power costs on
    average if it runs always, adders and losses included. pays_in_hours: share of the hours in which power costs less
    than the strike. pays_at_btc_usd, pays_at_difficulty: where it pays again, all else equal; None for hosted machines
    and where the farm file gives only a hashprice. cash_usd_per_btc: power, net of the pool's fee; loaded_usd_per_btc:
    with fixed costs and depreciation, for the machines as installed.
    """

    group: str
    mode: str
    efficiency_j_per_th: float
    strike_usd_per_mwh: float
    power_usd_per_mwh: float
    pays_in_hours: float
    pays_at_btc_usd: float | None
    pays_at_difficulty: float | None
    cash_usd_per_btc: float | None
    loaded_usd_per_btc: float | None

    @property
    def pays(self) -> bool:
        """Whether hash is worth more than the power it takes, running always."""
        return self.strike_usd_per_mwh > self.power_usd_per_mwh


@dataclass(frozen=True)
class BreakevenReport:
    """All groups and modes of a farm, and the market they were judged in (horizon averages)."""

    rows: tuple[Breakeven, ...]
    hashprice_usd_per_ph_day: float
    btc_price_usd: float | None
    difficulty: float | None


def strike_usd_per_mwh(efficiency_j_per_th: float, hashprice_usd_per_ph_day: float, pue: float = 1.0) -> float:
    """Power price at the meter at which a machine stops paying, standby and pool fee left aside.

    >>> round(strike_usd_per_mwh(29.5, 33.31), 1)
    47.0
    """
    return usd_per_th_hour(hashprice_usd_per_ph_day) / (megawatts(efficiency_j_per_th) * pue)


def breakeven(farm: Farm, folder: Path, grid: Grid) -> BreakevenReport:
    """Break-even figures of every group and mode over the grid's hours; series are relative to ``folder``."""
    c = Conditions(farm, read_market(farm, folder, grid), farm.state)
    rows = tuple(_row(c, group, mode) for group in farm.fleet for mode in group.modes)
    market = c.market
    return BreakevenReport(
        rows,
        _mean(c, market.hashprice_usd_per_ph_day),
        _maybe_mean(c, market.btc_price_usd),
        _maybe_mean(c, market.difficulty),
    )


def _mean(c: Conditions, values: F) -> float:
    return float(np.average(values, weights=c.grid.hours))


def _maybe_mean(c: Conditions, values: F | None) -> float | None:
    return None if values is None else _mean(c, values)


def _row(c: Conditions, group: Group, mode: str) -> Breakeven:
    farm, market, point = c.farm, c.market, group.points[mode]
    fee = farm.revenue.pool_fee_share if group.pool_fee_share is None else group.pool_fee_share
    billed = 1.0 + farm.energy.loss_share
    prices = billed * (market.energy_price_usd_per_mwh + market.adders_usd_per_mwh)
    power_price = _mean(c, prices)
    extra_mw = megawatts(point.power_w - group.standby_w) * _mean(c, c.pue)
    hashprice = usd_per_th_hour(_mean(c, market.hashprice_usd_per_ph_day)) * (1.0 - fee)
    if (hosting := group.section(Hosting)) is not None:
        strike = hosting.fee_usd_per_mwh * megawatts(point.power_w) / extra_mw
        paid = _mean(c, (strike > prices).astype(np.float64))
        return Breakeven(group.name, mode, point.efficiency_j_per_th, strike, power_price, paid, None, None, None, None)
    strike = point.hashrate_th * hashprice / extra_mw
    ratio = power_price / strike if strike > 0 else None  # hashprice must rise, or difficulty fall, by so much
    btc, difficulty = _maybe_mean(c, market.btc_price_usd), _maybe_mean(c, market.difficulty)
    cash = loaded = None
    if market.btc_per_ph_day is not None and strike > 0:
        btc_per_unit_day = point.hashrate_th / TERAHASH_PER_PETAHASH * _mean(c, market.btc_per_ph_day) * (1.0 - fee)
        if btc_per_unit_day > 0:
            cash = power_price * megawatts(point.power_w) * _mean(c, c.pue) * HOURS_PER_DAY / btc_per_unit_day
            loaded = cash + _fixed_usd_per_unit_day(c, point.hashrate_th) / btc_per_unit_day
    return Breakeven(
        group.name,
        mode,
        point.efficiency_j_per_th,
        strike,
        power_price,
        _mean(c, (strike > prices).astype(np.float64)),
        None if btc is None or ratio is None else btc * ratio,
        None if difficulty is None or ratio is None or ratio <= 0 else difficulty / ratio,
        cash,
        loaded,
    )


def _fixed_usd_per_unit_day(c: Conditions, hashrate_th: float) -> float:
    """Fixed costs of one machine and day: its share of the farm's by hashrate, and its own depreciation."""
    costs, fleet = c.farm.costs, c.farm.fleet
    installed_th = sum(group.units * group.points[group.modes[0]].hashrate_th for group in fleet)
    fixed = costs.fixed_usd_per_month * MONTHS_PER_YEAR / DAYS_PER_YEAR * hashrate_th / installed_th
    return fixed + costs.depreciation_usd_per_th_year / DAYS_PER_YEAR * hashrate_th
