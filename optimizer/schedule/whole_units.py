"""From the continuous optimum to whole machines and whole containers.

Rounding down never draws more power, so it passes nearly always. Where a ramp or a minimum time is broken by it, or it
costs more than a thousandth of the revenue, the schedule near the trouble is solved again with integers, everything
else held; failing that, near the best with whole containers and fractions of single machines; failing that, all of it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from optimizer.assembly import build_problem
from optimizer.conditions import Conditions
from optimizer.errors import InfeasibleError, StoppedEarlyError
from optimizer.lp.highs import solve
from optimizer.lp.program import LinearProgram, compile_program
from optimizer.lp.solution import Solution
from optimizer.schedule.checker import Breach, check
from optimizer.settlement.account import Dispatch, first_part, grid_import_mw, settle
from optimizer.tail import plan_alone

F = NDArray[np.float64]
_SNAP = 1e-6
EXACT_GAP, SEARCH_GAP = 1e-6, 1e-4  # relative gaps at which a search for whole units ends
WORTH_A_SEARCH = 1e-3  # share of gross revenue that rounding may cost before integers are tried
SEARCH_SECONDS = 10.0  # for improving a schedule that is whole already
REACH = 4  # containers, or single machines, to either side of the best in which these run in fractions


@dataclass(frozen=True)
class Rounded:
    """A whole schedule, how it was found, and whether it is proved best of its kind."""

    dispatch: Dispatch
    method: str
    proved: bool


def dispatch_of(c: Conditions, solution: Solution) -> Dispatch:
    """The schedule as the solver returned it, fractions of machines included."""
    points = [(group.name, mode) for group in c.farm.fleet for mode in group.modes]
    units = np.maximum(solution.values["units_on"], 0.0)
    nothing = np.zeros(len(c.grid))
    return Dispatch(
        MappingProxyType(dict(zip(points, units, strict=True))),
        np.maximum(solution.values["source_mw"].sum(axis=0), 0.0) + nothing,
        np.maximum(solution.values["export_mw"].sum(axis=0), 0.0) + nothing,
        MappingProxyType(
            {
                supply.name: np.clip(mw, 0.0, c.market.supply_limit_mw[supply.name])
                for supply, mw in zip(c.farm.energy.supplies, solution.values["supply_mw"], strict=True)
            }
        ),
    )


def round_down(c: Conditions, dispatch: Dispatch) -> Dispatch:
    """Whole containers, never more machines than the continuous schedule runs, never more power."""
    units: dict[tuple[str, str], F] = {}
    for g, group in enumerate(c.farm.fleet):
        size, available = float(group.units_switched_together), c.units_available[g]
        wanted = np.array([dispatch.units_on[group.name, mode] for mode in group.modes])
        full = np.floor((wanted + _SNAP) / size) * size
        watts = [point.power_w for point in c.points[group.name].values()]
        frugal = int(np.argmin(watts))
        total = wanted.sum(axis=0) + _SNAP
        full[frugal] += np.floor((total - full.sum(axis=0)) / size) * size
        partly_filled = available % size
        fits = (partly_filled > 0) & (total - full.sum(axis=0) >= partly_filled)
        full[frugal] += np.where(fits, partly_filled, 0.0)
        full[:, c.planned :] = wanted[:, c.planned :]
        units |= {(group.name, mode): row for mode, row in zip(group.modes, full, strict=True)}
    return within_load(c, replace(dispatch, units_on=MappingProxyType(units)))


def within_load(c: Conditions, dispatch: Dispatch) -> Dispatch:
    """Turn on-site generation down where fewer machines no longer take it, and suppliers, the dearest first."""
    surplus = np.maximum(-grid_import_mw(c, dispatch), 0.0)
    dispatch = replace(dispatch, onsite_mw=dispatch.onsite_mw - surplus)
    supply_mw = dict(dispatch.supply_mw)
    if not supply_mw:
        return dispatch
    billed = grid_import_mw(c, dispatch) * (1.0 + c.farm.energy.loss_share)
    over = np.maximum(np.sum([np.zeros(len(billed)), *supply_mw.values()], axis=0) - billed, 0.0)
    price = c.market.supply_price_usd_per_mwh
    for name in sorted(supply_mw, key=lambda name: -float(price[name].mean())):
        less = np.minimum(supply_mw[name], over)
        supply_mw[name] = supply_mw[name] - less
        over = over - less
    return replace(dispatch, supply_mw=MappingProxyType(supply_mw))


def snapped(c: Conditions, solution: Solution) -> Dispatch:
    """The schedule of a program with integers, the solver's last digits taken off."""
    dispatch, planned = dispatch_of(c, solution), np.arange(len(c.grid)) < c.planned
    whole = {point: np.where(planned, np.round(units), units) for point, units in dispatch.units_on.items()}
    return replace(dispatch, units_on=MappingProxyType(whole))


def _breaches(c: Conditions, dispatch: Dispatch) -> list[Breach]:
    """Every breach of a rule in the plan; its tail is no schedule that anybody follows."""
    return check(plan_alone(c), first_part(dispatch, c.planned))


def whole_schedule(c: Conditions, solution: Solution, *, time_limit: float) -> Rounded:
    """A whole schedule close to the continuous optimum that breaks no rule; of plan and tail in one the plan is whole.

    It counts as proved when it is the best there is, or costs no more than `WORTH_A_SEARCH` against the continuous
    optimum, which bounds every whole schedule. Raises InfeasibleError where no whole schedule keeps every limit.
    """
    continuous = dispatch_of(c, solution)
    best = Rounded(round_down(c, continuous), "rounded down", True)
    breaches = _breaches(c, best.dispatch)
    found = [] if breaches else [best]
    if not breaches and _gap_share(c, continuous, best.dispatch) <= WORTH_A_SEARCH:
        return best
    program = compile_program(build_problem(c, whole=True))

    def near(seconds: float) -> Rounded:
        narrowed = _near(c, program, solution, breaches)
        return replace(_solved(c, narrowed, "integers near limits, the rest held", seconds, SEARCH_GAP), proved=False)

    def around(seconds: float) -> Rounded:
        return _around(c, program, seconds)

    def throughout(seconds: float) -> Rounded:
        return _solved(c, program, "integers throughout", seconds, SEARCH_GAP)

    single = any(group.units_switched_together == 1 for group in c.farm.fleet)
    for search in (near, around, throughout) if single else (near, throughout):
        last = search is throughout
        seconds = min(time_limit, SEARCH_SECONDS) if found or not last else time_limit
        try:
            found.append(search(seconds))
        except StoppedEarlyError:
            continue
        except InfeasibleError:
            if last:
                raise _no_whole_schedule(breaches) from None
            continue
        best = max(found, key=lambda rounded: settle(c, rounded.dispatch).profit)
        if _gap_share(c, continuous, best.dispatch) <= WORTH_A_SEARCH:
            return replace(best, proved=True)
        if found[-1].proved:
            return found[-1]
    if not found:
        raise StoppedEarlyError(
            f"no whole-unit schedule was found in {time_limit:g} s; the first rule in the way: {breaches[0]}. "
            "Give it longer with --time-limit"
        )
    return replace(max(found, key=lambda rounded: settle(c, rounded.dispatch).profit), proved=False)


def _no_whole_schedule(breaches: list[Breach]) -> InfeasibleError:
    first = f"; the first limit in the way: {breaches[0]}" if breaches else ""
    return InfeasibleError(
        "with fractions of a container every limit could be met, with whole containers it cannot" + first
    )


def _gap_share(c: Conditions, continuous: Dispatch, rounded: Dispatch) -> float:
    best = settle(c, continuous)
    gross = sum(max(float(usd[: c.planned].sum()), 0.0) for usd in best.usd.values())
    return (best.profit - settle(c, rounded).profit) / gross if gross > 0 else 0.0


def exact_schedule(c: Conditions, continuous: Dispatch, *, time_limit: float) -> Rounded:
    """The best schedule of whole containers, by branch and bound, where a continuous schedule is known to exist."""
    try:
        return _solved(c, compile_program(build_problem(c, whole=True)), "exact", time_limit, EXACT_GAP)
    except InfeasibleError:
        raise _no_whole_schedule(_breaches(c, round_down(c, continuous))) from None


def _solved(
    c: Conditions, program: LinearProgram, method: str, time_limit: float, gap: float, bound: float | None = None
) -> Rounded:
    """The best of a program with integers; given a bound on every whole schedule, proved by that alone."""
    found = solve(program, whole=True, time_limit=time_limit, options={"mip_rel_gap": gap})
    close = bound is not None and bound - found.objective <= SEARCH_GAP * abs(found.objective)
    return Rounded(snapped(c, found), method, found.proved if bound is None else close)


def _containers(c: Conditions) -> F:
    """Machines that are switched together, (points, 1)."""
    modes = [len(group.modes) for group in c.farm.fleet]
    return np.repeat([float(group.units_switched_together) for group in c.farm.fleet], modes)[:, None]


def _within(c: Conditions, program: LinearProgram, low: F, high: F) -> LinearProgram:
    """The program with machines on held between limits, (points, intervals); the plan's tail is free."""
    available = np.repeat(c.units_available, [len(group.modes) for group in c.farm.fleet], axis=0)
    planned = np.arange(len(c.grid)) < c.planned
    low, high = np.where(planned, low, 0.0), np.where(planned, high, np.inf)
    lower, upper = program.col_lower.copy(), program.col_upper.copy()
    span = program.columns["units_on"].span
    lower[span], upper[span] = np.minimum(low, available).ravel(), np.minimum(high, available).ravel()
    return replace(program, col_lower=lower, col_upper=upper)


def _around(c: Conditions, program: LinearProgram, time_limit: float) -> Rounded:
    """A whole schedule near the best one in which machines that are switched one by one run in fractions.

    That one bounds every whole schedule: what comes within `SEARCH_GAP` of it is proved. HiGHS takes many times as long
    where a column may be any of a thousand whole numbers.
    """
    size = _containers(c)
    integer = program.integer.copy()
    for name in ("containers_on", "partial_on"):
        block = program.columns[name]
        integer[block.span] &= np.broadcast_to(size > 1, block.shape).ravel()
    options = {"mip_rel_gap": EXACT_GAP}
    best = solve(replace(program, integer=integer), whole=True, time_limit=time_limit, options=options)
    if not best.proved:
        raise StoppedEarlyError("no bound was proved within the limit")
    containers = best.values["units_on"] / size
    low, high = (np.floor(containers) - REACH) * size, (np.ceil(containers) + REACH) * size
    method = "integers near the best with fractions of single machines"
    bound = best.objective + EXACT_GAP * abs(best.objective)
    return _solved(c, _within(c, program, np.maximum(low, 0.0), high), method, time_limit, EXACT_GAP, bound)


def _near(c: Conditions, program: LinearProgram, solution: Solution, breaches: list[Breach]) -> LinearProgram:
    """The program with machines held where the optimum is whole, and free by a container or two elsewhere."""
    units = solution.values["units_on"]
    size, modes = _containers(c), [len(group.modes) for group in c.farm.fleet]
    available = np.repeat(c.units_available, modes, axis=0)
    fractional = np.abs(units - np.round(units / size) * size) > _SNAP
    fractional[:, c.planned :] = False
    partial = available % size > 0
    group_of_point = np.repeat(np.arange(len(modes)), modes)
    free = np.zeros_like(fractional)
    loose_groups = np.unique(group_of_point[(fractional | partial).any(axis=1)])
    free |= np.isin(group_of_point, loose_groups)[:, None]
    free |= np.any(fractional & (size > 1), axis=0, keepdims=True)  # another group may fill what a container cannot
    for breach in breaches:
        free[:, max(breach.interval - 1, 0) : breach.interval + 2] = True
    low = np.where(free, np.maximum(np.floor(units / size) * size - size, 0.0), np.round(units))
    high = np.where(free, np.ceil(units / size) * size + size, np.round(units))
    return _within(c, program, low, high)
