"""Whether the parts of a record fit each other: what follows a schedule relies on it, whoever wrote the text."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from math import isfinite
from typing import TYPE_CHECKING, Any

import numpy as np

from optimizer.accounts.ledger import accounts
from optimizer.arrays import F
from optimizer.market.grid import Grid
from optimizer.market.inputs import MarketInputs, Named
from optimizer.market.quantities import declared

if TYPE_CHECKING:
    from optimizer.daily.record import Record

_SECONDS_PER_HOUR = 3600
_LONGEST_HOURS = 24.0
_MAY_BE_NONE = "F | None"


def judge(record: Record) -> None:
    """Raise ValueError where a schedule's times do not follow each other, or where a series lacks hours or numbers."""
    grid, farm, market = record.market.grid, record.farm, record.market
    _judge_times(grid)
    n, groups = len(grid), {group.name for group in farm.fleet}
    for name, series in (*_series(market), *_decided(record)):
        if series.shape != (n,) or not np.isfinite(series).all():
            raise ValueError(f"{name} is no series of {n} numbers")
    named: list[tuple[Any, set[Any]]] = [
        (record.dispatch.units_on, {(group.name, mode) for group in farm.fleet for mode in group.modes}),
        *((record.dispatch[name], labels(farm)) for account in accounts() for name, labels in account.decided),
    ]
    listed = ((name, one) for name, one in declared(type(farm)).items() if one.many)
    named += [(market.table[name], one.names(farm)) for name, one in listed if name in market.table]
    if any(set(there) != wanted for there, wanted in named) or len(groups) != len(farm.fleet):
        raise ValueError("the names are not those of the farm")
    if any(group.machine is None or not set(group.modes) <= set(group.machine.mode_names) for group in farm.fleet):
        raise ValueError("a group's machine is not known")
    if farm.needs_temperature and market.temperature_c is None:
        raise ValueError("the temperature is not known")
    if len(record.reasons) != len(farm.fleet) or any(len(row) != n for row in record.reasons):
        raise ValueError("reasons are not by group and interval")
    if record.short_mw and len(record.short_mw) != n:
        raise ValueError("short_mw is not by interval")
    numbers = [*record.short_mw, *record.expected_mw.values()]
    numbers += [] if record.planned_usd is None else [record.planned_usd]
    if not all(isinstance(number, int | float) and isfinite(number) for number in numbers):
        raise ValueError("not every figure is a number")
    _ = record.name  # of a source there is


def _judge_times(grid: Grid) -> None:
    lengths = np.round(grid.hours * _SECONDS_PER_HOUR)
    if len(grid) == 0 or grid.hours.shape != (len(grid),) or not (np.isfinite(lengths) & (lengths > 0)).all():
        raise ValueError("there are no hours")
    if grid.hours.max() > _LONGEST_HOURS or not (grid.starts[1:] == grid.ends[:-1]).all():
        raise ValueError("the intervals do not follow each other")


def _decided(record: Record) -> Iterator[tuple[str, F]]:
    for name, rows in record.dispatch.table.items():
        yield from ((name, series) for series in rows.values())


def _series(market: MarketInputs) -> Iterator[tuple[str, F]]:
    """Every series of a market; those with a name of their own are there."""
    for name, kind in Named.__annotations__.items():
        if market.table[name] is None and kind != _MAY_BE_NONE:
            raise ValueError(f"{name} is not known")
    for name, values in market.table.items():
        rows = values.values() if isinstance(values, Mapping) else [] if values is None else [values]
        yield from ((name, series) for series in rows)
