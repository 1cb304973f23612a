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
from optimizer.market.inputs import MarketInputs
from optimizer.market.reading import limits_of
from optimizer.market.series import Fill, on_grid, read_series
from optimizer.scenario.courses import (
    AddersChange,
    BtcPriceChange,
    DifficultyChange,
    ExportPriceChange,
    HashpriceChange,
    PriceChange,
    TemperatureChange,
)
from optimizer.scenario.language import EventChange
from optimizer.scenario.parts import Course, Timed
from optimizer.scenario.piecewise import Piecewise, Window, seconds_after
from optimizer.scenario.placed import Placed, Scenario
from optimizer.scenario.windows import points, window, window_of_event, within

# Of each kind of change: the field of MarketInputs, the range of its values, its name in messages.
QUANTITIES: dict[type[Course], tuple[str, Any, str]] = {
    PriceChange: ("energy_price_usd_per_mwh", base.Price, "energy price"),
    AddersChange: ("adders_usd_per_mwh", base.Price, "adders"),
    ExportPriceChange: ("export_price_usd_per_mwh", base.Price, "export price"),
    TemperatureChange: ("temperature_c", base.Celsius, "temperature"),
    HashpriceChange: ("hashprice_usd_per_ph_day", base.NonNegative, "hashprice"),
    BtcPriceChange: ("btc_price_usd", base.Positive, "BTC price"),
    DifficultyChange: ("difficulty", base.Positive, "difficulty"),
}
_HASHPRICE = "hashprice_usd_per_ph_day"
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
        if isinstance(change, EventChange):
            when = window_of_event(placed, change.event, self.grid)
        elif isinstance(change, Timed):
            when = window(placed, change, self.grid)
        else:
            return
        if within(when, self.grid) is None:
            where = f"{placed.document.file}:{placed.document.place(placed.path)[0]}"
            self.warnings.append(f"scenario {name}: the change of kind {change.kind} in {where} lies outside the plan")
        elif isinstance(change, Course):
            self._change(placed, change, when)

    def _change(self, placed: Placed, change: Course, when: Window) -> None:
        field, kind, words = QUANTITIES[type(change)]
        old = self._quantity(field)
        if old is None and field == "temperature_c":
            return
        _, verb = change.operation
        if old is None and verb not in ("scale", "retargets"):
            key = change.operation[0]
            raise placed.refuse((key,), f"the farm knows no {words} to be replaced; scale it, or change the hashprice")
        before = old or Piecewise.of(self.grid, np.ones(len(self.grid)))
        after = self._changed(before, placed, change, when)
        broken = limits_of(kind).broken_by(np.append(after.left, after.right))
        if broken.any():
            value = np.append(after.left, after.right)[broken][0]
            raise placed.refuse((), f"the {words} must be {limits_of(kind)} (got {value:g})")
        self.earned_otherwise |= field in (_HASHPRICE, "difficulty")
        if old is not None:
            self.now[field] = after
        if field in ("btc_price_usd", "difficulty"):
            hashprice = self._quantity(_HASHPRICE)
            assert hashprice is not None, "every farm has one"
            factor = after.over(before) if field == "btc_price_usd" else before.over(after)
            self.now[_HASHPRICE] = hashprice.times(factor)

    def _quantity(self, field: str) -> Piecewise | None:
        values = getattr(self.market, field)
        return self.now.get(field) or (None if values is None else Piecewise.of(self.grid, values))

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
        limits = limits_of(QUANTITIES[type(change)][1])
        series = read_series(placed.folder / spec.file, spec, self.grid.timezone, within=asked, limits=limits)
        on_grid(series, asked)
        self.fills += [fill for fill in series.fills if fill not in self.fills]
        moments = seconds_after(self.grid, series.starts)
        return quantity.changed(inside, lambda piece: piece.through(moments, series.values, hold=True))

    def finished(self) -> MarketInputs:
        """The market with everything that was changed."""
        changed: dict[str, Any] = {field: quantity.mean(self.grid) for field, quantity in self.now.items()}
        btc = self._quantity("btc_price_usd")
        if self.market.btc_per_ph_day is not None and btc is not None and self.earned_otherwise:
            changed["btc_per_ph_day"] = self.now[_HASHPRICE].over(btc).mean(self.grid)
        return replace(
            self.market,
            **changed,
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
