"""Farm and market -> DispatchProblem: labels and float64 arrays, ready for the rules."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from optimizer.conditions import Conditions
from optimizer.config.farm import Farm
from optimizer.config.fleet import Group
from optimizer.errors import InputError
from optimizer.lp.language import AnySet, LabelSet, Map, RangeSet, Subset
from optimizer.lp.problem import DispatchProblem
from optimizer.lp.sets import outages, window, window_starts
from optimizer.units import megawatts, usd_per_th_hour

F = NDArray[np.float64]
_TIE_BREAK_USD = 1e-5  # far below a cent per start, far above the solver's tolerance


MOST_ENTRIES = 30e6  # of the matrix; HiGHS takes about 450 bytes for each


def _judge_size(c: Conditions) -> None:
    """Refuse a plan that would not fit into memory, before anything large is built."""
    n, shortest = len(c.grid), float(c.grid.hours.min())
    entries = 0.0
    for group in c.farm.fleet:
        windows = (group.minimum_on_hours, group.minimum_off_hours)
        entries += n * (5.0 * len(group.points) + 4.0 + sum(min(hours / shortest, n) for hours in windows))
    if entries > MOST_ENTRIES:
        raise InputError(
            f"the plan would have about {entries / 1e6:,.0f} million matrix entries, more than the "
            f"{MOST_ENTRIES / 1e6:,.0f} million that are sure to fit into memory: use longer horizon.intervals, fewer "
            "hours, or shorter minimum times"
        )


def build_problem(conditions: Conditions, *, whole: bool = False) -> DispatchProblem:
    """The numbers of one plan; with ``whole`` the rules for whole containers are switched on."""
    _judge_size(conditions)
    fleet, site = _fleet(conditions), _site(conditions)
    events, containers = _events(conditions), _containers(conditions, whole)
    parts = (fleet, site, _supply(conditions), events, containers)
    sets: dict[str, AnySet] = {}
    parameters: dict[str, F] = {}
    for part_sets, part_parameters in parts:
        sets |= part_sets
        parameters |= {name: np.asarray(values, dtype=np.float64) for name, values in part_parameters.items()}
    return DispatchProblem(sets, parameters)


Part = tuple[dict[str, AnySet], dict[str, F]]


def _per_group(farm: Farm, value: str) -> F:
    return np.array([float(getattr(group, value)) for group in farm.fleet])


def _where(condition: NDArray[np.bool_]) -> NDArray[np.int64]:
    return np.flatnonzero(condition).astype(np.int64)


def _couples(group: Group) -> bool:
    """Whether a start of this group matters to anything but the interval it happens in."""
    limits = (group.starts_per_day, group.starts_per_hour, group.minimum_start_temperature_c)
    times = group.restart_minutes + group.minimum_on_hours + group.minimum_off_hours
    return times + group.wear_usd_per_start > 0 or any(limit is not None for limit in limits)


def hash_yield_th(farm: Farm, group: Group) -> dict[str, float]:
    """TH/s per machine that earn for the farm, by mode: net of the pool's fee, nothing when hosted."""
    fee = group.pool_fee_share if group.pool_fee_share is not None else farm.revenue.pool_fee_share
    share = 0.0 if group.hosting is not None else 1.0 - fee
    return {mode: point.hashrate_th * share for mode, point in group.points.items()}


def _fleet(c: Conditions) -> Part:
    farm, grid = c.farm, c.grid
    n, days = len(grid), len(grid.days)
    names = tuple(group.name for group in farm.fleet)
    points = [(group, mode) for group in farm.fleet for mode in group.points]
    counts = np.array([len(group.points) for group in farm.fleet])
    stop = np.cumsum(counts)
    yields = {group.name: hash_yield_th(farm, group) for group in farm.fleet}
    hosting = [
        0.0 if g.hosting is None else g.hosting.fee_usd_per_mwh * megawatts(g.points[k].power_w) for g, k in points
    ]
    day_start = np.searchsorted(c.grid.day_of_interval, np.arange(days))
    on_start, off_start = (
        window_starts(c.hours_before, _per_group(farm, hours)) for hours in ("minimum_on_hours", "minimum_off_hours")
    )
    bound_on, bound_off = c.units_bound
    outage_sets, lost = outages(
        c.units_available,
        np.maximum(c.units_before + bound_off[:, 0], c.units_available[:, 0]),
        on_start,
        off_start,
    )
    cold_group, cold_interval = np.nonzero(c.too_cold_to_start)
    frost_group, frost_interval = np.nonzero(c.frost_minimum)
    damage = np.array(
        [0.0 if g.freeze_protection is None else g.freeze_protection.damage_usd_per_unit_hour for g in farm.fleet]
    )
    staged = _where(np.isfinite(c.hourly_rate))
    intervals = np.arange(n)
    # a minimum time no longer than every interval binds only machines that were switched before the plan
    shortest = float(grid.hours.min())
    minimum_on = (_per_group(farm, "minimum_on_hours") > shortest) | bound_on.any(axis=1)
    minimum_off = (_per_group(farm, "minimum_off_hours") > shortest) | bound_off.any(axis=1)
    sets: dict[str, AnySet] = {
        "GROUPS": LabelSet(names),
        "POINTS": LabelSet(tuple((group.name, mode) for group, mode in points)),
        "INTERVALS": LabelSet(tuple(range(n))),
        "DAYS": LabelSet(grid.days),
        "FIRST_INTERVALS": Subset("INTERVALS", intervals[:1]),
        "LATER_INTERVALS": Subset("INTERVALS", intervals[1:]),
        "previous": Map("INTERVALS", ("INTERVALS",), np.concatenate([[n], intervals[:-1]])),
        "POINTS_OF_GROUP": RangeSet("POINTS", ("GROUPS",), stop - counts, stop),
        "HOSTED_POINTS": Subset("POINTS", _where(np.array([g.hosting is not None for g, _ in points]))),
        "INTERVALS_OF_DAY": RangeSet("INTERVALS", ("DAYS",), day_start, np.append(day_start[1:], n)),
        "MINIMUM_ON_GROUPS": Subset("GROUPS", _where(minimum_on)),
        "MINIMUM_OFF_GROUPS": Subset("GROUPS", _where(minimum_off)),
        "DAILY_STARTS_GROUPS": Subset("GROUPS", _where(np.array([g.starts_per_day is not None for g in farm.fleet]))),
        "STAGED_GROUPS": Subset("GROUPS", staged),
        "HOURLY_STARTS_GROUPS": Subset("GROUPS", staged if shortest < 1.0 else staged[:0]),
        "HOUR_WINDOW": window(window_starts(c.hours_before, np.ones(len(names)))),
        "ON_WINDOW": window(on_start),
        "OFF_WINDOW": window(off_start),
        **outage_sets,
        "COLDS": LabelSet(tuple(range(len(cold_group)))),
        "group_of_cold": Map("GROUPS", ("COLDS",), cold_group),
        "interval_of_cold": Map("INTERVALS", ("COLDS",), cold_interval),
        "FROSTS": LabelSet(tuple(range(len(frost_group)))),
        "group_of_frost": Map("GROUPS", ("FROSTS",), frost_group),
        "interval_of_frost": Map("INTERVALS", ("FROSTS",), frost_interval),
    }
    couples = np.array([_couples(group) for group in farm.fleet])
    parameters = {
        "hours": grid.hours,
        "hashprice": usd_per_th_hour(1.0) * c.market.hashprice_usd_per_ph_day,
        "hash_yield_th": np.array([yields[group.name][mode] for group, mode in points]),
        "hosting_usd_per_hour": np.array(hosting),
        "units_available": c.units_available,
        "units_before": c.units_before,
        "units_bound_on": bound_on,
        "units_bound_off": bound_off,
        "outage_limit": lost,
        "starts_left": c.starts_allowed,
        "start_limit": c.start_limit,
        "hourly_limit": np.maximum(c.hourly_rate[:, None] - c.starts_just_before, 0.0),
        "restart_th_hours": c.restart_hours * np.array([yields[g.name][g.modes[0]] for g in farm.fleet]),
        "wear_usd": _per_group(farm, "wear_usd_per_start"),
        "start_order_usd": couples * _TIE_BREAK_USD * np.arange(1, len(names) + 1) / len(names),
        "frost_minimum": c.frost_minimum[frost_group, frost_interval],
        "frost_damage_usd": damage[frost_group] * grid.hours[frost_interval],
    }
    return sets, parameters


def _site(c: Conditions) -> Part:
    site, onsite, n = c.farm.site, c.farm.energy.onsite, len(c.grid)
    before = c.farm.state.grid_import_mw
    later, first = np.arange(1, n), np.arange(1 if before is not None else 0)
    nothing = np.arange(0)
    up, down = site.ramp_up_mw_per_hour, site.ramp_down_mw_per_hour
    soft = site.import_violation_usd_per_mwh
    exports = onsite is not None and onsite.export_limit_mw > 0
    sets: dict[str, AnySet] = {
        "RAMPS_UP": Subset("INTERVALS", nothing if up is None else later),
        "FIRST_RAMPS_UP": Subset("INTERVALS", nothing if up is None else first),
        "RAMPS_DOWN": Subset("INTERVALS", nothing if down is None else later),
        "FIRST_RAMPS_DOWN": Subset("INTERVALS", nothing if down is None else first),
        "OVERRUNS": LabelSet(() if soft is None else ("import limit",)),
        "SOURCES": LabelSet(() if onsite is None else ("on-site",)),
        "EXPORTS": LabelSet(("export",) if exports else ()),
    }
    standby = {group.name: megawatts(group.standby_w) for group in c.farm.fleet}
    parameters = {
        "pue": c.pue,
        "extra_mw": np.array(
            [megawatts(point.power_w) - standby[g.name] for g in c.farm.fleet for point in g.points.values()]
        ),
        "standby_mw": np.array(list(standby.values())),
        "auxiliary_mw": c.market.auxiliary_load_mw,
        "source_limit_mw": c.market.onsite_available_mw[None, :] if onsite is not None else np.zeros((0, n)),
        "import_limit_mw": c.market.import_limit_mw,
        "export_limit_mw": np.array([onsite.export_limit_mw] if onsite is not None and exports else []),
        "overrun_usd_per_mwh": np.array([] if soft is None else [soft]),
        "import_before": np.array(before or 0.0),
        "ramp_up_mw": (np.inf if up is None else up) * c.grid.hours,
        "ramp_down_mw": (np.inf if down is None else down) * c.grid.hours + c.outage_mw,
    }
    return sets, parameters


def _supply(c: Conditions) -> Part:
    energy, market, n = c.farm.energy, c.market, len(c.grid)
    billed = 1.0 + energy.loss_share
    blocks = energy.blocks
    sizes = np.array([market.block_mw[block.name] for block in blocks]).reshape(len(blocks), n)
    resale = np.array([block.resale is not None for block in blocks], dtype=np.bool_)
    fees = np.array([0.0 if block.resale is None else block.resale.fee_usd_per_mwh for block in blocks])
    prices = np.array([market.block_price_usd_per_mwh[block.name] for block in blocks]).reshape(len(blocks), n)
    sets: dict[str, AnySet] = {
        "BLOCKS": LabelSet(tuple(block.name for block in blocks)),
        "KEPT_BLOCKS": Subset("BLOCKS", _where(~resale)),
        "RESALE_BLOCKS": Subset("BLOCKS", _where(resale)),
    }
    # At a price below zero it would pay to buy at spot beside a block that is kept: only what lies beyond it may be
    kept = sizes[~resale].sum(axis=0)
    beyond = np.where((market.energy_price_usd_per_mwh < 0) & (kept > 0), 0.0, np.inf)
    most = np.maximum(billed * np.minimum(c.full_load_mw, market.import_limit_mw) - kept, 0.0)
    return sets, {
        "energy_usd_per_mwh": market.energy_price_usd_per_mwh,
        "billed_share": np.array(billed),
        "adders_usd_per_mwh": billed * market.adders_usd_per_mwh,
        "block_mw": sizes,
        "block_usd_per_mwh": prices,
        "resale_limit_mw": np.where(resale, np.inf, 0.0)[:, None] + np.zeros((len(blocks), n)),
        "resale_fee_usd_per_mwh": fees,
        "spot_limit_mw": np.maximum(beyond, most),
        "source_usd_per_mwh": np.array([] if energy.onsite is None else [energy.onsite.cost_usd_per_mwh]),
        "export_usd_per_mwh": market.export_price_usd_per_mwh,
    }


def _events(c: Conditions) -> Part:
    caps = c.event_caps
    interval = np.array([cap.interval for cap in caps], dtype=np.int64)
    priced = np.array([cap.violation_usd_per_mwh is not None for cap in caps], dtype=np.bool_)
    price = np.array([cap.violation_usd_per_mwh or 0.0 for cap in caps])
    sets: dict[str, AnySet] = {
        "EVENTS": LabelSet(tuple(event.name for event in c.farm.events)),
        "EVENT_CAPS": LabelSet(tuple(range(len(caps)))),
        "event_of_cap": Map("EVENTS", ("EVENT_CAPS",), np.array([cap.event for cap in caps], dtype=np.int64)),
        "interval_of_cap": Map("INTERVALS", ("EVENT_CAPS",), interval),
    }
    return sets, {
        "event_cap_mw": np.array([cap.cap_mw for cap in caps]),
        "event_violation_limit": np.where(priced, np.inf, 0.0),
        "event_violation_usd": price * c.grid.hours[interval],
    }


def _containers(c: Conditions, whole: bool) -> Part:
    fleet = c.farm.fleet
    group_of_point = np.repeat(np.arange(len(fleet)), [len(group.points) for group in fleet])
    container = np.array([float(group.units_switched_together) for group in fleet])
    partial = (c.units_available % container[:, None])[group_of_point]
    points = tuple((group.name, mode) for group in fleet for mode in group.points) if whole else ()
    sets: dict[str, AnySet] = {
        "WHOLE_POINTS": LabelSet(points),
        "WHOLE_GROUPS": Subset("GROUPS", _where(container > 1) if whole else np.arange(0)),
    }
    return sets, {
        "container_units": container[group_of_point],
        "partial_units": partial,
        "partial_limit": (partial > 0).astype(np.float64)[: len(points)],
    }
