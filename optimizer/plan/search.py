"""The search for a whole schedule that is as good as any: how far it goes, and when its answer counts as proved.

Machines are rounded down, and everything that is not machines (on-site power, suppliers, export, blocks, choices) is
solved once more around them, by the same program with the machines held. Where that breaks a limit, or falls short of
the bound by more than shows in the account, integers are sought: near the best with whole containers and fractions of
single machines, which bounds every whole schedule; near the trouble with everything else held; throughout. Each begins
from the best so far.

A search is bounded by its work, in branches, and what has too many integers is solved stretch after stretch of time:
the same inputs give the same schedule on a fast machine and on a slow one. The clock ends a search only where asked to.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from optimizer.accounts.breach import Breach
from optimizer.accounts.conditions import Conditions
from optimizer.accounts.dispatch import Dispatch
from optimizer.accounts.settlement import settle
from optimizer.arrays import Bool, F, Int
from optimizer.engine.choices import branches, with_columns_fixed
from optimizer.engine.highs import solve
from optimizer.engine.program import LinearProgram, compile_program
from optimizer.engine.solution import Solution
from optimizer.errors import InfeasibleError
from optimizer.plan import narrowing
from optimizer.plan.checker import check
from optimizer.plan.formulation import VARIABLES, build_problem
from optimizer.plan.narrowing import CONTAINERS, PARTIAL
from optimizer.plan.rounded import Rounded, redispatched
from optimizer.plan.steps import in_steps, rows_of_groups
from optimizer.plan.tail import plan_alone
from optimizer.plan.whole_units import containers, dispatch_of, round_down, units_of

PROVED_SHARE = 1e-4  # of the profit that the best there is may lie above a schedule which counts as proved
PROVED_USD = 0.005  # or so much per interval: half a cent, which no published account of an interval shows
EXACT_GAP = 1e-6  # of the profit, where the whole plan is asked for by branch and bound
EXACT_WORK = 10.0  # times the branches of other searches
REACH = 4  # containers, or single machines, to either side of the best in which these run in fractions
_WITHIN = 0.9  # of what counts as proved at which a search ends, so that last digits do not undo it
_SAME = 1e-9
_CHOICES = tuple(v.name for v in VARIABLES if v.integer and v.name not in (CONTAINERS, PARTIAL))


@dataclass(frozen=True, eq=False)
class _Candidate:
    """A whole schedule that keeps every rule: the program solved around its machines, and how these were found."""

    dispatch: Dispatch
    solution: Solution
    method: str


class Search:
    """Whole schedules of a plan as they are found, and what bounds all of them."""

    def __init__(self, c: Conditions, program: LinearProgram, solution: Solution, time_limit: float | None) -> None:
        self.c, self.program, self.solution, self.time_limit = c, program, solution, time_limit
        self.bound, self.ended = solution.bound, solution.ended
        self.candidates: list[_Candidate] = []

    @cached_property
    def whole(self) -> LinearProgram:
        """The program with integers."""
        return compile_program(build_problem(replace(self.c, whole=True)))

    @cached_property
    def rounded(self) -> F:
        """Machines of the optimum in whole containers, (points, intervals of the plan)."""
        return units_of(round_down(self.c, dispatch_of(self.solution)))[:, : self.c.planned]

    @cached_property
    def tolerance(self) -> float:
        """By how much the bound may exceed a schedule that counts as proved, USD: by what the plan's intervals earn."""
        best = settle(self.c, dispatch_of(self.solution))
        lines = [float(usd[: self.c.planned].sum()) for usd in best.usd.values()]
        income = sum(max(usd, 0.0) for usd in lines)
        return max(PROVED_SHARE * min(abs(sum(lines)), income), PROVED_USD * self.c.planned)

    @property
    def _leader(self) -> _Candidate | None:
        return max(self.candidates, key=lambda candidate: candidate.solution.objective, default=None)

    @property
    def proved(self) -> bool:
        """Whether no whole schedule can earn more than the best so far, by as much as shows."""
        leader = self._leader
        return leader is not None and self.bound - leader.solution.objective <= self.tolerance

    @property
    def best(self) -> Rounded:
        """The best so far."""
        leader = self._leader
        assert leader is not None
        return Rounded(leader.dispatch, leader.method, "" if self.proved else self.ended or "work")

    def in_steps(self) -> Rounded:
        """The best so far in no smaller steps than groups ask for, of every group whose limits allow it."""
        best, leader = self.best, self._leader
        assert leader is not None
        before = units_of(leader.dispatch)[:, : self.c.planned]
        after = in_steps(self.c, before)
        changed = [rows for rows in rows_of_groups(self.c) if (after[rows] != before[rows]).any()]
        for alone in ([changed] if len(changed) == 1 else [changed, *([rows] for rows in changed)]) if changed else []:
            units = units_of(best.dispatch)[:, : self.c.planned]
            for rows in alone:
                units[rows] = after[rows]
            if not self.keep(f"{leader.method}, in steps", units):
                best = Rounded(self.candidates[-1].dispatch, self.candidates[-1].method, best.ended)
                if alone is changed:
                    break
        return best

    def keep(self, method: str, units: F, whole: Solution | None = None) -> list[Breach]:
        """Solve everything else around the plan's machines, and keep it if it breaks no rule; what it breaks.

        ``whole`` is what a search found with them, within the solver's tolerances, where these alone let it pass.
        """
        try:
            optimal = self.solution.values["units_on"][:, : self.c.planned]
            same = np.abs(units - optimal).max(initial=0.0) <= _SAME
            solution = self.solution if same else redispatched(self.program, units)
        except InfeasibleError:
            if whole is None:
                return self._breaches(round_down(self.c, dispatch_of(self.solution)))
            solution = whole
        dispatch = dispatch_of(solution)
        later = units_of(dispatch)[:, self.c.planned :]
        points = dict(zip(dispatch.units_on, np.hstack([units, later]), strict=True))
        dispatch = dispatch.with_(units_on=points)
        breaches = self._breaches(dispatch)
        if not breaches:
            self.candidates.append(_Candidate(dispatch, solution, method))
        return breaches

    def _breaches(self, dispatch: Dispatch) -> list[Breach]:
        """Every breach of a rule in the plan; its tail is no schedule that anybody follows."""
        return check(plan_alone(self.c), dispatch.first(self.c.planned))

    def _machines(self, solution: Solution) -> F:
        """The plan's machines in a program with integers, the solver's last digits taken off."""
        return np.round(solution.values["units_on"][:, : self.c.planned])

    def near(self, breaches: list[Breach]) -> None:
        """Integers where the optimum is not whole and about what rounding breaks, the rest held."""
        self._seek(narrowing.near(self.c, self.whole, self.solution, breaches), "integers near limits, the rest held")

    def throughout(self, _breaches: list[Breach]) -> None:
        """Integers everywhere: that bounds every whole schedule."""
        self.bound = min(self.bound, self._seek(self.whole, "integers throughout").bound)

    def exact(self) -> None:
        """Integers everywhere, all at once and as close as can be told."""
        options = {"mip_rel_gap": EXACT_GAP, **self._limit(self.whole, EXACT_WORK)}
        solution = solve(self.whole, whole=True, start=self._start(self.whole), options=options)
        self.bound, self.ended = min(self.bound, solution.bound), solution.ended
        self.keep("exact", self._machines(solution), solution)

    def around(self, _breaches: list[Breach]) -> None:
        """Integers near the best in which machines that are switched one by one run in fractions.

        That one bounds every whole schedule. HiGHS takes many times as long where a column may be any of a thousand
        whole numbers.
        """
        size = containers(self.c)
        integer = self.whole.integer.copy()
        for name in (CONTAINERS, PARTIAL):
            columns = self.whole.columns[name]
            integer[columns.span] &= np.broadcast_to(size > 1, columns.shape).ravel()
        best = self._integers(replace(self.whole, integer=integer))
        self.bound = min(self.bound, best.bound)
        wanted = best.values["units_on"] / size
        low, high = (np.floor(wanted) - REACH) * size, (np.ceil(wanted) + REACH) * size
        narrowed = narrowing.held_within(self.c, self.whole, np.maximum(low, 0.0), high)
        self._seek(narrowed, "integers near the best with fractions of single machines")

    def _seek(self, program: LinearProgram, method: str) -> Solution:
        solution = self._integers(program)
        self.ended = solution.ended or self.ended
        self.keep(method, self._machines(solution), solution)
        return solution

    def _integers(self, program: LinearProgram) -> Solution:
        """The best of a program with integers: at once, or stretch after stretch where that would be too many."""
        loose = narrowing.loose(program)
        if self.time_limit is not None or loose.sum() <= narrowing.MOST_AT_ONCE:
            return solve(program, whole=True, start=self._start(program), options=self._options(program))
        return self._by_stretches(program, loose)

    def _by_stretches(self, program: LinearProgram, loose: Bool) -> Solution:
        """Integers in one stretch of time after the other, fractions after it, what was found held before it.

        Bounds nothing. Choices stay as the continuous optimum makes them.
        """
        for name in _CHOICES:
            span = program.columns[name].span
            made = np.zeros(program.shape[1], dtype=np.bool_)
            made[span] = True
            values = np.zeros(program.shape[1])
            values[span] = self.solution.values[name].ravel()
            program = with_columns_fixed(program, made, np.round(values))
        stretches = list(narrowing.stretches(loose.sum(axis=0)))
        share = 1.0 / len(stretches)
        for stretch in stretches:
            solution = solve(narrowing.whole_in(program, stretch), whole=True, options=self._options(program, share))
            units = np.round(solution.values["units_on"][:, stretch])
            program = narrowing.held_in(program, stretch, units)
        return replace(solution, bound=np.inf, ended="work")

    def _start(self, program: LinearProgram) -> tuple[Int, F] | None:
        """The best schedule so far as columns of a program with integers, to start from; None where it bars that."""
        leader = self._leader
        if leader is None:
            return None
        values = leader.solution.values
        units, size = units_of(leader.dispatch)[:, : self.c.planned], containers(self.c)
        rest = units % size
        known = {
            "units_on": units_of(leader.dispatch),
            CONTAINERS: np.floor(units / size),
            PARTIAL: (rest > 0).astype(np.float64),
            **{name: np.round(values[name]) for name in _CHOICES},
        }
        spans = [np.arange(span.start, span.stop) for span in (program.columns[name].span for name in known)]
        columns, start = np.concatenate(spans), np.concatenate([part.ravel() for part in known.values()])
        barred = (start < program.col_lower[columns]) | (start > program.col_upper[columns])
        return None if barred.any() else (columns, start)

    def _options(self, program: LinearProgram, share: float = 1.0) -> dict[str, float]:
        """A search for what counts as proved, with so much of the work that one may do."""
        gaps = {"mip_rel_gap": 0.0, "mip_abs_gap": _WITHIN * share * self.tolerance}
        return {**gaps, **self._limit(program, share)}

    def _limit(self, program: LinearProgram, share: float) -> dict[str, float]:
        """How far a search may go: as the clock says where it is asked, else by its work."""
        if self.time_limit is not None:
            return {"time_limit": self.time_limit}
        return {"mip_max_nodes": branches(program, share)}
