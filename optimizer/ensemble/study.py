"""Farm, market and ensemble made ready: everything a worker needs to make and plan any scenario by its number."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from optimizer.accounts.conditions import Conditions
from optimizer.arrays import F, Int
from optimizer.config.farm import Farm
from optimizer.config.horizon import Step
from optimizer.ensemble.draws import btc_factor, dice_of, difficulty_factor, storms, stormy
from optimizer.ensemble.history import Days, bootstrap_blocks, candidates, read_days, read_log_returns
from optimizer.ensemble.language import Ensemble
from optimizer.files.digest import digest
from optimizer.market.grid import Slots, grid_of
from optimizer.market.inputs import MarketInputs
from optimizer.plan.reading import conditions_of

_PRICES, _BTC, _DIFFICULTY, _STORMS = range(4)  # each concern has dice of its own


def _silent(_step: str) -> None:
    """Show nothing."""


@dataclass(frozen=True)
class Draw:
    """One scenario: its conditions, and how many storms it met."""

    conditions: Conditions
    storms: int


@dataclass(frozen=True)
class EnsembleStudy:
    """An ensemble over the conditions of one plan; ``days`` and ``log_returns`` are its histories, if it has any."""

    ensemble: Ensemble
    base: Conditions
    days: Days | None
    log_returns: F | None

    def draw(self, number: int) -> Draw:
        """Scenario ``number``: the same for the same seed, whoever asks and in whatever order."""
        e, market = self.ensemble, self.base.market
        hours, begins = market.grid.hours, self.base.hours_before
        price = self._price(dice_of(e.seed, number, _PRICES))
        btc, difficulty = np.ones(len(hours)), np.ones(len(hours))
        if e.btc is not None:
            btc = btc_factor(dice_of(e.seed, number, _BTC), e.btc, self.log_returns, begins)
        if e.difficulty is not None:
            difficulty = difficulty_factor(dice_of(e.seed, number, _DIFFICULTY), e.difficulty, begins, hours)
        availability, met = market.availability, 0
        dice = dice_of(e.seed, number, _STORMS)
        for storm in e.storms:
            for weight, touched in storms(dice, storm, begins, hours):
                met += 1
                if storm.price is not None:
                    price = stormy(price, weight, storm.price)
                if storm.outage is not None:
                    hit, left = storm.outage.groups, 1.0 - storm.outage.share * touched
                    availability = {
                        name: values * left if hit is None or name in hit else values
                        for name, values in availability.items()
                    }
        worth = self._with_revenue(btc, difficulty)
        changed = worth.with_(energy_price_usd_per_mwh=price, availability=availability)
        return Draw(replace(self.base, market=changed), met)

    def _price(self, dice: np.random.Generator) -> F:
        """Energy prices before storms, (intervals,)."""
        given = self.ensemble.prices
        if given is None or self.days is None:
            return self.base.market.energy_price_usd_per_mwh
        drawn = bootstrap_blocks(
            dice, self._starts, self.days.has_next, given.block_days, random=given.method == "stationary"
        )
        level = float(np.exp(dice.normal(-(given.level_deviation**2) / 2, given.level_deviation)))
        return level * self._on_grid(self.days.prices[np.fromiter(drawn, np.int64)])

    def _with_revenue(self, btc: F, difficulty: F) -> MarketInputs:
        """The market with bitcoin and difficulty times these factors."""
        market, given = self.base.market, self.ensemble.btc
        price = market.btc_price_usd
        if price is not None and given is not None:
            start = given.start_usd or float(price[0])
            path = start * btc
            btc = path / price
            price = path
        return market.with_(
            hashprice_usd_per_ph_day=market.hashprice_usd_per_ph_day * btc / difficulty,
            btc_price_usd=price,
            btc_per_ph_day=None if market.btc_per_ph_day is None else market.btc_per_ph_day / difficulty,
            difficulty=None if market.difficulty is None else market.difficulty * difficulty,
        )

    @cached_property
    def _slots(self) -> Slots:
        return self.base.grid.slots

    @cached_property
    def _plan_days(self) -> tuple[NDArray[np.datetime64], Int]:
        """Local days of the plan, and which of them each slot lies in."""
        days, of_slot = np.unique(self._slots.days.astype("datetime64[D]"), return_inverse=True)
        return days, of_slot

    @cached_property
    def _starts(self) -> tuple[Int, ...]:
        given, days = self.ensemble.prices, self.days
        assert given is not None, "only a price history has blocks"
        assert days is not None, "and it was read"
        return candidates(days, self._plan_days[0], given.season_days, given.same_weekday)

    def _on_grid(self, by_day: F) -> F:
        """Prices of the plan's days, (days, slots), as means by time over the intervals."""
        slots, (_, of_slot) = self._slots, self._plan_days
        n, weights = len(self.base.grid), slots.seconds
        total = np.bincount(slots.intervals, weights=weights * by_day[of_slot, slots.times], minlength=n)
        return np.asarray(total / np.bincount(slots.intervals, weights=weights, minlength=n))

    def usual_price(self) -> F:
        """The mean price of all days at which a block may begin, interval by interval, (intervals,)."""
        assert self.days is not None
        return self._on_grid(np.array([self.days.prices[rows].mean(axis=0) for rows in self._starts]))

    @cached_property
    def digest(self) -> str:
        """What the results follow from; the name and the number of scenarios have no part in it."""
        days = None if self.days is None else (self.days.dates.astype(np.int64), self.days.prices)
        drawn = self.ensemble.model_dump_json(exclude={"name", "scenarios"})
        return digest(self.base.farm, drawn, self.base.market, self.base.rest, days, self.log_returns)


def make_study(
    farm: Farm,
    folder: Path,
    ensemble: Ensemble,
    histories: Path,
    *,
    progress: Callable[[str], None] = _silent,
) -> EnsembleStudy:
    """Read what an ensemble of a farm needs.

    ``folder`` is the one the farm's series are relative to, ``histories`` the ensemble's. With a price history the
    farm's own price file is not read: the base is the mean of the days that may be drawn.
    Raises InputError and MissingDataError.
    """
    progress("reading histories")
    if ensemble.interval_minutes is not None:
        horizon = farm.horizon.model_copy(update={"intervals": (Step(minutes=ensemble.interval_minutes),)})
        farm = farm.model_copy(update={"horizon": horizon})
    days = log_returns = None
    if ensemble.prices is not None:
        spec = ensemble.prices.history
        days = read_days(histories / spec.file, spec, farm.timezone)
        energy = farm.energy.model_copy(update={"price_usd_per_mwh": float(days.prices.mean())})
        farm = farm.model_copy(update={"energy": energy})
    if ensemble.btc is not None and ensemble.btc.history is not None:
        spec = ensemble.btc.history
        log_returns = read_log_returns(histories / spec.file, spec, keep_drift=ensemble.btc.keep_drift)
    start: datetime | None = ensemble.start
    base = conditions_of(farm, folder, grid_of(farm, start, ensemble.hours), progress=progress)
    study = EnsembleStudy(ensemble, base, days, log_returns)
    if days is None:
        return study
    market = base.market.with_(energy_price_usd_per_mwh=study.usual_price())
    return replace(study, base=replace(base, market=market))
