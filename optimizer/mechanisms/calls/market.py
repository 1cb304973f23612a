"""Calls that are not owed, for an operator to know."""

from __future__ import annotations

from collections.abc import Collection, Iterator

import pandas as pd

from optimizer.config.clock import to_utc
from optimizer.config.farm import Farm
from optimizer.market.grid import Grid
from optimizer.mechanisms.calls.config import Event, Program
from optimizer.mechanisms.calls.obligations import obligations


def remarks(farm: Farm, grid: Grid, _read: Collection[str]) -> Iterator[str]:
    """Events within the plan that the limits of their program excuse, wholly or in part."""
    owed = obligations(farm.sections(Event), farm.sections(Program), farm.timezone)
    for event, obligation in zip(farm.sections(Event), owed, strict=True):
        start, end = (pd.Timestamp(to_utc(time, farm.timezone)) for time in (event.start, event.end))
        if obligation.remark is not None and start < grid.end and end > grid.starts[0]:
            yield obligation.remark
