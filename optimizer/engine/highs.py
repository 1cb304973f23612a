"""The HiGHS boundary: the only module that imports highspy. Every status is read; nothing is ignored."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import highspy
import numpy as np

from optimizer.arrays import Int
from optimizer.engine.language import Float
from optimizer.engine.program import LinearProgram
from optimizer.engine.solution import Ended, Solution
from optimizer.errors import InfeasibleError, SolverError, StoppedEarlyError, UnboundedError

_ARRAYS = ("cost", "coefficients", "row_lower", "row_upper", "col_lower", "col_upper")

_IRREDUCIBLE = 4  # iis_strategy: reduce until nothing can be left out
LONGEST_S = 3600.0  # of any solve, in every command: a program that takes longer will not be waited for
_SMALLEST = 1e-9  # coefficients that HiGHS leaves out with a warning, such as a price of a sum's last digits


def _check(status: Any, what: str) -> None:
    if status != highspy.HighsStatus.kOk:
        raise SolverError(f"HiGHS refused {what}: {status.name}")


def _highs() -> Any:
    return highspy.Highs()  # type: ignore[no-untyped-call]  # highspy types its C++ half only


def load(program: LinearProgram, options: Mapping[str, Any] | None = None, *, whole: bool = False) -> Any:
    """A HiGHS instance holding the program.

    HiGHS takes a NaN cost for an optimum and an unknown option for a warning, so both are judged here.
    Raises SolverError.
    """
    for name in _ARRAYS:
        if np.isnan(getattr(program, name)).any():
            raise SolverError(f"{name}: NaN reached the solver boundary")
    highs = _highs()
    for option, value in {"output_flag": False, "threads": 1, **(options or {})}.items():
        _check(highs.setOptionValue(option, value), f"option {option}={value!r}")
    passed = highs.passModel(  # the overload that takes arrays: a third of the time of filling a HighsLp
        program.shape[1],
        program.shape[0],
        len(program.indices),
        int(highspy.MatrixFormat.kRowwise),
        int(highspy.ObjSense.kMaximize),
        program.offset,
        program.cost,
        program.col_lower,
        program.col_upper,
        program.row_lower,
        program.row_upper,
        program.starts,
        program.indices,
        np.where(np.abs(program.coefficients) <= _SMALLEST, 0.0, program.coefficients),
        (program.integer & whole).astype(np.int32),
    )
    _check(passed, "the program")
    return highs


def solve(
    program: LinearProgram,
    *,
    whole: bool = False,
    time_limit: float | None = None,
    basis: Any = None,
    start: tuple[Int, Float] | None = None,
    options: Mapping[str, Any] | None = None,
) -> Solution:
    """Solve a program; with ``whole`` its integer columns are integers, else they are ignored as such.

    ``time_limit`` is in seconds; without one, what has no optimum within ``LONGEST_S`` is stopped. A limit on work,
    such as ``mip_max_nodes``, is an option, and ends a search in the same place on every machine. ``start`` is columns
    and values, at least of all integers, of a schedule to start from.
    Raises InfeasibleError, UnboundedError, StoppedEarlyError (a limit without a feasible schedule) or SolverError; a
    limit with a feasible schedule returns it, and ``ended`` says which.

    >>> import numpy as np
    >>> from optimizer.engine.program import LinearProgram
    >>> one = np.ones(1)
    >>> program = LinearProgram(3 * one, 0.0, np.array([0, 1], np.int32), np.array([0], np.int32), one,
    ...     np.array([-np.inf]), 4 * one, 0 * one, np.array([np.inf]), np.array([False]), {}, {}, {})
    >>> solve(program).objective
    12.0
    """
    chosen = {"time_limit": LONGEST_S if time_limit is None else time_limit, **(options or {})}
    highs = load(program, chosen, whole=whole)
    if basis is not None:
        _check(highs.setBasis(basis), "the starting basis")
    if start is not None:
        _check(highs.setSolution(len(start[0]), start[0].astype(np.int32), start[1]), "the starting schedule")
    ran = highs.run()
    status, known = highs.getModelStatus(), highspy.HighsModelStatus
    if ran == highspy.HighsStatus.kError:
        raise SolverError(f"HiGHS failed: {highs.modelStatusToString(status)}")
    if status == known.kUnboundedOrInfeasible:  # presolve saw one of the two: ask again without it
        options = {**(options or {}), "presolve": "off"}
        return solve(program, whole=whole, time_limit=time_limit, start=start, options=options)
    if status == known.kInfeasible:
        raise InfeasibleError("no schedule meets every limit")
    if status == known.kUnbounded:
        raise UnboundedError("profit has no limit: a price or a limit is missing")
    feasible = highs.getInfo().primal_solution_status == 2
    ended = _ended(status)
    if ended == "clock" and time_limit is None:
        raise StoppedEarlyError(f"no optimum was proved within {LONGEST_S:g} s: plan fewer or longer intervals")
    if ended and not feasible:
        raise StoppedEarlyError(f"no schedule found within the limit: {highs.modelStatusToString(status)}")
    if not ended and status != known.kOptimal:
        raise SolverError(f"HiGHS stopped: {highs.modelStatusToString(status)}")
    return _solution(program, highs, ended, mixed=whole and bool(program.integer.any()))


def _ended(status: Any) -> Ended:
    known = highspy.HighsModelStatus
    if status == known.kTimeLimit:
        return "clock"
    return "work" if status in (known.kIterationLimit, known.kInterrupt, known.kSolutionLimit) else ""


def _solution(program: LinearProgram, highs: Any, ended: Ended, *, mixed: bool) -> Solution:
    answer = highs.getSolution()
    x = np.asarray(answer.col_value, dtype=np.float64)
    row_dual = np.asarray(answer.row_dual, dtype=np.float64)
    column_dual = np.asarray(answer.col_dual, dtype=np.float64)
    duals = answer.dual_valid
    objective = float(highs.getInfo().objective_function_value)
    return Solution(
        objective=objective,
        bound=float(highs.getInfo().mip_dual_bound) if mixed else objective,
        x=x,
        values={name: columns.of(x) for name, columns in program.columns.items()},
        decided=program.decided(x),
        row_dual=row_dual,
        column_dual=column_dual,
        shadow_prices={
            name: row_dual[rows.start : rows.stop].reshape(rows.shape) for name, rows in program.rows.items() if duals
        },
        reduced_costs={name: columns.of(column_dual) for name, columns in program.columns.items() if duals},
        basis=highs.getBasis(),
        ended=ended,
        iterations=int(highs.getInfo().simplex_iteration_count),
    )


def conflicting_rows(program: LinearProgram) -> Int:
    """Rows of an irreducible conflict of an infeasible program: leave any one out and the rest can be met."""
    highs = load(program, {"iis_strategy": _IRREDUCIBLE})
    highs.run()
    _, conflict = highs.getIis()
    return np.asarray(sorted(conflict.row_index_), dtype=np.int64)
