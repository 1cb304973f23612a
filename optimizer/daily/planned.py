"""The one place where the job plans: it is handed a farm, a start and what was observed, and makes a plan."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd

from optimizer.config.base import SeriesFile
from optimizer.config.farm import Farm
from optimizer.config.replanning import Replanning
from optimizer.config.state import State
from optimizer.daily.observed import price_with
from optimizer.daily.present import read_present
from optimizer.daily.prices import Prices
from optimizer.errors import InfeasibleError, MissingDataError
from optimizer.market.grid import Grid, grid_of
from optimizer.market.quantities import PRICES
from optimizer.market.series import read_series
from optimizer.market.timeseries import clock
from optimizer.plan.nearest import Obeyed, plan_or_nearest
from optimizer.plan.planning import plan_conditions
from optimizer.plan.reading import conditions_of, judge_state
from optimizer.through_time.replanning import Stepper

_HOUR = pd.Timedelta(hours=1)


def make_plan(
    farm: Farm, state: State, folder: Path, start: pd.Timestamp, now: pd.Timestamp, observed: Prices
) -> Obeyed:
    """Plan a farm from its state at ``start`` over its horizon; where limits collide the nearest schedule.

    With ``replanning`` on what is known ``now``, as a replay plans; else on its files as they stand, where observed
    prices override the market's. Raises what planning raises: InputError, MissingDataError, InfeasibleError.
    """
    if farm.replanning is not None:
        return _planned_again(farm, state, folder, farm.replanning, start, now, observed)
    grid = grid_of(farm, start.to_pydatetime(), _hours(farm, folder, start))
    judge_state(state, farm, grid)
    c = conditions_of(farm, folder, grid, state=state)
    price, known = price_with(observed, c.market.energy_price_usd_per_mwh, grid)
    if known.any():
        c = replace(c, market=c.market.with_(energy_price_usd_per_mwh=price))
    return plan_or_nearest(c)


def _planned_again(
    farm: Farm, state: State, folder: Path, rules: Replanning, start: pd.Timestamp, now: pd.Timestamp, observed: Prices
) -> Obeyed:
    judge_state(state, farm, grid_of(farm, start.to_pydatetime()))
    stepper = Stepper(read_present(farm, state, folder, rules, start, now, observed))
    if state.announced:
        try:
            return Obeyed(plan_conditions(stepper.conditions(0, state)))
        except InfeasibleError:
            pass  # limits come before what was announced
    return plan_or_nearest(stepper.conditions(0, state.model_copy(update={"announced": {}})))


def _hours(farm: Farm, folder: Path, start: pd.Timestamp) -> float:
    """Hours of the plan: the horizon's, or as many whole ones as prices reach over where the farm allows that."""
    spec, least = farm.energy.price_usd_per_mwh, farm.daily.at_least_hours
    if least is None or not isinstance(spec, SeriesFile):
        return farm.horizon.hours
    window = Grid(pd.DatetimeIndex([start]).as_unit("us"), np.array([np.ceil(farm.horizon.hours)]), farm.timezone)
    series = read_series(folder / spec.file, spec, farm.timezone, within=window, limits=PRICES, file=spec.file)
    reach = (series.covers[1] - start) / _HOUR
    if reach < min(least, farm.horizon.hours):
        raise MissingDataError(
            f"{spec.file}: prices end {clock(series.covers[1], farm.timezone)}, {max(reach, 0.0):.1f} hours after the "
            f"plan's start; a plan needs {least:g} of them (daily.at_least_hours)"
        )
    return min(farm.horizon.hours, float(np.floor(reach)) or float(reach))
