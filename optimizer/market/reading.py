"""Quantities of a farm file, whether numbers, rates or files, on the intervals of a plan and of its tail."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np
import pandas as pd

from optimizer.arrays import F
from optimizer.config.base import SeriesFile
from optimizer.config.farm import Farm
from optimizer.config.rates import Rates
from optimizer.errors import Fault, InputError, MissingDataError
from optimizer.market.calendars import rates_on, share_within
from optimizer.market.grid import Grid
from optimizer.market.quantities import Declared, Place
from optimizer.market.readers.column_names import other_than_money
from optimizer.market.series import Fill, TimeSeries, on_grid, read_series, where_covered
from optimizer.market.timeseries import clock
from optimizer.mechanisms.contents import parts
from optimizer.units import HOURS_PER_DAY

Values = F | Mapping[str, F] | None
Given = Mapping[str, Any]
NOTHING: Given = MappingProxyType({})
_HOUR = pd.Timedelta(hours=1)


@cache
def own_values() -> Mapping[type[Any], Callable[[MarketReading, Place, Declared], F]]:
    """How mechanisms read series of their sections that stand for themselves."""
    return {kind: read for module in parts("market") for kind, read in getattr(module, "VALUES", {}).items()}


class MarketReading:
    """Reads one quantity after the other and keeps faults for the end, so that all are told at once.

    The intervals of ``grid`` from ``head`` on are the plan's tail. A file that does not reach to its end is held at its
    mean over the last 24 hours before the tail, or is zero there, and ``remarks`` says so. Where a file has a fault its
    values are NaN; ``finish`` raises then. What is ``given``, by the name of a series or by that and its section's, is
    not read.
    """

    def __init__(self, farm: Farm, folder: Path, grid: Grid, head: int | None = None, given: Given = NOTHING) -> None:
        stop = len(grid) if head is None else head
        self.farm, self.folder, self.grid, self.given = farm, folder, grid, given
        self.plan = grid.part(0, stop)
        self.tail = grid.part(stop, len(grid)) if stop < len(grid) else None
        self.fills: list[Fill] = []
        self.files: dict[str, TimeSeries] = {}  # those that were read, by the name of the series; the last of several
        self.remarks: list[str] = []
        self._faults: list[Fault] = []
        self._missing: list[str] = []

    def series(self, one: Declared) -> Values:
        """A series over plan and tail, (n_intervals,), or several by their sections; None where the farm gives none."""
        by_name: dict[str, F] = {}
        for place in one.places(self.farm):
            given = self.given.get(one.series.name)
            if isinstance(given, Mapping):
                given = given.get(place.name)
            if given is not None:
                by_name[place.name] = np.full(len(self.grid), given)
            elif (values := own_values().get(type(place.section))) is not None:
                by_name[place.name] = values(self, place, one)
            elif place.quantity is not None:
                by_name[place.name] = self.values(place, one)
        absent: Values = one.absent(len(self.grid))
        return by_name if one.many else by_name.get("", absent)

    def price(self, one: Declared, file: Path | None) -> F:
        """The energy price; that of the tail is its forecast. ``file`` takes the place of the price's own."""
        if one.series.name in self.given:
            return np.full(len(self.grid), self.given[one.series.name])

        def over(grid: Grid, price: Any, file: Path | None, what: str = "") -> F:
            return self._taken(grid, price, lambda spec: on_grid(self._series(spec, one, grid, file), grid), what)

        price = self.farm.energy.price_usd_per_mwh
        if file is not None and not (isinstance(price, SeriesFile) and not price.is_amount(self.farm.currency)):
            price = SeriesFile(file=str(file), currency=self.farm.currency)
        values, tail = over(self.plan, price, file), self.farm.horizon.tail
        if self.tail is None or tail is None:
            return values
        forecast = tail.price_usd_per_mwh
        of_tail = (price, file) if forecast is None else (forecast, None)
        return np.append(values, over(self.tail, *of_tail, "horizon.tail: "))

    def finish(self) -> None:
        """Raises what was found."""
        if self._faults:
            raise InputError(dict.fromkeys(self._faults))
        if self._missing:
            raise MissingDataError("\n".join(dict.fromkeys(self._missing)))

    def values(self, place: Place, one: Declared) -> F:
        """What stands at a place, over plan and tail, (n_intervals,)."""
        values = self._taken(self.grid, place.quantity, lambda spec: self._read(place.path, spec, one))
        if not one.series.within:
            return values
        times = {key: getattr(place.section, key, None) for key in ("start", "end")}
        return values * share_within(self.grid, place.section.when, self.farm.energy.holidays, **times)

    def _taken(self, grid: Grid, quantity: Any, read: Callable[[SeriesFile], F], what: str = "") -> F:
        """A quantity over all of a grid, (n_intervals,). ``what`` comes before the sentence on what is missing."""
        if isinstance(quantity, Rates):
            return rates_on(grid, quantity, self.farm.energy.holidays)
        if not isinstance(quantity, SeriesFile):
            return np.full(len(grid), float(quantity))
        return self.kept(lambda: read(quantity), len(grid), what)

    def _read(self, path: str, spec: SeriesFile, one: Declared) -> F:
        """A file over plan and tail. Of what adds up, a row is shared by time among the intervals it covers."""
        series = self._series(spec, one, self.grid)
        adds = one.series.lumps == "sum"
        if adds:
            series = replace(series, values=series.values / np.asarray((series.ends - series.starts) / _HOUR))
        values = on_grid(series, self.plan) * (self.plan.hours if adds else 1.0)
        if self.tail is None:
            return values
        further = where_covered(series, self.tail) * (self.tail.hours if adds else 1.0)
        ended = np.isnan(further)
        if ended.any():
            held = 0.0 if adds else _last_day(values, self.plan)
            further[ended] = held
            since = clock(self.tail.starts[int(np.argmax(ended))], self.tail.timezone)
            then = "0" if adds else f"its mean over the 24 hours before the tail, {held:.6g}"
            self.remarks.append(f"{path}: {spec.file} does not reach over the tail; from {since} on it is {then}")
        return np.append(values, further)

    def _series(self, spec: SeriesFile, one: Declared, grid: Grid, file: Path | None = None) -> TimeSeries:
        path = self.folder / spec.file if file is None else file
        series = read_series(path, spec, self.farm.timezone, within=grid, limits=one.limits, folder=self.folder)
        column = series.name.partition(" at ")[0]  # what comes behind is a place, a wind farm's node among them
        held = other_than_money(column) if one.series.unit.startswith("USD/") and spec.value_column is None else ""
        if held:
            raise InputError(
                f"{series.file}: {column} holds {held} by its name, and {one.series.unit.replace('USD', 'money')} "
                "is asked for: name another file, or this column as `value_column` if it is right"
            )
        self.add(series.fills)
        self.files[one.series.name] = series
        return series

    def add(self, fills: tuple[Fill, ...]) -> None:
        """Keep fills to be told, each once."""
        self.fills += [fill for fill in fills if fill not in self.fills]

    def kept(self, read: Callable[[], F], n: int, what: str = "") -> F:
        """What ``read`` gives; NaN, never handed out, where it raises faults, which are kept for the end."""
        try:
            return read()
        except InputError as error:
            if not error.faults:
                raise
            self._faults += error.faults
        except MissingDataError as error:
            self._missing.append(f"{what}{error}")
        return np.full(n, np.nan)


def _last_day(values: F, grid: Grid) -> float:
    """The mean by time over the last 24 hours of a grid, or over all of a shorter one."""
    to_the_end = np.cumsum(grid.hours[::-1])[::-1]
    within = grid.hours - np.clip(to_the_end - HOURS_PER_DAY, 0.0, grid.hours)
    return float(np.average(values, weights=within))
