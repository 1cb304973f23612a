"""What every worked example goes through besides its optimum: saved and loaded, cut and carried on.

A schedule is written into the record that the daily job keeps, and read again. Then it is carried out interval by
interval, each from the state that the one before has led to; and after each the rest is planned anew from there.
Nothing may come to other money than in one go. (A study of a conversion decides years and hands no state on.)
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

from optimizer.accounts.billing import Rest
from optimizer.accounts.conditions import Conditions
from optimizer.accounts.dispatch import Dispatch
from optimizer.accounts.settlement import settle
from optimizer.config.state import State
from optimizer.daily.carried import followed_until, state_at
from optimizer.daily.record import Record, record_of
from optimizer.market.inputs import MarketInputs
from optimizer.plan.tail import rest_after


def saved_and_loaded(c: Conditions, dispatch: Dispatch) -> Record:
    """The record of a schedule as it is read again, which must be all that was written."""
    profit, reasons = settle(c, dispatch).profit, tuple(("",) * len(c.grid) for _ in c.farm.fleet)
    record = Record("plan", c.farm, c.market, c.state, dispatch, profit, reasons, c.rest.of("peaks_mw"))
    again = record_of(record.text(), "record")
    assert again.text() == record.text()
    assert (again.farm, again.state) == (c.farm.model_copy(update={"state": State()}), c.state)
    assert_same(again.dispatch.table, dispatch.table)
    assert_same(series_of(again.market), series_of(c.market))
    assert settle(replace(again.conditions, rest=c.rest), again.dispatch).lines == settle(c, dispatch).lines
    return again


def series_of(market: MarketInputs) -> dict[str, Any]:
    """All that a record says of a market."""
    grid = {"starts": market.grid.starts.to_numpy(), "hours": market.grid.hours}
    return grid | dict(sorted(market.table.items()))


def assert_same(one: Any, other: Any) -> None:
    """Assert that two tables of series hold the same, to the last bit."""
    if hasattr(one, "items"):
        assert list(one) == list(other)
        for name in one:
            assert_same(one[name], other[name])
    else:
        assert np.array_equal(one, other)


def cut_and_carried(record: Record, planned_usd: Callable[[Conditions], float]) -> list[float]:
    """What a schedule comes to when it is carried out by single intervals, and when it is planned anew after each.

    ``planned_usd`` is what an optimum of conditions earns. The rest of the best schedule is the best of the rest.
    """
    n, piece, earned, totals = len(record.market.grid), record, 0.0, []
    for t in range(n):
        c, dispatch = followed_until(piece, record.market.grid.ends[t])
        earned += settle(part_of_a_period(c, dispatch), dispatch).profit
        if t < n - 1:
            piece = carried_on(piece)
            totals.append(earned + planned_usd(piece.conditions))
    return [earned, *totals]


def carried_on(record: Record) -> Record:
    """A schedule without its first interval, in the state that this one has led to; saved and loaded."""
    n, grid = len(record.market.grid), record.market.grid
    left = np.arange(1, n)
    market = record.market.at(left, grid.part(1, n))
    state, said = state_at(grid.ends[0], record.farm, record, None)
    assert said == ()
    reasons = tuple(row[1:] for row in record.reasons)
    rest = replace(record, market=market, state=state, dispatch=record.dispatch.at(left), reasons=reasons)
    return record_of(rest.text(), "record")


def part_of_a_period(c: Conditions, dispatch: Dispatch) -> Conditions:
    """Conditions of a part of a billing period, charged as if another part came after it.

    Nothing is expected of that, so what is left of a tier or an allowance may be used now; what falls due at the end
    falls due then.
    """
    energy, labels = c.farm.energy, [period.label for period in c.billing.periods]
    expected = {(charge.name, at): charge.expected_peak_mw for charge in energy.demand for at in labels}
    due = {
        "peaks_mw": {at: mw for at, mw in expected.items() if mw is not None},
        "taken_mwh": {(supply.name, at): np.inf for supply in energy.supplies for at in labels},
        "charged_usd": {("", at): np.inf for at in labels},
    }
    nothing = rest_after(replace(c, rest=Rest({"peaks_mw": dict.fromkeys(expected, 0.0)})), dispatch, len(c.grid))
    return replace(c, rest=Rest({name: {**rest, **due.get(name, {})} for name, rest in nothing.expected.items()}))
