"""The table of contents of the selection of weeks, beside `formulation.py`, and its way from numbers to weights.

==================  ==========================================================================================
file                families
==================  ==========================================================================================
rules/weeks.py      history_length, number_of_weeks, chosen_weeks_only, stands_for_itself, must_be_included,
                    mark_above, mark_below
==================  ==========================================================================================
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from optimizer.conversion.rules import weeks
from optimizer.engine.conflict import in_words
from optimizer.engine.highs import solve
from optimizer.engine.language import AnySet, Float, Formulation, Int, LabelSet, Map, Subset
from optimizer.engine.problem import Problem
from optimizer.engine.program import compile_program
from optimizer.engine.solution import Solution
from optimizer.errors import InfeasibleError

SELECTION = Formulation(
    weeks.PARAMETERS,
    weeks.VARIABLES,
    tuple(weeks.RULES.families),
    tuple(weeks.RULES.terms),
    time="WEEKS",
    short_in="weeks",
)

_NODES = 50  # branches looked at: a count, not a time, so that every machine finds the same weeks
_GAIN = 1e-6  # what an exchange must gain at least, as a share of a mark
_HALF = 0.5


class SelectionProblem(Problem):
    """Which weeks stand for a history."""

    formulation = SELECTION


def selection_problem(
    parts: Float,
    whole: Float,
    curves: Int,
    *,
    length: float,
    count: int,
    included: Sequence[int] = (),
    once: Sequence[int] = (),
) -> SelectionProblem:
    """The choice of ``count`` weeks that stand for a history ``length`` weeks long.

    parts: (marks, weeks), what each week brings to each mark; whole: (marks,), what the history holds there; curves:
    (marks,), the curve of each mark, counted from 0. Weeks ``included`` are chosen; those ``once`` weigh one at most.
    """
    n_marks, n_weeks = parts.shape
    most = np.full(n_weeks, length)
    most[list(once)] = 1.0
    sets: dict[str, AnySet] = {
        "HISTORY": LabelSet(("history",)),
        "WEEKS": LabelSet(tuple(range(n_weeks))),
        "MARKS": LabelSet(tuple(range(n_marks))),
        "CURVES": LabelSet(tuple(range(int(curves.max()) + 1))),
        "INCLUDED": Subset("WEEKS", np.array(sorted(included), dtype=np.int64)),
        "curve_of_mark": Map("CURVES", ("MARKS",), curves.astype(np.int64)),
    }
    return SelectionProblem(
        sets,
        {
            "weeks_in_history": np.array([length]),
            "weeks_to_choose": np.array([float(count)]),
            "most_weight": most,
            "most_chosen": np.ones(n_weeks),
            "part": parts,
            "history_total": whole,
        },
    )


def weights_of(problem: SelectionProblem, nodes: int = _NODES) -> Float:
    """The weight of each week, (weeks,), zero where it is not chosen.

    Branch and bound proves little here, its bound is next to nothing, but it finds good choices early; so it is ended
    after so many branches, and what it found is bettered by exchanges. Raises InfeasibleError with the limits that
    collide.
    """
    program = compile_program(problem)
    try:
        solution = solve(program, whole=True, options={"mip_max_nodes": nodes})
    except InfeasibleError:
        why = in_words(problem, program, lambda _row: "")
        raise InfeasibleError(f"no choice of weeks keeps every limit:\n{why}") from None
    chosen = exchanged(problem, np.flatnonzero(solution.values["chosen"] > _HALF).tolist())
    weights = np.zeros(problem.size("WEEKS"))
    weights[chosen] = _of(problem, chosen).values["weight"]
    return weights


def exchanged(problem: SelectionProblem, chosen: Sequence[int]) -> list[int]:
    """The chosen weeks after every exchange of one for another that lessens the misfit, until none does.

    Each week in turn gives way to the best of all others. The weights of a choice are a linear program.
    """
    included = set(_positions(problem))
    best, least = sorted(chosen), _of(problem, chosen).objective
    bettered = True
    while bettered:
        bettered = False
        for out in [week for week in best if week not in included]:
            rest = [week for week in best if week != out]
            tried = {
                week: _of(problem, [*rest, week]).objective for week in range(problem.size("WEEKS")) if week not in best
            }
            week = max(tried, key=tried.__getitem__, default=out)
            if week != out and tried[week] > least + _GAIN:
                best, least, bettered = sorted([*rest, week]), tried[week], True
    return best


def _positions(problem: SelectionProblem) -> list[int]:
    included = problem.sets["INCLUDED"]
    assert isinstance(included, Subset)
    return [int(week) for week in included.positions]


def _of(problem: SelectionProblem, chosen: Sequence[int]) -> Solution:
    """The best weights of these weeks alone."""
    weeks_ = sorted(chosen)
    curve_of_mark = problem.sets["curve_of_mark"]
    assert isinstance(curve_of_mark, Map)
    alone = selection_problem(
        problem.part[:, weeks_],
        problem.history_total,
        curve_of_mark.position,
        length=float(problem.weeks_in_history[0]),
        count=len(weeks_),
        included=range(len(weeks_)),
        once=np.flatnonzero(problem.most_weight[weeks_] == 1.0).tolist(),
    )
    return solve(compile_program(alone))
