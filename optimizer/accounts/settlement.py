"""The money of a schedule, computed from the schedule and the prices alone: an independent second account.

Nothing here knows the linear program. The account of each mechanism fills its lines as a bookkeeper would: quantity
times price, per interval.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from optimizer.accounts.conditions import Conditions
from optimizer.accounts.dispatch import Dispatch
from optimizer.accounts.flows import Flows, flows
from optimizer.accounts.ledger import accounts, ledger
from optimizer.arrays import F


@dataclass(frozen=True)
class Books:
    """A schedule that is settled: what it starts from, and USD per interval by line, income positive, so far."""

    c: Conditions
    dispatch: Dispatch
    flows: Flows
    usd: Mapping[str, F]


@dataclass(frozen=True)
class Settlement(Books):
    """The account of one schedule, every line filled; the other figures are totals over the plan."""

    energy_mwh: float
    hash_ph_days: float
    btc: float | None

    @property
    def import_mw(self) -> F:
        """MW through the meter, (intervals,)."""
        return self.flows.import_mw

    @property
    def starts(self) -> Mapping[str, F]:
        """Machines started by group, (intervals,) each."""
        return self.flows.starts

    @property
    def lines(self) -> dict[str, float]:
        """USD by line over the whole plan."""
        return {line: float(values.sum()) for line, values in self.usd.items()}

    @property
    def profit(self) -> float:
        """USD over the whole plan."""
        return float(sum(self.lines.values()))


def settle(c: Conditions, dispatch: Dispatch) -> Settlement:
    """Settle a schedule: USD by line and interval, energy, hash and bitcoin."""
    metered, filled = flows(c, dispatch), dict[str, F]()
    books = Books(c, dispatch, metered, filled)
    for account in accounts():
        for line, fill in account.lines:
            filled[line.name] = fill(books)
    market = c.market
    return Settlement(
        c,
        dispatch,
        metered,
        {line.name: filled[line.name] for line in ledger()},
        energy_mwh=float((metered.import_mw * c.grid.hours).sum()),
        hash_ph_days=float(metered.ph_days.sum()),
        btc=None if market.btc_per_ph_day is None else float((metered.ph_days * market.btc_per_ph_day).sum()),
    )
