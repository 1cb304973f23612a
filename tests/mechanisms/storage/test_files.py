"""Batteries in files: faults at their place, scenarios, and days of jobs and replays that carry what they hold."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from optimizer.config.check import check_file
from optimizer.config.farm import Farm
from optimizer.config.load import load_farm
from optimizer.config.schema import schema
from optimizer.daily.carried import followed_until
from optimizer.errors import InputError
from optimizer.mechanisms.storage.config import Storage
from optimizer.mechanisms.storage.state import StorageState
from optimizer.plan.checker import check
from optimizer.plan.planning import plan_farm
from optimizer.plan.state import state_after
from optimizer.scenario.farm_changes import farm_with
from optimizer.scenario.load import scenarios_in
from optimizer.through_time.replanning import Stepper
from tests.daily.farms import run, write_farm
from tests.mechanisms.storage.batteries import battery, site
from tests.through_time.histories import history, replanned

SECTION = """storage:
  - {name: Hall, capacity_mwh: 8, charge_mw: 4, discharge_mw: 4, charge_efficiency: 0.95, discharge_efficiency: 0.95}
"""


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        (
            "discharge_efficiency: 0.95",
            "discharge_efficiency: 1.2",
            "storage[0].discharge_efficiency: must be at most 1",
        ),
        ("charge_mw: 4, ", "", "storage[0].charge_mw: is missing"),
        ("8", "8, least_mwh: 9", "storage[0].least_mwh: must be less than capacity_mwh, 8 (got 9)"),
        ("8", "8, chrge_mw: 9", "storage[0].chrge_mw: is not a known key; did you mean `charge_mw`?"),
        (
            "8",
            "8, outages: [{start: 2026-02-11 06:00, end: 2026-02-11 05:00}]",
            "storage[0].outages[0].end: the outage ends (2026-02-11 05:00:00) before it starts",
        ),
        ("STATE", "storage: {level_mwh: {Hal: 1}}", "no battery of the contract has this name; did you mean `Hall`?"),
        (
            "STATE",
            "storage: {level_mwh: {Hall: 9}}",
            "state.storage.level_mwh.Hall: is more than the 8 MWh that the battery can hold (got 9)",
        ),
        ("STATE", "storage: {level_mwh: {Hall: -1}}", "state.storage.level_mwh.Hall: must be at least 0 (got -1)"),
    ],
)
def test_faults_are_told_at_their_place(tmp_path: Path, old: str, new: str, told: str) -> None:
    path = write_farm(tmp_path, SECTION)
    assert check_file(path) == []
    text = path.read_text().replace("bill: {peaks_mw", "STATE, bill: {peaks_mw") if old == "STATE" else path.read_text()
    path.write_text(text.replace(old, new, 1) if old == "STATE" else _in_section(text, old, new))
    found = [f"{fault.path}: {fault.message}" for fault in check_file(path)]
    assert any(told in one for one in found), found


def _in_section(text: str, old: str, new: str) -> str:
    before, section = text.split("storage:")
    return f"{before}storage:{section.replace(old, new, 1)}"


def test_two_batteries_need_two_names_and_editors_know_the_section() -> None:
    with pytest.raises(ValueError, match=r"is the name of storage\[0\] too; each battery needs its own"):
        site(battery(), battery())
    whole = schema("farm")
    assert "storage" in whole["$defs"]["State"]["properties"]
    assert whole["$defs"]["Storage"]["properties"]["wear_usd_per_mwh"]["default"] == 0.0


BEGINS = datetime.fromisoformat("2026-02-11 06:00+00:00")


def changed(changes: str, of: Farm) -> Farm:
    (scenario,) = scenarios_in(f"{{name: Broken, summary: s, sources: [made up], changes: [{changes}]}}")
    return farm_with(of, scenario, BEGINS)


def test_scenarios_put_batteries_out_of_service_or_in_place() -> None:
    built = site(battery(), battery("C"))
    lasts = "outage: {start: day 1 08:00, end: day 1 10:00}"
    out = changed(f"{{kind: storage_outage, batteries: [C], {lasts}}}", built)
    assert [len(one.outages) for one in out.sections(Storage)] == [0, 1]
    both = changed(f"{{kind: storage_outage, {lasts}}}", built)
    assert [len(one.outages) for one in both.sections(Storage)] == [1, 1]
    assert both.sections(Storage)[0].outages[0].start.hour == 8
    with pytest.raises(InputError, match=r"batteries\[0\]: no battery of the farm has this name; did you mean `B`"):
        changed(f"{{kind: storage_outage, batteries: [b], {lasts}}}", built)
    assert changed("{kind: section, set: {storage: []}}", built).sections(Storage) == ()


def test_a_scenario_changes_what_is_planned(tmp_path: Path) -> None:
    path = write_farm(tmp_path, SECTION)
    broken = "{kind: storage_outage, outage: {start: day 1 00:00, end: day 2 00:00}}"
    (scenario,) = scenarios_in(f"{{name: Broken, summary: s, sources: [made up], changes: [{broken}]}}")
    loaded = load_farm(path)
    start = datetime.fromisoformat("2026-02-11 00:00-06:00")
    plan = plan_farm(loaded, tmp_path, start=start)
    out = plan_farm(loaded, tmp_path, start=start, scenarios=(scenario,))
    assert plan.dispatch.table["discharge_mw"]["Hall"].max() > 1.0
    assert not out.dispatch.table["discharge_mw"]["Hall"].any()
    assert out.settled.profit < plan.settled.profit


def test_a_day_of_jobs_carries_what_is_held(tmp_path: Path) -> None:
    """A plan every two hours: each begins with what the one before it left, and no schedule breaks a rule."""
    path, before, held = write_farm(tmp_path / "farm", SECTION), None, []
    for hour in range(0, 24, 2):
        done = run(path, tmp_path / "state", float(hour))
        assert done.exit_code == 0, done.messages
        record = done.record
        assert record is not None
        level = record.state.section(StorageState).level_mwh
        if before is not None:
            c, followed = followed_until(before, record.start)
            assert check(c, followed) == []
            assert level == pytest.approx(state_after(c, followed).section(StorageState).level_mwh)
            held.append(level["Hall"])
        before = record
    assert max(held) > 4.0
    assert min(held) == pytest.approx(0.0, abs=1e-6)


def test_a_replay_of_days_carries_what_is_held() -> None:
    """Planned again every hour on a forecast that errs: what is executed keeps to the battery."""
    random = np.random.default_rng(3)
    built: Any = replanned(hours=12.0, storage=(battery(),))
    k = history(built, random.uniform(-0.2, 1.6, 72), forecast=0.6, half_life=2.0)
    stepper, state, out = Stepper(k), k.actual.state, 0.0
    for t in range(24):
        followed, state = stepper.step(t, state)
        out += float(followed.table["discharge_mw"]["B"].sum())
        assert 0.0 <= state.section(StorageState).level_mwh["B"] <= 4.0
    assert out > 2.0
