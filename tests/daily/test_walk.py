"""Days from a seed under everything that happens, and mutants of every file: nothing in force breaks a hard call.

A run of the suite draws a few of both. 500 days: ``CURTAIL_WALK_DAYS=500 pytest tests/daily/test_walk.py``; 5,000
mutants: ``CURTAIL_DAILY_MUTANTS=5000``. One of them again: what a failure prints.
"""

from __future__ import annotations

import ast
import json
import os
import random
import subprocess
import time
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.commands.running import COMMAND, ROOT, beside
from tests.daily.farms import daily, write_farm
from tests.daily.walk.controller import Controller
from tests.daily.walk.farms import yaml_of
from tests.daily.walk.judge import Look, faults
from tests.daily.walk.orders import Fleet, Orders, fleet_of
from tests.sampling import number, sample

DAYS = number(3, 16, "CURTAIL_WALK_DAYS")
FIRST = int(os.environ.get("CURTAIL_WALK_FIRST", "0"))
MUTANTS = number(25, 100, "CURTAIL_DAILY_MUTANTS")
PARTS = 2  # processes side by side
NOON = datetime(2026, 2, 11, 18, tzinfo=UTC)  # on the farm's clock
WRONG_ONCE = (37, 185, 266, 277, 383, 420, 1062, 1064)  # days that found a fault
QUARTER = timedelta(minutes=15)
FARM: dict[str, Any] = {
    **{"name": "By hand", "timezone": "America/Chicago"},
    "site": {"pue": 1.0, "auxiliary_load_mw": 0.5, "import_limit_mw": 8},
    "fleet": [
        {"name": "A", "units": 1000, "standby_w": 0, "units_switched_together": 50, "machine": {"power_w": 5000}},
        {"name": "B", "units": 1000, "standby_w": 500, "machine": {"power_w": 4500}},
    ],
    "horizon": {"hours": 3, "intervals": [{"minutes": 15, "hours": 1}, {"minutes": 60}]},
}


def side_by_side(module: str, numbers: Sequence[int]) -> None:
    """A walk in processes of their own; what it printed where anything was wrong."""
    begun = [
        beside("-m", module, *numbers[part::PARTS], env={"OMP_NUM_THREADS": "1"}, stderr=subprocess.STDOUT)
        for part in range(PARTS)
    ]
    said = [process.communicate()[0] for process in begun]
    print("\n".join(said))
    assert all(process.returncode == 0 for process in begun), "\n".join(said)


def test_days_under_everything_that_happens() -> None:
    side_by_side("tests.daily.walk", [*range(FIRST, FIRST + DAYS), *sample(WRONG_ONCE, 2)])


def test_mutated_files_never_stop_the_job() -> None:
    side_by_side("tests.daily.mutated", range(MUTANTS))


def test_commands_that_are_killed_in_a_call_leave_it_obeyed(tmp_path: Path) -> None:
    """Real processes: a stop is handed out before its time, and holds whatever is killed while it lasts."""
    stop = {"name": "C", "start": "2026-02-11 02:00", "end": "2026-02-11 05:00", "cut": {"form": "full_stop"}}
    farm, state = write_farm(tmp_path / "farm", f"events: [{json.dumps(stop)}]"), tmp_path / "state"
    assert daily(farm, state, "2026-02-11 00:00").returncode == 0
    assert daily(farm, state, "2026-02-11 01:45").returncode == 0
    controller, dice, killed = Controller(state / "setpoints.json"), random.Random(20260211), 0
    for step in range(6):
        local = datetime(2026, 2, 11, 2) + step * QUARTER
        with beside(*COMMAND, "daily", farm, "--state", state, "--at", local, stderr=subprocess.DEVNULL) as job:
            time.sleep(dice.uniform(0.3, 2.0))
            job.kill()
        killed += job.returncode != 0
        assert controller.look() is None
        moment = (local + timedelta(hours=6)).replace(tzinfo=UTC)
        assert controller.valid(moment)
        assert not any(controller.running(moment).values())
    done = daily(farm, state, "2026-02-11 04:00")
    assert (done.returncode, killed > 0, controller.look()) == (0, True, None)
    assert not any(controller.running(datetime(2026, 2, 11, 10, 1, tzinfo=UTC)).values())


@pytest.mark.parametrize("name", ["orders", "controller", "judge"])
def test_the_oracle_imports_nothing_of_the_program(name: str) -> None:
    tree = ast.parse((ROOT / "tests" / "daily" / "walk" / f"{name}.py").read_text())
    named = [alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names]
    named += [str(node.module) for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)]
    assert not [module for module in named if module.startswith("optimizer")]


@pytest.fixture
def fleet() -> Fleet:
    return fleet_of(yaml_of(FARM))


def orders(fleet: Fleet, *calls: dict[str, Any]) -> Orders:
    found = Orders(fleet, FARM["timezone"])
    found.read(yaml_of({**FARM, "events": list(calls)}), None)
    return found


def call(cut: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"name": "C", "start": "2026-02-11 12:00", "end": "2026-02-11 14:00", "cut": cut, **more}


def test_what_may_be_drawn_is_read_as_by_hand(fleet: Fleet) -> None:
    """By hand: idle 0.5 + 1000 x 0.5 kW = 1 MW; full 0.5 + 5 + 4.5 = 10 MW, of which the site allows 8."""
    assert (fleet.idle_mw, fleet.full_mw) == (1.0, 10.0)
    assert fleet.import_mw({("A", "normal"): 100, ("B", "normal"): 10}) == pytest.approx(1 + 0.5 + 0.04)
    for cut, level in (
        ({"form": "to_level", "mw": 3}, 3.0),
        ({"form": "to_level", "mw": 0.2}, 1.0),
        ({"form": "by_amount", "mw": 3}, 5.0),
        ({"form": "by_amount", "mw": 3, "baseline_mw": 9}, 6.0),
        ({"form": "to_share", "share": 0.5}, 4.0),
        ({"form": "full_stop"}, 1.0),
    ):
        found = orders(fleet, call(cut))
        allowed = [found.allowed(NOON + timedelta(minutes=m)) for m in (-1, 0, 119, 120)]
        assert allowed == [8.0, level, level, 8.0], cut


def test_response_excuse_and_restore_are_read_as_by_hand(fleet: Fleet) -> None:
    excused = [{"start": "2026-02-11 13:00", "end": "2026-02-11 13:30"}]
    more = {"respond_minutes": 10, "restore_mw_per_hour": 2, "excused": excused}
    found = orders(fleet, call({"form": "to_level", "mw": 3}, **more))
    minutes = (9, 10, 59, 60, 89, 90, 120)
    allowed = [found.allowed(NOON + timedelta(minutes=m)) for m in minutes]
    assert allowed == [8.0, 3.0, 3.0, 8.0, 8.0, 3.0, 5.0]  # the rise is reckoned to the end of an hour


def test_a_call_that_cannot_be_read_leaves_the_last_in_force(fleet: Fleet) -> None:
    found = orders(fleet, call({"form": "full_stop"}))
    found.read(yaml_of({**FARM, "events": [call({"form": "fullstop"})]}), None)
    assert found.allowed(NOON) == 1.0
    found.read("a: [", "- {}")
    assert found.allowed(NOON) == 1.0
    found.read(yaml_of(FARM), yaml_of({"events": [call({"form": "to_level", "mw": 2})]}))
    assert found.allowed(NOON) == 2.0
    found.read(yaml_of({**FARM, "site": {"import_limit_mw": "much"}}), "events: []")
    assert found.allowed(NOON) == 8.0


def test_the_least_path_falls_as_fast_as_it_may(fleet: Fleet) -> None:
    """By hand: 3.9 MW/h are 0.975 MW a quarter: 243 machines of B at 4 kW, 0.972 MW, or 3 containers of A, 0.75 MW."""
    steep = replace(fleet, ramp=3.9)
    levels = [level for _, _, level in steep.least_path(8.0, NOON)]
    assert levels == pytest.approx([max(8 - n * 0.75, 1.0) for n in range(1, 13)])
    assert [level for _, _, level in fleet.least_path(8.0, NOON)] == [1.0] * 12


class Paper:
    """Set-points as a test writes them."""

    def __init__(self, folder: Path) -> None:
        self.file, self.sequence = folder / "setpoints.json", 0
        self.controller = Controller(self.file)

    def write(self, a: int, b: int, **more: Any) -> Controller:
        """A document of so many machines on, as the controller takes it up."""
        self.sequence += 1
        rows = [
            {"group": group, "mode": "normal", "machines_on": count, "since": stamp(0), "until": stamp(3), "next": None}
            for group, count in (("A", a), ("B", b))
        ]
        document = {
            **{"farm": {"id": "x"}, "epoch": 7, "sequence": self.sequence, "made_at": stamp(0), "stale": False},
            **{"valid_until": stamp(3), "status": "planned", "source": "plan", "short_mw": 0.0, "setpoints": rows},
            **more,
        }
        self.file.write_text(json.dumps(document))
        points = [f"7,{self.sequence},{row['group']},normal,{row['machines_on']}" for row in document["setpoints"]]
        table = "\n".join(["epoch,sequence,group,mode,machines_on", *points])
        self.file.with_suffix(".csv").write_text(table)
        assert self.controller.look() is None
        return self.controller


def stamp(hours: float) -> str:
    return (NOON + timedelta(hours=hours)).isoformat()


@pytest.fixture
def paper(tmp_path: Path) -> Paper:
    return Paper(tmp_path)


LOOK = Look(NOON, NOON, 0, 8.0, lost=False, hurt=False)
LATER = {"group": "B", "mode": "normal", "machines_on": 0, "since": stamp(0), "until": stamp(1)}


@pytest.mark.parametrize(
    ("numbers", "more", "look", "said"),
    [
        ((400, 0), {}, LOOK, []),
        ((450, 0), {}, LOOK, ["3.2500 MW where 3.0000 is allowed", "and tells of 0.0000 MW"]),
        ((401, 0), {}, LOOK, ["401 of 1000 machines in containers of 50", "and tells of 0.0000 MW"]),
        ((400, 0), {"source": "nearest", "status": "nearest"}, replace(LOOK, code=6), ["a schedule meets every call"]),
        ((400, 0), {"source": "kept", "status": "kept"}, replace(LOOK, code=5), ["status kept: not stale"]),
        ((400, 0), {}, replace(LOOK, code=5), ["status planned with exit code 5"]),
        ((400, 0), {"made_at": stamp(-1)}, LOOK, ["the set-points were not written"]),
        ((400, 0), {"short_mw": 1.0}, LOOK, ["tells of 1.0000 MW short"]),
        ((400, 0), {}, replace(LOOK, code=1), ["exit code 1"]),
        ((400, 0), {}, replace(LOOK, code=None, silent=True), ["the feed is silent: not stale"]),
        ((1000, 1000), {"valid_until": stamp(0)}, LOOK, []),
    ],
)  # fmt: skip
def test_the_judge_finds_what_is_wrong(
    fleet: Fleet, paper: Paper, numbers: tuple[int, int], more: dict[str, Any], look: Look, said: list[str]
) -> None:
    """Proves that each check can fail: a call to 3 MW, 1 MW idle, 5 kW and 4 kW a machine."""
    found = list(faults(look, orders(fleet, call({"form": "to_level", "mw": 3})), paper.write(*numbers, **more)))
    assert len(found) >= len(said)
    for words in said:
        assert any(words in line for line in found), found
    assert bool(found) == bool(said), found


def test_the_judge_looks_ahead_and_excuses_what_cannot_be_otherwise(fleet: Fleet, paper: Paper) -> None:
    """The next set-points count from their time on; a ramp that is too slow excuses just so much, told as short."""
    found = orders(fleet, call({"form": "to_level", "mw": 3}))
    row = {**LATER, "next": {"at": stamp(1), "machines_on": 800}}
    wrong = list(faults(LOOK, found, paper.write(0, 0, setpoints=[{**row, "group": "A", "next": None}, row])))
    assert [line[:12] for line in wrong] == ["11 19:00Z: 4"]
    found.fleet = replace(fleet, ramp=4.0)
    slow = {"source": "nearest", "status": "nearest", "short_mw": 4.04}
    slow |= {"valid_until": stamp(0.25)}
    look = replace(LOOK, code=6)
    assert not list(faults(look, found, paper.write(1000, 260, **slow)))
    found.note(NOON - timedelta(hours=1), 8.0)
    assert "4.0000 was within reach when the call became known" in "".join(
        faults(look, found, paper.write(1000, 260, **slow))
    )


def test_the_controller_goes_by_epoch_and_sequence(paper: Paper) -> None:
    paper.write(0, 0)
    paper.sequence = -1
    paper.file.write_text(paper.file.read_text().replace('"sequence": 1', '"sequence": 0'))
    assert paper.controller.look() == "went back from (7, 1) to (7, 0)"
    paper.file.write_text(paper.file.read_text().replace('"id": "x"', '"id": "y"'))
    assert paper.controller.look() == "of another farm"
    assert paper.controller.running(NOON + timedelta(hours=2)) == {("A", "normal"): 0, ("B", "normal"): 0}
    assert paper.controller.running(NOON + timedelta(hours=3)) == {}
