"""Strike prices, the itemised marginal power price, and a reason for every machine that is off."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from optimizer.accounts.conditions import Conditions
from optimizer.accounts.dispatch import Dispatch
from optimizer.accounts.reasons import Reason, reason_of, reasons
from optimizer.arrays import F, Int
from optimizer.engine.language import Item
from optimizer.engine.program import LinearProgram
from optimizer.engine.solution import Solution
from optimizer.mechanisms.fleet.program import RESTART
from optimizer.plan.formulation import DispatchProblem
from optimizer.plan.items import (
    EXTENSION,
    ITEMS,
    NO_IMPORT,
    PLAIN_ITEMS,
    TOLERANCE,
    Charges,
    machine_items,
    marginal_items,
)

REASONS = tuple(reasons())


@dataclass(frozen=True)
class Explanation:
    """What stands behind a schedule.

    items: name -> USD/MWh per interval; together they are the marginal power price, (intervals,).
    point_strike: (points, intervals) USD/MWh at the meter at which each group and mode stops paying.
    strike: (groups, intervals), the best of a group's modes. off: Reason -> machines off, (groups, intervals).
    """

    items: Mapping[str, F]
    marginal_price: F
    point_strike: F
    strike: F
    off: Mapping[Reason, F]

    def first(self, n: int) -> Explanation:
        """What stands behind the first ``n`` intervals; items that are nothing there are left out."""
        items = {name: values[:n] for name, values in self.items.items()}
        kept = {name: v for name, v in items.items() if name in PLAIN_ITEMS or (np.abs(v) > TOLERANCE).any()}
        off = {reason: machines[:, :n] for reason, machines in self.off.items()}
        return Explanation(kept, self.marginal_price[:n], self.point_strike[:, :n], self.strike[:, :n], off)


def point_strikes(problem: DispatchProblem, paid: Mapping[str, F]) -> F:
    """USD per MWh at the meter that one machine-hour in each mode can pay, (points, intervals): all that it earns.

    paid: what a machine pays for running, as `machine_items`.
    """
    mwh = problem.extra_mw[:, None] * problem.pue * problem.hours
    earned = [-usd for name, usd in paid.items() if name in ITEMS and ITEMS[name].earns]
    return np.asarray(np.sum([np.zeros_like(mwh), *earned], axis=0) / mwh, dtype=np.float64)


def explain(
    c: Conditions, problem: DispatchProblem, program: LinearProgram, solution: Solution, whole: Dispatch
) -> Explanation:
    """The explanation of a whole schedule from the continuous optimum it was made from.

    ``whole`` may hold the first intervals alone: then machines off are explained in those.
    """
    charges = Charges(program, solution)
    items = marginal_items(charges, c.grid.hours)
    marginal = np.sum(list(items.values()), axis=0)
    modes = [len(group.modes) for group in c.farm.fleet]
    first = np.concatenate([[0], np.cumsum(modes)[:-1]])
    paid = machine_items(charges, np.repeat(np.arange(len(modes)), modes))
    point_strike = point_strikes(problem, paid)
    strike = np.maximum.reduceat(point_strike, first, axis=0)
    off = _off(c, problem, solution, whole, items, strike, first, _held(paid, first, len(c.grid)))
    return Explanation(items, marginal, point_strike, strike, off)


def _held(items: Mapping[str, F], first: Int, n: int) -> Int:
    """Position in `REASONS` of the limit a machine would pay most for, (groups, intervals); -1 where none holds it.

    Costs are no limits: one holds it where no limit does and it is more than a restart, which every start costs.
    """
    usd = {
        ITEMS[name]: np.maximum.reduceat(values, first, axis=0)
        for name, values in items.items()
        if name in ITEMS and ITEMS[name].reason is not None
    }
    restart = usd.pop(RESTART, np.zeros((len(first), n)))
    held = np.full(restart.shape, -1)
    for cost, least in ((True, np.maximum(restart, TOLERANCE)), (False, np.full(restart.shape, TOLERANCE))):
        if mine := {item: values for item, values in usd.items() if item.cost is cost}:
            position, values = np.array([_position(item) for item in mine]), np.array(list(mine.values()))
            held = np.where(values.max(axis=0) > least, position[values.argmax(axis=0)], held)
    return held


def _position(item: Item) -> int:
    return REASONS.index(reason_of(item.reason or Reason.EXTENSION))


def _off(
    c: Conditions,
    problem: DispatchProblem,
    solution: Solution,
    whole: Dispatch,
    items: Mapping[str, F],
    strike: F,
    first: Int,
    held: Int,
) -> dict[Reason, F]:
    installed = np.array([float(group.units) for group in c.farm.fleet])[:, None]
    running = np.array([whole.running(group) for group in c.farm.fleet])
    n = running.shape[1]
    continuous = np.add.reduceat(solution.values["units_on"][:, :n], first, axis=0)
    available = c.units_available[:, :n]
    idle = available - running
    whole_gap = np.clip(np.floor(continuous + TOLERANCE) - running, 0.0, idle)
    code = _code(problem, solution, items, strike, held)[:, :n]
    off = {Reason.OUTAGE: installed - available, Reason.WHOLE_UNITS: whole_gap}
    for i in np.unique(code).tolist():
        off[REASONS[i]] = off.get(REASONS[i], 0.0) + np.where(code == i, idle - whole_gap, 0.0)
    return {reason: values for reason, values in off.items() if values.any()}


def _code(
    problem: DispatchProblem,
    solution: Solution,
    items: Mapping[str, F],
    strike: F,
    held: Int,
) -> Int:
    """Position in `REASONS` of why a machine of each group that could run does not, (groups, intervals).

    A machine's strike price is taken up by the plain price, by the other items, and by what its start or its minimum
    times would cost. Where the plain price alone exceeds it, that is the reason, else the item of power that takes the
    most, or the limit on the machine that does; the cost of a restart where no limit takes any of it.
    """
    plain = np.sum([items[name] for name in PLAIN_ITEMS], axis=0)
    others = {name: values for name, values in items.items() if name not in PLAIN_ITEMS}
    n = strike.shape[1]
    named = np.array([_position(ITEMS.get(name, EXTENSION)) for name in others] or [0])
    largest = np.array(list(others.values()) or [np.full(n, -np.inf)]).argmax(axis=0)
    largest_item = np.max(list(others.values()) or [np.zeros(n)], axis=0)
    marginal = plain + np.sum(list(others.values()) or [np.zeros(n)], axis=0)
    tolerance = TOLERANCE * (1.0 + np.abs(marginal))
    by_item = np.broadcast_to(named[largest], strike.shape)
    costs = problem.restart_th_hours.any(axis=1) | (problem.wear_usd > 0.0)  # else only whole machines keep one off
    code = np.where(costs[:, None], REASONS.index(Reason.RESTART_COST), REASONS.index(Reason.WHOLE_UNITS))
    code = np.broadcast_to(code, strike.shape)
    code = np.where(held >= 0, held, code)
    left_over = strike - marginal  # what limits between intervals take of a machine's worth
    code = np.where((largest_item > TOLERANCE) & (largest_item >= left_over - tolerance), by_item, code)
    sells = solution.values["block_resold"].sum(axis=0) > TOLERANCE
    price = np.where(sells, REASONS.index(Reason.RESALE), REASONS.index(Reason.PRICE))
    code = np.where(strike <= plain + tolerance, price, code)
    # where on-site power feeds the site alone, a machine competes with export and with better machines for it
    alone = items.get(NO_IMPORT.name, np.zeros(n)) < -TOLERANCE
    own_power = alone & (solution.values["source_mw"].sum(axis=0) > TOLERANCE)
    pays_on_it = strike > problem.source_usd_per_mwh.min(initial=np.inf) + tolerance
    return np.where(own_power & pays_on_it & (strike <= marginal + tolerance), REASONS.index(Reason.EXPORT), code)
