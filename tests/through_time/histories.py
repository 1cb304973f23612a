"""Stretches of history for tests: a farm, what came, and what was known of it when."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from optimizer.accounts.conditions import Conditions
from optimizer.config.farm import Farm
from optimizer.market.grid import Grid
from optimizer.mechanisms.demand.facts import peak_bills
from optimizer.through_time.forecasts import PriceForecast
from optimizer.through_time.knowledge import Knowledge
from optimizer.through_time.policies import Followed
from optimizer.through_time.replanning import Stepper
from optimizer.through_time.step import chained
from tests.farms import conditions, farm

DAY_HOURS = 24


def replanned(
    *groups: dict[str, Any], hours: float = 24.0, minutes: int = 60, steps: Any = None, rules: Any = None, **more: Any
) -> Farm:
    """A farm that plans again at every interval of so many minutes, or by steps, so many hours ahead."""
    horizon = {"hours": hours, "intervals": steps or ({"minutes": minutes},)}
    return farm(*groups, horizon=horizon, replanning={"forecast": {"kind": "persistence"}, **(rules or {})}, **more)


def history(
    built: Farm,
    prices: Any,
    *,
    forecast: Any = None,
    lag: int = 0,
    half_life: float = 0.0,
    hours: float = 1.0,
    **series: Any,
) -> Knowledge:
    """What came, prices with it; ``forecast`` is published for all of it in advance, else the latest price stands.

    Before it power cost 10 USD/MWh.
    """
    prices = np.asarray(prices, dtype=np.float64)
    came = conditions(built, prices, hours=hours, **series)
    n, day = len(prices), round(DAY_HOURS / hours)
    published = np.full(n, np.nan) if forecast is None else np.broadcast_to(np.asarray(forecast, np.float64), (n,))
    until = np.full(n, 0 if forecast is None else n)
    before, said = np.full(day, 10.0), np.full(day, published[0])
    known = PriceForecast(
        np.append(before, prices),
        np.append(said, published),
        until,
        day,
        day,
        lag,
        half_life,
        pd.DatetimeIndex(came.grid.starts),
        "UTC",
    )
    return Knowledge(came, known, {})


def stepped(k: Knowledge) -> Followed:
    """The schedule of re-planning at every interval."""
    stepper, state, pieces = Stepper(k), k.actual.state, []
    for now in range(len(k.grid)):
        piece, state = stepper.step(now, state)
        pieces.append(piece)
    return chained(pieces)


def foreseen(c: Conditions, look_ahead: float) -> Knowledge:
    """A history of which every price is known in advance, planned again so many hours ahead."""
    minutes = round(float(c.grid.hours[0]) * 60)
    section = {"forecast": {"kind": "persistence"}}
    data = c.farm.model_dump() | {
        "horizon": {"hours": look_ahead, "intervals": ({"minutes": minutes},)},
        "replanning": section,
    }
    c = replace(c, farm=Farm.model_validate(data))
    return Knowledge(c, None, {})


def with_prices(k: Knowledge, prices: Any) -> Knowledge:
    """The same history with other prices."""
    prices = np.asarray(prices, dtype=np.float64)
    came = replace(k.actual, market=k.actual.market.with_(energy_price_usd_per_mwh=prices))
    observed = np.append(k.prices.observed[: k.prices.lead], prices)
    return replace(k, actual=came, prices=replace(k.prices, observed=observed))


def evenly(c: Conditions) -> Conditions:
    """The same prices on hourly intervals, at one temperature."""
    n = len(c.grid)
    starts = pd.date_range(c.grid.starts[0], periods=n, freq="h").as_unit("us")
    still = None if c.market.temperature_c is None else np.full(n, 10.0)
    return replace(
        c, market=replace(c.market.with_(temperature_c=still), grid=Grid(starts, np.ones(n), c.grid.timezone))
    )


def finer(c: Conditions, parts: int) -> Conditions:
    """The same farm with every machine cut into so many."""
    data = c.farm.model_dump()
    for one in data["fleet"]:
        one["units"] *= parts
        one["wear_usd_per_start"] /= parts
        one["standby_w"] /= parts
        one["starts_per_hour"] = one["starts_per_hour"] and one["starts_per_hour"] * parts
        for point in (one["machine"], *one["machine"]["modes"].values()):
            point["hashrate_th"] /= parts
            point["power_w"] /= parts
        for outage in one["outages"]:
            outage["units"] *= parts
        if one["freeze_protection"] is not None:
            one["freeze_protection"]["damage_usd_per_unit_hour"] /= parts
    for state in data["state"]["groups"].values():
        state["running"] *= parts
        for switch in (*state["started"], *state["stopped"]):
            switch["units"] *= parts
    made = Farm.model_validate(data)
    return replace(c, farm=made, state=made.state)


def turnover(c: Conditions) -> float:
    """USD that pass through the farm's books at most: hash, power and what else a megawatt-hour costs or brings."""
    mwh = float(c.full_load_mw @ c.grid.hours)
    dearest = float(np.abs(c.market.energy_price_usd_per_mwh).max()) + 100.0
    charges = sum(bill.rate_usd_per_mw * float(c.full_load_mw.max()) for bill in peak_bills(c))
    return 1.0 + mwh * dearest + charges
