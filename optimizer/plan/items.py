"""What prices are made of: the marginal power price, and what a machine pays, itemised by what their rows charge."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from optimizer.accounts.reasons import Reason
from optimizer.arrays import F, Int
from optimizer.engine.language import Item
from optimizer.engine.program import LinearProgram
from optimizer.engine.solution import Solution
from optimizer.mechanisms.fleet.program import RESTART, RUNS_ON
from optimizer.plan.formulation import ITEM_OF

NO_IMPORT = Item("no_import", "Nothing is imported: on-site power sets the price")
EXTENSION = Item("extension", "A constraint added with --extend", Reason.EXTENSION)
ITEMS = {item.name: item for item in (*ITEM_OF.values(), NO_IMPORT, EXTENSION)}
PLAIN_ITEMS = tuple(name for name, item in ITEMS.items() if item.reason == Reason.PRICE)
TOLERANCE = 1e-6  # USD below which an item is not there


def item_title(name: str) -> str:
    """The title of an item; one that nobody declared, such as an extension's, speaks for itself.

    >>> item_title("carbon_cost")
    'Carbon cost'
    """
    return ITEMS[name].title if name in ITEMS else name.replace("_", " ").capitalize()


class Charges:
    """What a program's rows and terms charge its columns in a solution."""

    def __init__(self, program: LinearProgram, solution: Solution) -> None:
        self.program, self.solution = program, solution
        usd = program.coefficients * np.repeat(solution.row_dual, np.diff(program.starts))
        entries = np.flatnonzero(usd)
        self._columns, self._usd = program.indices[entries], usd[entries]
        rows = np.array([(rows.start, rows.stop) for rows in program.rows.values()])
        self._families = np.searchsorted(entries, program.starts[rows])  # first of its entries, and one past the last

    def of(self, variable: str) -> dict[str, F]:
        """What a variable's columns are charged, USD over its sets, by the family or the term.

        A column's reduced cost is its objective entry less what its rows charge for it. So with it, and what
        constraints that the user added charge, these add up to nothing.
        """
        own = self.program.columns[variable]
        first, n = own.first, math.prod(own.shape)
        charged: dict[str, F] = {}

        def add(name: str, columns: NDArray[np.signedinteger[Any]], usd: F) -> None:
            charged[name] = np.bincount(columns - first, usd, n).reshape(own.shape).astype(np.float64)

        for name, term in self.program.terms.items():
            if len(term.columns):
                mine = (term.columns >= first) & (term.columns < first + n)
                if mine.any():
                    add(name, term.columns[mine], -term.coefficients[mine])
        entry = np.flatnonzero((self._columns >= first) & (self._columns < first + n))
        for name, (begin, end) in zip(self.program.rows, np.searchsorted(entry, self._families).tolist(), strict=True):
            if begin < end:
                at = entry[begin:end]
                add(name, self._columns[at], self._usd[at])
        return charged


def _by_item(charged: Mapping[str, F]) -> dict[str, F]:
    """Charges under the names of their items; what declares none goes by its own name."""
    items: dict[str, F] = {}
    for name, usd in charged.items():
        item = ITEM_OF[name].name if name in ITEM_OF else name
        items[item] = items[item] + usd if item in items else usd
    return items


def _there(items: Mapping[str, F]) -> dict[str, F]:
    return {name: v for name, v in items.items() if name in PLAIN_ITEMS or (np.abs(v) > TOLERANCE).any()}


def _sum(items: Mapping[str, F]) -> F:
    return np.asarray(np.sum(list(items.values()), axis=0), dtype=np.float64)


def marginal_items(charges: Charges, hours: F) -> dict[str, F]:
    """The marginal power price of each interval as a sum, USD/MWh.

    What grid import is charged, solved for the balance row, says what the price of power is made of: energy, adders,
    and every limit that binds. What remains, ``extension``, is the charge of constraints the user added.
    """
    charged = charges.of("grid_import")
    nothing = np.zeros(len(hours))
    balance = charged.pop("balance", nothing)
    items = _by_item(charged)
    for name in PLAIN_ITEMS:
        items.setdefault(name, nothing)
    items[NO_IMPORT.name] = charges.solution.reduced_costs["grid_import"]
    items[EXTENSION.name] = -balance - _sum(items)
    return _there({name: values / hours for name, values in items.items()})


def machine_items(charges: Charges, group_of_point: Int) -> dict[str, F]:
    """What a machine pays for running in a mode and an interval, USD, (points, intervals); below zero what it is paid.

    With the reduced cost of the machine's column the items add up to nothing. A machine that runs from one interval
    into the next need not start there: its change row passes on what a start is charged, which is itemised here, and
    what that saves it in the next interval is the item ``runs_on``. `RESTART` is what a start costs at most: where it
    costs more than it would bring none is made.
    """
    running, started = (charges.of(name) for name in ("units_on", "units_started"))
    machine, start = (charges.solution.reduced_costs[name] for name in ("units_on", "units_started"))
    changed, passed = (
        sum((charged.pop(name) for name in list(charged) if ITEM_OF.get(name) is RUNS_ON), np.zeros(cost.shape))
        for charged, cost in ((running, machine), (started, start))
    )
    starts = _by_item(started)
    starts[RESTART.name] = starts.get(RESTART.name, 0.0) + start
    starts[EXTENSION.name] = -passed - _sum(starts)
    items = _by_item(running)
    items[RUNS_ON.name] = changed + passed[group_of_point]
    for name, usd in starts.items():
        items[name] = items.get(name, 0.0) + usd[group_of_point]
    items[EXTENSION.name] = items[EXTENSION.name] - _sum(items) - machine
    return _there(items)
