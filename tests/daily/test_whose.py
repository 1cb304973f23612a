"""Whose a state folder is, where its own note of that is damaged or missing: no other farm takes it."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path

import pytest

from optimizer.daily.files import Done
from optimizer.daily.job import run_once
from optimizer.errors import InputError
from tests.daily.farms import write_farm


@pytest.fixture
def farm(tmp_path: Path) -> Path:
    """A farm that has planned at midnight, whose note is then damaged."""
    farm = write_farm(tmp_path / "farm")
    assert run(farm, 0).exit_code == 0
    note(farm).write_text('{"id": "x')
    return farm


def run(farm: Path, hour: int) -> Done:
    return run_once(farm, state_of(farm), datetime(2026, 2, 11, hour), report=False)


def state_of(farm: Path) -> Path:
    return farm.parent.parent / "state"


def note(farm: Path) -> Path:
    return state_of(farm) / "farm.json"


def elsewhere(farm: Path, name: str = "Elsewhere", group: str = "Hall") -> Path:
    other = write_farm(farm.parent.parent / "other")
    text = other.read_text().replace("name: Daily", f"name: {name}")
    other.write_text(text.replace("name: Old", f"name: {group} 1").replace("name: New", f"name: {group} 2"))
    return other


@pytest.mark.parametrize("lost", [(), ("farm.json",), ("setpoints.json",), ("latest",), ("latest", "runs")])
def test_another_farm_is_refused_by_the_schedule_or_the_set_points(farm: Path, lost: tuple[str, ...]) -> None:
    state = state_of(farm)
    for name in lost:
        (state / name).rename(state.with_name(name))
    before = {name: text for name, text in files_in_state(state).items() if name.startswith("setpoints")}
    for _ in range(2):
        with pytest.raises(InputError, match="belongs to farm 'Daily', as its schedule says"):
            run(elsewhere(farm), 1)
    assert before.items() <= files_in_state(state).items()


def files_in_state(state: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in state.iterdir() if path.is_file()}


def test_another_farm_with_groups_of_the_same_names_is_refused(farm: Path) -> None:
    other = elsewhere(farm)
    other.write_text(other.read_text().replace("Hall 1", "Old").replace("Hall 2", "New"))
    with pytest.raises(InputError, match="belongs to farm 'Daily'"):
        run(other, 1)


@pytest.mark.parametrize("lost", [(), ("farm.json",), ("latest", "runs")])
def test_the_farm_itself_keeps_its_id_and_is_told(farm: Path, lost: tuple[str, ...]) -> None:
    state = state_of(farm)
    number = json.loads((state / "setpoints.json").read_text())["farm"]["id"]
    for name in lost:
        (state / name).rename(state.with_name(name))
    done = run(farm, 1)
    assert done.exit_code == 0
    told = "farm.json: is missing" if "farm.json" in lost else "set aside as farm.json.damaged-"
    assert any(told in line for line in done.messages), done.messages
    assert json.loads(note(farm).read_text())["id"] == number
    assert "farm.json" not in " ".join(run(farm, 2).messages)


def test_a_farm_with_its_id_takes_its_folder_under_any_name(farm: Path) -> None:
    number = json.loads((state_of(farm) / "setpoints.json").read_text())["farm"]["id"]
    other = elsewhere(farm)
    other.write_text(f"id: {number}\n{other.read_text()}")
    assert run(other, 1).exit_code == 0


def test_a_broken_farm_file_keeps_the_schedule_where_the_note_is_damaged(farm: Path) -> None:
    farm.write_text("name: [")
    done = run(farm, 1)
    assert (done.exit_code, done.status) == (2, "kept")
    number = json.loads((state_of(farm) / "setpoints.json").read_text())["farm"]["id"]
    assert number
