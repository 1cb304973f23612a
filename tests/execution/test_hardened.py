"""What may happen to the loop at a bad moment: calls amid restarts, holds, clocks that jump, a log that cannot grow.

Each was wrong once, or nearly.
"""

from __future__ import annotations

import asyncio
import json
import sqlite3
import time
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from optimizer.config.farm import Farm
from optimizer.daily.document import SetPoints
from optimizer.daily.real_watts import REAL_WATTS
from optimizer.errors import InputError
from optimizer.execution import exchange
from optimizer.execution.audit import AUDIT
from optimizer.execution.executor import Pace
from optimizer.execution.gate import HOLD
from optimizer.execution.inventory import read_inventory
from optimizer.execution.service import serve, write_watts
from optimizer.simulated.firmware import FIRMWARE
from tests.execution.test_executor import ALL, NONE, NOW, Site
from tools.trial_farm import farm_of, group_of

HALF = dict.fromkeys(ALL, 1)


def begun_anew(site: Site, **more: Any) -> Site:
    """Another process on the same folder and the same machines, after the first was killed."""
    site.audit.close()
    again = Site(site.folder, **more)
    again.bodies, again.farm._at, again.document = site.bodies, site.farm._at, site.document
    return again


def starts(site: Site, since: float) -> int:
    """How often machines were asked to start, by their own log."""
    return sum(line.what == "start" and line.asked and line.at >= since for body in site.bodies for line in body.log)


@pytest.mark.parametrize("killed", [False, True])
def test_a_call_amid_restarts_stops_machines_that_make_no_hash_yet(
    simulated_time: NOW, tmp_path: Path, killed: bool
) -> None:
    """One without watts, on its way up, looks as if it slept."""

    async def whole() -> None:
        site = Site(tmp_path)
        site.hand_out(NONE, 1)
        assert await site.go_on(60.0) == 0
        site.hand_out(ALL, 2)
        assert await site.go_on(60.0) == 8
        site.hand_out(NONE, 3)
        if killed:
            site = begun_anew(site)
        began = site.wall()
        assert await site.go_on(10.0) == 0
        await site.go_on(600.0)
        assert starts(site, began) == 0

    simulated_time(whole)


def test_machines_that_are_wanted_again_before_they_stopped_are_told(simulated_time: NOW, tmp_path: Path) -> None:
    async def whole() -> None:
        site = Site(tmp_path)
        site.hand_out(ALL, 1)
        await site.go_on(60.0)
        site.hand_out(NONE, 2)
        await site.go_on(1.5)
        site.hand_out(ALL, 3)
        assert await site.go_on(30.0) == 8

    simulated_time(whole)


def with_modes(machines: int) -> Farm:
    """The farm of the trials, whose machines have a step as well."""
    written = farm_of(machines).model_dump(mode="json", exclude_unset=True)
    for group in written["fleet"]:
        group["modes"] = ["eco", "normal"]
        group["machine"]["modes"] = {"eco": {"hashrate_th": 120.0, "power_w": 1905.0}}
    return Farm.model_validate_json(json.dumps(written))


def test_watts_are_lowered_at_once_and_raised_at_the_pace_of_starts(
    simulated_time: NOW, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tests.execution.test_executor.farm_of", with_modes)
    modes = {"eco": 0, "normal": 2}

    def steps(document: SetPoints, on: dict[str, int]) -> SetPoints:
        points = [
            point.model_copy(update={"mode": mode, "machines_on": n if point.group != group_of("antminer") else 0})
            for point in document.setpoints
            for mode, n in on.items()
        ]
        return document.model_copy(update={"setpoints": tuple(points)})

    async def whole() -> None:
        site = Site(tmp_path, pace=Pace(starts=1, every_s=600.0))
        site.hand_out(ALL, 1)
        assert site.document is not None
        site.document = steps(site.document, modes)
        await site.go_on(60.0)
        site.hand_out(ALL, 2)
        site.document = steps(site.document, {"eco": 2, "normal": 0})
        await site.go_on(60.0)
        stepping = [body for body in site.bodies if body.firmware != "antminer"]
        assert [round(body.power_w(site.farm.clock())) for body in stepping] == [1905] * 6
        site.hand_out(ALL, 3)
        site.document = steps(site.document, modes)
        await site.go_on(60.0)
        assert sum(body.power_w(site.farm.clock()) > 3000.0 for body in stepping) == 1

    simulated_time(whole)


def test_after_a_hold_machines_are_told_before_they_count_as_stuck(simulated_time: NOW, tmp_path: Path) -> None:
    async def whole() -> None:
        site = Site(tmp_path)
        site.hand_out(ALL, 1)
        await site.go_on(60.0)
        (tmp_path / HOLD).touch()
        site.hand_out(HALF, 2)
        await site.go_on(600.0)
        assert site.executor.status()["cannot_stop"] == []
        (tmp_path / HOLD).unlink()
        assert await site.go_on(60.0) == 4
        assert [body.name for body in site.bodies if body.runs] == ["m00000", "m00001", "m00002", "m00003"]  # the best

    simulated_time(whole)


def test_a_process_killed_before_it_told_anything_tells_before_it_names(simulated_time: NOW, tmp_path: Path) -> None:
    async def whole() -> None:
        site = Site(tmp_path)
        site.hand_out(ALL, 1)
        await site.go_on(60.0)
        site.hand_out(HALF, 2)
        site.executor._look(site.wall())
        site.audit.write()
        await asyncio.sleep(600.0)
        again = begun_anew(site)
        assert await again.go_on(60.0) == 4
        assert [body.name for body in again.bodies if body.runs] == ["m00000", "m00001", "m00002", "m00003"]
        assert not any("cannot be stopped" in line for line in again.said)

    simulated_time(whole)


def test_begun_anew_past_valid_until_machines_that_stay_are_read_and_told_nothing(
    simulated_time: NOW, tmp_path: Path
) -> None:
    async def whole() -> None:
        site = Site(tmp_path, stay_when_stale=True)
        site.hand_out(NONE, 1)
        await site.go_on(60.0)
        await asyncio.sleep(1800.0)
        again = begun_anew(site, stay_when_stale=True)
        for body in again.bodies[:4]:
            body.runs = True
        before = len(again.audit.commands())
        assert await again.go_on(120.0) == 4
        assert len(again.audit.commands()) == before
        assert [line for line in again.said if "unexpected" in line] == []
        assert again.executor.units[-1].reading.at > again.wall() - 70.0

    simulated_time(whole)


@pytest.mark.parametrize(("waits", "run"), [(60.0, 8), (1800.0, 0)])
def test_begun_anew_without_set_points_what_was_promised_last_still_ends(
    simulated_time: NOW, tmp_path: Path, waits: float, run: int
) -> None:
    async def whole() -> None:
        site = Site(tmp_path)
        site.hand_out(ALL, 1)
        await site.go_on(60.0)
        await asyncio.sleep(waits)
        site.document = None
        assert await begun_anew(site).go_on(60.0) == run

    simulated_time(whole)


def test_begun_anew_after_the_clock_went_back_machines_start_in_time(simulated_time: NOW, tmp_path: Path) -> None:
    async def whole() -> None:
        pace = Pace(starts=8, every_s=60.0)
        site = Site(tmp_path, pace=pace)
        site.hand_out(NONE, 1)
        await site.go_on(60.0)
        site.hand_out(ALL, 2)
        await site.go_on(60.0)
        site.hand_out(NONE, 3)
        await site.go_on(60.0)
        again, ahead = begun_anew(site, pace=pace), 7200.0
        true = again.executor.wall
        again.executor.wall = again.wall = lambda: true() - ahead  # type: ignore[method-assign]
        again.executor.exchange.wall = again.wall
        again.executor._resume()
        again.hand_out(ALL, 4)
        assert await again.go_on(120.0) == 8

    simulated_time(whole)


def test_set_points_hold_no_longer_for_a_clock_that_goes_back(simulated_time: NOW, tmp_path: Path) -> None:
    async def whole() -> None:
        site = Site(tmp_path)
        site.hand_out(ALL, 1)
        await site.go_on(60.0)
        true = site.executor.wall
        site.executor.wall = site.wall = lambda: true() - 7200.0  # type: ignore[method-assign]
        assert await site.go_on(13 * 60.0) == 8
        assert await site.go_on(120.0) == 0
        site.hand_out(ALL, 2)
        assert await site.go_on(120.0) == 8

    simulated_time(whole)


def test_a_log_that_cannot_be_written_stops_starts_and_no_sleep(
    simulated_time: NOW, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A disk takes nothing when a call comes: it is met, and written down once it does."""

    async def whole() -> None:
        site = Site(tmp_path)
        site.hand_out(ALL, 1)
        await site.go_on(30.0)
        site.audit._db.execute("pragma query_only = on")  # as a full disk or one that was mounted anew
        site.hand_out(NONE, 2)
        assert await site.go_on(30.0) == 0
        site.hand_out(ALL, 3)
        assert await site.go_on(120.0) == 0
        told = "the log of commands cannot be written (attempt to write a readonly database)"
        assert [line for line in site.said if "log of commands" in line] == [
            f"{told}: machines are put to sleep, none is started"
        ]
        assert site.executor.status()["faults"]["log of commands"].startswith(told)
        site.audit._db.execute("pragma query_only = off")
        assert await site.go_on(60.0) == 8
        assert site.executor.status()["faults"] == {}
        slept = [row for row in site.audit.commands() if row["target"] == "sleep"]
        assert [row["outcome"] for row in slept] == ["accepted"] * 8
        assert all(row["verified_at"] - row["at"] < 20.0 for row in slept)

    simulated_time(whole)


def test_a_log_that_somebody_else_holds_keeps_nobody_waiting(simulated_time: NOW, tmp_path: Path) -> None:
    async def whole() -> None:
        site = Site(tmp_path)
        site.hand_out(ALL, 1)
        await site.go_on(30.0)
        other = sqlite3.connect(tmp_path / AUDIT, isolation_level=None)
        other.execute("begin immediate")
        site.hand_out(NONE, 2)
        begun = time.monotonic()
        site.executor.step()
        assert time.monotonic() - begun < 1.0
        assert await site.go_on(1.0) == 0
        other.execute("rollback")
        await site.go_on(60.0)
        assert len(site.audit.commands()) == 8

    simulated_time(whole)


def test_commands_under_way_at_a_kill_are_not_left_open(simulated_time: NOW, tmp_path: Path) -> None:
    async def whole() -> None:
        site = Site(tmp_path)
        site.hand_out(ALL, 1)
        await site.go_on(30.0)
        site.hand_out(NONE, 2)
        site.executor.step()
        again = begun_anew(site)
        await again.go_on(30.0)
        outcomes = [row["outcome"] for row in again.audit.commands()]
        assert outcomes[:8] == ["not known: curtail ended before the answer"] * 8
        assert None not in outcomes

    simulated_time(whole)


def test_what_does_not_come_back_is_told_as_seldom_after_a_kill(simulated_time: NOW, tmp_path: Path) -> None:
    async def whole() -> None:
        site = Site(tmp_path)
        site.hand_out(NONE, 1)
        await site.go_on(60.0)
        for body in site.bodies:
            body.hashrate_th = 0.0
        began = site.wall()
        for quarter in range(16):
            site.hand_out(ALL, 2 + quarter)
            await site.go_on(450.0)
            site = begun_anew(site)
        told = [row["at"] - began for row in site.audit.commands("m00000") if row["target"] == "normal"]
        assert told == pytest.approx([0.0, 360.0, 1080.0, 2520.0, 5400.0], abs=30.0)

    simulated_time(whole)


def test_one_that_takes_commands_for_months_and_does_nothing_is_told_hourly(
    simulated_time: NOW, tmp_path: Path
) -> None:
    async def whole() -> None:
        site = Site(tmp_path)
        site.hand_out(ALL, 1)
        site.executor.step()
        unit = site.executor.units[0]
        unit.tries = 5000
        unit.commanded(None, site.wall())
        assert unit.again_at - site.wall() == 3600.0

    simulated_time(whole)


def test_silent_machines_keep_no_command_waiting(
    simulated_time: NOW, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """More of them than connections that are open at once."""
    monkeypatch.setattr(exchange, "_AT_ONCE", 2)

    async def whole() -> None:
        site = Site(tmp_path)
        site.hand_out(ALL, 1)
        await site.go_on(60.0)
        for body in site.bodies[:6]:
            body.faults = replace(body.faults, gone_from=0.0)
        await site.go_on(120.0)
        site.hand_out(NONE, 2)
        assert await site.go_on(4.0) == 6

    simulated_time(whole)


@pytest.mark.parametrize("killed", [False, True])
def test_one_that_wakes_by_itself_is_not_taken_for_one_that_cannot_be_stopped(
    simulated_time: NOW, tmp_path: Path, killed: bool
) -> None:
    async def whole() -> None:
        site = Site(tmp_path)
        site.hand_out(HALF, 1)
        assert await site.go_on(300.0) == 4
        site.bodies[4].faults = replace(site.bodies[4].faults, wakes=(site.farm.clock() + 1.0,))
        began = site.wall()
        if killed:
            site = begun_anew(site)
        assert await site.go_on(120.0) == 4
        assert starts(site, began) == 0
        assert not any("cannot be stopped" in line for line in site.said)

    simulated_time(whole)


def test_one_that_slept_after_all_is_not_started_in_the_call(simulated_time: NOW, tmp_path: Path) -> None:
    """It took the command, fell silent before that was seen, and another sleeps in its place."""

    async def whole() -> None:
        site = Site(tmp_path)
        site.hand_out(ALL, 1)
        await site.go_on(60.0)
        began = site.wall()
        site.bodies[4].faults = replace(
            site.bodies[4].faults, deaf=((site.farm.clock() + 2.0, site.farm.clock() + 200.0),)
        )
        site.hand_out(HALF, 2)
        assert await site.go_on(600.0) == 3
        assert starts(site, began) == 0
        assert site.executor.status()["groups"][group_of("luxos")]["states"] == {"CONFIRMED": 1, "RELEASED": 1}
        site.hand_out(ALL, 3)
        assert await site.go_on(60.0) == 8

    simulated_time(whole)


def test_one_that_woke_and_then_fell_silent_is_named_after_a_kill(simulated_time: NOW, tmp_path: Path) -> None:
    async def whole() -> None:
        site = Site(tmp_path)
        site.hand_out(NONE, 1)
        await site.go_on(60.0)
        body = site.bodies[0]
        body.faults = replace(body.faults, refuses=True, wakes=(site.farm.clock() + 1.0,))
        await site.go_on(120.0)
        body.faults = replace(body.faults, gone_from=0.0)
        again = begun_anew(site)
        await again.go_on(200.0)
        assert [one["machine"] for one in again.executor.status()["cannot_stop"]] == ["m00000"]

    simulated_time(whole)


def test_the_breaker_of_one_that_cannot_be_stopped_is_named(simulated_time: NOW, tmp_path: Path) -> None:
    async def whole() -> None:
        site = Site(tmp_path)
        site.bodies[0].faults = replace(site.bodies[0].faults, gone_from=0.0)
        site.hand_out(NONE, 1)
        await site.go_on(200.0)
        assert any("m00000 (silent for 5 s; breaker B0)" in line for line in site.said)

    simulated_time(whole)


def test_what_is_measured_is_written_as_often_as_plans_begin_with_it(simulated_time: NOW, tmp_path: Path) -> None:
    async def whole() -> None:
        site = Site(tmp_path)
        site.hand_out(ALL, 1)
        await serve(site.executor, tmp_path, site.wall() + 890.0, 300.0, site.said.append)
        at = datetime.fromisoformat(json.loads((tmp_path / "state.yaml").read_text())["at"]).timestamp()
        assert 0.0 <= site.wall() - at <= 310.0

    simulated_time(whole)


def test_what_machines_really_draw_is_measured_by_mode(simulated_time: NOW, tmp_path: Path) -> None:
    """Each draws a tenth more than its nameplate; one of two sleeps half of the time; stock Antminers tell no watts."""

    async def whole() -> None:
        site = Site(tmp_path)
        for body in site.bodies:
            body.watts *= 1.1
        for quarter in range(9):
            site.hand_out(ALL if quarter % 2 else HALF, quarter + 1)
            await serve(site.executor, tmp_path, site.wall() + 899.0, 300.0, site.said.append)
        write_watts(tmp_path, site.executor, site.wall())
        groups = json.loads((tmp_path / REAL_WATTS).read_text())["groups"]
        assert set(groups) == {group_of(name) for name in FIRMWARE if name != "antminer"}
        seen = groups[group_of("braiins")]["normal"]
        assert seen["watts"] == pytest.approx(3850.0)
        assert 2.0 < seen["hours"] <= 2.25
        assert 1.2 < seen["machines"] < 1.5  # the second takes minutes to come back

    simulated_time(whole)


@pytest.mark.parametrize(("address", "port"), [("10.1.0.5", "4028"), ("::1", ""), ("0:0:0:0:0:0:0:1", "4028")])
def test_one_address_written_two_ways_stands_once(tmp_path: Path, address: str, port: str) -> None:
    file = tmp_path / "machines.csv"
    file.write_text(
        f"name,group,driver,address,port\na,G,luxos,10.1.0.5,\nb,G,luxos,0::1,4028\nc,G,luxos,{address},{port}\n"
    )
    with pytest.raises(InputError, match="stands in line"):
        read_inventory(file)
