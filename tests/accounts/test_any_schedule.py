"""The program's money of any schedule, not just of the best one, is the settlement's."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given

from optimizer.accounts.conditions import Conditions
from optimizer.accounts.dispatch import Dispatch
from optimizer.accounts.ledger import ledger
from optimizer.accounts.reasons import Reason
from optimizer.accounts.settlement import settle
from optimizer.engine.choices import optimum
from optimizer.engine.program import LinearProgram, compile_program
from optimizer.mechanisms.bill.facts import least_usd
from optimizer.plan.formulation import FAMILIES, TERMS, build_problem
from tests.accounts.schedules import across_two_periods
from tests.accounts.test_bill import schedules

# Limits with a price, and all that is charged, settle schedules; what keeps machines off at no price forbids them
SETTLING = [f for f in FAMILIES if f.soft is not None or f.item is None or f.item.reason in (None, Reason.PRICE)]


def held(c: Conditions, plan: Dispatch, program: LinearProgram) -> LinearProgram:
    """The program with machines, suppliers and on-site power held to a schedule."""
    lower, upper = program.col_lower.copy(), program.col_upper.copy()
    points = [plan.units_on[group.name, mode] for group in c.farm.fleet for mode in group.modes]
    supplies = [plan["supply_mw"][supply.name] for supply in c.farm.energy.supplies]
    for name, rows in (("units_on", points), ("supply_mw", supplies)):
        span = program.columns[name].span
        lower[span] = upper[span] = np.concatenate([np.zeros(0), *rows])
    for name in ("source_mw", "export_mw"):
        upper[program.columns[name].span] = 0.0
    return replace(program, col_lower=lower, col_upper=upper)


def assert_one_account(c: Conditions, plan: Dispatch) -> None:
    """Assert that program and settlement agree on every line of a schedule."""
    program = held(c, plan, compile_program(build_problem(c), SETTLING))
    terms, account = program.profit_by_term(optimum(program).x), settle(c, plan)
    lines = account.lines
    for money in (terms, lines):
        # without a fee a block may as well be sold and spot bought as the block be used
        money["energy"] += money.pop("resale_revenue")
        if least_usd(c):  # below the minimum bill one line may as well be charged as another
            money["minimum_bill"] += money.pop("demand_charge") + money.pop("energy_tiers")
    scale = 1.0 + sum(map(abs, lines.values()))
    assert sum(terms.values()) == pytest.approx(account.profit, rel=1e-9, abs=1e-9 * scale)
    for name, usd in lines.items():
        assert terms[name] == pytest.approx(usd, rel=1e-9, abs=1e-8 * scale), name


@given(schedules())
def test_the_program_charges_any_schedule_what_the_settlement_does(case: tuple[Conditions, Dispatch]) -> None:
    assert_one_account(*case)


def test_and_the_schedule_over_two_billing_periods() -> None:
    assert_one_account(*across_two_periods())


def test_the_lines_of_the_ledger_are_those_of_the_account_and_the_terms_of_the_program() -> None:
    assert list(settle(*across_two_periods()).usd) == [line.name for line in ledger()]
    assert {term.name for term in TERMS if term.money} == {line.name for line in ledger()}
