"""Records are read as they were written: of this version, of the one before, and whatever is asked of files today."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from optimizer.config.base import as_written
from optimizer.config.farm import Farm
from optimizer.config.state import BillState, GroupState, State, Switched
from optimizer.daily.carried import state_at
from optimizer.daily.history import History
from optimizer.daily.job import run_once
from optimizer.daily.record import Record, past_conditions, record_of
from optimizer.daily.review import review
from optimizer.errors import CurtailError
from optimizer.mechanisms.demand.facts import peak_bills
from optimizer.plan.state import fitted_state, state_after
from optimizer.through_time.policies import strike_rule
from tests.daily.farms import START, shifted, write_farm, write_prices
from tests.daily.test_record import recorded
from tests.farms import call, conditions, farm, group

# Two runs of `write_farm`, at 00:00 and 05:00, of the versions whose records had these forms
FORMS = [Path(__file__).parent / name for name in ("form_1", "form_2", "form_3")]
FORM_1 = FORMS[0]


def before(folder: Path, form: Path = FORM_1) -> Path:
    """A state folder as a version before left it."""
    state = folder / "state"
    run = state / "runs" / "2026-02-11T0500-0600"
    run.mkdir(parents=True)
    shutil.copy(form / "record.json", run)
    shutil.copy(form / "history.sqlite", state)
    (state / "latest").symlink_to("runs/2026-02-11T0500-0600")
    return state


@pytest.mark.parametrize("form", FORMS, ids=lambda form: form.name)
def test_an_update_loses_no_peak_of_the_month(tmp_path: Path, form: Path) -> None:
    """The peak so far, 11.9972 MW, was metered between midnight and five by the version before."""
    site, state = write_farm(tmp_path / "farm"), before(tmp_path, form)
    done = run_once(site, state, START + timedelta(hours=9), report=False)
    assert (done.status, done.exit_code) == ("planned", 0)
    remark, missing = (line.rpartition("/")[2] for line in done.messages)
    assert missing == "farm.json: is missing; its schedule and set-points tell whose this folder is"
    assert remark.startswith("energy.demand[0].expected_peak_mw: 12 MW is below the 16.3 MW that full load draws")
    assert done.record.state.bill.peaks_mw["Any time"] == pytest.approx(11.9972)
    assert not list(state.rglob("*.damaged-*"))
    with History(state / "history.sqlite") as history:
        assert [round(run.planned_usd or 0.0, 2) for run in history.runs()][:2] == [4209.22, 3216.01]
        assert [one.run for one in review(history).followed] == ["2026-02-11T0000-0600", "2026-02-11T0500-0600"]


def test_records_of_the_version_before_are_a_source_when_its_history_is_lost(tmp_path: Path) -> None:
    site, state = write_farm(tmp_path / "farm"), before(tmp_path)
    (state / "history.sqlite").write_bytes(b"lost")
    done = run_once(site, state, START + timedelta(hours=9), report=False)
    assert done.exit_code == 0
    assert done.record.state.bill.peaks_mw["Any time"] == pytest.approx(11.9972)


def test_a_form_of_the_future_is_set_aside(tmp_path: Path) -> None:
    site, state = write_farm(tmp_path / "farm"), before(tmp_path)
    file = state / "latest" / "record.json"
    file.write_text(file.read_text().replace('{"form":1', '{"form":99'))
    done = run_once(site, state, START + timedelta(hours=9), report=False)
    assert done.exit_code == 0
    assert any("is of another version of curtail (form 99" in line for line in done.messages)
    assert list(state.glob("record.json.damaged-*"))


def test_the_newest_of_an_inbox_can_be_read_at_every_run(tmp_path: Path) -> None:
    """A farm that reads another file than it names is one that no person could write, and the program's own record."""
    site, state = write_farm(tmp_path / "farm", "daily: {newest: {prices.csv: 'inbox/dam_*.csv'}}"), tmp_path / "state"
    (tmp_path / "farm" / "inbox").mkdir()
    write_prices(tmp_path / "farm" / "inbox" / "dam_2026-02-11.csv", [*shifted(0), *shifted(1)])
    assert [run_once(site, state, START + timedelta(hours=hour), report=False).exit_code for hour in range(4)] == [
        0
    ] * 4


def test_what_this_program_wrote_is_not_judged_as_a_persons_file_is() -> None:
    """A group's state with more machines than there are: an error in a file, a fact in a record."""
    record = recorded(conditions(farm(), [0.5]))
    data = record.farm.model_dump() | {"state": {"at": "2026-02-11 06:00", "groups": {"G": {"running": 11}}}}
    with pytest.raises(ValueError, match="must be at most 10"):
        Farm.model_validate_json(json.dumps(data, default=str))
    with as_written():
        assert Farm.model_validate_json(json.dumps(data, default=str)).state.groups["G"].running == 11
    with pytest.raises(ValueError, match="must be at most 10"):
        Farm.model_validate_json(json.dumps(data, default=str))


def test_a_key_that_is_no_more_is_passed_over() -> None:
    data = json.loads((FORM_1 / "record.json").read_text())
    data["farm"]["forgotten"] = {"key": 1}
    data["market"]["forgotten"] = [1.0]
    assert record_of(json.dumps(data), "test").name == "2026-02-11T0500-0600"


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("hours", [0.25]),
        ("hours", [float("nan")] * 15),
        ("starts", [1e300] * 15),
        ("starts", [0] * 15),
        ("units_on", []),
        ("onsite_mw", [None] * 15),
        ("export_mw", [float("inf")] * 15),
        ("reasons", [[]]),
        ("planned_usd", "much"),
        ("expected_mw", [["Any time", "2026-02", "much"]]),
        ("market", {}),
        ("farm", {}),
        ("kind", "guess"),
    ],
)
def test_parts_that_do_not_fit_are_told(key: str, value: Any) -> None:
    data = json.loads((FORM_1 / "record.json").read_text()) | {key: value}
    with pytest.raises(CurtailError, match="test: is no record of a run"):
        record_of(json.dumps(data), "test")


# A state in which every key says something that is not its default, and what of it fits a farm of 8 units that has
# one demand charge, one tier, one supplier with a minimum take and one priced event left.
AT = pd.Timestamp("2026-02-11 06:00Z").to_pydatetime()
LATELY = Switched(at=AT - timedelta(hours=1), units=6)
GROUP: dict[str, tuple[Any, Any]] = {
    "running": (9, 8),
    "modes": ({"normal": 9}, {}),
    "in_service": (9, 8),
    "started": ((LATELY,), (LATELY,)),
    "stopped": ((Switched(at=LATELY.at, units=1),), ()),
    "starts_today": (4.0, 4.0),
}
BILL: dict[str, tuple[Any, Any]] = {
    "peaks_mw": ({"D": 3.0, "Gone": 1.0}, {"D": 3.0}),
    "past_peaks_mw": ({"D": {"2026-01": 2.0}, "Gone": {"2026-01": 1.0}}, {"D": {"2026-01": 2.0}}),
    "tier_mwh": ({"T": 5.0, "Gone": 1.0}, {"T": 5.0}),
    "taken_mwh": ({"S": 7.0, "Gone": 1.0}, {"S": 7.0}),
    "charged_usd": (11.0, 11.0),
}
STATE: dict[str, tuple[Any, Any]] = {
    "at": (AT, AT),
    "groups": ("GROUP", "GROUP"),
    "announced": ({"G": {"normal": (7,)}}, {"G": {"normal": (7,)}}),
    "grid_import_mw": (6.5, 6.5),
    "bill": ("BILL", "BILL"),
    "missed_mw": ({"E": 1.5, "Gone": 1.0}, {"E": 1.5}),
}


def whole(which: int) -> State:
    """The state before (0) or after (1) it was made to fit."""
    groups = {"G": GroupState(**{key: pair[which] for key, pair in GROUP.items()})}
    bill = BillState(**{key: pair[which] for key, pair in BILL.items()})
    if which == 0:
        groups["Gone"] = GroupState(running=1)
    with as_written():
        return State(**{key: pair[which] for key, pair in STATE.items()} | {"groups": groups, "bill": bill})


def smaller() -> Farm:
    energy = {
        "demand": ({"name": "D", "usd_per_mw": 1.0, "expected_peak_mw": 1.0},),
        "tiers": ({"name": "T", "above_mwh_per_month": 10.0, "adds_usd_per_mwh": 1.0},),
        "supplies": (
            {
                "name": "S",
                "limit_mw": 1.0,
                "price_usd_per_mwh": 1.0,
                "minimum_take": {"mwh_per_month": 1.0, "shortfall_usd_per_mwh": 1.0},
            },
        ),
    }
    stop = call("08:00", "09:00", name="E", cut={"form": "full_stop"}, violation_usd_per_mw=1.0)
    return farm(group(units=8, minimum_on_hours=4.0, minimum_off_hours=4.0), energy=energy, events=(stop,))


def test_no_key_of_a_state_is_forgotten_when_a_farm_has_changed() -> None:
    """A key that is new must be put here with what becomes of it."""
    for section, keys in ((State, STATE), (GroupState, GROUP), (BillState, BILL)):
        assert set(keys) == set(section.model_fields)
    assert fitted_state(whole(0), smaller()) == whole(1)


def test_no_key_of_a_state_is_forgotten_when_nothing_is_measured_of_it(tmp_path: Path) -> None:
    """Every key is carried unless `state.yaml` says otherwise, inside of groups and of the bill too."""
    site = smaller().model_copy(update={"state": whole(1)})
    (tmp_path / "state.yaml").write_text(
        "at: 2026-02-11 06:00\ngrid_import_mw: 4\nbill: {peaks_mw: {D: 5}}\ngroups: {G: {running: 7}}\n"
    )
    state, said = state_at(pd.Timestamp(AT), site, None, tmp_path / "state.yaml")
    group_ = whole(1).groups["G"].model_copy(update={"running": 7})
    bill = whole(1).bill.model_copy(update={"peaks_mw": {"D": 5.0}})
    told = {"grid_import_mw": 4.0, "groups": {"G": group_}, "bill": bill}
    assert (state, said) == (whole(1).model_copy(update=told), ())


def test_no_key_of_a_state_is_forgotten_by_a_schedule() -> None:
    """By hand: an hour at full load from the state above, 8 machines of 1 MW, 8 MWh of which none from the supplier.

    The start and the misses of before are carried; what was announced is of hours that are over.
    """
    site = smaller().model_copy(update={"state": whole(1)})
    c = conditions(site, [0.1], hours=1.0)
    after = state_after(c, strike_rule(c))
    expected: dict[str, Any] = {
        "at": AT + timedelta(hours=1),
        "groups": {"G": whole(1).groups["G"].model_copy(update={"modes": {"normal": 8}})},
        "announced": {},
        "grid_import_mw": 8.0,
        "bill": whole(1).bill.model_copy(update={"peaks_mw": {"D": 8.0}, "tier_mwh": {"T": 13.0}}),
        "missed_mw": {"E": 1.5},
    }
    assert set(expected) == set(State.model_fields)
    assert after == State.model_construct(**expected)


def test_in_service_is_carried_by_hand() -> None:
    """Nine of ten machines were in service; a farm of eight has eight."""
    state = State(at=AT, groups={"G": GroupState(running=5, in_service=9)})
    assert fitted_state(state, farm(group(units=10))).groups["G"].in_service == 9
    assert fitted_state(state, farm(group(units=8))).groups["G"].in_service == 8


def silence(known: dict[str, float]) -> Record:
    """A schedule of two hours at 10 MW in the middle of a month whose peak so far may be unknown."""
    energy = {"demand": ({"name": "D", "usd_per_mw": 1.0, "expected_peak_mw": 1.0},)}
    return recorded(conditions(farm(energy=energy, state={"bill": {"peaks_mw": known}}), [0.5, 0.5]))


def test_a_peak_that_is_not_known_stays_so_and_costs_nothing() -> None:
    """A posture follows a long silence. What it metered is no peak of the month: that may have been higher before."""
    after = pd.Timestamp("2026-02-11 08:00Z")
    record = silence({"D": 3.0})
    unknown = replace(record, state=State(), planned_usd=None)
    known, _ = state_at(after, record.farm, record, None)
    carried, said = state_at(after, record.farm, unknown, None)
    assert (known.bill.peaks_mw, carried.bill.peaks_mw, said) == ({"D": 10.0}, {}, ())
    assert carried.groups["G"].running == 10
    assert peak_bills(past_conditions(unknown, unknown.market))[0].floor_mw >= 1e3


def test_after_a_long_silence_a_measured_state_is_enough(tmp_path: Path) -> None:
    """By hand: 78 USD/MWh is what New pays, 45 Old: at 15 USD/MWh all 5,000 run. Two weeks of nothing lie between."""
    site, state = write_farm(tmp_path / "farm", "daily: {safe_posture: {all_off: true}}"), tmp_path / "state"
    text = site.read_text().replace("usd_per_kw: 2, expected_peak_mw: 12", "usd_per_kw: 0.01, expected_peak_mw: 20")
    site.write_text(text)

    def run(day: float) -> Any:
        return run_once(site, state, START + timedelta(days=day), report=False)

    assert run(0).exit_code == 0
    later = START + timedelta(days=14)
    write_prices(tmp_path / "farm" / "prices.csv", [15.0] * 72, later)
    for hour in (0, 2, 4):
        done = run(14 + hour / 24)
        assert (done.status, done.exit_code) == ("safe", 5)
        assert "give the highest import so far that Any time counts" in done.messages[0]
    (state / "state.yaml").write_text("at: 2026-02-25 06:00\nbill: {peaks_mw: {Any time: 16}}\n")
    done = run(14.25)
    assert (done.status, done.exit_code) == ("planned", 0)
    assert {float(units[-1]) for units in done.record.dispatch.units_on.values()} == {3000.0, 2000.0}
    assert run(14.5).exit_code == 0  # and from then on the peak is known again
    with History(state / "history.sqlite", reading=True) as history:
        assert [one.run[11:15] for one in review(history).followed][-2:] == ["0400", "0600"]
