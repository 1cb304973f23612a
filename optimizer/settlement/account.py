"""The money of a schedule, computed from the schedule and the prices alone: an independent second account.

Nothing here knows the linear program. Each line is written as a bookkeeper would: quantity times price, per interval.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from optimizer.conditions import Conditions
from optimizer.dispatch import Dispatch
from optimizer.settlement.charges import charges
from optimizer.settlement.events import event_lines
from optimizer.units import HOURS_PER_DAY, TERAHASH_PER_PETAHASH, WATTS_PER_MEGAWATT

F = NDArray[np.float64]


@dataclass(frozen=True)
class Settlement:
    """The account of one schedule.

    usd: line -> USD per interval, income positive. load_mw, import_mw, spot_mw: (intervals,); resold_mw: (blocks,
    intervals). starts: group -> machines started per interval. The other figures are totals over the plan.
    """

    usd: Mapping[str, F]
    load_mw: F
    import_mw: F
    spot_mw: F
    resold_mw: F
    starts: Mapping[str, F]
    energy_mwh: float
    hash_ph_days: float
    btc: float | None

    @property
    def lines(self) -> dict[str, float]:
        """USD by line over the whole plan."""
        return {line: float(values.sum()) for line, values in self.usd.items()}

    @property
    def profit(self) -> float:
        """USD over the whole plan."""
        return float(sum(self.lines.values()))


def machine_starts(c: Conditions, dispatch: Dispatch) -> dict[str, F]:
    """Machines started by group, (intervals,) each, those that ran just before the plan taken into account."""
    return {
        group.name: np.maximum(np.diff(dispatch.running(group), prepend=c.units_before[g]), 0.0)
        for g, group in enumerate(c.farm.fleet)
    }


def site_load_mw(c: Conditions, dispatch: Dispatch) -> F:
    """Load behind the meter, MW, (intervals,): machines on and on standby times PUE, plus the auxiliary load."""
    watts = np.zeros(len(c.grid))
    for g, group in enumerate(c.farm.fleet):
        watts += group.standby_w * (c.units_available[g] - dispatch.running(group))
        for mode, point in c.points[group.name].items():
            watts += point.power_w * dispatch.units_on[group.name, mode]
    return watts / WATTS_PER_MEGAWATT * c.pue + c.market.auxiliary_load_mw


def grid_import_mw(c: Conditions, dispatch: Dispatch) -> F:
    """MW through the meter into the farm, (intervals,)."""
    return _at_meter(site_load_mw(c, dispatch), dispatch)


def _at_meter(load_mw: F, dispatch: Dispatch) -> F:
    return load_mw + dispatch.export_mw - dispatch.onsite_mw


def spot_and_left_mw(c: Conditions, dispatch: Dispatch, imported: F) -> tuple[F, F]:
    """MW bought at spot, (intervals,), and MW left of each block, (blocks, intervals), losses included.

    The load takes first what other suppliers give, then what would bring least if it were sold: blocks that cannot be
    resold bring nothing.
    """
    energy, price = c.farm.energy, c.market.energy_price_usd_per_mwh
    blocks = energy.blocks
    left = np.array([c.market.block_mw[block.name] for block in blocks]).reshape(len(blocks), len(price))
    brings = np.array(
        [0.0 * price if block.resale is None else price - block.resale.fee_usd_per_mwh for block in blocks]
    ).reshape(left.shape)
    drawn = sum((dispatch.supply_mw[supply.name] for supply in energy.supplies), 0.0 * price)
    open_mw = (1.0 + energy.loss_share) * imported - drawn
    columns = np.arange(len(price))
    for position in np.argsort(brings, axis=0, kind="stable"):
        taken = np.minimum(left[position, columns], np.maximum(open_mw, 0.0))
        left[position, columns] -= taken
        open_mw -= taken
    return open_mw, left


def settle(c: Conditions, dispatch: Dispatch) -> Settlement:
    """Settle a schedule: USD by line and interval, energy, hash and bitcoin."""
    hours, market, energy = c.grid.hours, c.market, c.farm.energy
    nothing = np.zeros(len(c.grid))
    usd_per_th_hour = market.hashprice_usd_per_ph_day / (TERAHASH_PER_PETAHASH * HOURS_PER_DAY)
    hosting, wear, frost, earning_th_hours, lost_th_hours = (nothing.copy() for _ in range(5))
    starts = machine_starts(c, dispatch)
    for g, group in enumerate(c.farm.fleet):
        running = dispatch.running(group)
        started = starts[group.name]
        wear -= group.wear_usd_per_start * started
        fee = c.farm.revenue.pool_fee_share if group.pool_fee_share is None else group.pool_fee_share
        for mode, point in c.points[group.name].items():
            machine_hours = dispatch.units_on[group.name, mode] * hours
            if group.hosting is not None:
                mwh = machine_hours * point.power_w / WATTS_PER_MEGAWATT
                hosting += mwh * group.hosting.fee_usd_per_mwh
            else:
                earning_th_hours += machine_hours * point.hashrate_th * (1.0 - fee)
        if group.hosting is None:
            first_mode = c.points[group.name][group.modes[0]]
            lost_th_hours += started * c.restart_hours[g] * first_mode.hashrate_th * (1.0 - fee)
        if group.freeze_protection is not None:
            short = np.maximum(c.frost_minimum[g] - running, 0.0)
            frost -= short * hours * group.freeze_protection.damage_usd_per_unit_hour
    load = site_load_mw(c, dispatch)
    imported = _at_meter(load, dispatch)
    billed_mw = imported * (1.0 + energy.loss_share)
    spot_mw, resold_mw = spot_and_left_mw(c, dispatch, imported)
    price = market.energy_price_usd_per_mwh
    block_cost, resale = nothing.copy(), nothing.copy()
    for k, block in enumerate(energy.blocks):
        block_cost -= market.block_mw[block.name] * hours * market.block_price_usd_per_mwh[block.name]
        if block.resale is not None:
            resale += resold_mw[k] * hours * (price - block.resale.fee_usd_per_mwh)
    supply_cost = nothing.copy()
    for supply in energy.supplies:
        supply_cost -= dispatch.supply_mw[supply.name] * hours * market.supply_price_usd_per_mwh[supply.name]
    overrun = np.maximum(imported - market.import_limit_mw, 0.0) * hours
    onsite_cost = 0.0 if energy.onsite is None else energy.onsite.cost_usd_per_mwh
    usd = {
        "hash_revenue": earning_th_hours * usd_per_th_hour,
        "hosting_revenue": hosting,
        "restart_loss": -lost_th_hours * usd_per_th_hour,
        "start_wear": wear,
        "energy": -spot_mw * hours * price,
        "block_cost": block_cost,
        "resale_revenue": resale,
        "supply_cost": supply_cost,
        "adders": -billed_mw * hours * market.adders_usd_per_mwh,
        "onsite_cost": -dispatch.onsite_mw * hours * onsite_cost,
        "export_revenue": dispatch.export_mw * hours * market.export_price_usd_per_mwh,
        "import_overrun_penalty": -overrun * (c.farm.site.import_violation_usd_per_mwh or 0.0),
        "frost_damage": frost,
    }
    usd |= event_lines(c, imported)
    usd |= charges(c, imported, dispatch.supply_mw, usd["energy"] + usd["adders"])
    ph_days = (earning_th_hours - lost_th_hours) / (TERAHASH_PER_PETAHASH * HOURS_PER_DAY)
    return Settlement(
        usd=MappingProxyType(usd),
        load_mw=load,
        import_mw=imported,
        spot_mw=spot_mw,
        resold_mw=resold_mw,
        starts=MappingProxyType(starts),
        energy_mwh=float((imported * hours).sum()),
        hash_ph_days=float(ph_days.sum()),
        btc=None if market.btc_per_ph_day is None else float((ph_days * market.btc_per_ph_day).sum()),
    )
