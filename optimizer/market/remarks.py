"""What an operator should know of a plan's data: old numbers, and what mechanisms have to say."""

from __future__ import annotations

from collections.abc import Collection

import pandas as pd

from optimizer.config.base import SeriesFile
from optimizer.config.clock import to_utc
from optimizer.config.farm import Farm
from optimizer.market.grid import Grid
from optimizer.market.hashprice import subsidy_on
from optimizer.mechanisms.contents import parts

_FAR = pd.Timedelta(days=31)  # two retargets: plain numbers of the day are old by then


def remarks(farm: Farm, grid: Grid, read: Collection[str]) -> tuple[str, ...]:
    """One sentence each on old numbers, of what was read, and on what mechanisms have to say of it."""
    old = _old_numbers(farm, grid) if "hashprice_usd_per_ph_day" in read else ()
    own = (module.remarks(farm, grid, read) for module in parts("market") if hasattr(module, "remarks"))
    return (*old, *(remark for several in own for remark in several))


def _old_numbers(farm: Farm, grid: Grid) -> tuple[str, ...]:
    """That plain numbers are taken as they stand in a plan far from the date the farm file is made for."""
    if farm.horizon.start is None:
        return ()
    written, begins = pd.Timestamp(to_utc(farm.horizon.start, farm.timezone)), grid.starts[0]
    halved = subsidy_on(written.to_pydatetime()) != subsidy_on(begins.to_pydatetime())
    revenue = farm.revenue
    computed = revenue.hashprice_usd_per_ph_day is None
    quantities = (
        {"BTC price": revenue.btc_price_usd, "difficulty": revenue.difficulty}
        if computed
        else {"hashprice": revenue.hashprice_usd_per_ph_day}
    )
    plain = [name for name, given in quantities.items() if not isinstance(given, SeriesFile)]
    if not plain or (abs(begins - written) <= _FAR and not halved):
        return ()
    what = f"the {plain[0]} is a plain number in the file; it is taken as it stands"
    if len(plain) > 1:
        what = f"{' and '.join(plain)} are plain numbers in the file; they are taken as they stand"
    subsidy = ""
    if computed and revenue.subsidy_btc is None:
        height = revenue.block_height
        subsidy = ", with the subsidy of " + ("that date" if height is None else f"block_height {height}")
    return farm.silenced.remark("old_numbers", f"the plan starts {grid.local_starts[0]:%Y-%m-%d}, but {what}{subsidy}")
