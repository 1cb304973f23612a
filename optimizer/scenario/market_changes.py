"""What a scenario changes of the market: prices, temperature, what hashing earns."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from functools import partial
from typing import Any

import numpy as np
import pandas as pd

from optimizer.config import base
from optimizer.errors import Fault, InputError, MissingDataError
from optimizer.market.grid import Grid
from optimizer.market.inputs import HASHPRICE, MarketInputs
from optimizer.market.quantities import declared, limits_of
from optimizer.market.series import Fill, on_grid, read_series
from optimizer.scenario.parts import Course, MechanismChange, Timed
from optimizer.scenario.piecewise import Piecewise, Window, seconds_after
from optimizer.scenario.placed import Placed, Scenario
from optimizer.scenario.windows import points, window, window_of, within

_OF_HASHPRICE = ("btc_price_usd", "difficulty")
_FACTOR = limits_of(base.Positive)
_SECONDS_PER_HOUR = 3600.0


def market_with(market: MarketInputs, scenario: Scenario, *, known_at: datetime | None = None) -> MarketInputs:
    """The market as a scenario has it; what it does not change stays as it is, to the last bit.

    Changes act in their order, each on the time it holds: an interval that is changed in part has the mean by time.
    The hashprice follows BTC price and difficulty, whether the farm gives them or a hashprice; a change of the
    hashprice itself changes the BTC that are earned at the same BTC price. ``known_at`` as in `farm_with`. A change of
    the market that lies outside the plan does nothing; ``warnings`` tells of those, of outages and of events outside.
    Raises InputError with every fault, located in the scenario's file, and MissingDataError where a series does not
    reach over the time it is used for.
    """
    grid = market.grid
    state = _State(market)
    faults: list[Fault] = []
    missing: list[str] = []
    for placed in scenario.known(grid.starts[0].to_pydatetime(), grid.timezone, known_at):
        try:
            state.take(placed, scenario.name)
        except InputError as error:
            faults += error.faults
        except MissingDataError as error:
            missing.append(str(error))
    if faults:
        raise InputError(set(faults))
    if missing:
        raise MissingDataError("\n".join(dict.fromkeys(missing)))
    return state.finished()


class _State:
    """The market between two changes; ``now`` holds the quantities that were changed so far."""

    def __init__(self, market: MarketInputs) -> None:
        self.market, self.grid = market, market.grid
        self.now: dict[str, Piecewise] = {}
        self.fills: list[Fill] = []
        self.warnings: list[str] = []
        self.earned_otherwise = False  # whether a PH/s earns other BTC than before

    def take(self, placed: Placed, name: str) -> None:
        """Apply one change; those of the farm are no matter of the market, but for their time."""
        change = placed.change
        if isinstance(change, MechanismChange) and change.LASTS is not None:
            when = window_of(placed, change.LASTS, self.grid)
        elif isinstance(change, Timed):
            when = window(placed, change, self.grid)
        else:
            return
        if within(when, self.grid) is None:
            where = f"{placed.document.file}:{placed.document.place(placed.path)[0]}"
            self.warnings.append(
                f"scenario {name}: the change of kind {vars(change)['kind']} in {where} lies outside the plan"
            )
        elif isinstance(change, Course):
            self._change(placed, change, when)

    def _change(self, placed: Placed, change: Course, when: Window) -> None:
        name = change.SERIES
        one, old = declared(self.market.of)[name], self._quantity(name)
        if one.series.words is None:
            raise placed.refuse((), f"no scenario may change {name}")
        if old is None and name not in _OF_HASHPRICE:
            return
        _, verb = change.operation
        if old is None and verb not in ("scale", "retargets"):
            key = change.operation[0]
            message = f"the farm knows no {one.series.words} to be replaced; scale it, or change the hashprice"
            raise placed.refuse((key,), message)
        before = old or Piecewise.of(self.grid, np.ones(len(self.grid)))
        after = self._changed(before, placed, change, when)
        limits = one.limits if old else _FACTOR
        broken = limits.broken_by(np.append(after.left, after.right))
        if broken.any():
            value = np.append(after.left, after.right)[broken][0]
            raise placed.refuse((), f"the {one.series.words} must be {limits} (got {value:g})")
        self.earned_otherwise |= name in (HASHPRICE, "difficulty")
        if old is not None:
            self.now[name] = after
        if name in _OF_HASHPRICE:
            hashprice = self._quantity(HASHPRICE)
            assert hashprice is not None, "every farm has one"
            factor = after.over(before) if name == "btc_price_usd" else before.over(after)
            self.now[HASHPRICE] = hashprice.times(factor)

    def _quantity(self, name: str) -> Piecewise | None:
        values = getattr(self.market, name)
        return self.now.get(name) or (None if values is None else Piecewise.of(self.grid, values))

    def _changed(self, quantity: Piecewise, placed: Placed, change: Course, when: Window) -> Piecewise:
        """A quantity after one operation."""
        key, verb = change.operation
        value = getattr(change, key)
        if verb == "retargets":
            for moment, point in zip(points(placed, change, self.grid).tolist(), value, strict=True):
                later = (max(moment, when[0]), when[1])
                quantity = quantity.changed(later, partial(Piecewise.scaled, factor=1.0 + point.value))
            return quantity
        if verb in ("shape", "path"):
            moments, values = points(placed, change, self.grid), np.array([point.value for point in value])
            hold = getattr(change, "between", "line") == "hold"
            return quantity.changed(when, lambda piece: piece.through(moments, values, hold=hold))
        if verb == "series":
            return self._series(quantity, placed, change, when)
        return quantity.changed(when, lambda piece: _LEVELS[verb](piece, getattr(value, "usd_per_mwh", value)))

    def _series(self, quantity: Piecewise, placed: Placed, change: Course, when: Window) -> Piecewise:
        """A quantity replaced by a file's over a window."""
        spec: base.SeriesFile = getattr(change, change.operation[0])
        inside = within(when, self.grid)
        assert inside is not None, "a change outside the plan has been passed over"
        begin = (self.grid.starts[:1] + pd.Timedelta(seconds=inside[0])).as_unit("us")
        asked = Grid(begin, np.array([(inside[1] - inside[0]) / _SECONDS_PER_HOUR]), self.grid.timezone)
        limits = declared(self.market.of)[change.SERIES].limits
        series = read_series(placed.folder / spec.file, spec, self.grid.timezone, within=asked, limits=limits)
        on_grid(series, asked)
        self.fills += [fill for fill in series.fills if fill not in self.fills]
        moments = seconds_after(self.grid, series.starts)
        return quantity.changed(inside, lambda piece: piece.through(moments, series.values, hold=True))

    def finished(self) -> MarketInputs:
        """The market with everything that was changed."""
        changed: dict[str, Any] = {name: quantity.mean(self.grid) for name, quantity in self.now.items()}
        btc = self._quantity("btc_price_usd")
        if self.market.btc_per_ph_day is not None and btc is not None and self.earned_otherwise:
            changed["btc_per_ph_day"] = self.now[HASHPRICE].over(btc).mean(self.grid)
        return replace(
            self.market.with_(**changed),
            fills=(*self.market.fills, *self.fills),
            warnings=(*self.market.warnings, *self.warnings),
        )


_LEVELS = {
    "scale": Piecewise.scaled,
    "shift": Piecewise.shifted,
    "set": Piecewise.level,
    "cap": Piecewise.capped,
    "floor": Piecewise.raised,
    "spike": Piecewise.raised,
}
