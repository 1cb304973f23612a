"""A stretch of history as it came, and what was known of it when: read from the files that a farm names."""

from __future__ import annotations

from contextlib import suppress
from datetime import datetime
from pathlib import Path

import numpy as np
import pandas as pd

from optimizer.arrays import F
from optimizer.config.base import SeriesFile
from optimizer.config.farm import Farm
from optimizer.config.horizon import Step
from optimizer.errors import InputError, MissingDataError
from optimizer.market.grid import Grid, grid_of
from optimizer.market.inputs import read_market
from optimizer.market.quantities import declared, known_as
from optimizer.mechanisms.contents import parts
from optimizer.plan.tail import metered
from optimizer.through_time.forecasts import price_forecast, values_before, values_or_nan, with_days_before
from optimizer.through_time.knowledge import Knowledge
from optimizer.units import HOURS_PER_DAY


def read_history(farm: Farm, folder: Path, start: datetime, hours: float) -> Knowledge:
    """What came over a stretch, on intervals of the farm's first length, and what was known of it when.

    The farm names ``replanning``. Coincident peaks that the farm estimates are settled at those the load's history
    turned out to have; the estimates are made anew at every midnight from the load before it.
    """
    rules = farm.replanning
    if rules is None:
        raise InputError("the farm file has no section `replanning`, which says what was known of prices when")
    minutes = farm.horizon.intervals[0].minutes
    uniform = farm.horizon.model_copy(update={"intervals": (Step(minutes=minutes),), "start": start, "hours": hours})
    grid = grid_of(farm.model_copy(update={"horizon": uniform}))
    came, issued = {}, {}
    for module in parts("issues"):
        came[module.SERIES], issued[module.SERIES] = module.came(farm, folder, grid)
    market = read_market(farm, folder, grid, given=came)
    prices, own = None, farm.energy.price_usd_per_mwh
    if isinstance(own, SeriesFile):
        longer, lead = with_days_before(rules, grid)
        earlier = values_before(farm, folder, own, longer.part(0, lead))
        prices = price_forecast(farm, folder, rules, grid, np.append(earlier, market.energy_price_usd_per_mwh))
    return Knowledge(metered(farm, market, farm.state), prices, issued, _known_before(farm, folder, day_before(grid)))


def seen_series(farm: Farm, folder: Path, grid: Grid) -> dict[str, tuple[str, F]]:
    """By name the place and the values of what is known as it is seen, such as the weather; NaN where no file tells.

    Raises InputError with the faults of a file.
    """
    seen = {}
    for one in (declared(type(farm))[name] for name in known_as(farm, "seen")):
        for path, _, _, spec in one.places(farm):
            file = isinstance(spec, SeriesFile)
            values = values_or_nan(farm, folder, spec, grid, one.limits) if file else np.full(len(grid), float(spec))
            seen[one.series.name] = path, values
    return seen


def day_before(grid: Grid) -> Grid:
    """The 24 hours before a grid of equal intervals, in intervals of the same length."""
    step = float(grid.hours[0])
    n = round(HOURS_PER_DAY / step)
    begins = grid.starts[0] - np.arange(n, 0, -1) * pd.Timedelta(hours=step)
    return Grid(pd.DatetimeIndex(begins).as_unit("us"), np.full(n, step), grid.timezone)


def _known_before(farm: Farm, folder: Path, day: Grid) -> dict[str, F]:
    """What was known on the day before a replay of what is seen or held; without what no file tells of it."""
    known: dict[str, F] = {}
    with suppress(MissingDataError, InputError):
        known |= read_market(farm, folder, day, only=known_as(farm, "held")).known("held")
    with suppress(InputError):
        seen = seen_series(farm, folder, day)
        known |= {name: values for name, (_, values) in seen.items() if np.isfinite(values).all()}
    return known
