"""Changed copies of a farm and its market, for laws that compare two optima."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from optimizer.accounts.conditions import Conditions
from optimizer.config.farm import Farm
from optimizer.engine.choices import optimum
from optimizer.engine.program import compile_program
from optimizer.market.grid import Grid
from optimizer.plan.formulation import TERMS, build_problem

MONEY = tuple(term for term in TERMS if term.money)


def best_profit(c: Conditions) -> float:
    """The most the farm can earn, USD, machines divisible and no tie-break."""
    return optimum(compile_program(build_problem(c), terms=MONEY)).objective


def size(c: Conditions) -> float:
    """USD that bound the farm's turnover from above, the scale for tolerances."""
    mwh = 2.0 * float(c.market.import_limit_mw @ c.grid.hours)
    return 1.0 + mwh * (1.0 + float(np.abs(c.market.energy_price_usd_per_mwh).max()))


def with_market(c: Conditions, **series: Any) -> Conditions:
    """The same farm with other series."""
    return replace(c, market=c.market.with_(**series))


def with_farm(c: Conditions, change: Callable[[dict[str, Any]], None]) -> Conditions:
    """The same market with a farm whose plain data ``change`` has edited; what is left out takes its misses with it."""
    data = c.farm.model_dump()
    change(data)
    missed, names = data["state"].get("missed_mw", {}), {event["name"] for event in data.get("events", ())}
    data["state"]["missed_mw"] = {name: mw for name, mw in missed.items() if name in names}
    changed = Farm.model_validate(data)
    return replace(c, farm=changed, state=changed.state)


def without(c: Conditions, *keys: str) -> Conditions:
    """The farm with some keys of its groups, its site, its energy or itself back at their defaults."""

    def strip(data: dict[str, Any]) -> None:
        for section in (data, data["site"], data["energy"], data["state"], data["state"]["bill"], *data["fleet"]):
            for key in keys:
                section.pop(key, None)

    return with_farm(c, strip)


def unpaid(c: Conditions) -> Conditions:
    """The farm whose events pay nothing: without the voluntary ones."""

    def strip(data: dict[str, Any]) -> None:
        data["events"] = tuple({**event, "payment": None} for event in data["events"] if not event["voluntary"])

    return with_farm(c, strip)


def halved(c: Conditions) -> Conditions:
    """Every interval cut into two equal halves with the same prices."""
    old = c.grid
    hours = np.repeat(old.hours / 2.0, 2)
    starts = old.starts.repeat(2) + pd.to_timedelta(np.where(np.arange(len(hours)) % 2, hours, 0.0) * 3600.0, unit="s")
    series = {name: np.repeat(values, 2) for name, values in vars(c.market).items() if isinstance(values, np.ndarray)}
    by_name = {
        field: {name: np.repeat(values, 2) for name, values in rows.items()}
        for field, rows in c.market.table.items()
        if isinstance(rows, dict)
    }
    by_name["peak_probability"] = {name: values / 2.0 for name, values in by_name["peak_probability"].items()}
    return with_market(c, grid=Grid(starts, hours, old.timezone), **by_name, **series)


def doubled(c: Conditions) -> Conditions:
    """Twice the machines and twice every limit."""

    def double(section: Any, *keys: str) -> None:
        for key in keys:
            if section.get(key) is not None:
                section[key] = 2 * section[key]

    def change(data: dict[str, Any]) -> None:
        double(data["site"], "ramp_up_mw_per_hour", "ramp_down_mw_per_hour")
        double(data["energy"]["onsite"] or {}, "export_limit_mw")
        double(data["state"], "grid_import_mw")
        double(data["state"]["missed_mw"], *data["state"]["missed_mw"])
        for group in data["fleet"]:
            double(group, "units")
            for outage in group["outages"]:
                double(outage, "units")
        for state in data["state"]["groups"].values():
            double(state, "running", "starts_today")
            for switched in (*state["started"], *state["stopped"]):
                double(switched, "units")
        for event in data["events"]:
            double(event, "restore_mw_per_hour")
            double(event["cut"] or {}, "mw", "baseline_mw")
            double(event["payment"] or {}, "baseline_mw", "most_mw")
        energy, bill = data["energy"], data["state"]["bill"]
        double(energy, "fixed_usd_per_month", "minimum_bill_usd_per_month")
        for charge in energy["demand"]:
            double(charge, "above_mw", "minimum_mw", "expected_peak_mw", "expected_peaks_mw")
        for tier in energy["tiers"]:
            double(tier, "above_mwh_per_month")
        for supply in energy["supplies"]:
            double(supply["minimum_take"] or {}, "mwh_per_month")
        for peak in energy["coincident_peaks"]:
            double(peak, "minimum_mw", "elsewhere_mw")
        double(bill, "charged_usd")
        for amounts in (bill["peaks_mw"], bill["tier_mwh"], bill["taken_mwh"], *bill["past_peaks_mw"].values()):
            double(amounts, *amounts)

    m = c.market
    market = {name: 2.0 * getattr(m, name) for name in ("import_limit_mw", "auxiliary_load_mw", "onsite_available_mw")}
    blocks, supplies = ({name: 2.0 * mw for name, mw in by_name.items()} for by_name in (m.block_mw, m.supply_limit_mw))
    return with_market(with_farm(c, change), block_mw=blocks, supply_limit_mw=supplies, **market)
