"""Where the power of a schedule comes from and where it goes, as text: power.csv."""

from __future__ import annotations

import numpy as np

from optimizer.conditions import Conditions
from optimizer.schedule.text import csv_text, number_texts, quoted, time_texts
from optimizer.settlement.account import Dispatch, grid_import_mw, site_load_mw, spot_and_left_mw

MW_DECIMALS = 9  # a bill to the cent can be redone from them: a peak's megawatt costs up to 1e6 USD
_HOUR_DECIMALS = 9
_USD_DECIMALS = 6


def power_text(c: Conditions, dispatch: Dispatch) -> str:
    """A row per interval: its hours and energy price, MW behind and through the meter, and MW of each source of them.

    load + export = import + onsite at the meter. At the hub, import with losses = spot + what suppliers give + what is
    used of blocks. What is left of a block is sold, or lost where it may not be.
    """
    grid, energy = c.grid, c.farm.energy
    imported = grid_import_mw(c, dispatch)
    spot, left = spot_and_left_mw(c, dispatch, imported)
    columns = {
        "interval_start": time_texts(grid.starts, grid.timezone),
        "interval_end": time_texts(grid.ends, grid.timezone),
        "hours": number_texts(grid.hours, _HOUR_DECIMALS),
        "energy_usd_per_mwh": number_texts(c.market.energy_price_usd_per_mwh, _USD_DECIMALS),
    }
    at_meter = (site_load_mw(c, dispatch), dispatch.onsite_mw, dispatch.export_mw, imported)
    megawatts = dict(zip(("load_mw", "onsite_mw", "export_mw", "import_mw"), at_meter, strict=True))
    megawatts["spot_mw"] = spot
    for supply in energy.supplies:
        megawatts[f"{supply.name}/mw"] = dispatch.supply_mw[supply.name]
    for block, unused in zip(energy.blocks, left, strict=True):
        megawatts[f"{block.name}/used_mw"] = c.market.block_mw[block.name] - unused
        megawatts[f"{block.name}/sold_mw"] = np.zeros(len(grid)) if block.resale is None else unused
    return csv_text(
        columns
        | {name: number_texts(mw, MW_DECIMALS) for name, mw in zip(quoted(megawatts), megawatts.values(), strict=True)}
    )
