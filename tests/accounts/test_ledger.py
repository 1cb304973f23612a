"""The open ledger: a line of money that nobody here knows goes through all that is done with an account."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from io import StringIO
from typing import Any

import numpy as np
import pytest
from rich.console import Console

from optimizer.accounts.conditions import Conditions
from optimizer.accounts.ledger import Account, Kind, accounts, ledger, of_kind
from optimizer.accounts.settlement import Books, settle
from optimizer.daily.kept import planned_record
from optimizer.daily.record import record_of
from optimizer.mechanisms.contents import parts
from optimizer.plan.formulation import build_problem
from optimizer.plan.outcomes import outcome
from optimizer.plan.planning import Plan, plan_conditions
from optimizer.plan.state import state_after
from optimizer.report.plan.files import plan_files
from optimizer.report.plan.page import render_plan
from optimizer.report.plan.summary import print_summary
from tests.accounts.test_dispatch import HOURS, Heated
from tests.farms import conditions, farm


class Heat:
    """The made-up mechanism: heat is paid with 0.1 USD/MWh."""

    ACCOUNT = Account()
    ACCOUNT.words["District heat"] = "Water that machines warmed."


@Heat.ACCOUNT.line("Heat sold to neighbours", Kind.MACHINES)
def heat_sold(b: Books) -> Any:
    sold = sum(b.dispatch.table.get("heat_mw", {}).values(), np.zeros(len(b.c.grid)))
    return 0.1 * b.c.grid.hours * sold


@pytest.fixture(autouse=True)
def _heated(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    def built(c: Conditions, **more: Any) -> Heated:
        problem = build_problem(c, **more)
        return Heated(problem.sets, problem.parameters)

    monkeypatch.setattr("optimizer.plan.planning.build_problem", built)
    monkeypatch.setattr("optimizer.accounts.ledger.parts", lambda part: (*parts(part), Heat))
    accounts.cache_clear()
    ledger.cache_clear()
    yield
    accounts.cache_clear()
    ledger.cache_clear()


def planned() -> Plan:
    """Ten machines of 1 MW run in the first and the last hour: 10 USD less 0.5 x 10 for power, and 0.25 for heat."""
    return plan_conditions(conditions(farm(), HOURS))


def test_program_and_account_agree_on_it() -> None:
    plan = planned()
    assert plan.settled.lines["heat_sold"] == pytest.approx(2 * 0.25)
    assert plan.settled.profit == pytest.approx(2 * (10 - 5) + 2 * 0.25)
    assert plan.objective == pytest.approx(plan.continuous.profit, abs=1e-4)
    assert settle(plan.conditions, plan.dispatch).lines["energy"] == pytest.approx(-10)


def test_it_is_kept_in_records_and_adds_up_over_parts() -> None:
    plan = planned()
    again = record_of(planned_record(plan, nearest=False).text(), "test")
    assert settle(again.conditions, again.dispatch).lines == plan.settled.lines
    first = replace(plan.conditions, market=plan.market.part(0, 2))
    state = state_after(first, plan.dispatch.first(2))
    then = replace(plan.conditions, market=plan.market.part(2, 3), state=state)
    parts = settle(first, plan.dispatch.first(2)), settle(then, plan.dispatch.at(np.array([2])))
    assert sum(part.lines["heat_sold"] for part in parts) == pytest.approx(0.5)


def test_it_is_published() -> None:
    plan = planned()
    assert '"heat_sold": 0.5' in plan_files(plan)["settlement.json"]
    page = render_plan(plan, ())
    assert "Heat sold to neighbours" in page
    assert "<dt>District heat</dt><dd>Water that machines warmed.</dd>" in page
    print_summary(plan, console := Console(record=True, width=120, file=StringIO()))
    assert "Heat sold to neighbours" in console.export_text()


def test_it_counts_by_its_kind() -> None:
    plan = planned()
    assert "heat_sold" in of_kind(Kind.MACHINES)
    assert outcome(plan.conditions, plan.dispatch, {}).of(Kind.MACHINES) == pytest.approx(20.5)
