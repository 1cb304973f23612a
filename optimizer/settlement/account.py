"""The money of a schedule, computed from the schedule and the prices alone: an independent second account.

Nothing here knows the linear program. Each line is written as a bookkeeper would: quantity times price, per interval.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np

from optimizer.arrays import F
from optimizer.conditions import Conditions
from optimizer.dispatch import Dispatch
from optimizer.ledger import LEDGER
from optimizer.settlement.charges import charges
from optimizer.settlement.events import event_lines
from optimizer.settlement.flows import Flows, flows
from optimizer.units import HOURS_PER_DAY, TERAHASH_PER_PETAHASH, WATTS_PER_MEGAWATT

Account = Callable[[Conditions, Dispatch, Flows, Mapping[str, F]], Mapping[str, F]]


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


def settle(c: Conditions, dispatch: Dispatch) -> Settlement:
    """Settle a schedule: USD by line and interval, energy, hash and bitcoin."""
    metered, usd = flows(c, dispatch), dict[str, F]()
    for account in ACCOUNTS:
        usd |= account(c, dispatch, metered, usd)
    if other := usd.keys() ^ {line.name for line in LEDGER}:
        raise AssertionError(f"the accounts and the ledger differ in {', '.join(sorted(other))}")
    market = c.market
    return Settlement(
        usd=MappingProxyType({line.name: usd[line.name] for line in LEDGER}),
        load_mw=metered.load_mw,
        import_mw=metered.import_mw,
        spot_mw=metered.spot_mw,
        resold_mw=metered.resold_mw,
        starts=MappingProxyType(metered.starts),
        energy_mwh=float((metered.import_mw * c.grid.hours).sum()),
        hash_ph_days=float(metered.ph_days.sum()),
        btc=None if market.btc_per_ph_day is None else float((metered.ph_days * market.btc_per_ph_day).sum()),
    )


def _machines(c: Conditions, dispatch: Dispatch, metered: Flows, _: Mapping[str, F]) -> Mapping[str, F]:
    """What machines earn, and what starts and frost cost."""
    hosting, wear, frost = np.zeros((3, len(c.grid)))
    usd_per_th_hour = c.market.hashprice_usd_per_ph_day / (TERAHASH_PER_PETAHASH * HOURS_PER_DAY)
    for g, group in enumerate(c.farm.fleet):
        wear -= group.wear_usd_per_start * metered.starts[group.name]
        fee = 0.0 if group.hosting is None else group.hosting.fee_usd_per_mwh
        for mode, point in c.points[group.name].items():
            mwh = dispatch.units_on[group.name, mode] * c.grid.hours * point.power_w / WATTS_PER_MEGAWATT
            hosting += mwh * fee
        if group.freeze_protection is not None:
            short = np.maximum(c.frost_minimum[g] - dispatch.running(group), 0.0)
            frost -= short * c.grid.hours * group.freeze_protection.damage_usd_per_unit_hour
    return {
        "hash_revenue": metered.earning_th_hours * usd_per_th_hour,
        "hosting_revenue": hosting,
        "restart_loss": -metered.lost_th_hours * usd_per_th_hour,
        "start_wear": wear,
        "frost_damage": frost,
    }


def _power(c: Conditions, dispatch: Dispatch, metered: Flows, _: Mapping[str, F]) -> Mapping[str, F]:
    """What power costs and brings by the interval."""
    hours, market, energy = c.grid.hours, c.market, c.farm.energy
    price, imported = market.energy_price_usd_per_mwh, metered.import_mw
    block_cost, resale, supply_cost = np.zeros((3, len(c.grid)))
    for k, block in enumerate(energy.blocks):
        block_cost -= market.block_mw[block.name] * hours * market.block_price_usd_per_mwh[block.name]
        if block.resale is not None:
            resale += metered.resold_mw[k] * hours * (price - block.resale.fee_usd_per_mwh)
    for supply in energy.supplies:
        supply_cost -= dispatch.supply_mw[supply.name] * hours * market.supply_price_usd_per_mwh[supply.name]
    overrun = np.maximum(imported - market.import_limit_mw, 0.0) * hours
    onsite_cost = 0.0 if energy.onsite is None else energy.onsite.cost_usd_per_mwh
    return {
        "energy": -metered.spot_mw * hours * price,
        "block_cost": block_cost,
        "resale_revenue": resale,
        "supply_cost": supply_cost,
        "adders": -imported * (1.0 + energy.loss_share) * hours * market.adders_usd_per_mwh,
        "onsite_cost": -dispatch.onsite_mw * hours * onsite_cost,
        "export_revenue": dispatch.export_mw * hours * market.export_price_usd_per_mwh,
        "import_overrun_penalty": -overrun * (c.farm.site.import_violation_usd_per_mwh or 0.0),
    }


def _events(c: Conditions, _d: Dispatch, metered: Flows, _: Mapping[str, F]) -> Mapping[str, F]:
    return event_lines(c, metered.import_mw)


def _charges(c: Conditions, dispatch: Dispatch, metered: Flows, usd: Mapping[str, F]) -> Mapping[str, F]:
    return charges(c, metered.import_mw, dispatch.supply_mw, usd["energy"] + usd["adders"])


ACCOUNTS: list[Account] = [_machines, _power, _events, _charges]
"""In their order: each fills lines of the ledger and may read those filled before it."""
