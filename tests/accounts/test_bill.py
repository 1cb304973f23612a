"""The bill: line by line by hand, and on random farms its lines add up to the account's."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from types import MappingProxyType
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from optimizer.accounts.bill import BillLine, bill, invoices
from optimizer.accounts.conditions import Conditions
from optimizer.accounts.dispatch import Dispatch
from optimizer.accounts.flows import site_load_mw
from optimizer.accounts.ledger import Account, accounts
from optimizer.accounts.settlement import Books, settle
from optimizer.config.rates import Rates
from optimizer.market.calendars import rates_on
from optimizer.market.grid import Grid
from optimizer.mechanisms.demand.facts import peak_bills
from tests import farms as made
from tests.accounts.schedules import ACROSS, across_two_periods, dispatch, machines
from tests.farms import conditions, farm, farms

ON_THE_BILL = (
    *("energy", "block_cost", "resale_revenue", "supply_cost", "adders", "export_revenue", "energy_tiers"),
    *(
        "demand_charge",
        "later_demand_charge",
        "coincident_peak",
        "take_shortfall_penalty",
        "fixed_charges",
        "minimum_bill",
    ),
)


def lines_of(c: Conditions, plan: Dispatch) -> list[tuple[Any, ...]]:
    """Name, quantity, unit, rate and USD of every line."""
    return [(line.name, line.quantity, line.unit, line.rate, line.usd) for line in bill(settle(c, plan))]


def test_two_billing_periods_by_hand() -> None:
    """The schedule of `test_charges`, as a utility would print it."""
    found = bill(settle(*across_two_periods()))
    rounded = [
        (line.period, line.name, round(line.quantity, 6), line.unit, round(line.rate, 9), round(line.usd, 6))
        for line in found
    ]
    assert rounded == [
        ("2026-02", "Energy at the interval's price", 13_500, "kWh", round(12.75 / 13_500, 9), 12.75),
        ("2026-02", "S", 9_000, "kWh", 0.00025, 2.25),
        ("2026-02", "Adders", 22_500, "kWh", 0.0002, 4.5),
        ("2026-02", "Tier 2", 10_500, "kWh", 0.0015, 15.75),
        ("2026-02", "Demand", 10_000, "kW", 0.003, 18),
        ("2026-02", "CP 2026, billed next year", round(5_750 / 3, 6), "kW", 0.004, round(23 / 3, 6)),
        ("2026-02", "Not taken from S", 3_000, "kWh", 0.00075, 2.25),
        ("2026-02", "Fixed charge", 1, "period", 2, 2),
        ("2026-02", "To the minimum bill", 1, "period", 4, 4),
        ("2026-03", "Energy at the interval's price", 6_500, "kWh", 0.002, 13),
        ("2026-03", "S", 1_000, "kWh", 0.00025, 0.25),
        ("2026-03", "Adders", 7_500, "kWh", 0.0002, 1.5),
        ("2026-03", "Tier 2", 5_500, "kWh", 0.0015, 8.25),
        ("2026-03", "Demand", 5_000, "kW", 0.003, 6),
        ("2026-03", "CP 2026, billed next year", round(1_000 / 3, 6), "kW", 0.004, round(4 / 3, 6)),
        ("2026-03", "Not taken from S", 1_000, "kWh", 0.00075, 0.75),
        ("2026-03", "Fixed charge", 1, "period", round(2 * 672 / 744, 9), round(2 * 672 / 744, 6)),
        ("2026-03", "To the minimum bill", 1, "period", 1.25, 1.25),
    ]
    assert {line.line for line in found} <= set(ON_THE_BILL)


def test_a_peak_names_the_interval_that_set_it_and_what_is_owed_without_the_plan() -> None:
    """February measures 10 MW in its last hour and owes 4 of them; March measures 4 MW, owes 3 and bills half of 10."""
    peaks = [line for line in bill(settle(*across_two_periods())) if line.line == "demand_charge"]
    assert [(line.measured, line.at, line.owed_usd) for line in peaks] == [(10_000, 1, 12), (4_000, 2, 9)]
    tags = [line for line in bill(settle(*across_two_periods())) if line.line == "coincident_peak"]
    assert [line.measured for line in tags] == [2_500, 500]  # of which 625 and 125 are billed anyway
    others = [line for line in bill(settle(*across_two_periods())) if line not in (*peaks, *tags)]
    assert {(line.measured, line.at, line.owed_usd) for line in others} == {(None, None, 0.0)}


def test_what_a_peak_holds_up_later_is_a_line_of_the_period_it_is_measured_in() -> None:
    """By hand: March is billed half of February's 8 MW instead of the 1 MW expected of it: 3 MW at 3,000 USD."""
    ratchet = {"share": 0.5, "months": 1, "first_month": "2026-02"}
    charge = {"name": "D", "usd_per_mw": 3_000.0, "expected_peak_mw": 0.0, "expected_peaks_mw": 1.0, "ratchet": ratchet}
    c = conditions(farm(energy={"demand": (charge,)}, state={"bill": {"peaks_mw": {"D": 0.0}}}), [0.0, 0.0])
    (held_up,) = [line for line in bill(settle(c, machines([2.0, 8.0]))) if line.line == "later_demand_charge"]
    assert (held_up.period, held_up.name) == ("2026-02", "D held up in 1 later periods to 2026-03")
    assert (held_up.quantity, held_up.rate, held_up.usd) == pytest.approx((3_000.0, 3.0, 9_000.0))
    assert (held_up.measured, held_up.at) == (8_000.0, 1)


def test_a_rate_above_a_peak_bills_what_lies_above_it() -> None:
    charge = {"name": "High", "usd_per_mw": 100.0, "above_mw": 5.0, "minimum_mw": 6.0}
    c = conditions(farm(energy={"demand": (charge,)}), [0.0] * 28, hours=24.0, start="2026-02-01 00:00Z")
    assert lines_of(c, machines([7.0] * 28))[1:] == [("High", 2_000, "kW", 0.1, 200)]
    low = bill(settle(c, machines([4.0] * 28)))[1]
    assert (low.quantity, low.usd, low.owed_usd, low.measured) == (1_000, 100, 0, 4_000)


def test_rates_stand_apart_by_name() -> None:
    """Ten machines at 06:00 and 07:00, on-peak from 06:30: 5 MWh off-peak at 0.5, 15 on-peak at 2 USD/MWh."""
    peak = {"name": "On-peak", "usd_per_mwh": 2.0, "when": {"hours": ({"start": 6.5, "end": 22},)}}
    timed = farm(energy={"price_usd_per_mwh": {"rates": (peak,), "otherwise_usd_per_mwh": 0.5}})
    rates = timed.energy.price_usd_per_mwh
    assert isinstance(rates, Rates)
    c = conditions(timed, rates_on(conditions(timed, [0.0] * 2).grid, rates, None))
    assert lines_of(c, machines([10.0] * 2)) == [
        ("On-peak", 15_000, "kWh", 0.002, 30),
        ("Other hours", 5_000, "kWh", 0.0005, 2.5),
    ]


def test_what_is_sold_stands_apart_as_a_credit() -> None:
    """Of a block of 8 MW at 0.5 USD/MWh 6 are used and 2 sold at 3 less 0.5; of 4 MW generated one leaves at 2 USD.

    All of it for half an hour.
    """
    own = {"available_mw": 4.0, "export_limit_mw": 1.0, "export_price_usd_per_mwh": 2.0}
    block = {"name": "Block", "mw": 8.0, "price_usd_per_mwh": 0.5, "resale": {"fee_usd_per_mwh": 0.5}}
    c = conditions(farm(energy={"blocks": (block,), "onsite": own}), [3.0], hours=0.5)
    found = bill(settle(c, dispatch({("G", "normal"): [9.0]}, onsite=4.0, export=1.0)))
    assert [(line.name, line.quantity, line.rate, line.usd) for line in found] == [
        ("Block", 4_000, 0.0005, 2),
        ("Resale of Block", 1_000, -0.0025, -2.5),
        ("Export", 500, -0.002, -1),
    ]
    assert [line.is_credit for line in found] == [False, True, True]


def test_what_is_sold_at_the_cap_is_billed_at_the_cap() -> None:
    """Of a block of 8 MW 6 are used and 2 sold, an hour at 3 and one at 1 USD/MWh: at a cap of 2 less 0.5, then at 0.5.

    Without the cap the first hour would be credited at 2.5.
    """
    resale = {"fee_usd_per_mwh": 0.5, "cap_usd_per_mwh": 2.0}
    block = {"name": "Block", "mw": 8.0, "price_usd_per_mwh": 0.5, "resale": resale}
    c = conditions(farm(energy={"blocks": (block,)}), [3.0, 1.0])
    assert lines_of(c, machines([6.0, 6.0]))[1:] == [("Resale of Block", 4_000, "kWh", -0.001, -(2 * 1.5 + 2 * 0.5))]


def test_nothing_is_printed_where_there_is_nothing_to_print() -> None:
    c = conditions(farm(energy={"demand": ()}), [0.0, 0.0], start=ACROSS)
    assert bill(settle(c, machines([0.0, 0.0]))) == ()


def at_months_end(c: Conditions) -> Conditions:
    """The same conditions with the end of February in the midst of the plan; of a single interval as they are."""
    middle = len(c.grid) // 2
    if middle == 0:
        return c
    moved = c.grid.starts + (pd.Timestamp("2026-03-01T00:00Z") - c.grid.starts[middle])
    return replace(c, market=replace(c.market, grid=Grid(moved, c.grid.hours, c.grid.timezone)))


@st.composite
def schedules(draw: st.DrawFn) -> tuple[Conditions, Dispatch]:
    """A random farm under a random contract, with a share of its machines on, and of what suppliers may give.

    One or two billing periods, so that what one adds to the other counts.
    """
    c = draw(farms())
    if draw(st.booleans()):
        c = at_months_end(c)
    n = len(c.grid)

    def shares() -> Any:
        return np.array(draw(st.lists(st.sampled_from([0.0, 0.5, 1.0]), min_size=n, max_size=n)))

    on = {(group.name, mode): np.zeros(n) for group in c.farm.fleet for mode in group.modes}
    for g, group in enumerate(c.farm.fleet):
        on[group.name, group.modes[0]] = shares() * c.units_available[g]
    nothing = np.zeros(n)
    idle = Dispatch.of(MappingProxyType(on), nothing, nothing)
    left = site_load_mw(c, idle) * (1.0 + c.farm.energy.loss_share)
    drawn = {s.name: shares() * np.minimum(c.market.supply_limit_mw[s.name], left) for s in c.farm.energy.supplies}
    return c, Dispatch.of(idle.units_on, nothing, nothing, supply_mw=drawn)


@given(schedules())
def test_the_lines_add_up_to_the_account(case: tuple[Conditions, Dispatch]) -> None:
    c, plan = case
    account = settle(c, plan)
    printed = bill(settle(c, plan))
    for name in ON_THE_BILL:
        usd = sum(line.usd for line in printed if line.line == name)
        assert usd == pytest.approx(-account.lines[name], rel=1e-9, abs=1e-6), name
    for p, period in enumerate(c.billing.periods):
        by_period = sum(line.usd for line in printed if line.period == period.label)
        inside = slice(period.first, period.stop)
        assert by_period == pytest.approx(
            -sum(account.usd[name][inside].sum() for name in ON_THE_BILL), rel=1e-9, abs=1e-6
        ), p


def is_quantity_times_rate(line: BillLine) -> bool:
    return line.quantity * line.rate == pytest.approx(line.usd + line.owed_usd, rel=1e-9, abs=1e-6)


@given(schedules())
def test_what_a_line_charges_is_its_quantity_times_its_rate(case: tuple[Conditions, Dispatch]) -> None:
    assert all(is_quantity_times_rate(line) for line in bill(settle(*case)))


@given(schedules())
def test_no_import_is_above_the_interval_that_set_the_peak(case: tuple[Conditions, Dispatch]) -> None:
    c, plan = case
    imported = settle(c, plan).import_mw
    peaks = [line for line in bill(settle(c, plan)) if line.line == "demand_charge"]
    for line, facts in zip(peaks, peak_bills(c), strict=True):
        if not len(facts.intervals):
            assert (line.at, line.measured) == (None, None)
            continue
        assert line.at in facts.intervals
        assert line.measured == pytest.approx(1000 * imported[line.at])
        assert imported[facts.intervals].max() <= imported[line.at]


def test_what_a_party_pays_stands_on_its_invoice(monkeypatch: pytest.MonkeyPatch) -> None:
    """A made-up neighbour pays 3 USD for heat in each period: on no bill of the utility."""
    neighbour = Account()

    @neighbour.bill
    def heat(b: Books, p: int) -> Iterator[BillLine]:
        yield BillLine(b.c.billing.periods[p].label, "hash_revenue", "Heat", 2.0, "MWh", 1.5, 3.0, party="Neighbour")

    known, case, printed = accounts(), across_two_periods(), bill(settle(*across_two_periods()))
    assert invoices(settle(*case)) == ()
    monkeypatch.setattr("optimizer.accounts.ledger.accounts", lambda: (*known, neighbour))
    assert bill(settle(*case)) == printed
    assert [(line.party, line.period, line.usd) for line in invoices(settle(*case))] == [
        ("Neighbour", "2026-02", 3.0),
        ("Neighbour", "2026-03", 3.0),
    ]


def test_the_energy_of_an_owner_who_is_told_of_stands_on_an_invoice(monkeypatch: pytest.MonkeyPatch) -> None:
    """4 of 10 machines of 1 MW run for two hours at 50 USD/MWh; nobody is told to own the other group."""
    known, told = accounts(), Account()
    told.owners(lambda _: {"G": "Ann"})
    fleet = (made.group(hosting={"fee_usd_per_mwh": 50.0}), made.group("H", hosting={"fee_usd_per_mwh": 70.0}))
    c, plan = conditions(farm(*fleet), [10.0] * 2), dispatch({("G", "normal"): [4.0] * 2, ("H", "normal"): [9.0] * 2})
    assert invoices(settle(c, plan)) == ()
    monkeypatch.setattr("optimizer.accounts.ledger.accounts", lambda: (*known, told))
    (line,) = invoices(settle(c, plan))
    assert (line.party, line.name, line.quantity, line.usd) == ("Ann", "Energy of G", 8_000.0, 400.0)
