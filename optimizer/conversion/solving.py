"""One case solved: the investment program, its optimum, and the account of what it decides."""

from __future__ import annotations

from dataclasses import dataclass

from optimizer.arrays import F
from optimizer.conversion.account import StudyAccount, account_of
from optimizer.conversion.case import Case
from optimizer.conversion.choices import VariantRules
from optimizer.conversion.investment import INVESTMENT, InvestmentProblem
from optimizer.conversion.program import decisions_of, problem_of
from optimizer.engine.conflict import CollidingRow, in_words
from optimizer.engine.program import LinearProgram, compile_program
from optimizer.engine.scaling import solve_counted
from optimizer.engine.solution import Solution
from optimizer.errors import InfeasibleError


@dataclass(frozen=True, eq=False)
class Solved:
    """An optimum with its account; ``proved`` is False where a time limit ended the search for whole steps."""

    account: StudyAccount
    program: LinearProgram
    solution: Solution

    @property
    def converted_mw(self) -> F:
        """Critical MW of each vintage on each path, (vintages, paths)."""
        return self.account.decisions.converted_mw


def solve_case(
    case: Case,
    rules: VariantRules | None = None,
    *,
    time_limit: float | None = None,
    fast: bool = False,
    reason: bool = True,
) -> Solved:
    """The best a case allows. Raises InfeasibleError, with ``reason`` for it in words, and SolverError.

    ``fast`` takes the interior point method, which large trees of paths need; its answer is made a vertex all the same.
    """
    rules = rules or VariantRules()
    problem = problem_of(case, rules)
    program = compile_program(problem)
    options = {"solver": "ipm"} if fast else None
    try:
        solution = solve_counted(
            program, INVESTMENT, whole=bool(program.integer.any()), time_limit=time_limit, options=options
        )
    except InfeasibleError:
        if not reason:
            raise
        raise InfeasibleError(f"no plan keeps every limit:\n{_why(problem, program)}") from None
    return Solved(account_of(case, decisions_of(case, rules, solution.values)), program, solution)


def _why(problem: InvestmentProblem, program: LinearProgram) -> str:
    """The limits that collide, by period, and by path where there are several."""
    located = ("PERIODS", "PATHS") if problem.size("PATHS") > 1 else ("PERIODS",)

    def when(row: CollidingRow) -> str:
        labels = [problem.labels(name)[row.at[name]] for name in located if name in row.at]
        return f"{', '.join(labels)}: " if labels else ""

    return in_words(problem, program, when)
