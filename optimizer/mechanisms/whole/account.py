"""Whole machines and whole containers, counted."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from optimizer.accounts.breach import UNIT_TOLERANCE, Breach, machines
from optimizer.accounts.conditions import Conditions
from optimizer.accounts.dispatch import Dispatch
from optimizer.accounts.ledger import Account
from optimizer.config.fleet import Group

ACCOUNT = Account()


@ACCOUNT.check_of_whole
def breaches(c: Conditions, dispatch: Dispatch) -> Iterator[Breach]:
    """Machines that are no whole containers."""
    for g, group in enumerate(c.farm.fleet):
        yield from _of_group(c, dispatch, g, group)


def _of_group(c: Conditions, dispatch: Dispatch, g: int, group: Group) -> Iterator[Breach]:
    size = float(group.units_switched_together)
    partly_filled = c.units_available[g] % size
    every = np.array([dispatch.units_on[group.name, mode] for mode in group.modes])
    beside = np.abs(every - np.round(every / size) * size)
    if (beside <= UNIT_TOLERANCE).all():
        return
    partial_runs = np.zeros(len(c.grid))
    for units, left in zip(every, beside, strict=True):
        with_partial = np.abs((units - partly_filled) - np.round((units - partly_filled) / size) * size)
        uses_partial = (left > UNIT_TOLERANCE) & (partly_filled > 0)
        partial_runs += uses_partial
        yield from machines("whole containers", group.name, np.where(uses_partial, with_partial, left))
    for breach in machines("one partly filled container", group.name, partial_runs - 1.0):
        yield Breach(breach.rule, breach.who, breach.interval, breach.amount, "containers")
