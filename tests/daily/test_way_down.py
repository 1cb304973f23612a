"""The way down to a call: a plan leaves to later ones what their finer steps can do."""

from __future__ import annotations

from optimizer.conditions import Conditions
from optimizer.daily.way_down import plan_in_time
from optimizer.planning import plan_conditions
from optimizer.schedule.reasons import Reason
from tests.farms import conditions, farm

CALL = {"name": "C", "start": "2026-02-11 09:00", "end": "2026-02-11 10:00", "cut": {"form": "full_stop"}}
HOURS = [0.25] * 4 + [1.0] * 4


def ramped(*events: object, running: int = 10, **site: object) -> Conditions:
    state = {"grid_import_mw": float(running), "groups": {"G": {"running": running}}}
    at = farm(site={"ramp_down_mw_per_hour": 4.0, **site}, events=events, state=state)
    return conditions(at, [0.5] * 8, hours=HOURS)


def test_the_last_step_to_a_call_is_one_that_a_later_plan_can_take() -> None:
    """By hand: 4 MW an hour. The plan alone runs 4 machines until 09:00; a quarter of an hour before, later plans can
    stop one only. So one is left at 08:00, five at 07:00 and nine in the quarter before.
    """
    c = ramped(CALL)
    alone, found = plan_conditions(c), plan_in_time(c)
    assert alone.dispatch.units_on["G", "normal"].tolist() == [10, 10, 10, 10, 8, 4, 0, 10]
    assert found.plan.dispatch.units_on["G", "normal"].tolist() == [10, 10, 10, 9, 5, 1, 0, 10]
    assert not found.nearest
    assert found.plan.conditions is c
    assert found.plan.explanation.off[Reason.RAMP].tolist() == [[0, 0, 0, 1, 5, 9, 0, 0]]


def test_what_is_late_already_is_no_reason_to_fall_faster_than_can_be() -> None:
    """A call that begins in half an hour: 9 and 8 machines, then the 4 that an hour of its first interval leaves."""
    soon = {**CALL, "start": "2026-02-11 06:30", "end": "2026-02-11 08:00"}
    found = plan_in_time(ramped(soon, running=10))
    assert found.nearest
    assert found.plan.dispatch.units_on["G", "normal"].tolist()[:4] == [9, 8, 7, 6]


def test_without_a_call_or_a_ramp_it_is_the_plan() -> None:
    for c in (ramped(), conditions(farm(events=(CALL,)), [0.5] * 8, hours=HOURS)):
        found, plan = plan_in_time(c), plan_conditions(c)
        assert found.plan.settlement.profit == plan.settlement.profit
