"""A plan as a pandas person expects it: data frames, a line and a table that say what it is, a picture."""

from __future__ import annotations

from html import escape
from typing import Any

import numpy as np
import pandas as pd

from optimizer.accounts.conditions import Conditions
from optimizer.accounts.dispatch import Dispatch
from optimizer.accounts.flows import machine_starts
from optimizer.accounts.settlement import Settlement
from optimizer.errors import CurtailError
from optimizer.market.grid import Grid
from optimizer.money import amount, named, shown_in
from optimizer.plan.actions import actions
from optimizer.plan.explain import Explanation
from optimizer.plan.tables import group_load_mw, reason_texts


def local_starts(grid: Grid) -> pd.DatetimeIndex:
    """When the intervals begin, on the farm's clock."""
    return grid.starts.tz_convert(grid.timezone).rename("interval_start")


def schedule_frame(c: Conditions, dispatch: Dispatch, explanation: Explanation) -> pd.DataFrame:
    """A row per interval and group, the columns of schedule.csv; what a group does not have is NaN."""
    fleet, n = c.farm.fleet, len(c.grid)
    index = pd.MultiIndex.from_product(
        [local_starts(c.grid), [g.name for g in fleet]], names=["interval_start", "group"]
    )
    columns: dict[str, Any] = {}
    for mode in dict.fromkeys(mode for group in fleet for mode in group.modes):
        on = [dispatch.units_on.get((group.name, mode), np.full(n, np.nan)) for group in fleet]
        columns[f"on_{mode}".replace(" ", "_")] = on
    columns["off"] = [float(group.units) - dispatch.running(group) for group in fleet]
    columns["started"] = list(machine_starts(c, dispatch).values())
    columns["mw"] = group_load_mw(c, dispatch)
    columns["strike_usd_per_mwh"] = explanation.strike
    columns["marginal_power_usd_per_mwh"] = np.tile(explanation.marginal_price, (len(fleet), 1))
    columns["reason"] = reason_texts(explanation)
    with shown_in(c.farm.currency):
        return pd.DataFrame({named(name): np.array(rows).T.ravel() for name, rows in columns.items()}, index=index)


def actions_frame(c: Conditions, dispatch: Dispatch, explanation: Explanation) -> pd.DataFrame:
    """A row per change of a group's machines, by when it is made: from what to what, machines, MW, why, its worth."""
    made = actions(c, dispatch, explanation.off, explanation)
    starts, ends = local_starts(c.grid), c.grid.ends.tz_convert(c.grid.timezone)
    switches = [action.switch for action in made]
    columns: dict[str, Any] = {
        "until": ends[[switch.end - 1 for switch in switches]],
        "group": [c.farm.fleet[switch.group].name for switch in switches],
        "from": [switch.before for switch in switches],
        "to": [switch.after for switch in switches],
        "machines": [switch.units for switch in switches],
        "mw": [switch.mw for switch in switches],
        "reason": [str(action.reason or "") for action in made],
        "worth_usd": [np.nan if action.worth is None else action.worth.usd for action in made],
    }
    with shown_in(c.farm.currency):
        index = starts[[switch.at for switch in switches]].rename("when")
        return pd.DataFrame({named(name): values for name, values in columns.items()}, index=index)


def settlement_frame(settled: Settlement) -> pd.DataFrame:
    """A row per interval, a column per line of the account, income positive, in the farm's currency."""
    return pd.DataFrame(dict(settled.usd), index=local_starts(settled.c.grid))


def line(c: Conditions, settled: Settlement) -> str:
    """What a plan is, in a line."""
    starts = c.grid.starts.tz_convert(c.grid.timezone)
    with shown_in(c.farm.currency):
        earned = amount(f"{settled.profit:,.0f}")
    return f"<Plan of {c.farm.name}: {starts[0]:%Y-%m-%d %H:%M}, {c.grid.hours.sum():g} h, profit {earned}>"


def html(c: Conditions, dispatch: Dispatch, settled: Settlement) -> str:
    """The same with a table of groups."""
    hours = c.grid.hours
    rows = pd.DataFrame(
        {
            "machines": [group.units for group in c.farm.fleet],
            "runs": [f"{float(dispatch.running(g) @ hours) / (g.units * hours.sum()):.1%}" for g in c.farm.fleet],
            "starts": [int(started.sum()) for started in machine_starts(c, dispatch).values()],
            "MWh": [round(float(mw @ hours), 1) for mw in group_load_mw(c, dispatch)],
        },
        index=[group.name for group in c.farm.fleet],
    )
    return f"<p>{escape(line(c, settled)[1:-1])}</p>{rows.to_html()}"


def plot(c: Conditions, settled: Settlement, explanation: Explanation, ax: Any = None) -> Any:
    """Import over time, and the energy price against the highest and lowest strike; needs matplotlib."""
    try:
        import matplotlib.pyplot as plt
    except ImportError:
        raise CurtailError("plot needs matplotlib: pip install 'curtail[plot]'") from None
    if ax is None:
        _, ax = plt.subplots(figsize=(10, 4))
    at = local_starts(c.grid).tz_localize(None)
    ax.step(at, settled.import_mw, where="post", label="import, MW")
    ax.set_ylabel("MW")
    price = ax.twinx()
    price.step(at, c.market.energy_price_usd_per_mwh, where="post", color="tab:red", label="energy price")
    for strike, style in ((explanation.strike.max(axis=0), "--"), (explanation.strike.min(axis=0), ":")):
        price.step(at, strike, where="post", color="tab:gray", linestyle=style)
    price.set_ylabel(f"{c.farm.currency}/MWh (red: price, gray: highest and lowest strike)")
    ax.set_title(line(c, settled)[1:-1])
    return ax
