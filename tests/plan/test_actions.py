"""What is to be done of a schedule: each change, by hand."""

from __future__ import annotations

import csv
import io
from datetime import timedelta

import numpy as np
import pytest
from icalendar import Calendar

from optimizer.accounts.dispatch import Dispatch
from optimizer.accounts.reasons import Reason
from optimizer.plan.actions import actions, news, switches
from optimizer.plan.planning import plan_conditions
from optimizer.report.plan.actions import FIRST, ToDo, call_sentences, todo_of
from optimizer.report.plan.calendar import calendar
from tests.farms import call, conditions, farm, group
from tests.report.plans import rich_plan

HALL = group("hall", 10, modes=("eco", "normal"), other_modes={"eco": (700.0, 6e5)})


def of(eco: list[float], normal: list[float]) -> Dispatch:
    nothing = np.zeros(len(eco))
    units = {("hall", "eco"): np.array(eco), ("hall", "normal"): np.array(normal)}
    return Dispatch.of(units, nothing, nothing)


def test_a_switch_says_from_what_to_what_and_until_when() -> None:
    """Ten run in normal before; four go to eco, then two off, then all off, then all on."""
    c = conditions(farm(HALL), np.zeros(6))
    told = switches(c, of([0, 4, 4, 0, 0, 0], [10, 6, 4, 0, 0, 10]))
    assert [tuple(one) for one in told] == [
        (0, 1, 2, "normal", "eco", 4, pytest.approx(-1.6)),
        (0, 2, 3, "normal", "off", 2, pytest.approx(-2.0)),
        (0, 3, 5, "eco", "off", 4, pytest.approx(-2.4)),
        (0, 3, 5, "normal", "off", 4, pytest.approx(-4.0)),
        (0, 5, 6, "off", "normal", 10, pytest.approx(10.0)),
    ]


def test_what_an_outage_takes_is_no_switch() -> None:
    c = conditions(farm(HALL), np.zeros(3), availability={"hall": np.array([1.0, 0.7, 0.7])})
    assert switches(c, of([0, 0, 0], [10, 7, 7])) == []
    (one,) = switches(c, of([0, 0, 0], [10, 5, 5]))
    assert (one.at, one.after, one.units) == (1, "off", 2)


def test_a_price_stops_and_starts_machines_and_what_that_is_worth() -> None:
    """A machine of 1 MW earns 1 USD an hour; the price is 3 USD/MWh for two hours."""
    plan = plan_conditions(conditions(farm(group("hall", 10)), [0.5, 3.0, 3.0, 0.5]))
    stop, start = actions(plan.conditions, plan.dispatch, plan.explanation.off, plan.explanation)
    assert stop.worth is not None
    assert start.worth is not None
    assert (stop.reason, stop.switch.end, stop.worth.usd) == (Reason.PRICE, 3, pytest.approx(10 * 2 * (3 - 1)))
    assert (stop.worth.price, stop.worth.pays) == (pytest.approx(3), pytest.approx(1))
    assert (start.reason, start.switch.before, start.worth.usd) == (Reason.PRICE, "off", pytest.approx(10 * (1 - 0.5)))
    what = [(step.what, step.who, step.units, step.why) for step in todo_of(plan).steps]
    assert what == [("off", "hall", 10, Reason.PRICE.meaning), ("on", "hall", 10, "the hash pays again")]


def test_a_call_is_told_first_and_its_step_is_among_the_first() -> None:
    """Ten machines of 1 MW, on and off by the hour; at 20:00 a call leaves one of them."""
    prices = [0.5 if hour % 2 else 3.0 for hour in range(12)] + [0.5] * 12
    built = farm(group("hall", 10), events=(call("20:00", "22:00", 1.0),))
    plan = plan_conditions(conditions(built, prices))
    todo = todo_of(plan)
    called = next(i for i, step in enumerate(todo.steps) if step.of_call)
    assert called > FIRST
    assert todo.first == (*todo.steps[: FIRST - 1], todo.steps[called])
    assert sorted([*todo.first, *todo.later], key=lambda step: step.at) == list(todo.steps)
    asked = "at most 1.00 MW; the plan draws 1.00 MW at most."
    assert call_sentences(plan.conditions, plan.dispatch) == (f'Call "call", Wed 11 Feb 20:00 to 22:00: {asked}',)


def test_groups_that_change_next_at_different_times_say_when_the_first_does() -> None:
    """Both start at 03:00; the one that earns 1 USD an hour stops at 05:00, the one that earns 2 goes on."""
    built = farm(group("hall", 10), group("other", 10, th=2_000.0))
    plan = plan_conditions(conditions(built, [3.0, 3.0, 3.0, 0.5, 0.5, 1.5]))
    both = next(step for step in todo_of(plan).steps if step.what == "on")
    assert (both.who, both.until) == ("all 2 groups", "Wed 11 Feb 11:00 or later")


def test_what_changed_since_the_last_plan() -> None:
    c = conditions(farm(HALL), np.zeros(4))
    before, now = of([0] * 4, [10, 0, 0, 10]), of([0] * 4, [10, 0, 10, 10])
    told = news(c, now, (c, before))
    assert told.new == {1}
    assert [(when - c.grid.starts[0], *rest) for when, *rest in told.dropped] == [
        (timedelta(hours=3), "hall", "off", "normal", 10)
    ]
    todo = ToDo(c, actions(c, now, {}), told)
    assert [todo.new(0), todo.new(1)] == [False, True]
    assert "1 switch" in todo.news_sentences[0]
    assert ToDo(c, actions(c, now, {}), news(c, now, (c, now))).news_sentences == (
        "Nothing has changed since the last plan.",
    )


def test_the_files_hold_every_action_and_a_calendar_reads_them() -> None:
    plan = rich_plan()
    todo = todo_of(plan)
    rows = list(csv.DictReader(io.StringIO(todo.csv())))
    assert [float(row["machines"]) for row in rows] == [action.switch.units for action in todo.actions]
    starts = plan.grid.starts
    text = calendar(todo)
    read = Calendar.from_ical(text)
    assert read.to_ical().decode() == text
    events = read.walk("VEVENT")
    assert [event["dtstart"].dt for event in events] == [starts[step.at] for step in todo.steps]
    assert len({event["uid"] for event in events}) == len(events)
    assert sum(float(row["worth_usd"]) for row in rows) == pytest.approx(
        sum(step.usd or 0.0 for step in todo.steps), abs=0.01 * len(rows)
    )


def test_running_machines_follow_from_the_actions_alone() -> None:
    """Whoever only follows actions.csv, with the outages, runs the schedule."""
    plan = rich_plan()
    c = plan.conditions
    for g, fleet_group in enumerate(c.farm.fleet):
        running, told = c.before.units[g], switches(c, plan.dispatch)
        for t in range(len(c.grid)):
            for one in told:
                if (one.group, one.at) == (g, t):
                    running += one.units * ((one.before == "off") - (one.after == "off"))
            running = min(running, c.units_available[g, t])
            assert running == pytest.approx(float(plan.dispatch.running(fleet_group)[t]))
