"""One plan: farm and market -> program -> optimum -> whole schedule -> explanation -> settlement."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any, Literal

import pandas as pd

from optimizer.accounts.conditions import Conditions
from optimizer.accounts.dispatch import Dispatch
from optimizer.accounts.settlement import Settlement, settle
from optimizer.config.farm import Farm
from optimizer.engine.program import LinearProgram, compile_program
from optimizer.engine.solution import Ended, Solution
from optimizer.errors import InputError, RuleBrokenError
from optimizer.extension import Extension, common_extension
from optimizer.market.given import HANDED, as_file
from optimizer.market.grid import Grid, grid_of
from optimizer.market.inputs import MarketInputs
from optimizer.plan.checker import check
from optimizer.plan.collisions import solved
from optimizer.plan.explain import Explanation, explain
from optimizer.plan.formulation import DispatchProblem, build_problem
from optimizer.plan.frames import actions_frame, html, line, plot, schedule_frame, settlement_frame
from optimizer.plan.reading import Progress, conditions_of, judge_state, silent
from optimizer.plan.rounded import Rounded
from optimizer.plan.tail import to_the_end
from optimizer.plan.whole_schedule import exact_schedule, whole_schedule
from optimizer.plan.whole_units import dispatch_of
from optimizer.scenario.apply import combined, plan_time
from optimizer.scenario.placed import Scenario


@dataclass(frozen=True, repr=False)
class Plan:
    """A finished plan: the schedule, why it is so, and what it earns.

    ``continuous`` settles the optimum before machines were made whole; ``settled`` the schedule itself.
    ``objective`` is what the solver says the continuous optimum earns, the tie-break taken out, and what the account
    says of a tail: ``tail_usd``. ``extended`` says that the user's constraints were added, with which no tail is in the
    program; ``scenarios`` are the names of those it is planned under. ``ended`` is what ended the search for whole
    machines before the schedule was proved best, work or clock, "" where it is proved.
    """

    conditions: Conditions
    dispatch: Dispatch
    explanation: Explanation
    continuous: Settlement
    settled: Settlement
    objective: float
    method: str
    ended: Ended = ""
    tail_usd: float = 0.0
    extended: bool = False
    scenarios: tuple[str, ...] = ()

    def __repr__(self) -> str:
        return line(self.conditions, self.settled)

    def _repr_html_(self) -> str:
        return html(self.conditions, self.dispatch, self.settled)

    @property
    def profit(self) -> float:
        """What the schedule earns, in the farm's currency."""
        return self.settled.profit

    @property
    def schedule(self) -> pd.DataFrame:
        """Machines on by mode, off, started, MW, strike and reason: a row per interval and group."""
        return schedule_frame(self.conditions, self.dispatch, self.explanation)

    @property
    def actions(self) -> pd.DataFrame:
        """What to switch, by when: group, from and to which mode, machines, MW, reason and what it is worth."""
        return actions_frame(self.conditions, self.dispatch, self.explanation)

    @property
    def settlement(self) -> pd.DataFrame:
        """The account, income positive: a row per interval, a column per line."""
        return settlement_frame(self.settled)

    def plot(self, ax: Any = None) -> Any:
        """Import and prices over time, on ``ax`` or axes of its own; needs matplotlib, the extra `plot`."""
        return plot(self.conditions, self.settled, self.explanation, ax)

    @property
    def farm(self) -> Farm:
        """The farm the plan is for."""
        return self.conditions.farm

    @property
    def grid(self) -> Grid:
        """The dispatch intervals."""
        return self.conditions.grid

    @property
    def market(self) -> MarketInputs:
        """Prices and weather."""
        return self.conditions.market

    @property
    def proved(self) -> bool:
        """Whether no schedule of whole machines earns more, by as much as shows."""
        return not self.ended

    @property
    def cut_short(self) -> str:
        """What ended the search before the schedule was proved best, in words; "" where it is proved."""
        return {"": "", "work": "the search ended at the work it may do", "clock": "the time limit ended the search"}[
            self.ended
        ]

    @property
    def rounding_gap_usd(self) -> float:
        """What whole machines cost against the continuous optimum, USD."""
        return self.continuous.profit - self.settled.profit

    @property
    def rounding_gap_share(self) -> float:
        """The rounding gap as a share of the optimum's gross revenue."""
        gross = sum(max(usd, 0.0) for usd in self.continuous.lines.values())
        return self.rounding_gap_usd / gross if gross > 0 else 0.0


def plan_farm(
    farm: Farm,
    folder: Path | str = ".",
    *,
    start: datetime | str | None = None,
    hours: float | None = None,
    price: float | str | pd.Series | None = None,
    price_file: Path | None = None,
    units: Literal["rounded", "exact"] = "rounded",
    extend: Extension | None = None,
    time_limit: float | None = None,
    progress: Progress = silent,
    scenarios: Sequence[Scenario] = (),
) -> Plan:
    """Plan a farm under scenarios, applied in their order; ``folder`` is the one its series files are relative to.

    ``price`` takes the place of the farm's energy price: an amount such as 62 or "62 CAD/MWh", or a series of them by
    time, on the farm's clock where its index has no zone. ``start`` and ``hours`` are the first scenario's that has
    them where they are not given. See `plan_conditions` for the rest.
    """
    if not isinstance(farm, Farm):
        raise InputError(f"farm: must be one that load_farm or Farm.from_dict makes (got {farm!r:.60})")
    progress("reading market data")
    scenario = combined(scenarios)
    try:
        start = datetime.fromisoformat(start) if isinstance(start, str) else start
    except ValueError:
        raise InputError(f'start: must be a time such as "2026-02-11 06:00" (got {start!r:.60})') from None
    if price is not None and not isinstance(price, pd.Series):
        farm = farm.changed(energy={"price_per_mwh": price})
    if isinstance(price, pd.Series):
        farm = farm.changed(energy={"price_per_mwh": {"file": HANDED}})
    grid = grid_of(farm, *plan_time(scenario, farm, start, hours))
    judge_state(farm.state, farm, grid)
    with as_file(price if isinstance(price, pd.Series) else None, price_file) as prices:
        conditions = conditions_of(farm, Path(folder), grid, prices, progress, scenario)
    plan = plan_conditions(conditions, units=units, extend=extend, time_limit=time_limit, progress=progress)
    return replace(plan, scenarios=tuple(scenario.name for scenario in scenarios))


def plan_conditions(
    c: Conditions,
    *,
    units: Literal["rounded", "exact"] = "rounded",
    extend: Extension | None = None,
    time_limit: float | None = None,
    progress: Progress = silent,
) -> Plan:
    """Plan over given conditions.

    ``units`` says how machines are made whole; ``extend``, the one that stands for the process when None, may add
    constraints to the Pyomo reading, which is then the one that is solved. Searches for whole units are bounded by
    work; ``time_limit``, in seconds, bounds each by the clock in its place. Raises InfeasibleError with the limits that
    collide, StoppedEarlyError, or RuleBrokenError should the finished schedule break a rule after all.
    """
    progress("building the program")
    extend = extend or common_extension()
    with_tail = to_the_end(c if extend is None else replace(c, tail=None))
    problem = build_problem(with_tail)
    program = compile_program(problem)
    progress("solving")
    if extend is None:
        solution = solved(with_tail, program)
    else:
        from optimizer.engine.pyomo_model import solve_extended  # pyomo takes a third of a second to import

        solved(c, program)  # limits that collide without the extension are told in the farm's words
        solution = solve_extended(problem, program, extend)
    progress("making machines whole")
    if extend is not None:
        rounded = _extended_whole(c, solution, extend, exact=units == "exact")
    elif units == "exact":
        rounded = exact_schedule(with_tail, program, solution, time_limit=time_limit)
    else:
        rounded = whole_schedule(with_tail, program, solution, time_limit=time_limit)
    progress("checking and settling")
    return replace(_finished(c, with_tail, problem, program, solution, rounded), extended=extend is not None)


def _finished(
    c: Conditions,
    with_tail: Conditions,
    problem: DispatchProblem,
    program: LinearProgram,
    solution: Solution,
    rounded: Rounded,
) -> Plan:
    """The plan by itself; ``with_tail`` are the conditions of the program, those of its tail among them."""
    n, optimum = len(c.grid), dispatch_of(solution)
    dispatch = rounded.dispatch.first(n)
    breaches = check(c, dispatch)
    if breaches:
        raise RuleBrokenError("the finished schedule breaks a rule:\n" + "\n".join(map(str, breaches[:10])))
    continuous = settle(c, optimum.first(n))
    in_the_tail = settle(with_tail, optimum).profit - continuous.profit if c is not with_tail else 0.0
    return Plan(
        conditions=c,
        dispatch=dispatch,
        explanation=explain(with_tail, problem, program, solution, dispatch).first(n),
        continuous=continuous,
        settled=settle(c, dispatch),
        objective=sum(program.profit_by_term(solution.x).values()) - in_the_tail,
        method=rounded.method,
        ended=rounded.ended,
        tail_usd=in_the_tail,
    )


def _extended_whole(c: Conditions, solution: Solution, extend: Extension, *, exact: bool) -> Rounded:
    from optimizer.engine.pyomo_model import breaks_extension, solve_extended
    from optimizer.plan.whole_units import round_down, snapped

    rounded = round_down(c, dispatch_of(solution))
    problem = build_problem(replace(c, whole=True))
    if not exact and not check(c, rounded) and not breaks_extension(problem, extend, {"units_on": rounded.units_on}):
        return Rounded(rounded, "rounded down")
    whole = solve_extended(problem, compile_program(problem), extend)
    return Rounded(snapped(c, whole), "solved again with integers", whole.ended)
