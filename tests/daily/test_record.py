"""Records and the states they lead to, on random farms."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from optimizer.accounts.conditions import Conditions
from optimizer.accounts.dispatch import Dispatch
from optimizer.accounts.settlement import settle
from optimizer.config.state import State
from optimizer.daily.carried import followed_until, state_at
from optimizer.daily.kept import conditions_from, hours_from
from optimizer.daily.record import Record, past_conditions, record_of
from optimizer.errors import CurtailError, MissingDataError
from optimizer.plan.state import state_after
from optimizer.through_time.policies import strike_rule
from tests.farms import conditions, farm, farms, group
from tests.sampling import examples

START = pd.Timestamp("2026-02-11 06:00Z")


def recorded(c: Conditions) -> Record:
    """A schedule over all of a farm's intervals, as a record."""
    followed = strike_rule(c)
    dispatch = Dispatch(followed.table)
    reasons = tuple(("price",) * len(c.grid) for _ in c.farm.fleet)
    return Record("plan", c.farm, c.market, c.state, dispatch, 1.25, reasons)


@given(farms())
@examples(40)
def test_a_record_comes_back_as_it_was(c: Conditions) -> None:
    """The same text, the same account to the last bit."""
    record = recorded(c)
    again = record_of(record.text(), "test")
    assert again.text() == record.text()
    assert (again.farm, again.state) == (record.farm.model_copy(update={"state": State()}), record.state)
    before, after = (settle(past_conditions(one, one.market), one.dispatch) for one in (record, again))
    assert before.lines == after.lines


@given(farms(), st.data())
@examples(40)
def test_a_schedule_cut_between_intervals_leads_where_its_part_leads(c: Conditions, data: st.DataObject) -> None:
    record, n = recorded(c), data.draw(st.integers(1, len(c.grid)))
    really, dispatch = followed_until(record, c.grid.ends[n - 1])
    part = past_conditions(record, c.market.part(0, n))
    try:
        expected = state_after(part, record.dispatch.first(n))
    except MissingDataError:
        return
    assert state_after(really, dispatch) == expected


def test_an_interval_is_cut_where_the_next_plan_begins() -> None:
    """By hand: 10 MW at 0.5 USD/MWh and 1 USD/h earned each: 90 minutes of the two hours."""
    record = recorded(conditions(farm(), [0.5, 0.5]))
    really, dispatch = followed_until(record, START + pd.Timedelta(minutes=90))
    assert really.grid.hours.tolist() == [1.0, 0.5]
    assert settle(really, dispatch).profit == pytest.approx(1.5 * (10 - 5))


def test_after_its_end_a_schedule_is_taken_to_go_on() -> None:
    """By hand: off in its last hour, off for 2.5 hours after it; of the three hours of rest half an hour is left."""
    site = farm(group(minimum_off_hours=4.0))
    record = recorded(conditions(site, [0.5, 5.0]))
    state, said = state_at(START + pd.Timedelta(hours=4.5), site, record, None)
    assert state.groups["G"].running == 0
    assert [(switch.at.hour, switch.units) for switch in state.groups["G"].stopped] == [(7, 10)]
    assert "ran out 2.5 hours ago" in said[0]
    later, _ = state_at(START + pd.Timedelta(hours=5.5), site, record, None)
    assert later.groups["G"].stopped == ()


@pytest.mark.parametrize("text", ["", "{}", "[]", '{"form": 2}', '{"form": 1, "farm": 3}', "\x00"])
def test_what_is_no_record_is_told(text: str) -> None:
    with pytest.raises(CurtailError, match="test: is "):
        record_of(text, "test")


def test_a_record_with_something_missing_is_told() -> None:
    data = json.loads(recorded(conditions(farm(), [0.5])).text())
    for key in set(data) - {"planned_usd"}:
        with pytest.raises(CurtailError, match="test: is"):
            record_of(json.dumps({name: value for name, value in data.items() if name != key}), "test")


def test_where_the_clock_is_put_back_before_a_schedule_it_goes_on_from_the_state_it_began_in(tmp_path: Path) -> None:
    record = recorded(conditions(farm(state={"groups": {"G": {"running": 3}}}), [0.5, 0.5]))
    again, before = record_of(record.text(), "test"), record.start - pd.Timedelta(hours=1)
    c, _ = conditions_from(again, again.farm, before, hours_from(before, 1.0, again.farm), None, tmp_path)
    assert c.state.groups["G"].running == 3
