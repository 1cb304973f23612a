"""Everything the market and the weather say about the hours of a plan, on its grid."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from optimizer import units
from optimizer.config import base
from optimizer.config.base import SeriesFile
from optimizer.config.clock import to_utc
from optimizer.config.farm import Farm
from optimizer.config.rates import Rates
from optimizer.config.revenue import Revenue
from optimizer.market.calendars import rate_shares, share_within
from optimizer.market.grid import Grid
from optimizer.market.hashprice import btc_per_ph_day, next_difficulty, subsidy_at_height, subsidy_on
from optimizer.market.reading import Reading
from optimizer.market.remarks import remarks
from optimizer.market.series import Fill

F = NDArray[np.float64]


@dataclass(frozen=True)
class MarketInputs:
    """Market and weather per interval. Every array has shape (n_intervals,), float64, finite.

    ``hashprice_usd_per_ph_day`` and ``btc_per_ph_day`` are expectations before the pool's fee;
    the latter, with subsidy and fees, is None where neither difficulty nor BTC price is known.
    ``availability`` holds a share per group name; ``block_mw`` and ``supply_limit_mw`` the mean MW, with their prices,
    per name; ``peak_probability`` that of each interval to be one of a coincident-peak charge's peaks, per name;
    ``rate_shares`` the share of each interval under each rate of the energy price, empty where it has no rates.
    ``fills`` lists every gap that was filled, ``warnings`` what an operator should know.
    """

    grid: Grid
    energy_price_usd_per_mwh: F
    adders_usd_per_mwh: F
    hashprice_usd_per_ph_day: F
    btc_price_usd: F | None
    btc_per_ph_day: F | None
    difficulty: F | None
    temperature_c: F | None
    import_limit_mw: F
    auxiliary_load_mw: F
    onsite_available_mw: F
    export_price_usd_per_mwh: F
    availability: dict[str, F]
    block_mw: dict[str, F]
    block_price_usd_per_mwh: dict[str, F]
    supply_limit_mw: dict[str, F]
    supply_price_usd_per_mwh: dict[str, F]
    peak_probability: dict[str, F]
    rate_shares: dict[str, F]
    fills: tuple[Fill, ...]
    warnings: tuple[str, ...] = ()


def read_market(
    farm: Farm, folder: Path, grid: Grid, price_file: Path | None = None, head: int | None = None
) -> MarketInputs:
    """The farm's market on a grid. Paths of series are relative to ``folder``, the farm file's.

    ``price_file`` takes the place of the energy price's file: what the farm file says of location,
    market and columns is kept. The intervals from ``head`` on are the plan's tail: their energy price is that of
    `horizon.tail`, and a file that does not reach over them is held at its mean over the 24 hours before, a
    column of probabilities at 0; ``warnings`` tells which. Raises InputError with the faults of all files at once,
    and MissingDataError where a file does not reach over the plan, or the tail's price over the tail.
    """
    read = Reading(farm, folder, grid, head)
    price, onsite, weather, revenue = farm.energy.price_usd_per_mwh, farm.energy.onsite, farm.weather, farm.revenue
    if price_file is not None and not isinstance(price, SeriesFile):
        price = SeriesFile(file=str(price_file))
    energy = read.over(read.plan, price, base.Price, price_file)
    if read.tail is not None and farm.horizon.tail is not None:
        forecast = farm.horizon.tail.price_usd_per_mwh
        own = forecast is None
        expected = read.over(
            read.tail,
            price if forecast is None else forecast,
            base.Price,
            price_file if own else None,
            "horizon.tail: ",
        )
        energy = np.append(energy, expected)
    adders = read.values("energy.adders_usd_per_mwh", farm.energy.adders_usd_per_mwh, base.Price)
    temperature = None if weather is None else read.values("weather.temperature_c", weather.temperature_c, base.Celsius)
    import_limit = read.values("site.import_limit_mw", farm.site.import_limit_mw, base.NonNegative)
    auxiliary = read.values("site.auxiliary_load_mw", farm.site.auxiliary_load_mw, base.NonNegative)
    available = read.values("energy.onsite.available_mw", onsite.available_mw if onsite else 0.0, base.NonNegative)
    export_price = read.values(
        "energy.onsite.export_price_usd_per_mwh", onsite.export_price_usd_per_mwh if onsite else 0.0, base.Price
    )
    availability = {
        group.name: read.values(f"fleet[{i}].availability", group.availability, base.Share)
        for i, group in enumerate(farm.fleet)
    }
    blocks, supplies, holidays = farm.energy.blocks, farm.energy.supplies, farm.energy.holidays
    block_mw = {
        block.name: read.values(f"energy.blocks[{i}].mw", block.mw, base.NonNegative)
        * share_within(grid, block.when, holidays, start=block.start, end=block.end)
        for i, block in enumerate(blocks)
    }
    block_price = {
        block.name: read.values(f"energy.blocks[{i}].price_usd_per_mwh", block.price_usd_per_mwh, base.Price)
        for i, block in enumerate(blocks)
    }
    supply_limit = {
        supply.name: read.values(f"energy.supplies[{i}].limit_mw", supply.limit_mw, base.NonNegative)
        * share_within(grid, supply.when, holidays)
        for i, supply in enumerate(supplies)
    }
    supply_price = {
        supply.name: read.values(f"energy.supplies[{i}].price_usd_per_mwh", supply.price_usd_per_mwh, base.Price)
        for i, supply in enumerate(supplies)
    }
    probability = {
        peak.name: read.probability(f"energy.coincident_peaks[{i}].probability", peak)
        for i, peak in enumerate(farm.energy.coincident_peaks)
    }
    btc_price = read.optional("revenue.btc_price_usd", revenue.btc_price_usd, base.Positive)
    difficulty = read.optional("revenue.difficulty", revenue.difficulty, base.Difficulty)
    given_hashprice = read.optional(
        "revenue.hashprice_usd_per_ph_day", revenue.hashprice_usd_per_ph_day, base.NonNegative
    )
    fees = read.values("revenue.fees_btc_per_block", revenue.fees_btc_per_block, base.NonNegative)
    read.finish()

    per_ph_day: F | None = None
    if difficulty is not None:
        difficulty = _with_retarget(difficulty, revenue, grid, farm.timezone)
        per_ph_day = btc_per_ph_day(difficulty, _subsidy(revenue, grid), fees)
    elif given_hashprice is not None and btc_price is not None:
        per_ph_day = given_hashprice / btc_price
    hashprice = given_hashprice
    if hashprice is None:
        assert btc_price is not None, "Revenue checks that the price is there"
        assert per_ph_day is not None, "Revenue checks that the difficulty is there"
        hashprice = btc_price * per_ph_day
    return MarketInputs(
        grid=grid,
        energy_price_usd_per_mwh=energy,
        adders_usd_per_mwh=adders,
        hashprice_usd_per_ph_day=hashprice,
        btc_price_usd=btc_price,
        btc_per_ph_day=per_ph_day,
        difficulty=difficulty,
        temperature_c=temperature,
        import_limit_mw=import_limit,
        auxiliary_load_mw=auxiliary,
        onsite_available_mw=available,
        export_price_usd_per_mwh=export_price,
        availability=availability,
        block_mw=block_mw,
        block_price_usd_per_mwh=block_price,
        supply_limit_mw=supply_limit,
        supply_price_usd_per_mwh=supply_price,
        peak_probability=probability,
        rate_shares=rate_shares(grid, price, holidays) if isinstance(price, Rates) else {},
        fills=tuple(read.fills),
        warnings=(*remarks(farm, read.plan), *read.remarks),
    )


def _subsidy(revenue: Revenue, grid: Grid) -> F:
    """BTC per block at each interval's start, shape (n_intervals,).

    From a block height, blocks are taken to come every ten minutes.
    """
    if revenue.subsidy_btc is not None:
        return np.full(len(grid), revenue.subsidy_btc)
    if revenue.block_height is not None:
        blocks = (grid.starts - grid.starts[0]) // pd.Timedelta(seconds=units.TARGET_BLOCK_SECONDS)
        return np.array([subsidy_at_height(revenue.block_height + int(more)) for more in blocks])
    first, last = (subsidy_on(time.to_pydatetime()) for time in (grid.starts[0], grid.starts[-1]))
    if first == last:
        return np.full(len(grid), first)
    return np.array([subsidy_on(start.to_pydatetime()) for start in grid.starts])


def _with_retarget(difficulty: F, revenue: Revenue, grid: Grid, timezone: str) -> F:
    """The difficulty with the estimated retarget; an interval that spans it gets the mean by time."""
    if revenue.epoch is None:
        return difficulty
    estimate, hours_left = next_difficulty(1.0, revenue.epoch)
    begins = (grid.starts - pd.Timestamp(to_utc(revenue.epoch.at, timezone))) / pd.Timedelta(hours=1)
    after = np.clip((np.asarray(begins) + grid.hours - hours_left) / grid.hours, 0.0, 1.0)
    return difficulty * (1.0 + after * (estimate - 1.0))
