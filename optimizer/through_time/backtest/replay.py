"""Re-planning through all of a stretch, day by day, on as many processes as there are: the same answer on any number.

A day's piece depends on the state it begins from alone. Processes therefore begin at every billing period at once, each
from the state that a day's run-up brings. The walk at the end goes from the true beginning: it takes each piece that
begins from the state it comes to and makes those that do not, until it meets the others again.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from optimizer.config.farm import Farm
from optimizer.config.state import State
from optimizer.errors import MissingDataError, SolverError
from optimizer.market.periods import billing_periods
from optimizer.plan.state import asked, at_full
from optimizer.through_time.backtest.rungs import REPLANNING
from optimizer.through_time.backtest.store import BacktestStore
from optimizer.through_time.knowledge import Knowledge
from optimizer.through_time.policies import Followed
from optimizer.through_time.replanning import Stepper
from optimizer.through_time.step import chained


@dataclass(frozen=True)
class DayStretch:
    """Local days ``first`` to ``stop - 1`` of a replay."""

    first: int
    stop: int


def billing_stretches(k: Knowledge) -> list[DayStretch]:
    """The local days of each billing period."""
    periods = billing_periods(k.grid, k.actual.farm.energy.billing_day)
    first = [int(k.grid.day_of_interval[period.first]) for period in periods]
    return [DayStretch(a, b) for a, b in zip(first, [*first[1:], len(k.grid.days)], strict=True) if a < b]


class Replay:
    """Replays days of a stretch of history and keeps them in a store."""

    def __init__(self, k: Knowledge, store: BacktestStore) -> None:
        self.k, self.store, self.stepper = k, store, Stepper(k)
        edges = np.searchsorted(k.grid.day_of_interval, np.arange(len(k.grid.days) + 1))
        self._edges = [int(edge) for edge in edges]

    def ahead(self, part: DayStretch) -> None:
        """Replay a part from the state that the day before it brings where everything runs when that day begins.

        It may come to nothing, where a state cannot be guessed or limits collide: then the walk finds out.
        """
        farm = self.k.actual.farm
        begins = self.k.grid.starts[self._edges[max(part.first - 1, 0)]].to_pydatetime()
        full = float(self.k.actual.full_import_mw.max())  # with none, its last day would be planned to save the charge
        try:
            state = self._day(part.first - 1, at_full(farm, begins, full))[1] if part.first else self.k.actual.state
            for day in range(part.first, part.stop):
                _, state = self._kept(day, state)
        except (MissingDataError, SolverError):
            return

    def whole(self, shown: Callable[[int], None]) -> Followed:
        """The schedule from the true beginning; ``shown`` is told of every day."""
        state, pieces = self.k.actual.state, []
        for day in range(len(self.k.grid.days)):
            piece, state = self._kept(day, state)
            pieces.append(piece)
            shown(day + 1)
        return chained(pieces)

    def _kept(self, day: int, state: State) -> tuple[Followed, State]:
        begun, first = _as_text(self.k.actual.farm, state), self._edges[day]
        stored = self.store.get(REPLANNING.key, first, begun)
        if stored is not None:
            return stored[1], State.written(stored[2])
        piece, after = self._day(day, State.written(begun))
        text = _as_text(self.k.actual.farm, after)
        self.store.put(REPLANNING.key, first, begun, self._edges[day + 1], piece, text)
        return piece, State.written(text)

    def _day(self, day: int, state: State) -> tuple[Followed, State]:
        pieces = []
        for now in range(self._edges[day], self._edges[day + 1]):
            piece, state = self.stepper.step(now, state)
            pieces.append(piece)
        return chained(pieces), state


def _as_text(farm: Farm, state: State) -> str:
    """A state as text, with what nothing in the farm file asks for left out."""
    return asked(state, farm).model_dump_json()
