"""Weeks that stand for a history, by hand: what each rule of the selection is worth, and its two readings."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyomo.environ as pyo
import pytest
from pyomo.contrib.appsi.solvers import Highs

from optimizer.conversion.selection import SELECTION, SelectionProblem, exchanged, selection_problem, weights_of
from optimizer.engine.highs import solve
from optimizer.engine.program import compile_program
from optimizer.engine.pyomo_model import pyomo_model
from optimizer.errors import InfeasibleError
from tests.engine.test_two_readings import the_same

# Hours above two strike prices, of each of four weeks; the history of ten weeks has 3 x A + 7 x C, or 30 and 28.
HOURS = np.array([[10.0, 5.0, 0.0, 4.0], [0.0, 1.0, 4.0, 3.0]])


def problem(**more: Any) -> SelectionProblem:
    """Two of the four weeks A, B, C, D are to stand for 3 x A + 7 x C."""
    told: dict[str, Any] = {
        "parts": HOURS,
        "whole": np.array([30.0, 28.0]),
        "curves": np.array([0, 0]),
        "length": 10.0,
        "count": 2,
        "included": (),
        "once": (),
        **more,
    }
    return selection_problem(**told)


def misfit(p: SelectionProblem, without: str = "") -> float:
    """The least misfit, a family left out."""
    families = [family for family in SELECTION.families if family.name != without]
    return -solve(compile_program(p, families), whole=True).objective


def test_the_weeks_that_make_up_the_history_are_found() -> None:
    assert weights_of(problem()) == pytest.approx([3.0, 0.0, 7.0, 0.0], abs=1e-9)
    assert misfit(problem()) == pytest.approx(0.0, abs=1e-9)


def test_history_length() -> None:
    """Proves that weights add up: in nine weeks the marks of ten are missed.

    By hand: of all pairs C and D do best, D d times and C 9 - d times hold 4d and 36 - d: off by 4d - 30 and 8 - d,
    which is the same at d = 7.6: 0.4. Without the rule 3 x A and 7 x C fit.
    """
    assert misfit(problem(length=9.0)) == pytest.approx(0.4)
    assert misfit(problem(length=9.0), "history_length") == pytest.approx(0.0, abs=1e-9)


def test_number_of_weeks() -> None:
    """Proves that one week is one: the best is D ten times, 40 and 30 against 30 and 28, off by 10."""
    assert misfit(problem(count=1)) == pytest.approx(10.0)
    assert misfit(problem(count=1), "number_of_weeks") == pytest.approx(0.0, abs=1e-9)


def test_chosen_weeks_only() -> None:
    """Proves that what is not chosen has no weight: B ten times is off by 20.

    Without the rule B once, and beside it as much of the others as they fit, is off by nothing.
    """
    p = problem(count=1, included=(1,))
    assert misfit(p) == pytest.approx(20.0)
    assert misfit(p, "chosen_weeks_only") == pytest.approx(0.0, abs=1e-9)


def test_stands_for_itself() -> None:
    """Proves that a week included stands for one week at least.

    All ten marks are C's, 0 and 40. With A included once: 10 and 36, off by 10. Without the rule A's weight is 0.
    """
    p = problem(whole=np.array([0.0, 40.0]), included=(0,))
    assert misfit(p) == pytest.approx(10.0)
    assert misfit(p, "stands_for_itself") == pytest.approx(0.0, abs=1e-9)


def test_must_be_included() -> None:
    """Proves that B is among the two if asked for: b times it and 10 - b times C are off by 30 - 5b and 3b - 12.

    The same at b = 5.25: 3.75. A and C alone fit.
    """
    p = problem(included=(1,))
    assert weights_of(p) == pytest.approx([0.0, 5.25, 4.75, 0.0])
    assert misfit(p) == pytest.approx(3.75)
    assert misfit(p, "must_be_included") == pytest.approx(0.0, abs=1e-9)


def test_a_storm_stands_for_itself_alone() -> None:
    """Proves the most a weight may be: A once and C nine times make 10 and 36, off by 20 and 8."""
    p = problem(included=(0,), once=(0,))
    assert weights_of(p)[0] == pytest.approx(1.0)
    assert misfit(problem(included=(0, 2), once=(0,))) == pytest.approx(20.0)


def test_mark_above_and_mark_below() -> None:
    """Proves both sides: too much and too little each cost what they miss."""
    above = problem(whole=np.array([0.0, 0.0]), count=1, included=(2,))
    below = problem(whole=np.array([0.0, 90.0]), count=1, included=(2,))
    assert (misfit(above), misfit(below)) == (pytest.approx(40.0), pytest.approx(50.0))
    assert misfit(above, "mark_above") == misfit(below, "mark_below") == pytest.approx(0.0)


def test_the_largest_miss_of_each_curve_counts_once() -> None:
    """C ten times is off by 30 and 12: as one curve 30, as two 42."""
    assert misfit(problem(count=1, included=(2,))) == pytest.approx(30.0)
    assert misfit(problem(count=1, included=(2,), curves=np.array([0, 1]))) == pytest.approx(42.0)


def test_weights_that_cannot_add_up_are_refused() -> None:
    """By hand: A stands for one of ten weeks; nine more are nine tenths of one that stands for ten at most."""
    with pytest.raises(InfeasibleError) as caught:
        weights_of(problem(count=1, included=(0,), once=(0,)))
    assert str(caught.value) == (
        "no choice of weeks keeps every limit:\n  1 weeks are chosen, which is 0.9 weeks short\n"
        "    against it: the history lasts 10 weeks\n    against it: a week stands for 1 at most\n"
        "    against it: a week stands for 10 at most\n    against it: storms and peaks must be chosen"
    )


def test_both_readings_are_the_same() -> None:
    p = problem(length=9.0, included=(1,), once=(3,), curves=np.array([0, 1]))
    the_same(p)
    model: Any = pyomo_model(p)
    Highs().solve(model)
    assert -pyo.value(model.profit) == pytest.approx(misfit(p))


def test_exchanges_lead_from_b_and_d_to_a_and_c() -> None:
    """B for C first: C and D are off by 3.6, A and D by 16. Then D for A: off by nothing."""
    assert exchanged(problem(), [1, 3]) == [0, 2]


def test_what_must_be_included_is_not_exchanged() -> None:
    """With B, C is best; B stays."""
    assert exchanged(problem(included=(1,)), [1, 3]) == [1, 2]
