"""Everything the market and the weather say about the hours of a plan, on its grid."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, get_args

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from optimizer import units
from optimizer.config import base
from optimizer.config.base import SeriesFile
from optimizer.config.clock import to_utc
from optimizer.config.farm import Farm
from optimizer.config.revenue import Revenue
from optimizer.errors import Fault, InputError, MissingDataError
from optimizer.market.calendars import share_within
from optimizer.market.grid import Grid
from optimizer.market.hashprice import btc_per_ph_day, next_difficulty, subsidy_at_height, subsidy_on
from optimizer.market.series import Fill, Limits, on_grid, read_series

F = NDArray[np.float64]
_FAR = pd.Timedelta(days=60)  # about four retargets: plain numbers of the day are old by then


@dataclass(frozen=True)
class MarketInputs:
    """Market and weather per interval. Every array has shape (n_intervals,), float64, finite.

    ``hashprice_usd_per_ph_day`` and ``btc_per_ph_day`` are expectations before the pool's fee;
    the latter, with subsidy and fees, is None where neither difficulty nor BTC price is known.
    ``availability`` holds a share per group name, ``block_mw`` the mean MW and ``block_price_usd_per_mwh`` the price
    per block name. ``fills`` lists every gap that was filled, ``warnings`` what an operator should know.
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
    fills: tuple[Fill, ...]
    warnings: tuple[str, ...] = ()


def limits_of(quantity: Any) -> Limits:
    """The range that a quantity of ``config.base`` has as a plain number.

    >>> str(limits_of(base.Share))
    'at least 0 and at most 1'
    """
    low, high, above = -np.inf, np.inf, False
    for bound in get_args(quantity)[1].metadata:
        low = float(getattr(bound, "ge", getattr(bound, "gt", low)))
        high = float(getattr(bound, "le", high))
        above = above or hasattr(bound, "gt")
    return Limits(low, high, above)


def read_market(farm: Farm, folder: Path, grid: Grid, price_file: Path | None = None) -> MarketInputs:
    """The farm's market on a grid. Paths of series are relative to ``folder``, the farm file's.

    ``price_file`` takes the place of the energy price's file: what the farm file says of location,
    market and columns is kept. Raises InputError with the faults of all files at once, and
    MissingDataError where a file does not reach over the grid.
    """
    read = _Reading(farm.timezone, folder, grid)
    price: float | SeriesFile = farm.energy.price_usd_per_mwh
    if price_file is not None:
        spec = price if isinstance(price, SeriesFile) else SeriesFile(file=str(price_file))
        energy = read.file(price_file, spec, limits_of(base.Price))
    else:
        energy = read.values(price, base.Price)
    onsite, weather, revenue = farm.energy.onsite, farm.weather, farm.revenue
    adders = read.values(farm.energy.adders_usd_per_mwh, base.Price)
    temperature = None if weather is None else read.values(weather.temperature_c, base.Celsius)
    import_limit = read.values(farm.site.import_limit_mw, base.NonNegative)
    auxiliary = read.values(farm.site.auxiliary_load_mw, base.NonNegative)
    available = read.values(0.0 if onsite is None else onsite.available_mw, base.NonNegative)
    export_price = read.values(0.0 if onsite is None else onsite.export_price_usd_per_mwh, base.Price)
    availability = {group.name: read.values(group.availability, base.Share) for group in farm.fleet}
    blocks = farm.energy.blocks
    block_mw = {b.name: read.values(b.mw, base.NonNegative) * share_within(grid, b.when) for b in blocks}
    block_price = {block.name: read.values(block.price_usd_per_mwh, base.Price) for block in blocks}
    btc_price = read.optional(revenue.btc_price_usd, base.Positive)
    difficulty = read.optional(revenue.difficulty, base.Positive)
    given_hashprice = read.optional(revenue.hashprice_usd_per_ph_day, base.NonNegative)
    fees = read.values(revenue.fees_btc_per_block, base.NonNegative)
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
        fills=tuple(read.fills),
        warnings=_warnings(farm, grid),
    )


class _Reading:
    """Reads one quantity after the other and keeps faults for the end, so that all are told at once."""

    def __init__(self, timezone: str, folder: Path, grid: Grid) -> None:
        self.timezone, self.folder, self.grid = timezone, folder, grid
        self.fills: list[Fill] = []
        self.faults: list[Fault] = []
        self.missing: list[str] = []

    def optional(self, quantity: float | SeriesFile | None, kind: Any) -> F | None:
        return None if quantity is None else self.values(quantity, kind)

    def values(self, quantity: float | SeriesFile, kind: Any) -> F:
        """A number or a file as an array of shape (n_intervals,)."""
        if isinstance(quantity, SeriesFile):
            return self.file(self.folder / quantity.file, quantity, limits_of(kind))
        return np.full(len(self.grid), float(quantity))

    def file(self, path: Path, spec: SeriesFile, limits: Limits) -> F:
        """A file's series on the grid; NaN, never handed out, where it has a fault."""
        try:
            series = read_series(path, spec, self.timezone, within=self.grid, limits=limits)
            values = on_grid(series, self.grid)
        except InputError as error:
            self.faults += error.faults
        except MissingDataError as error:
            self.missing.append(str(error))
        else:
            self.fills += [fill for fill in series.fills if fill not in self.fills]
            return values
        return np.full(len(self.grid), np.nan)

    def finish(self) -> None:
        """Raises what was found."""
        if self.faults:
            raise InputError(dict.fromkeys(self.faults))
        if self.missing:
            raise MissingDataError("\n".join(dict.fromkeys(self.missing)))


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


def _warnings(farm: Farm, grid: Grid) -> tuple[str, ...]:
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
    return (f"the plan starts {grid.local_starts[0]:%Y-%m-%d}, but {what}{subsidy}",)
