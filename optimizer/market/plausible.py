"""What looks wrong in a plan's data though it may be right: units and currencies, zeros, old numbers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import pandas as pd

from optimizer.config.base import SeriesFile
from optimizer.config.clock import to_utc
from optimizer.config.composed import Listed, kinds
from optimizer.config.farm import Farm
from optimizer.market.grid import Grid
from optimizer.market.timeseries import TimeSeries, clock
from optimizer.market.usual import unusual

_LEAST_DIFFICULTY = 1e11  # of the network since September 2016
_HIGHEST_FEE = 0.1  # pools keep 0 to 4 %
_LEAST_HOURS = 6.0  # of prices that say something about their unit
_LIKE_PER_KWH = 1.0  # USD/MWh, when no price of a plan is above it
_LIKE_OTHER_CURRENCY = 500.0  # USD/MWh, when half of a day or more is above it
_ZERO_HOURS = 3.0
_MONTH = pd.Timedelta(days=31)
_PRICE, _OF_HASHING = "energy_price_usd_per_mwh", ("btc_price_usd", "difficulty", "hashprice_usd_per_ph_day")


def doubts(farm: Farm, grid: Grid, table: Mapping[str, Any], files: Mapping[str, TimeSeries]) -> Iterator[str]:
    """A sentence for everything that looks wrong and is not silenced; ``files`` are the series that were read."""
    remark = farm.silenced.remark
    difficulty = table.get("difficulty")
    if difficulty is not None and np.median(difficulty) < _LEAST_DIFFICULTY:
        value = float(np.median(difficulty))
        yield from remark("difficulty", f"revenue.difficulty: {value:g} looks like {value:g} T: write {value:g}e12")
    if "hashprice_usd_per_ph_day" in table and farm.revenue.pool_fee_share > _HIGHEST_FEE:
        share = farm.revenue.pool_fee_share
        meant = f"{share:g} % is {share / 100:g}" if share == 1 else "it may be meant in per cent"
        yield from remark("pool_fee", f"revenue.pool_fee_share: {share:g} is a fee of {share:.0%}; {meant}")
    of_file = isinstance(farm.energy.price_usd_per_mwh, SeriesFile) or _PRICE in files
    if of_file and table.get(_PRICE) is not None:
        yield from _of_prices(farm, grid, np.asarray(table[_PRICE])[: len(grid)], files.get(_PRICE))
    for name in _OF_HASHING:
        newest = files[name].starts[-1] if name in files else grid.starts[0]
        if grid.starts[0] - newest > _MONTH:
            days = (grid.starts[0] - newest).days
            path = f"revenue.{name}"
            when = clock(newest, farm.timezone)
            yield from remark("old_numbers", f"{path}: its newest row is of {when}, {days} days before the plan")
    yield from _events(farm, grid)
    for sentence in unusual(farm, table.get("import_limit_mw")):
        yield from remark("amounts", sentence)


def _of_prices(farm: Farm, grid: Grid, prices: np.ndarray, series: TimeSeries | None) -> Iterator[str]:
    remark, path, hours = farm.silenced.remark, "energy.price_usd_per_mwh", grid.hours
    highest = float(np.abs(prices).max())
    if 0 < highest <= _LIKE_PER_KWH and hours.sum() >= _LEAST_HOURS:
        sentence = f"{path}: no price is above {highest:g} {farm.currency}/MWh: they look like prices per kWh"
        yield from remark("price_per_kwh", f"{sentence}; `unit: per_kwh` converts them")
    if series is not None and series.currency:
        price = farm.energy.price_usd_per_mwh
        own = isinstance(price, SeriesFile) and not price.is_amount(farm.currency)
        taken = (price.currency or "USD") if isinstance(price, SeriesFile) and own else farm.currency
        sentence = f"{path}: {series.file} is of a publisher of prices in {series.currency}, taken as {taken}"
        rate = "" if series.currency == farm.currency else ", and its rate in `exchange_rates`"
        yield from remark("price_currency", f"{sentence}; say `currency: {series.currency}` beside the file{rate}")
    elif farm.currency == "USD" and hours.sum() >= 24 and np.median(prices) > _LIKE_OTHER_CURRENCY:
        sentence = f"{path}: half of the prices are above {_LIKE_OTHER_CURRENCY:g} USD/MWh"
        yield from remark("price_currency", f"{sentence}: they look like another currency or unit")
    zero = prices == 0
    last = len(zero) - int(np.argmin(zero[::-1])) if not zero.all() else 0
    if last < len(zero) and float(hours[last:].sum()) >= _ZERO_HOURS:
        since = clock(grid.starts[last], farm.timezone)
        yield from remark("price_zeros", f"{path}: is 0 from {since} to the end, as if not published yet")


def _events(farm: Farm, grid: Grid) -> Iterator[str]:
    """Entries with a start and an end that are not in the horizon that the farm file gives itself."""
    start = farm.horizon.start
    if start is None or pd.Timestamp(to_utc(start, farm.timezone)) != grid.starts[0]:
        return
    for path, entry in _entries(farm):
        begins, ends = (pd.Timestamp(to_utc(time, farm.timezone)) for time in (entry.start, entry.end))
        if ends <= grid.starts[0] or begins >= grid.end:
            name = getattr(entry, "name", None)
            what = f"{path}: {name}" if name else path
            reach = f"{clock(grid.starts[0], farm.timezone)} to {clock(grid.end, farm.timezone)}"
            yield from farm.silenced.remark(
                "events", f"{what}, {entry.start:%Y-%m-%d %H:%M}, is outside the horizon, {reach}"
            )


def _entries(farm: Farm) -> Iterator[tuple[str, Any]]:
    """Calls and outages, with their paths."""
    calls = (kind for kind in kinds() if issubclass(kind, Listed) and kind.CALL and farm.takes(kind))
    lists: list[tuple[str, tuple[Any, ...]]] = [(kind.KEY, farm.sections(kind)) for kind in calls]
    lists += [(f"fleet[{g}].outages", group.outages) for g, group in enumerate(farm.fleet)]
    for path, entries in lists:
        yield from ((f"{path}[{i}]", entry) for i, entry in enumerate(entries) if hasattr(entry, "start"))
