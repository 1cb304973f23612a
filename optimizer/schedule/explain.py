"""Strike prices, the itemised marginal power price, and a reason for every machine that is off."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from optimizer.conditions import Conditions
from optimizer.dispatch import Dispatch
from optimizer.engine.language import Item, Map, RangeSet, Subset
from optimizer.engine.program import LinearProgram
from optimizer.engine.solution import Solution
from optimizer.lp.formulation import ITEM_OF, DispatchProblem
from optimizer.reasons import Reason

F = NDArray[np.float64]
NO_IMPORT = Item("no_import", "Nothing is imported: on-site power sets the price")
EXTENSION = Item("extension", "A constraint added with --extend", Reason.EXTENSION)
ITEMS = {item.name: item for item in (*ITEM_OF.values(), NO_IMPORT, EXTENSION)}
PLAIN_ITEMS = tuple(name for name, item in ITEMS.items() if item.reason == Reason.PRICE)
_TOLERANCE = 1e-6
REASONS = tuple(Reason)


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
        kept = {name: v for name, v in items.items() if name in PLAIN_ITEMS or (np.abs(v) > _TOLERANCE).any()}
        off = {reason: machines[:, :n] for reason, machines in self.off.items()}
        return Explanation(kept, self.marginal_price[:n], self.point_strike[:, :n], self.strike[:, :n], off)

    @property
    def main_reason(self) -> NDArray[np.int64]:
        """Position in `REASONS` of the reason most machines are off for, (groups, intervals); -1 for none."""
        counts = np.array([self.off.get(reason, np.zeros_like(self.strike)) for reason in REASONS])
        return np.where(counts.sum(axis=0) > 0, counts.argmax(axis=0), -1)


def point_strikes(problem: DispatchProblem) -> F:
    """USD per MWh at the meter that one machine-hour in each mode can pay, (points, intervals)."""
    earned = problem.hash_yield_th[:, None] * problem.hashprice + problem.hosting_usd_per_hour[:, None]
    return earned / (problem.extra_mw[:, None] * problem.pue)


def _by_interval(interval: NDArray[np.signedinteger[Any]], values: F, n: int) -> F:
    return np.bincount(interval, weights=values, minlength=n).astype(np.float64)


def _item(name: str) -> str:
    """What a family or a term is called in the marginal price."""
    return ITEM_OF[name].name if name in ITEM_OF else name


def _position(item: Item) -> int:
    return REASONS.index(Reason(item.reason or Reason.EXTENSION))


def marginal_items(program: LinearProgram, solution: Solution, hours: F) -> dict[str, F]:
    """The marginal power price of each interval as a sum, USD/MWh.

    A column's reduced cost is its objective entry less what its rows charge for it. Written for grid import and solved
    for the balance row, this says what the price of power is made of: energy, adders, and every limit that binds.
    What remains, ``extension``, is the charge of constraints the user added.
    """
    block = program.columns["grid_import"]
    first, n = block.first, len(hours)
    entry = np.flatnonzero((program.indices >= first) & (program.indices < first + n))
    row = np.searchsorted(program.starts, entry, side="right") - 1
    charge = program.coefficients[entry] * solution.row_dual[row]
    interval = program.indices[entry] - first
    items: dict[str, F] = {}
    for name, term in program.terms.items():
        mine = (term.columns >= first) & (term.columns < first + n)
        if mine.any():
            items[_item(name)] = -_by_interval(term.columns[mine] - first, term.coefficients[mine], n)
    for name, rows in program.rows.items():
        mine = (row >= rows.start) & (row < rows.stop)
        if name != "balance" and mine.any():
            item = _item(name)
            items[item] = items.get(item, 0.0) + _by_interval(interval[mine], charge[mine], n)
    items[NO_IMPORT.name] = block.of(solution.column_dual)
    balance = program.rows["balance"]
    items[EXTENSION.name] = -solution.row_dual[balance.start : balance.stop] - np.sum(list(items.values()), axis=0)
    kept = {name: values / hours for name, values in items.items()}
    return {name: v for name, v in kept.items() if name in PLAIN_ITEMS or (np.abs(v) > _TOLERANCE).any()}


def explain(
    c: Conditions, problem: DispatchProblem, program: LinearProgram, solution: Solution, whole: Dispatch
) -> Explanation:
    """The explanation of a whole schedule from the continuous optimum it was made from.

    ``whole`` may hold the first intervals alone: then machines off are explained in those.
    """
    items = marginal_items(program, solution, c.grid.hours)
    marginal = np.sum(list(items.values()), axis=0)
    point_strike = point_strikes(problem)
    first = np.concatenate([[0], np.cumsum([len(group.modes) for group in c.farm.fleet])[:-1]])
    strike = np.maximum.reduceat(point_strike, first, axis=0)
    held = np.logical_or.reduceat(_extension_charge(program, solution) > _TOLERANCE, first, axis=0)
    off = _off(c, problem, solution, whole, items, strike, first, held)
    return Explanation(items, marginal, point_strike, strike, off)


def _extension_charge(program: LinearProgram, solution: Solution) -> F:
    """What constraints the user added charge for a machine, (points, intervals): the rest of its column's price."""
    row = np.repeat(np.arange(program.shape[0]), np.diff(program.starts))
    charge = np.bincount(
        program.indices, weights=program.coefficients * solution.row_dual[row], minlength=program.shape[1]
    )
    return program.columns["units_on"].of(program.cost - charge - solution.column_dual)


def _off(
    c: Conditions,
    problem: DispatchProblem,
    solution: Solution,
    whole: Dispatch,
    items: Mapping[str, F],
    strike: F,
    first: NDArray[np.int64],
    extended: NDArray[np.bool_],
) -> dict[Reason, F]:
    installed = np.array([float(group.units) for group in c.farm.fleet])[:, None]
    running = np.array([whole.running(group) for group in c.farm.fleet])
    n = running.shape[1]
    continuous = np.add.reduceat(solution.values["units_on"][:, :n], first, axis=0)
    available = c.units_available[:, :n]
    idle = available - running
    whole_gap = np.clip(np.floor(continuous + _TOLERANCE) - running, 0.0, idle)
    code = _code(c, problem, solution, items, strike, extended)[:, :n]
    off = {Reason.OUTAGE: installed - available, Reason.WHOLE_UNITS: whole_gap}
    for i, reason in enumerate(REASONS):
        mine = np.where(code == i, idle - whole_gap, 0.0)
        if mine.any():
            off[reason] = off.get(reason, 0.0) + mine
    return {reason: values for reason, values in off.items() if values.any()}


def _code(
    c: Conditions,
    problem: DispatchProblem,
    solution: Solution,
    items: Mapping[str, F],
    strike: F,
    extended: NDArray[np.bool_],
) -> NDArray[np.int64]:
    """Position in `REASONS` of why a machine of each group that could run does not, (groups, intervals).

    A machine's strike price is taken up by the plain price, by the other items, and by what its start or its minimum
    times would cost. Where the plain price alone exceeds it, that is the reason, else the largest of the others is.
    """
    plain = np.sum([items[name] for name in PLAIN_ITEMS], axis=0)
    others = {name: values for name, values in items.items() if name not in PLAIN_ITEMS}
    n = len(c.grid)
    named = np.array([_position(ITEMS.get(name, EXTENSION)) for name in others] or [0])
    largest = np.array(list(others.values()) or [np.full(n, -np.inf)]).argmax(axis=0)
    largest_item = np.max(list(others.values()) or [np.zeros(n)], axis=0)
    marginal = plain + np.sum(list(others.values()) or [np.zeros(n)], axis=0)
    tolerance = _TOLERANCE * (1.0 + np.abs(marginal))
    by_item = np.broadcast_to(named[largest], strike.shape)
    costs = problem.restart_th_hours.any(axis=1) | (problem.wear_usd > 0.0)  # else only whole machines keep one off
    code = np.where(costs[:, None], REASONS.index(Reason.RESTART_COST), REASONS.index(Reason.WHOLE_UNITS))
    code = np.broadcast_to(code, strike.shape)
    for family in ("minimum_on", "minimum_off", "start_rate", "hourly_starts", "daily_starts"):
        code = np.where(_binding(c, problem, solution, family), _position(ITEM_OF[family]), code)
    code = np.where(c.too_cold_to_start, REASONS.index(Reason.COLD_START), code)
    code = np.where(_as_announced(problem, solution), REASONS.index(Reason.ANNOUNCED), code)
    code = np.where(extended, REASONS.index(Reason.EXTENSION), code)
    left_over = strike - marginal  # what limits between intervals take of a machine's worth
    code = np.where((largest_item > _TOLERANCE) & (largest_item >= left_over - tolerance), by_item, code)
    sells = solution.values["block_resold"].sum(axis=0) > _TOLERANCE
    price = np.where(sells, REASONS.index(Reason.RESALE), REASONS.index(Reason.PRICE))
    code = np.where(strike <= plain + tolerance, price, code)
    # where on-site power feeds the site alone, a machine competes with export and with better machines for it
    alone = items.get(NO_IMPORT.name, np.zeros(n)) < -_TOLERANCE
    own_power = alone & (solution.values["source_mw"].sum(axis=0) > _TOLERANCE)
    pays_on_it = strike > problem.source_usd_per_mwh.min(initial=np.inf) + tolerance
    return np.where(own_power & pays_on_it & (strike <= marginal + tolerance), REASONS.index(Reason.EXPORT), code)


def _binding(c: Conditions, problem: DispatchProblem, solution: Solution, family: str) -> NDArray[np.bool_]:
    """Where a family's row holds machines back, (groups, intervals)."""
    held = np.zeros((len(c.farm.fleet), len(c.grid)), dtype=np.bool_)
    duals = np.abs(solution.shadow_prices[family]) > _TOLERANCE
    members = problem.sets[("STAGED" if family == "start_rate" else family.upper()) + "_GROUPS"]
    assert isinstance(members, Subset)
    if family in _SINCE:
        duals = duals | _since_outage(problem, solution, family)[members.positions]
    if family in _WINDOW:
        duals = _within_windows(problem, _WINDOW[family], members.positions, duals)
    held[members.positions] = duals[:, c.grid.day_of_interval] if family == "daily_starts" else duals
    return held


def _as_announced(problem: DispatchProblem, solution: Solution) -> NDArray[np.bool_]:
    """Where machines stay off because none were announced, (groups, intervals)."""
    kept = np.zeros((problem.size("GROUPS"), problem.size("INTERVALS")), dtype=np.bool_)
    for of_set, family in (("announced", "more_than_announced"), ("frozen", "frozen_schedule")):
        interval = problem.sets[f"interval_of_{of_set}"]
        member = problem.sets[f"group_of_{of_set}" if of_set == "announced" else "point_of_frozen"]
        assert isinstance(interval, Map)
        assert isinstance(member, Map)
        group = member.position if of_set == "announced" else _group_of_point(problem)[member.position]
        held = solution.shadow_prices[family] > _TOLERANCE
        kept[group[held], interval.position[held]] = True
    return kept


def _group_of_point(problem: DispatchProblem) -> NDArray[np.int64]:
    groups = problem.sets["POINTS_OF_GROUP"]
    assert isinstance(groups, RangeSet)
    return np.repeat(np.arange(len(groups.start)), groups.stop - groups.start)


_SINCE = {"minimum_on": "on_since", "minimum_off": "off_since"}


def _since_outage(problem: DispatchProblem, solution: Solution, family: str) -> NDArray[np.bool_]:
    """Where a row that begins with an outage holds machines back, (groups, intervals)."""
    held = np.zeros((problem.size("GROUPS"), problem.size("INTERVALS")), dtype=np.bool_)
    group, interval = (problem.sets[f"{axis}_of_{_SINCE[family]}"] for axis in ("group", "interval"))
    assert isinstance(group, Map)
    assert isinstance(interval, Map)
    binds = np.abs(solution.shadow_prices[f"{family}_since_outage"]) > _TOLERANCE
    held[group.position[binds], interval.position[binds]] = True
    return held


_WINDOW = {"minimum_on": "ON_WINDOW", "hourly_starts": "HOUR_WINDOW"}


def _within_windows(
    problem: DispatchProblem, name: str, groups: NDArray[np.int64], binding: NDArray[np.bool_]
) -> NDArray[np.bool_]:
    """Intervals in which a start would have to last into a binding one, (groups, intervals)."""
    window = problem.sets[name]
    assert isinstance(window, RangeSet)
    row, interval = np.nonzero(binding)
    edges = np.zeros((binding.shape[0], binding.shape[1] + 1), dtype=np.int64)
    np.add.at(edges, (row, window.start[groups[row], interval]), 1)
    np.add.at(edges, (row, interval + 1), -1)
    return np.cumsum(edges, axis=1)[:, :-1] > 0
