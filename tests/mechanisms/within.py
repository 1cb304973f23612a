"""What is done with sections, done with those of a made-up mechanism, in a process that `installed` has begun."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from optimizer.mechanisms.pond.config import Lease, Pond, Pump, Thirst, Water
from optimizer.mechanisms.pond.state import Level

from optimizer.config.check import check_file
from optimizer.config.composed import kinds
from optimizer.config.farm import Farm
from optimizer.config.load import load_catalogue, load_farm
from optimizer.config.schema import schema
from optimizer.config.state import State, state_sections
from optimizer.daily.kept import planned_record
from optimizer.daily.record import record_of, sealed
from optimizer.errors import InputError
from optimizer.files.digest import digest
from optimizer.market.grid import grid_of
from optimizer.market.inputs import read_market
from optimizer.market.quantities import declared
from optimizer.plan.planning import plan_conditions
from optimizer.plan.state import state_after
from optimizer.scenario.farm_changes import farm_with
from optimizer.scenario.load import scenarios_in
from optimizer.scenario.market_changes import market_with
from optimizer.scenario.placed import Scenario
from tests.config.mutations import mutants
from tests.config.test_mutants import refusal, well_placed
from tests.daily.farms import run, write_farm
from tests.farms import conditions, farm, group

BEGINS = datetime.fromisoformat("2026-02-11 06:00-06:00")
POND: dict[str, Any] = {"inflow_m3": 4.0, "volume_m3": 50.0}
WATERS = ({"name": "City", "usd_per_m3": 2.0}, {"name": "River", "usd_per_m3": 0.5})


def ponds(**more: Any) -> Farm:
    groups = (group("G", pump={"works": 0.5, "water": "City"}), group("H"))
    return farm(*groups, energy={"waters": WATERS}, **{"pond": POND, "site": {"leases": ({"name": "West"},)}, **more})


def written(tmp_path: Path, *lines: str, **replaced: str) -> Path:
    """A farm file with a pond; ``replaced`` says of texts what stands in their place."""
    path = write_farm(tmp_path)
    text = path.read_text()
    text = (
        text.replace("energy:", "energy:\n  waters: [{name: City, usd_per_m3: 2}]", 1)
        if "\nenergy:\n" in text
        else text
    )
    path.write_text(text + "\n".join(("pond: {inflow_m3: 4}", *lines)) + "\n")
    return path


def told(path: Path) -> list[str]:
    return [f"{fault.line} {fault.path}: {fault.message}" for fault in check_file(path)]


def test_they_are_read_typed() -> None:
    built = ponds()
    pond = built.section(Pond)
    assert pond is not None
    assert (pond.volume_m3, farm().section(Pond)) == (50.0, None)
    assert [water.name for water in built.sections(Water)] == ["City", "River"]
    assert [water.name for water in built.energy.sections(Water)] == ["City", "River"]
    assert [lease.name for lease in built.sections(Lease)] == ["West"]
    pumps = [one.section(Pump) for one in built.fleet]
    assert [pump and pump.works for pump in pumps] == [0.5, None]
    assert farm().sections(Water) == ()
    assert [kind.__name__ for kind in kinds()][-5:] == ["Pond", "Water", "Pump", "Thirst", "Lease"]


def test_models_of_machines_have_them(tmp_path: Path) -> None:
    """In the catalogue and in a machine of the farm file; a scenario changes both, of the groups it names."""
    row = "model: M, hashrate_th: 1000, power_w: 1e6, cooling: air, source: made up, confidence: low"
    catalogue = tmp_path / "machines.yaml"
    catalogue.write_text(f"machines: [{{{row}, thirst: {{m3_per_hour: 2}}}}]\n")
    assert check_file(catalogue) == []
    machine = load_catalogue(catalogue).by_model()["M"]
    built = farm(group("G") | {"machine": machine.model_dump(exclude_unset=True)}, group("H"))
    assert [one.section(Thirst) for one in built.fleet] == [machine.section(Thirst), None]
    dry = changed("{kind: section, set: {thirst: {m3_per_hour: 0}}, groups: [G]}", built)
    assert [thirst and thirst.m3_per_hour for thirst in (one.section(Thirst) for one in dry.fleet)] == [0, None]
    catalogue.write_text(catalogue.read_text().replace("m3_per_hour: 2", "m3_per_hour: -2"))
    assert "machines[0].thirst.m3_per_hour: must be at least 0" in str(check_file(catalogue)[0])
    assert "thirst" in schema("catalogue")["$defs"]["Machine"]["properties"]


def test_editors_know_them() -> None:
    whole, contract = schema("farm"), schema("contract")
    assert whole["properties"]["pond"]["description"] == "A pond that cools the machines"
    assert "inflow_m3" in whole["$defs"]["Pond"]["properties"]
    assert "pump" in whole["$defs"]["Group"]["properties"]
    assert contract["$defs"]["Energy"]["properties"]["waters"]["maxItems"] == 3
    assert "level" in whole["$defs"]["State"]["properties"]


def test_their_series_are_read_by_the_names_of_entries_and_groups(tmp_path: Path) -> None:
    paths = {
        name: [place.path for place in declared(Farm)[name].places(ponds())] for name in ("water_price", "pump_works")
    }
    assert paths == {
        "water_price": ["energy.waters[0].usd_per_m3", "energy.waters[1].usd_per_m3"],
        "pump_works": ["fleet[0].pump.works"],
    }
    built = ponds()
    table = read_market(built, tmp_path, grid_of(built, BEGINS, 2)).table
    assert table["pond_inflow"].tolist() == [4, 4]
    assert {name: values.tolist() for name, values in table["water_price"].items()} == {
        "City": [2, 2],
        "River": [0.5, 0.5],
    }
    assert {name: values.tolist() for name, values in table["pump_works"].items()} == {"G": [0.25, 0.25]}


def test_remarks_and_values_of_its_own_are_told_and_read(tmp_path: Path) -> None:
    dry = ponds(pond=POND | {"inflow_m3": 0.0})
    assert read_market(dry, tmp_path, grid_of(dry, BEGINS, 2)).warnings == ("no water flows into the pond",)
    built = ponds()
    assert read_market(built, tmp_path, grid_of(built, BEGINS, 2)).warnings == ()
    some = read_market(dry, tmp_path, grid_of(dry, BEGINS, 2), only={"pump_works"})
    assert (some.warnings, some.table["pump_works"]["G"].tolist()) == ((), [0.25, 0.25])


def test_faults_are_told_at_their_place(tmp_path: Path) -> None:
    path = written(tmp_path)
    good = path.read_text()
    assert load_farm(path).section(Pond) is not None
    cases = {
        "pond: {inflow_m3: -1}": "pond.inflow_m3: must be at least 0 (got -1)",
        "pond: {inflow_m3: 1, volum_m3: 3}": "pond.volum_m3: is not a known key; did you mean `volume_m3`?",
        "pnd: {inflow_m3: 1}": "pnd: is not a known key; did you mean `pond`?",
        "leases: []": "leases: is not a known key; it belongs under `site`",
        "pond: {inflow_m3: {file: gone.csv}}": "pond.inflow_m3.file: there is no such file (got 'gone.csv')",
    }
    for line, message in cases.items():
        path.write_text(good.replace("pond: {inflow_m3: 4}", line))
        assert any(message in one for one in told(path)), told(path)


def test_mutants_load_or_are_refused_at_a_place(tmp_path: Path) -> None:
    path = written(tmp_path, "weather: {temperature_c: 5}")
    cleanings = "pond:\n  inflow_m3: 4\n  cleanings:\n    - {start: 2026-02-11 06:00, end: 2026-02-11 07:00}"
    text = path.read_text().replace("pond: {inflow_m3: 4}", cleanings)
    text = text.replace("horizon:\n", "horizon:\n  start: 2026-02-11 00:00\n")
    for number, mutant in enumerate(mutants(seed=20261130, count=150, texts=[text])):
        path.write_bytes(mutant)
        error = refusal(load_farm, path)
        assert error is None or well_placed(error), (number, str(error))


def test_the_daily_job_keeps_and_carries_them(tmp_path: Path) -> None:
    """Runs an hour apart go on from the record before; where the farm file is broken, its schedule stays in force."""
    path, state = written(tmp_path / "farm"), tmp_path / "state"
    good = path.read_text()
    for hour, m3 in enumerate((0.0, 4.0, 4.0, 12.0)):
        path.write_text(good.replace("{inflow_m3: 4}", "{inflow_m3: x}") if hour == 2 else good)
        assert run(path, state, hour).exit_code == (2 if hour == 2 else 0)
        record = record_of((state / "latest" / "record.json").read_text(), "latest")
        assert record.farm.section(Pond) is not None
        assert record.state.section(Level).m3 == m3


def refused(**sections: Any) -> str:
    with pytest.raises(ValueError) as caught:
        Farm.model_validate(ponds().model_dump(exclude_unset=True) | sections)
    return str(caught.value)


def test_the_whole_is_checked() -> None:
    dumped = ponds().model_dump(exclude_unset=True)
    energy = dumped["energy"] | {"waters": (WATERS[0], WATERS[0])}
    assert "is the name of energy.waters[0] too; each seller of water needs its own" in refused(energy=energy)
    assert "at most 3" in refused(energy=energy | {"waters": WATERS * 2})
    fleet = (dumped["fleet"][0] | {"pump": {"water": "Citi"}},)
    assert "nobody sells this water; did you mean `City`?" in refused(fleet=fleet)
    assert "goes by temperature" in refused(weather=None, pond=POND | {"freezes_below_c": 0.0})
    skipped = ({"start": "2026-03-08 02:30", "end": "2026-03-08 05:00"},)
    assert "02:30" in refused(timezone="America/Chicago", pond=POND | {"cleanings": skipped})
    assert not ponds().needs_temperature
    mixed = ({"start": "2026-03-07 02:30", "end": "2026-03-07 02:00+00:00"},)
    assert "ends before it starts, reckoned in UTC" in refused(pond=POND | {"cleanings": mixed})


def test_records_keep_them_and_those_of_before_are_read() -> None:
    c = conditions(ponds(), [0.5, 0.5])
    record = planned_record(plan_conditions(c), nearest=False)
    again = record_of(record.text(), "test")
    assert again.farm == record.farm
    assert again.text() == record.text()
    data = json.loads(record.text())
    for section in (data["farm"], data["farm"]["energy"], data["farm"]["site"], *data["farm"]["fleet"]):
        for key in ("pond", "waters", "leases", "pump"):
            section.pop(key, None)
    for name in ("pond_inflow", "water_price", "pump_works"):
        del data["market"][name]
    data.pop("sha256")
    before = record_of(sealed(json.dumps(data, separators=(",", ":")) + "\n"), "test")
    assert (before.farm.section(Pond), before.farm.sections(Water)) == (None, ())
    assert before.market.table["pond_inflow"].tolist() == [0, 0]
    assert before.market.followed_by(c.market).table["pond_inflow"].tolist() == [0, 0, 4, 4]
    assert digest(c.farm) != digest(before.farm)


def test_what_is_carried_follows_from_the_folder() -> None:
    assert state_sections()[-1] is Level
    c = conditions(ponds(state={"level": {"m3": 1.0}}), [0.5, 0.5])
    assert state_after(c, plan_conditions(c).dispatch).section(Level).m3 == 9.0
    assert State().section(Level).m3 == 0.0


def scenarios(changes: str, more: str = "") -> tuple[Scenario, ...]:
    return scenarios_in(f"{{name: Dry, summary: s, sources: [made up], changes: [{changes}]{more}}}")


def changed(changes: str, of: Farm | None = None, **how: Any) -> Farm:
    (scenario,) = scenarios(changes)
    return farm_with(of or ponds(), scenario, BEGINS, **how)


def test_scenarios_put_others_in_their_place() -> None:
    dry = changed(
        "{kind: section, set: {pond: {inflow_m3: 0}, pump: {works: 0}, waters: []}, groups: [H]}",
        ponds(fleet=(group("H"),)),
    )
    pond, (pump,) = dry.section(Pond), [one.section(Pump) for one in dry.fleet]
    assert pond is not None
    assert pump is not None
    assert (pond.inflow_m3, pump.works, dry.sections(Water)) == (0.0, 0.0, ())
    assert changed("{kind: section, set: {pond: null}}").section(Pond) is None
    late = "{kind: section, notice: day 2 06:00, set: {pond: null}}"
    assert changed(late, known_at=BEGINS).section(Pond) is not None
    cleaned = changed(
        "{kind: section, set: {pond: {inflow_m3: 1, cleanings: [{start: day 2 06:00, end: day 2 07:00}]}}}"
    )
    assert cleaned.section(Pond).cleanings[0].start == datetime(2026, 2, 12, 6)  # type: ignore[union-attr]
    contract = changed("{kind: contract, set: {waters: [{name: City, usd_per_m3: 9}]}}")
    assert [water.usd_per_m3 for water in contract.sections(Water)] == [9.0]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ("{kind: section, set: {pnd: null}}", "changes[0].set.pnd: is not a known key; did you mean `pond`?"),
        ("{kind: section, set: {leases: []}}", "changes[0].set.leases: is not a known key"),
        ("{kind: section, set: {}}", "changes[0].set: give one section or more"),
        ("{kind: section, set: {pond: {inflow_m3: -1}}}", "changes[0].set.pond.inflow_m3: must be at least 0"),
        ("{kind: section, set: {pump: {water: Citi}}}", "changes[0].set.pump.water: nobody sells this water"),
        (
            "{kind: section, groups: [Q], set: {pump: null}}",
            "changes[0].groups[0]: no group of the fleet has this name",
        ),
        (
            "{kind: section, set: {waters: []}}",
            "with this change, fleet[0].pump.water of the farm nobody sells this water",
        ),
    ],
)
def test_faults_of_scenarios_are_told_at_their_place(change: str, message: str) -> None:
    with pytest.raises(InputError) as caught:
        changed(change)
    assert message in str(caught.value)


def test_changes_of_its_own_are_known(tmp_path: Path) -> None:
    leak = "{kind: leak, share: 0.5, leak: {start: day 1 08:00, end: day 1 09:00}}"
    pond = changed(leak).section(Pond)
    assert pond is not None
    assert pond.volume_m3 == 25.0
    with pytest.raises(InputError, match=r"changes\[0\]: there is no pond"):
        changed(leak, farm())
    with pytest.raises(InputError, match=r"changes\[0\].share: must be at most 1"):
        scenarios("{kind: leak, share: 2, leak: {start: day 1 08:00, end: day 1 09:00}}")
    with pytest.raises(InputError, match=r"`kind` must be one of .*`leak`.*did you mean `inflow`"):
        scenarios("{kind: inflw, scale: 2}")
    built = ponds()
    market = read_market(built, tmp_path, grid_of(built, BEGINS, 2))
    (wet,), (later,) = scenarios("{kind: inflow, scale: 2}"), scenarios(leak.replace("day 1", "day 2"))
    assert market_with(market, wet).table["pond_inflow"].tolist() == [8, 8]
    assert "the change of kind leak" in market_with(market, later).warnings[-1]


def test_sweeps_vary_their_keys() -> None:
    made = scenarios(
        "{kind: section, set: {pond: {inflow_m3: 1}}}",
        ", sweep: [{change: 0, key: set.pond.inflow_m3, values: [1, 2, 3]}]",
    )
    ponds_of = [farm_with(ponds(), scenario, BEGINS).section(Pond) for scenario in made]
    assert [pond and pond.inflow_m3 for pond in ponds_of] == [1, 2, 3]
