"""The state a schedule ends in is the one the next plan begins from."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from optimizer.accounts.conditions import Conditions
from optimizer.accounts.settlement import settle
from optimizer.plan.planning import plan_conditions
from optimizer.plan.state import state_after
from tests.accounts.schedules import machines
from tests.farms import conditions, farm, group

LAST_HOURS = "2026-02-28 22:00+00:00"


def after(c: Conditions) -> Any:
    return state_after(c, plan_conditions(c).dispatch)


def charged(bill: dict[str, Any] | None = None, least: float = 1.0, **charge: Any) -> Any:
    demand = {"name": "D", "usd_per_mw": 0.25, "expected_peak_mw": 0.0, **charge}
    energy = {"demand": (demand,), "minimum_bill_usd_per_month": least}
    return farm(group(units=10), energy=energy, state={"bill": {"peaks_mw": {"D": 4.0}, **(bill or {})}})


def test_a_period_that_goes_on_carries_its_peak_and_what_it_charged() -> None:
    """Ten machines for two hours at 0.5 USD/MWh: 10 USD of energy, and 6 MW more than before at 0.25 USD/MW."""
    bill = after(conditions(charged({"charged_usd": 2.0}), [0.5, 0.5])).bill
    assert bill.peaks_mw == {"D": 10.0}
    assert bill.past_peaks_mw == {}
    assert bill.charged_usd == pytest.approx(2.0 + 10.0 + 6 * 0.25)
    without = after(conditions(charged({"charged_usd": 2.0}, least=0.0), [0.5, 0.5])).bill
    assert without.charged_usd == 2.0  # nothing asks for it


def test_a_period_that_ends_becomes_past() -> None:
    bill = after(conditions(charged(), [0.5, 0.5], start=LAST_HOURS)).bill
    assert (bill.peaks_mw, bill.past_peaks_mw, bill.charged_usd) == ({}, {"D": {"2026-02": 10.0}}, 0.0)


def test_an_interval_across_the_end_of_a_period_begins_the_next_with_nothing() -> None:
    """The hour from 23:30 belongs to February; at 00:30 March has begun, and the next plan needs its peak so far."""
    c = conditions(charged(), [0.5, 0.5], start="2026-02-28 22:30+00:00")
    bill = after(c).bill
    assert (bill.peaks_mw, bill.past_peaks_mw) == ({"D": 0.0}, {"D": {"2026-02": 10.0}})


def test_a_new_period_is_charged_the_floor_its_ratchet_holds_up() -> None:
    """March begins in the plan: half of February's 10 MW are billed in it, though nothing runs at 2 USD/MWh."""
    ratchet = {"share": 0.5, "months": 1, "first_month": "2026-02"}
    c = conditions(charged(ratchet=ratchet), [0.5, 0.5, 2.0], start=LAST_HOURS)
    bill = after(c).bill
    assert bill.peaks_mw == {"D": 0.0}
    assert bill.past_peaks_mw == {"D": {"2026-02": 10.0}}


MISSED = {"name": "call", "start": "2026-02-11 06:00", "end": "2026-02-11 10:00", "violation_usd_per_mw": 1.0,
          "cut": {"form": "to_level", "mw": 4}}  # fmt: skip
TWIN = {**MISSED, "name": "by energy", "violation_usd_per_mw": None, "violation_usd_per_mwh": 0.01}


@pytest.mark.parametrize(("before", "after_it"), [({}, 6.0), ({"call": 2.0}, 6.0), ({"call": 8.0}, 8.0)])
def test_the_worst_miss_of_an_event_is_carried(before: dict[str, float], after_it: float) -> None:
    """Ten machines run under a call to 4 MW for two hours at 1 USD per MW; a call charged by energy carries nothing."""
    state = {"missed_mw": before} if before else {}
    c = conditions(farm(events=(MISSED, TWIN), state=state), [0.0, 0.0])
    assert after(c).missed_mw == {"call": after_it}


def test_an_event_that_is_kept_carries_no_miss() -> None:
    assert after(conditions(farm(events=(MISSED,)), [0.9, 0.9])).missed_mw == {}


def test_machines_that_run_and_those_still_bound_are_carried() -> None:
    """Six machines start an hour before the plan's end: an hour of their two is left."""
    slow = group(units=6, minimum_on_hours=2.0)
    c = conditions(farm(slow, state={"groups": {"G": {"running": 0}}}), [2.0, 0.0])
    state = after(c)
    assert state.groups["G"].running == 6
    assert [(switch.at.hour, switch.units) for switch in state.groups["G"].started] == [(7, 6)]
    assert state.at == c.grid.end.to_pydatetime()


@pytest.mark.parametrize("expected", [None, 5.0])
def test_plans_made_one_after_the_other_are_charged_with_a_new_peak_once(expected: float | None) -> None:
    """Peaks of 6, 5, 9 and 8 MW over 4 so far: 0.25 USD for each of 5 MW more now, and in each of three later months.

    There 4 MW are expected, as in January, or 5 by contract; a plan that goes on from 6 MW has those among its past.
    """
    more = {} if expected is None else {"expected_peaks_mw": expected}
    ratchet = {"share": 1.0, "months": 3, "first_month": "2026-01"}
    built = charged({"past_peaks_mw": {"D": {"2026-01": 4.0}}}, ratchet=ratchet, **more)
    at_once = conditions(built, [0.0] * 4, start="2026-02-28 20:00Z")
    state, paid = at_once.state, {"demand_charge": 0.0, "later_demand_charge": 0.0}
    for hour, on in enumerate((6.0, 5.0, 9.0, 8.0)):
        c = replace(at_once, market=at_once.market.part(hour, hour + 1), state=state)
        for line in paid:
            paid[line] += settle(c, machines([on])).lines[line]
        state = state_after(c, machines([on]))
    assert paid["demand_charge"] == -0.25 * 5
    assert paid["later_demand_charge"] == -3 * 0.25 * (9.0 - (expected or 4.0))
    assert settle(at_once, machines([6.0, 5.0, 9.0, 8.0])).lines["later_demand_charge"] == paid["later_demand_charge"]


def test_what_was_billed_before_a_period_began_is_none_of_it() -> None:
    """A plan begins with the month, in a state that still tells of the month before: 6 MWh are drawn, not 56."""
    tier = {"name": "T", "above_mwh_per_month": 100.0, "adds_usd_per_mwh": 1.0}
    built = farm(energy={"tiers": (tier,)}, state={"bill": {"tier_mwh": {"T": 50.0}}})
    c = conditions(built, [0.0] * 2, start="2026-02-01 00:00Z")
    assert state_after(c, machines([3.0, 3.0])).bill.tier_mwh == {"T": 6.0}


def test_energy_that_was_above_a_tier_before_is_charged_no_second_time() -> None:
    """8 MWh so far, 3 of them above the tier; 6 MWh more come to 6 USD of energy and 12 above it, on top of 20."""
    tier = {"name": "T", "above_mwh_per_month": 5.0, "adds_usd_per_mwh": 2.0}
    energy = {"tiers": (tier,), "minimum_bill_usd_per_month": 100.0}
    c = conditions(farm(energy=energy, state={"bill": {"tier_mwh": {"T": 8.0}, "charged_usd": 20.0}}), [1.0, 1.0])
    assert state_after(c, machines([3.0, 3.0])).bill.charged_usd == pytest.approx(20.0 + 6.0 + 12.0)


def test_the_peak_that_goes_on_is_that_of_the_period_a_plan_ends_in() -> None:
    """Ten machines run in the last two hours of February and in the first of March, which goes on."""
    bill = after(conditions(charged(minimum_mw=20.0), [0.5, 0.5, 0.5], start=LAST_HOURS)).bill
    assert (bill.peaks_mw, bill.past_peaks_mw) == ({"D": 10.0}, {"D": {"2026-02": 10.0}})
