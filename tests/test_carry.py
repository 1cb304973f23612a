"""The state a schedule ends in is the one the next plan begins from."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from optimizer.carry import state_after
from optimizer.conditions import Conditions
from optimizer.planning import plan_conditions
from optimizer.settlement.account import Dispatch
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


def test_machines_that_an_outage_took_are_not_bound_when_they_are_back() -> None:
    """Six of ten machines fall out of the plan's last hour, and one stops by itself: that one alone must rest."""
    out = ({"start": "2026-02-11 07:00", "end": "2026-02-11 08:00", "units": 6},)
    c = conditions(farm(group(minimum_off_hours=4.0, outages=out)), [0.0, 0.0])
    on = {("G", "normal"): np.array([10.0, 3.0])}
    state = state_after(c, Dispatch(on, np.zeros(2), np.zeros(2))).groups["G"]
    assert (state.running, state.in_service, state.modes) == (3, 4, {"normal": 3})
    assert [(switch.at.hour, switch.units) for switch in state.stopped] == [(7, 1)]
