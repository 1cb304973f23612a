"""The open state: a section that nobody here knows goes through all that is done with what a plan begins with."""

from __future__ import annotations

import json
import re
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any, Self

import pandas as pd
import pytest
from pydantic import Field

import optimizer
from optimizer.accounts.conditions import Conditions
from optimizer.config.base import Name, NonNegative
from optimizer.config.load import load_farm, load_state
from optimizer.config.schema import schema
from optimizer.config.state import BillState, State, StateSection
from optimizer.daily.carried import state_at
from optimizer.daily.kept import planned_record
from optimizer.daily.record import record_of
from optimizer.errors import InputError
from optimizer.mechanisms import contents
from optimizer.plan.planning import plan_conditions
from optimizer.plan.state import fitted_state, keys, state_after
from optimizer.through_time.replanning import Stepper
from tests.daily.farms import write_farm
from tests.farms import conditions, farm, group
from tests.through_time.histories import history, replanned


class Heat(StateSection):
    """A made-up mechanism: heat that groups have given to a store so far, MWh. It was in kWh once."""

    KEY = "heat"
    VERSION = 2
    version: int = 2

    stored_mwh: dict[Name, NonNegative] = Field(default={})

    @classmethod
    def upgraded(cls, data: dict[str, Any], version: int) -> dict[str, Any]:
        """From kWh."""
        assert version == 1
        return {"stored_mwh": {name: kwh / 1000 for name, kwh in data["stored_kwh"].items()}}

    def after(self, c: Conditions, dispatch: Any) -> Self:
        """A MWh more for every hour of a machine."""
        given = {one.name: float(dispatch.running(one) @ c.grid.hours) for one in c.farm.fleet}
        stored = {name: self.stored_mwh.get(name, 0.0) + mwh for name, mwh in given.items()}
        return self.model_copy(update={"stored_mwh": stored})

    def fitted(self, farm: Any) -> Self:
        """That of groups which are there."""
        names = {one.name for one in farm.fleet}
        return self.model_copy(update={"stored_mwh": {n: mwh for n, mwh in self.stored_mwh.items() if n in names}})


PARTS = contents.parts


@pytest.fixture(autouse=True)
def _heat(monkeypatch: pytest.MonkeyPatch) -> None:
    """What the made-up mechanism has for a state is in this module."""
    here = sys.modules[__name__]
    monkeypatch.setattr(contents, "parts", lambda part: (*PARTS(part), here) if part == "state" else PARTS(part))


def heated(**more: Any) -> Conditions:
    """Ten machines over three hours, the second too dear to run: 20 machine hours, and 5 of before."""
    state = {"at": "2026-02-11 00:00", "heat": {"stored_mwh": {"G": 5.0}}}
    return conditions(farm(state=state, **more), [0.5, 5.0, 0.5])


def stored(state: State) -> dict[str, float]:
    return state.section(Heat).stored_mwh


def test_a_schedule_leaves_in_it_what_it_says() -> None:
    c = heated()
    plan = plan_conditions(c)
    assert stored(c.state) == {"G": 5.0}
    assert stored(state_after(c, plan.dispatch)) == {"G": 25.0}
    assert stored(State()) == {}


def test_it_is_carried_from_plan_to_plan() -> None:
    """Two hours and one are as three."""
    c = heated()
    dispatch = plan_conditions(c).dispatch
    first = state_after(replace(c, market=c.market.part(0, 2)), dispatch.first(2))
    second = replace(c, market=c.market.part(2, 3), state=first)
    assert stored(first) == {"G": 15.0}
    assert stored(state_after(second, plan_conditions(second).dispatch)) == {"G": 25.0}


def test_a_replay_carries_it() -> None:
    k = history(replanned(), [0.5, 5.0, 0.5])
    stepper, state = Stepper(k), k.actual.state
    for now in range(3):
        _, state = stepper.step(now, State.written(state.model_dump_json()))
    assert stored(state) == {"G": 20.0}


def test_records_keep_it_and_the_next_run_goes_on_from_it() -> None:
    record = planned_record(plan_conditions(heated()), nearest=False)
    again = record_of(record.text(), "test")
    assert stored(again.state) == {"G": 5.0}
    assert again.text() == record.text()
    state, _ = state_at(again.market.grid.ends[0], again.farm, again, None)
    assert stored(state) == {"G": 15.0}


def test_a_farm_that_has_changed_keeps_what_fits() -> None:
    state = state_after(heated(), plan_conditions(heated()).dispatch)
    assert stored(fitted_state(state, farm(group("Other")))) == {}
    assert stored(fitted_state(state, farm())) == {"G": 25.0}


def test_what_an_older_layout_wrote_is_read() -> None:
    old = '{"heat": {"version": 1, "stored_kwh": {"G": 5000.0}}}'
    assert stored(State.written(old)) == {"G": 5.0}


def test_a_record_keeps_a_section_that_nobody_knows(monkeypatch: pytest.MonkeyPatch) -> None:
    """One that a newer version wrote, or a mechanism that is switched off, is not lost by an update."""
    text = planned_record(plan_conditions(heated()), nearest=False).text()
    monkeypatch.setattr(contents, "parts", PARTS)
    again = record_of(text, "test")
    assert again.text() == text
    state, _ = state_at(again.market.grid.ends[0], again.farm, again, None)
    assert state.model_dump()["heat"]["stored_mwh"] == {"G": 5.0}


def test_people_write_it_in_the_farm_file(tmp_path: Path) -> None:
    """Faults in it are told at their line; a key that nobody declared is none; editors know it."""
    site = write_farm(tmp_path)
    site.write_text(site.read_text().replace("state: {", "state: {heat: {stored_mwh: {New: 2}}, "))
    assert stored(load_farm(site).state) == {"New": 2.0}
    site.write_text(site.read_text().replace("{New: 2}", "{New: -2}"))
    with pytest.raises(InputError, match=r"farm\.yaml:\d+:\d+: state\.heat.stored_mwh.New: must be at least 0"):
        load_farm(site)
    site.write_text(site.read_text().replace("heat: {", "heet: {"))
    with pytest.raises(InputError, match=r"state\.heet: is not a known key"):
        load_farm(site)
    assert "heat" in schema("farm")["$defs"]["State"]["properties"]


def test_a_measured_state_goes_before_the_carried_one(tmp_path: Path) -> None:
    record = planned_record(plan_conditions(heated()), nearest=False)
    measured = tmp_path / "state.yaml"
    moment = record.market.grid.ends[0]
    measured.write_text(f"at: {moment.isoformat()}\nheat: {{stored_mwh: {{G: 7}}}}\n")
    state, said = state_at(moment, record.farm, record, measured)
    assert (stored(state), said) == ({"G": 7.0}, ())
    assert pd.Timestamp(state.at) == moment


def test_every_key_of_the_state_says_what_follows_and_what_survives() -> None:
    named = {key.name.partition(".")[0] for key in keys()}
    assert named == set(State.model_fields) - {"at"}
    assert {key.name for key in keys() if key.name.startswith("bill.")} == {
        f"bill.{name}" for name in BillState.model_fields
    }


def test_the_state_of_the_farm_file_is_read_where_a_plan_begins_and_nowhere_else() -> None:
    """Whatever goes on from there has the state of its moment in its conditions: an old one cannot be taken for it."""
    beginnings = {
        *("plan/begin.py", "portfolio/sites.py"),
        *(
            "plan/planning.py",
            "plan/reading.py",
            "plan/breakeven.py",
            "plan/checking.py",
            "compare/running.py",
            "through_time/history.py",
        ),
        *("daily/carried.py", "daily/record.py"),  # the first run ever; records of forms before
        *("scenario/farm_changes.py", "config/load.py"),
    }
    home = Path(optimizer.__file__).parent
    read = {str(file.relative_to(home)) for file in home.rglob("*.py") if re.search(r"farm\.state\b", file.read_text())}
    assert read <= beginnings


def test_every_fault_of_a_state_is_told_at_once(tmp_path: Path) -> None:
    site, measured = write_farm(tmp_path), tmp_path / "state.yaml"
    whole, text = load_farm(site), site.read_text()
    measured.write_text("at: 2026-02-11 06:00\ngroups: {New: {running: x}}\nbil: 3\nhaet: {}\n")
    site.write_text(re.sub("state: .*", "state: {groups: {New: {running: x}}, bil: 3, haet: {}}", text))
    for read in (lambda: load_state(measured, whole), lambda: load_farm(site)):
        with pytest.raises(InputError) as told:
            read()
        for line in ("New.running: must be a whole number", "bil: is not a known key; did you mean `bill`", "`heat`?"):
            assert line in str(told.value)


def test_a_section_needs_the_moment_it_was_read_and_a_version_that_is_known(tmp_path: Path) -> None:
    site = write_farm(tmp_path)
    said = "state: {at: 2026-02-11 00:00, bill: {peaks_mw: {Any time: 6}}}"
    for state, told in (
        ("{heat: {stored_mwh: {New: 1}}}", "state.at: is needed with heat: "),
        ("{at: 2026-02-11 00:00, heat: {version: 9}}", "state.heat: .*version 9"),
    ):
        site.write_text(site.read_text().replace(said, said := f"state: {state}"))
        with pytest.raises(InputError, match=told):
            load_farm(site)


def test_what_a_newer_layout_wrote_is_kept_as_it_is() -> None:
    newer = {"version": 3, "stored_gj": {"G": 1.0}}
    state = State.written(json.dumps({"heat": newer}))
    assert json.loads(state.model_dump_json())["heat"] == newer


def test_a_measured_section_that_the_carried_state_lacks_is_taken(tmp_path: Path) -> None:
    """The first run after a mechanism has come in."""
    record = planned_record(plan_conditions(conditions(farm(), [0.5, 0.5])), nearest=False)
    measured, moment = tmp_path / "state.yaml", record.market.grid.ends[0]
    measured.write_text(f"at: {moment.isoformat()}\nheat: {{stored_mwh: {{G: 7}}}}\n")
    assert stored(state_at(moment, record.farm, record, measured)[0]) == {"G": 7.0}


def test_an_older_layout_that_nobody_says_how_to_read_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Heat, "upgraded", StateSection.__dict__["upgraded"])
    with pytest.raises(ValueError, match=r"has version 1 \(version, stored_kwh\), which nobody says how to read"):
        State.written('{"heat": {"version": 1, "stored_kwh": {}}}')
