"""The machines: what they earn, when they are there, what starting them costs and when they may start."""

from __future__ import annotations

import numpy as np

from optimizer.accounts.conditions import Conditions
from optimizer.arrays import F
from optimizer.config.farm import Farm
from optimizer.config.fleet import Group
from optimizer.engine.language import AnySet, LabelSet, Map, RangeSet, Subset
from optimizer.engine.parts import Part, where
from optimizer.mechanisms.fleet.windows import look_back, outages, window_starts
from optimizer.mechanisms.hosting.config import Hosting
from optimizer.units import megawatts, usd_per_th_hour

_TIE_BREAK_USD = 1e-5  # far below a cent per start, far above the solver's tolerance


def _per_group(farm: Farm, value: str) -> F:
    return np.array([float(getattr(group, value)) for group in farm.fleet])


def _couples(group: Group) -> bool:
    """Whether a start of this group matters to anything but the interval it happens in."""
    limits = (group.starts_per_day, group.starts_per_hour, group.minimum_start_temperature_c)
    cold = 0.0 if group.cold_restart is None else group.cold_restart.minutes
    times = group.restart_minutes + cold + group.minimum_on_hours + group.minimum_off_hours
    return times + group.wear_usd_per_start > 0 or any(limit is not None for limit in limits)


def hash_yield_th(farm: Farm, group: Group) -> dict[str, float]:
    """TH/s per machine that earn for the farm, by mode: net of the pool's fee, nothing when hosted."""
    fee = group.pool_fee_share if group.pool_fee_share is not None else farm.revenue.pool_fee_share
    share = 0.0 if group.section(Hosting) is not None else 1.0 - fee
    return {mode: point.hashrate_th * share for mode, point in group.points.items()}


def numbers(c: Conditions) -> Part:
    """Sets and parameters."""
    farm, grid = c.farm, c.grid
    n, days = len(grid), len(grid.days)
    names = tuple(group.name for group in farm.fleet)
    points = [(group, mode) for group in farm.fleet for mode in group.modes]
    counts = np.array([len(group.modes) for group in farm.fleet])
    stop = np.cumsum(counts)
    yields = {group.name: hash_yield_th(farm, group) for group in farm.fleet}
    day_start = np.searchsorted(c.grid.day_of_interval, np.arange(days))
    on_start, off_start = (
        window_starts(c.hours_before, _per_group(farm, hours)) for hours in ("minimum_on_hours", "minimum_off_hours")
    )
    bound_on, bound_off = c.before.bound
    cold_group, cold_interval = np.nonzero(c.too_cold_to_start)
    frost_group, frost_interval = np.nonzero(c.frost_minimum)
    damage = np.array(
        [0.0 if g.freeze_protection is None else g.freeze_protection.damage_usd_per_unit_hour for g in farm.fleet]
    )
    staged = where(np.isfinite(c.hourly_rate))
    intervals = np.arange(n)
    # a minimum time no longer than every interval binds only machines that were switched before the plan
    shortest = float(grid.hours.min())
    minimum_on = (_per_group(farm, "minimum_on_hours") > shortest) | bound_on.any(axis=1)
    minimum_off = (_per_group(farm, "minimum_off_hours") > shortest) | bound_off.any(axis=1)
    outage_sets, lost = outages(c.fallen_out, (on_start, off_start), (minimum_on, minimum_off))
    sets: dict[str, AnySet] = {
        "GROUPS": LabelSet(names),
        "POINTS": LabelSet(tuple((group.name, mode) for group, mode in points)),
        "INTERVALS": LabelSet(tuple(range(n))),
        "DAYS": LabelSet(grid.days),
        "FIRST_INTERVALS": Subset("INTERVALS", intervals[:1]),
        "LATER_INTERVALS": Subset("INTERVALS", intervals[1:]),
        "previous": Map("INTERVALS", ("INTERVALS",), np.concatenate([[n], intervals[:-1]])),
        "POINTS_OF_GROUP": RangeSet("POINTS", ("GROUPS",), stop - counts, stop),
        "INTERVALS_OF_DAY": RangeSet("INTERVALS", ("DAYS",), day_start, np.append(day_start[1:], n)),
        "MINIMUM_ON_GROUPS": Subset("GROUPS", where(minimum_on)),
        "MINIMUM_OFF_GROUPS": Subset("GROUPS", where(minimum_off)),
        "DAILY_STARTS_GROUPS": Subset("GROUPS", where(np.array([g.starts_per_day is not None for g in farm.fleet]))),
        "STAGED_GROUPS": Subset("GROUPS", staged),
        "HOURLY_STARTS_GROUPS": Subset("GROUPS", staged if shortest < 1.0 else staged[:0]),
        "HOUR_WINDOW": look_back(window_starts(c.hours_before, np.ones(len(names)))),
        "ON_WINDOW": look_back(on_start),
        "OFF_WINDOW": look_back(off_start),
        **outage_sets,
        "COLDS": LabelSet(tuple(range(len(cold_group)))),
        "group_of_cold": Map("GROUPS", ("COLDS",), cold_group),
        "interval_of_cold": Map("INTERVALS", ("COLDS",), cold_interval),
        "FROSTS": LabelSet(tuple(range(len(frost_group)))),
        "group_of_frost": Map("GROUPS", ("FROSTS",), frost_group),
        "interval_of_frost": Map("INTERVALS", ("FROSTS",), frost_interval),
    }
    standby = np.array([megawatts(group.standby_w) for group in farm.fleet])
    couples = np.array([_couples(group) for group in farm.fleet])
    parameters = {
        "hours": grid.hours,
        "hashprice": usd_per_th_hour(1.0) * c.market.hashprice_usd_per_ph_day,
        "pue": c.pue,
        "extra_mw": np.array([megawatts(c.points[g.name][k].power_w) - megawatts(g.standby_w) for g, k in points]),
        "standby_mw": standby,
        "hash_yield_th": np.array([yields[group.name][mode] for group, mode in points]),
        "units_available": c.units_available,
        "units_before": c.before.units,
        "units_bound_on": bound_on,
        "units_bound_off": bound_off,
        "outage_limit": lost,
        "starts_left": c.before.starts_allowed,
        "start_limit": c.start_limit,
        "hourly_limit": np.maximum(c.hourly_rate[:, None] - c.before.started, 0.0),
        "restart_th_hours": c.restart_hours * np.array([[yields[g.name][g.modes[0]]] for g in farm.fleet]),
        "wear_usd": _per_group(farm, "wear_usd_per_start"),
        "start_order_usd": couples * _TIE_BREAK_USD * np.arange(1, len(names) + 1) / len(names),
        "frost_minimum": c.frost_minimum[frost_group, frost_interval],
        "frost_damage_usd": damage[frost_group] * grid.hours[frost_interval],
    }
    return sets, parameters
