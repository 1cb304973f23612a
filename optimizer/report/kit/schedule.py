"""Which machines run when and what they draw, as text: schedule.csv."""

from __future__ import annotations

import numpy as np

from optimizer.accounts.conditions import Conditions
from optimizer.accounts.dispatch import Dispatch
from optimizer.accounts.flows import machine_starts
from optimizer.arrays import F
from optimizer.plan.tables import group_load_mw
from optimizer.plan.text import Texts, csv_text, number_texts, quoted, time_texts


def schedule_text(
    c: Conditions, dispatch: Dispatch, reasons: Texts, strike: F | None = None, marginal: F | None = None
) -> str:
    """A row per interval and group: machines on per mode, off, started, MW, strike, marginal power price, reason.

    A mode the group does not have is left empty, and so are strikes, USD/MWh, (groups, intervals), and the marginal
    price, (intervals,), of a schedule that has none. MW is the group's load at the meter, standby included.
    """
    fleet, grid = c.farm.fleet, c.grid
    n, groups = len(grid), len(fleet)

    def by_interval(texts: Texts) -> Texts:
        return np.repeat(texts, groups)

    def by_group(texts: Texts) -> Texts:
        return np.tile(texts, n)

    def both(texts: Texts) -> Texts:
        return texts.T.ravel()

    columns = {
        "interval_start": by_interval(time_texts(grid.starts, grid.timezone)),
        "interval_end": by_interval(time_texts(grid.ends, grid.timezone)),
        "group": by_group(quoted(group.name for group in fleet)),
    }
    for mode in dict.fromkeys(mode for group in fleet for mode in group.modes):
        on = [dispatch.units_on.get((group.name, mode)) for group in fleet]
        texts = [np.full(n, "", dtype=object) if units is None else number_texts(units, 0) for units in on]
        columns[f"on_{mode}".replace(" ", "_")] = both(np.array(texts))
    off = np.array([float(group.units) - dispatch.running(group) for group in fleet])
    unknown = np.full((groups, n), "", dtype=object)
    columns["off"] = both(number_texts(off, 0))
    columns["started"] = both(number_texts(np.array(list(machine_starts(c, dispatch).values())), 0))
    columns["mw"] = both(number_texts(group_load_mw(c, dispatch), 4))
    columns["strike_usd_per_mwh"] = both(unknown if strike is None else number_texts(strike, 2))
    columns["marginal_power_usd_per_mwh"] = by_interval(unknown[0] if marginal is None else number_texts(marginal, 2))
    columns["reason"] = both(reasons)
    return csv_text(columns)
