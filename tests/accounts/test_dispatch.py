"""The open table of decisions: what nobody here knows goes through all that is done with a schedule."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from optimizer.accounts.conditions import Conditions
from optimizer.accounts.dispatch import Dispatch, joined
from optimizer.accounts.reasons import Reason
from optimizer.accounts.settlement import settle
from optimizer.daily.carried import followed_until
from optimizer.daily.record import Record, record_of
from optimizer.engine.highs import solve
from optimizer.engine.language import Family, Term, Variable
from optimizer.engine.program import compile_program
from optimizer.errors import CurtailError
from optimizer.plan.formulation import DISPATCH, DispatchProblem, build_problem
from optimizer.plan.whole_units import dispatch_of, round_down
from optimizer.report.kit.power import power_text
from optimizer.through_time.backtest.store import packed_schedule, unpacked
from optimizer.through_time.policies import Followed
from optimizer.through_time.step import chained
from tests.farms import conditions, farm

HOURS = [0.5, 5.0, 0.5]


def heat_limit(m: Any, g: Any, t: Any) -> Any:
    """A made-up mechanism: a group's heat is sold, at most a quarter of what its machines draw."""
    return m.heat_mw[g, t] <= 0.25 * m.sum(m.POINTS_OF_GROUP[g], lambda p: m.units_on[p, t])


def heat_sold(m: Any, g: Any, t: Any) -> Any:
    return 0.1 * m.hours[t] * m.heat_mw[g, t]


class Heated(DispatchProblem):
    """Plans of a farm that sells heat."""

    formulation = replace(
        DISPATCH,
        variables=(*DISPATCH.variables, Variable("heat_mw", ("GROUPS", "INTERVALS"), decided=True)),
        families=(
            *DISPATCH.families,
            Family(heat_limit, ("GROUPS", "INTERVALS"), "heat is a quarter of the load", unit="MW"),
        ),
        terms=(*DISPATCH.terms, Term(heat_sold, ("GROUPS", "INTERVALS"))),
    )


def heated() -> tuple[Conditions, Dispatch]:
    """By hand: ten machines of 1 MW run at 0.5 USD/MWh and not at 5; 2.5 MW of heat while they run."""
    c = conditions(farm(), HOURS)
    problem = build_problem(c)
    solution = solve(compile_program(Heated(problem.sets, problem.parameters)))
    return c, dispatch_of(solution)


def rows(dispatch: Dispatch) -> dict[str, list[float]]:
    return {name: next(iter(series.values())).tolist() for name, series in dispatch.table.items() if series}


def test_what_the_program_decides_is_in_the_schedule() -> None:
    c, found = heated()
    assert rows(found) == {"units_on": [10, 0, 10], "heat_mw": [2.5, 0, 2.5]}
    assert list(found.table["heat_mw"]) == ["G"]
    assert rows(round_down(c, found)) == rows(found)
    assert settle(c, found).profit == pytest.approx(2 * (10 - 5))  # 1 USD/h a machine; nobody accounts for heat yet


def test_it_is_cut_joined_and_taken_to_other_intervals() -> None:
    _, found = heated()
    assert rows(found.first(2))["heat_mw"] == [2.5, 0]
    assert rows(found.at(np.array([2, 1, 1])))["heat_mw"] == [2.5, 0, 0]
    assert rows(joined([found.first(1), found]))["heat_mw"] == [2.5, 2.5, 0, 2.5]
    pieces = [Followed(found.first(2).table, {Reason.PRICE: np.zeros((1, 2))}), Followed(found.at(np.array([2])).table)]
    assert rows(chained(pieces)) == rows(found)
    assert len(found) == 3


def test_it_is_kept_in_records_and_pieces_of_replays() -> None:
    c, found = heated()
    record = Record("plan", c.farm, c.market, c.state, found, 1.0, (("price",) * 3,))
    again = record_of(record.text(), "test")
    assert rows(again.dispatch) == rows(found)
    assert again.text() == record.text()
    assert rows(followed_until(record, c.grid.ends[1])[1])["heat_mw"] == [2.5, 0]
    followed = Followed(found.table, {Reason.PRICE: np.ones((1, 3))})
    assert rows(unpacked(packed_schedule(followed))) == rows(found)
    assert unpacked(packed_schedule(followed)).off[Reason.PRICE].tolist() == [[1, 1, 1]]


def test_it_is_published() -> None:
    header, *lines = power_text(*heated()).splitlines()
    assert [line.split(",")[header.split(",").index("G/heat_mw")] for line in lines] == ["2.5", "0", "2.5"]


def test_a_series_too_short_is_no_record() -> None:
    c, found = heated()
    short = found.with_(heat_mw={"G": np.ones(2)})
    with pytest.raises(CurtailError, match="is no record of a run"):
        record_of(Record("plan", c.farm, c.market, c.state, short, 1.0, (("price",) * 3,)).text(), "test")
