"""What a farm knows when an interval begins: the present as it is, the rest as it is expected.

Known in advance are contract, limits, outages, maintenance and generation as the farm file has them. Expected are the
energy price by the farm's forecast, the weather as at the same hour of the last day seen, hash revenue as it was last
known, and what is issued, such as of coincident peaks, by what was issued last.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd

from optimizer.accounts.conditions import Conditions
from optimizer.arrays import F, Int
from optimizer.market.grid import Grid
from optimizer.market.inputs import ENERGY_PRICE, MarketInputs
from optimizer.through_time.forecasts import PriceForecast
from optimizer.units import HOURS_PER_DAY


@dataclass(frozen=True)
class Knowledge:
    """What becomes known of a replay, and when.

    actual: the conditions as they came, on equal intervals. prices: None where the contract fixes them. issued: by
    series, entry and position, the values of the intervals from there on, as they were issued when that one began.
    before: on the day before, what is known as it was seen or last known, each (intervals of a day,), by its name in
    the market; without what nothing tells. asked_at: of a plan made within the first interval, when.
    """

    actual: Conditions
    prices: PriceForecast | None
    issued: Mapping[str, Mapping[str, Mapping[int, F]]]
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
        market = self.actual.market
        seen = {name: np.array([self._held(name, now, 1)[0] for now in range(n)]) for name in market.known("held")}
        if self.prices is not None:
            seen[ENERGY_PRICE] = self.prices.latest(n)
        return replace(self.actual, market=market.with_(**seen))

    def market(self, now: int, firsts: Int, stop: int) -> MarketInputs:
        """The market of the intervals ``now`` to ``stop - 1`` as it looks when ``now`` begins.

        ``firsts``: the positions, from ``now`` on, at which the intervals of the plan begin.
        """
        market = self.actual.market
        seen: dict[str, Any] = {name: self._seen(name, now, stop) for name in market.known("seen")}
        if self.prices is not None:
            seen[ENERGY_PRICE] = self.prices.at(now, stop)
        for series, entries in self.issued.items():
            came: Any = market.table[series]
            issued = {name: self._issued(series, name, now, stop) for name in entries}
            seen[series] = {name: values[now:stop] for name, values in came.items()} | issued
        held = {name: self._held(name, now, len(firsts)) for name in market.known("held")}
        return market.merged(firsts, stop, seen).with_(**held)

    def _held(self, name: str, now: int, n: int) -> F:
        """What hashing was worth when it was last known: a day's price of bitcoin is known when the day is over."""
        rules = self.actual.farm.replanning
        lag = 0.0 if rules is None else rules.hash_lag_hours
        back = now - round(lag / float(self.grid.hours[0]))
        values: F = getattr(self.actual.market, name)
        value = values[back] if back >= 0 else self.before[name][back] if name in self.before else values[0]
        return np.full(n, value)

    def _seen(self, name: str, now: int, stop: int) -> F:
        """The weather now, and after it that of the same hour of the last day seen."""
        values: F = getattr(self.actual.market, name)
        day = round(HOURS_PER_DAY / float(self.grid.hours[0]))
        at = np.arange(now, stop)
        seen = at - day * -(-(at - now) // day)
        if name in self.before:
            return np.asarray(np.append(self.before[name], values)[seen + day], dtype=np.float64)
        return values[np.where(seen >= 0, seen, now)]

    def _issued(self, series: str, name: str, now: int, stop: int) -> F:
        """The values issued last, 0 where they do not reach."""
        issued = np.zeros(stop - now)
        issues = self._issues[series, name]
        at = bisect_right(issues, now) - 1
        if at >= 0:
            reach = self.issued[series][name][issues[at]][now - issues[at] : stop - issues[at]]
            issued[: len(reach)] = reach
        return issued

    @cached_property
    def _issues(self) -> dict[tuple[str, str], list[int]]:
        return {(series, name): sorted(issued) for series, one in self.issued.items() for name, issued in one.items()}
