"""A stretch of history as it came, and what was known of it when: read from the files that a farm names."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from optimizer.config import base
from optimizer.config.base import SeriesFile
from optimizer.config.farm import Farm
from optimizer.config.horizon import Step
from optimizer.errors import InputError, MissingDataError
from optimizer.market.grid import Grid, grid_of
from optimizer.market.inputs import MarketInputs, read_market
from optimizer.market.reading import limits_of
from optimizer.market.series import read_series, where_covered
from optimizer.replanning.forecasts import price_forecast, told_before, with_week_before
from optimizer.replanning.issues import is_issued, peaks_came
from optimizer.replanning.knowledge import HELD, Knowledge
from optimizer.tail import metered
from optimizer.units import HOURS_PER_DAY

F = NDArray[np.float64]


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
    charges = {
        peak.name: peaks_came(farm, folder, grid, peak)
        for peak in farm.energy.coincident_peaks
        if peak.probability is None
    }
    market = read_market(without_estimates(farm), folder, grid)
    came = {name: shares for name, (shares, _) in charges.items()}
    market = replace(market, peak_probability=market.peak_probability | came)
    prices, own = None, farm.energy.price_usd_per_mwh
    if isinstance(own, SeriesFile):
        longer, lead = with_week_before(rules, grid)
        earlier = told_before(farm, folder, own, longer.part(0, lead))
        prices = price_forecast(farm, folder, rules, grid, np.append(earlier, market.energy_price_usd_per_mwh))
    issued = {name: probabilities for name, (_, probabilities) in charges.items()}
    return Knowledge(metered(farm, market, farm.state), prices, issued, _known_before(farm, folder, day_before(grid)))


def without_estimates(farm: Farm) -> Farm:
    """The farm with nothing to be read of coincident peaks that are issued from the load's history."""
    known = [
        peak.model_copy(update={"estimate": None, "probability": 0.0}) if is_issued(peak) else peak
        for peak in farm.energy.coincident_peaks
    ]
    return farm.model_copy(update={"energy": farm.energy.model_copy(update={"coincident_peaks": tuple(known)})})


def hash_worth(farm: Farm, folder: Path, grid: Grid) -> MarketInputs:
    """What hashing is worth on a grid, under the names of ``HELD``; of the rest of the market nothing is read.

    Raises InputError and MissingDataError as `read_market` does.
    """
    energy = farm.energy.model_copy(
        update={
            "price_usd_per_mwh": 0.0,
            "adders_usd_per_mwh": 0.0,
            "blocks": (),
            "supplies": (),
            "onsite": None,
            "coincident_peaks": (),
        }
    )
    site = farm.site.model_copy(update={"import_limit_mw": 0.0, "auxiliary_load_mw": 0.0})
    bare = {"energy": energy, "site": site, "weather": None, "fleet": ()}
    return read_market(farm.model_copy(update=bare), folder, grid)


def temperatures(farm: Farm, folder: Path, grid: Grid) -> F | None:
    """The outdoor temperature on a grid, NaN where its file does not say; None where the farm asks for none.

    Raises InputError with the faults of its file.
    """
    if farm.weather is None:
        return None
    spec = farm.weather.temperature_c
    if not isinstance(spec, SeriesFile):
        return np.full(len(grid), float(spec))
    series = read_series(folder / spec.file, spec, farm.timezone, within=grid, limits=limits_of(base.Celsius))
    return where_covered(series, grid)


def day_before(grid: Grid) -> Grid:
    """The 24 hours before a grid of equal intervals, in intervals of the same length."""
    step = float(grid.hours[0])
    n = round(HOURS_PER_DAY / step)
    begins = grid.starts[0] - np.arange(n, 0, -1) * pd.Timedelta(hours=step)
    return Grid(pd.DatetimeIndex(begins).as_unit("us"), np.full(n, step), grid.timezone)


def _known_before(farm: Farm, folder: Path, day: Grid) -> dict[str, F]:
    """What hashing was worth on the day before a replay, and the temperature; without what no file tells of it."""
    found: dict[str, F] = {}
    with suppress(MissingDataError, InputError):
        market = hash_worth(farm, folder, day)
        found |= {name: values for name in HELD if (values := getattr(market, name)) is not None}
    with suppress(InputError):
        warm = temperatures(farm, folder, day)
        if warm is not None and np.isfinite(warm).all():
            found["temperature_c"] = warm
    return found
