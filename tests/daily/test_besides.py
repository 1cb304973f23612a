"""What people read beside a schedule never holds the schedule up: neither a fault in making it nor a lack of room."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from optimizer.daily.job import run_once
from tests.daily.farms import START, write_farm


def broken(*_: Any, **__: Any) -> Any:
    raise ValueError("a fault of a page")


@pytest.mark.parametrize(
    ("where", "word"),
    [
        ("optimizer.report.plan.page.render_plan", "its page"),
        ("optimizer.daily.job.worth_of", "what it is worth"),
        ("optimizer.daily.job.todo_of", "what is new in it"),
    ],
)
def test_a_plan_goes_out_without(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, where: str, word: str) -> None:
    monkeypatch.setattr(where, broken)
    done = run_once(write_farm(tmp_path / "farm"), tmp_path / "state", START)
    assert (done.status, done.exit_code) == ("planned", 0)
    assert f"without {word}: ValueError: a fault of a page; please report it" in done.messages
    assert json.loads((tmp_path / "state" / "setpoints.json").read_text())["status"] == "planned"


def test_a_posture_goes_out_without(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Prices are gone, the schedule has run out and its page cannot be made: all is off all the same."""
    farm = write_farm(tmp_path / "farm", "daily: {safe_posture: {all_off: true}}")
    run_once(farm, tmp_path / "state", START, report=False)
    (farm.parent / "prices.csv").unlink()
    monkeypatch.setattr("optimizer.report.plan.kept.kept_page_files", broken)
    done = run_once(farm, tmp_path / "state", START + timedelta(days=4))
    assert done.status == "safe"
    assert any("without its page: ValueError" in message for message in done.messages)
    setpoints = json.loads((tmp_path / "state" / "setpoints.json").read_text())["setpoints"]
    assert {row["machines_on"] for row in setpoints} == {0}
