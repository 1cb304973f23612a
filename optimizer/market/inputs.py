"""Everything the market and the weather say about the hours of a plan, on its grid."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import numpy as np
import pandas as pd

from optimizer import units
from optimizer.arrays import F, Int
from optimizer.config.base import Series
from optimizer.config.clock import to_utc
from optimizer.config.farm import Farm
from optimizer.config.rates import Rates
from optimizer.config.revenue import Revenue
from optimizer.market.calendars import rate_shares
from optimizer.market.grid import Grid
from optimizer.market.hashprice import btc_per_ph_day, next_difficulty, subsidy_at_height, subsidy_on
from optimizer.market.plausible import doubts
from optimizer.market.quantities import Declared, declared
from optimizer.market.reading import NOTHING, Given, MarketReading, Values
from optimizer.market.remarks import remarks
from optimizer.market.series import Fill

ENERGY_PRICE, HASHPRICE = "energy_price_usd_per_mwh", "hashprice_usd_per_ph_day"
WORTH = ("btc_price_usd", "difficulty", HASHPRICE, "fees_btc_per_block")  # read as a whole
_FOLLOWS = {"btc_per_ph_day": Series("BTC per PH/s and day", known="held")}


class Named:
    """The series that plans and accounts know by name, in the order of records.

    The hashprice and ``btc_per_ph_day`` are expectations before the pool's fee; ``block_mw`` and ``supply_limit_mw``
    are the mean MW; ``rate_shares`` the share of each interval under each rate of the energy price, if it has any.
    """

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
    availability: Mapping[str, F]
    block_mw: Mapping[str, F]
    block_price_usd_per_mwh: Mapping[str, F]
    supply_limit_mw: Mapping[str, F]
    supply_price_usd_per_mwh: Mapping[str, F]
    peak_probability: Mapping[str, F]
    rate_shares: Mapping[str, F]


@dataclass(frozen=True)
class MarketInputs(Named):
    """Market and weather per interval, as an open table: whatever the farm's fields declare is in it, if it was read.

    A series has shape (n_intervals,), float64, finite; it is None where the farm gives none, and there is one by name
    where its section stands in a list. Each is an attribute too. ``fills`` lists every gap that was filled,
    ``warnings`` what an operator should know; ``of`` is the kind of farm that declares the series.
    """

    grid: Grid
    table: Mapping[str, Values]
    fills: tuple[Fill, ...] = ()
    warnings: tuple[str, ...] = ()
    of: type[Farm] = Farm

    def __post_init__(self) -> None:
        self.__dict__.update(self.table)

    if not TYPE_CHECKING:

        def __getattr__(self, name: str) -> Any:
            raise AttributeError(f"the market was read without {name}")

    def declared_of(self, name: str) -> Series:
        """What is declared of a series; of one that follows from others, the mean is what a longer interval has."""
        field = declared(self.of).get(name)
        return _FOLLOWS.get(name, Series("")) if field is None else field.series

    def known(self, how: str) -> dict[str, F]:
        """The series of sections that stand alone, of which is declared that they are known so."""
        asked = ((name, values) for name, values in self.table.items() if self.declared_of(name).known == how)
        return {name: values for name, values in asked if isinstance(values, np.ndarray)}

    def with_(self, **series: Values) -> Self:
        """The same market with other values of some series."""
        return replace(self, table={**self.table, **series})

    def part(self, first: int, stop: int) -> Self:
        """The intervals ``first`` to ``stop - 1``."""
        return self._each(self.grid.part(first, stop), lambda _, values: values[first:stop])

    def at(self, positions: Int, grid: Grid) -> Self:
        """On another grid: each of its intervals has the values of the one at that position."""
        return self._each(grid, lambda _, values: values[positions])

    def merged(self, firsts: Int, stop: int, seen: Mapping[str, Values] = NOTHING) -> Self:
        """Longer intervals that begin where those at ``firsts``, rising, do; the last ends where ``stop - 1`` does.

        ``seen`` holds other values of some series, over these intervals alone.
        """
        first, at = firsts[0], firsts - firsts[0]
        hours = self.grid.hours[first:stop]
        lengths = np.add.reduceat(hours, at)
        lumped: dict[str, Callable[[F], F]] = {
            "mean": lambda values: np.add.reduceat(values * hours, at) / lengths,
            "least": lambda values: np.minimum.reduceat(values, at),
            "sum": lambda values: np.add.reduceat(values, at),
        }

        def change(name: str, values: F) -> F:
            return lumped[self.declared_of(name).lumps](values if name in seen else values[first:stop])

        return self.with_(**seen)._each(self.grid.merged(firsts, stop), change)

    def followed_by(self, later: MarketInputs) -> Self:
        """These intervals and those of another market after them; what this one tells of its data is kept."""
        starts = pd.DatetimeIndex(self.grid.starts.append(later.grid.starts))
        grid = Grid(starts, np.append(self.grid.hours, later.grid.hours), self.grid.timezone)
        return self._each(grid, lambda _, *both: np.concatenate(both), later)

    def _each(self, grid: Grid, change: Callable[..., F], *others: MarketInputs) -> Self:
        def changed(name: str, *values: Any) -> Values:
            if isinstance(values[0], Mapping):
                return {label: change(name, *(one[label] for one in values)) for label in values[0]}
            return None if values[0] is None else change(name, *values)

        tables = (self.table, *(other.table for other in others))
        rows = {name: changed(name, *(one[name] for one in tables)) for name in self.table}
        return replace(self, grid=grid, table=rows)


def read_market(
    farm: Farm,
    folder: Path,
    grid: Grid,
    price_file: Path | None = None,
    head: int | None = None,
    *,
    only: Collection[str] | None = None,
    given: Given = NOTHING,
) -> MarketInputs:
    """The farm's market on a grid. Paths of series are relative to ``folder``, the farm file's.

    ``price_file`` takes the place of the energy price's file: what the farm file says of location,
    market and columns is kept. The intervals from ``head`` on are the plan's tail: their energy price is that of
    `horizon.tail`, and a file that does not reach over them is held at its mean over the 24 hours before, a
    column of probabilities at 0; ``warnings`` tells which. ``only`` names the series to be read, all when None; what
    hashing is worth is read as a whole. What is ``given`` stands in place of what the farm has, by the name of a series
    or by that and its section's. Raises InputError with the faults of all files at once, and MissingDataError where a
    file does not reach over the plan, or the tail's price over the tail.
    """
    read = MarketReading(farm, folder, grid, head, given)
    asked = None if only is None else {*only, *(() if set(only).isdisjoint(WORTH) else WORTH)}
    table: dict[str, Values] = {}
    for one in _in_order(declared(type(farm))):
        name = one.series.name
        if asked is None or name in asked:
            table[name] = read.price(one, price_file) if name == ENERGY_PRICE else read.series(one)
    read.finish()
    if HASHPRICE in table:
        table |= _worth(farm, grid, *(table.pop(name) for name in WORTH))
    if ENERGY_PRICE in table:
        price = farm.energy.price_usd_per_mwh if price_file is None else None
        table["rate_shares"] = rate_shares(grid, price, farm.energy.holidays) if isinstance(price, Rates) else {}
    varying = {name: values for name, values in table.items() if not isinstance(given.get(name), float)}
    sentences = (*remarks(farm, read.plan, table), *doubts(farm, read.plan, varying, read.files), *read.remarks)
    return MarketInputs(grid, table, tuple(read.fills), sentences, type(farm))


def _in_order(series: Mapping[str, Declared]) -> list[Declared]:
    """As they are read: those that have a name here first, what hashing is worth after them."""
    first = [name for name in Named.__annotations__ if name not in WORTH]
    return [series[name] for name in dict.fromkeys((*first, *WORTH, *series)) if name in series]


def _worth(farm: Farm, grid: Grid, btc_price: Any, difficulty: Any, hashprice: Any, fees: Any) -> dict[str, Values]:
    """What a PH/s earns a day, USD and BTC, as the farm gives it or from BTC price and difficulty."""
    per_ph_day: F | None = None
    if difficulty is not None:
        difficulty = _with_retarget(difficulty, farm.revenue, grid, farm.timezone)
        per_ph_day = btc_per_ph_day(difficulty, _subsidy(farm.revenue, grid), fees)
    elif hashprice is not None and btc_price is not None:
        per_ph_day = hashprice / btc_price
    if hashprice is None:
        hashprice = btc_price * per_ph_day  # Revenue checks that both are there
    return {
        HASHPRICE: hashprice, "btc_price_usd": btc_price, "btc_per_ph_day": per_ph_day, "difficulty": difficulty
    }  # fmt: skip


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
