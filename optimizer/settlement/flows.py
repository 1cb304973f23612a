"""What the meter and the machines say of a schedule, from the schedule alone: loads, starts, hash."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from optimizer.arrays import F
from optimizer.conditions import Conditions
from optimizer.dispatch import Dispatch
from optimizer.units import HOURS_PER_DAY, TERAHASH_PER_PETAHASH, WATTS_PER_MEGAWATT


@dataclass(frozen=True)
class Flows:
    """Quantities of one schedule that accounts start from.

    load_mw, import_mw, spot_mw: (intervals,); resold_mw: (blocks, intervals). starts: group -> machines started per
    interval. earning_th_hours, lost_th_hours: of machines that mine for the farm, after the pool's fee, (intervals,).
    """

    load_mw: F
    import_mw: F
    spot_mw: F
    resold_mw: F
    starts: Mapping[str, F]
    earning_th_hours: F
    lost_th_hours: F

    @property
    def ph_days(self) -> F:
        """Hash delivered, after the pool's fee and restarts, (intervals,)."""
        return (self.earning_th_hours - self.lost_th_hours) / (TERAHASH_PER_PETAHASH * HOURS_PER_DAY)


def flows(c: Conditions, dispatch: Dispatch) -> Flows:
    """Meter a schedule."""
    load = site_load_mw(c, dispatch)
    imported = _at_meter(load, dispatch)
    spot, resold = spot_and_left_mw(c, dispatch, imported)
    starts = machine_starts(c, dispatch)
    return Flows(load, imported, spot, resold, starts, *_th_hours(c, dispatch, starts))


def _th_hours(c: Conditions, dispatch: Dispatch, starts: Mapping[str, F]) -> tuple[F, F]:
    """Hash of machines that mine for the farm, and what of it their starts lose, TH/s hours, (intervals,)."""
    earning, lost = np.zeros(len(c.grid)), np.zeros(len(c.grid))
    for g, group in enumerate(c.farm.fleet):
        if group.hosting is not None:
            continue
        fee = c.farm.revenue.pool_fee_share if group.pool_fee_share is None else group.pool_fee_share
        points = c.points[group.name]
        for mode, point in points.items():
            earning += dispatch.units_on[group.name, mode] * c.grid.hours * point.hashrate_th * (1.0 - fee)
        lost += starts[group.name] * c.restart_hours[g] * points[group.modes[0]].hashrate_th * (1.0 - fee)
    return earning, lost


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
