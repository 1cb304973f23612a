"""What a farm knows when an interval begins: the present as it is, the rest as it is expected.

Known in advance are contract, limits, outages, maintenance and generation as the farm file has them. Expected are the
energy price by the farm's forecast, the weather as at the same hour of the last day seen, hash revenue as it was last
known, and coincident peaks by what was issued last.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from optimizer.conditions import Conditions
from optimizer.market.grid import Grid
from optimizer.market.inputs import MarketInputs
from optimizer.replanning.forecasts import PriceForecast
from optimizer.units import HOURS_PER_DAY

F = NDArray[np.float64]
Int = NDArray[np.int64]
HELD = ("hashprice_usd_per_ph_day", "btc_price_usd", "btc_per_ph_day", "difficulty")
_LEAST = ("availability", "import_limit_mw", "supply_limit_mw")  # of a longer interval, what holds all through it
_SUMS = ("peak_probability",)


@dataclass(frozen=True)
class Knowledge:
    """What becomes known of a replay, and when.

    actual: the conditions as they came, on equal intervals. prices: None where the contract fixes them. issued: by
    charge and position, the probability of each interval from there on, as it was issued when that interval began.
    before: what hashing was worth on the day before, and the temperature then, each (intervals of a day,), by the names
    of `MarketInputs`; without what nothing tells. asked_at: of a plan made within the first interval, when.
    """

    actual: Conditions
    prices: PriceForecast | None
    issued: Mapping[str, Mapping[int, F]]
    before: Mapping[str, F] = field(default_factory=dict)
    asked_at: pd.Timestamp | None = None

    @property
    def grid(self) -> Grid:
        """The intervals of the replay."""
        return self.actual.grid

    @cached_property
    def observed(self) -> Conditions:
        """Every interval as a rule sees it that looks at the latest price and at the last day's worth of hashing."""
        n = len(self.grid)
        held: dict[str, Any] = {}
        market = self.actual.market
        for name in HELD:
            if getattr(market, name) is not None:
                held[name] = np.array([self._held(name, now, 1)[0] for now in range(n)])
        prices = market.energy_price_usd_per_mwh if self.prices is None else self.prices.latest(n)
        return replace(self.actual, market=replace(market, energy_price_usd_per_mwh=prices, **held))

    def market(self, now: int, firsts: Int, stop: int) -> MarketInputs:
        """The market of the intervals ``now`` to ``stop - 1`` as it looks when ``now`` begins.

        ``firsts``: the positions, from ``now`` on, at which the intervals of the plan begin.
        """
        market = self.actual.market
        hours = self.grid.hours[now:stop]
        at = firsts - now
        lengths = np.add.reduceat(hours, at)

        def lumped(name: str, values: F) -> F:
            if name in _SUMS:
                return np.add.reduceat(values, at)
            if name in _LEAST:
                return np.minimum.reduceat(values, at)
            return np.add.reduceat(values * hours, at) / lengths

        def cut(name: str, value: Any) -> Any:
            if isinstance(value, dict):
                return {key: cut(name, inner) for key, inner in value.items()}
            return lumped(name, value[now:stop]) if isinstance(value, np.ndarray) else value

        known = {item.name: cut(item.name, getattr(market, item.name)) for item in fields(market)}
        if self.prices is not None:
            known["energy_price_usd_per_mwh"] = lumped("energy_price_usd_per_mwh", self.prices.at(now, stop))
        if market.temperature_c is not None:
            known["temperature_c"] = lumped("temperature_c", self._temperature(market.temperature_c, now, stop))
        known["peak_probability"] |= {name: lumped(_SUMS[0], self._issued(name, now, stop)) for name in self.issued}
        known |= {name: self._held(name, now, len(at)) for name in HELD if known[name] is not None}
        known["grid"] = self.grid.merged(firsts, stop)
        return replace(market, **known)

    def _held(self, name: str, now: int, n: int) -> F:
        """What hashing was worth when it was last known: a day's price of bitcoin is known when the day is over."""
        rules = self.actual.farm.replanning
        lag = 0.0 if rules is None else rules.hash_lag_hours
        back = now - round(lag / float(self.grid.hours[0]))
        values: F = getattr(self.actual.market, name)
        value = values[back] if back >= 0 else self.before[name][back] if name in self.before else values[0]
        return np.full(n, value)

    def _temperature(self, values: F, now: int, stop: int) -> F:
        """The temperature now, and after it that of the same hour of the last day seen."""
        day = round(HOURS_PER_DAY / float(self.grid.hours[0]))
        at = np.arange(now, stop)
        seen = at - day * -(-(at - now) // day)
        if "temperature_c" in self.before:
            return np.asarray(np.append(self.before["temperature_c"], values)[seen + day], dtype=np.float64)
        return values[np.where(seen >= 0, seen, now)]

    def _issued(self, name: str, now: int, stop: int) -> F:
        """The probabilities issued last, 0 where they do not reach."""
        found = np.zeros(stop - now)
        at = bisect_right(self._issues[name], now) - 1
        if at >= 0:
            first = self._issues[name][at]
            reach = self.issued[name][first][now - first : stop - first]
            found[: len(reach)] = reach
        return found

    @cached_property
    def _issues(self) -> dict[str, list[int]]:
        return {name: sorted(issued) for name, issued in self.issued.items()}
