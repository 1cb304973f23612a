"""The nearest schedule: by hand, what gives way to a call and in which order."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given

from optimizer.accounts.conditions import Conditions
from optimizer.accounts.limits import bound_to, short_mw
from optimizer.accounts.reasons import Reason
from optimizer.plan.nearest import plan_or_nearest
from optimizer.plan.planning import plan_conditions
from tests.farms import conditions, farm, farms, group
from tests.sampling import examples


def call(start: str, end: str, **cut: object) -> dict[str, object]:
    return {"name": start, "start": f"2026-02-11 {start}", "end": f"2026-02-11 {end}", "cut": cut}


STOP = call("06:00", "09:00", form="full_stop")


def test_a_call_below_what_draws_always_is_missed_by_the_difference() -> None:
    """0.3 MW draw with every machine off, 0.2 are allowed: nothing runs, 0.1 MW are short, and no penalty is told."""
    low = call("07:00", "09:00", form="to_level", mw=0.2)
    c = conditions(farm(site={"auxiliary_load_mw": 0.3}, events=(low,)), [0.5] * 4)
    found = plan_or_nearest(c)
    assert found.nearest
    assert found.plan.dispatch.units_on["G", "normal"].tolist() == [10, 0, 0, 10]
    assert short_mw(c, found.plan.settled.import_mw) == pytest.approx([0, 0.1, 0.1, 0])
    assert found.plan.explanation.off[Reason.EVENT].tolist() == [[0, 10, 10, 0]]
    assert found.plan.settled.profit == pytest.approx(20 * 1.0 - 0.5 * (20 + 4 * 0.3))
    assert "07:00 until 2026-02-11 09:00: up to 0.1 MW above what binds, 0.2 MWh in all" in found.messages[0]


def test_load_comes_down_as_fast_as_it_may() -> None:
    """Ten machines when the stop comes at once, 4 MW an hour: 6, 2 and 0 are the least, 8 MWh above the call."""
    state = {"grid_import_mw": 10.0, "groups": {"G": {"running": 10}}}
    c = conditions(farm(site={"ramp_down_mw_per_hour": 4.0}, events=(STOP,), state=state), [0.5] * 4)
    found = plan_or_nearest(c)
    assert found.nearest
    assert found.plan.dispatch.units_on["G", "normal"].tolist() == [6, 2, 0, 10]
    assert short_mw(c, found.plan.settled.import_mw).tolist() == [6, 2, 0, 0]


def test_the_least_energy_comes_before_money() -> None:
    """A machine that pays 100 USD an hour runs no longer for it."""
    state = {"grid_import_mw": 10.0, "groups": {"G": {"running": 10}}}
    rich = group(th=100_000.0)
    c = conditions(farm(rich, site={"ramp_down_mw_per_hour": 4.0}, events=(STOP,), state=state), [0.5] * 4)
    assert plan_or_nearest(c).plan.dispatch.units_on["G", "normal"].tolist() == [6, 2, 0, 10]


def test_of_schedules_as_near_the_one_that_earns_most() -> None:
    """Of 3 MW above an auxiliary load of 2 that a limit of 1 forbids, nothing runs; beside it the poor stop first."""
    poor, rich = group("P", 4, th=600.0), group("R", 4, th=2_000.0)
    low = call("06:00", "07:00", form="to_level", mw=1.0)
    c = conditions(farm(poor, rich, limit_mw=7.0, site={"auxiliary_load_mw": 2.0}, events=(low,)), [0.5] * 2)
    found = plan_or_nearest(c)
    assert found.plan.dispatch.units_on["P", "normal"].tolist() == [0, 1]
    assert found.plan.dispatch.units_on["R", "normal"].tolist() == [0, 4]
    assert {reason: off[0].tolist() for reason, off in found.plan.explanation.off.items()} == {
        Reason.EVENT: [4, 0],
        Reason.IMPORT_LIMIT: [0, 3],
    }


def test_what_a_search_found_may_be_searched_again_where_intervals_grow_longer() -> None:
    """From 8 MW at 4 MW an hour 7 and 6 MW are left after quarters, 2 after an hour: a limit that can be kept."""
    state = {"grid_import_mw": 8.0, "groups": {"G": {"running": 8}}}
    stop = call("06:00", "07:30", form="full_stop")
    c = conditions(
        farm(group(units=8), site={"ramp_down_mw_per_hour": 4.0}, events=(stop,), state=state),
        [0.5] * 3,
        hours=[0.25, 0.25, 1.0],
    )
    found = plan_conditions(bound_to(c, np.array([7.0, 6.0, 2.0]), None))
    assert found.dispatch.units_on["G", "normal"].tolist() == [7, 6, 2]


def test_a_call_that_cannot_be_met_lifts_nothing_of_the_way_down_to_the_next() -> None:
    """From 10 MW at 4 MW an hour a call to 5 is missed; one to 3 after an hour is met from 4 MW, 1 MW in a quarter."""
    state = {"grid_import_mw": 10.0, "groups": {"G": {"running": 10}}}
    calls = call("06:00", "07:00", form="to_level", mw=5.0), call("08:00", "09:00", form="to_level", mw=3.0)
    falling = farm(site={"ramp_down_mw_per_hour": 4.0}, events=calls, state=state)
    c = conditions(falling, [0.5] * 6, hours=[0.25] * 4 + [1.0] * 2)
    found = plan_or_nearest(c)
    assert found.nearest
    assert found.plan.dispatch.units_on["G", "normal"].tolist() == [9, 8, 7, 6, 4, 3]
    assert found.plan.explanation.off[Reason.RAMP][0, 4] == 6


def test_a_minimum_time_gives_way_to_a_call() -> None:
    """Machines that started an hour ago stop at once, and nothing is short."""
    started = ({"at": "2026-02-11 05:00", "units": 10},)
    state = {"groups": {"G": {"running": 10, "started": started}}}
    c = conditions(farm(group(minimum_on_hours=3.0), events=(STOP,), state=state), [0.5] * 4)
    found = plan_or_nearest(c)
    assert not found.nearest
    assert found.messages[0] == "machines stop before their minimum time"
    assert found.plan.dispatch.units_on["G", "normal"].tolist() == [0, 0, 0, 10]


def test_a_baseline_below_what_draws_always_is_missed_by_the_difference() -> None:
    paid = {**call("06:00", "08:00", form="to_level", mw=9.0), "payment": {"usd_per_mwh": 0.1, "baseline_mw": 1.0}}
    c = conditions(farm(site={"auxiliary_load_mw": 1.5}, events=(paid,)), [0.5] * 2)
    found = plan_or_nearest(c)
    assert found.nearest
    assert short_mw(c, found.plan.settled.import_mw) == pytest.approx([0.5, 0.5])


@examples(25)
@given(farms())
def test_where_a_plan_is_there_it_is_the_plan(c: Conditions) -> None:
    found, plan = plan_or_nearest(c), plan_conditions(c)
    assert not found.nearest
    assert found.messages == ()
    assert found.plan.settled.profit == plan.settled.profit
