"""The loop's own rules: whose set-points count, what holds past them, a hold, allowed addresses, no secret anywhere."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from optimizer.daily.document import SetPoints
from optimizer.errors import InputError
from optimizer.execution.audit import AUDIT, Audit
from optimizer.execution.credentials import Credentials, Login, credentials_in
from optimizer.execution.executor import Executor, Pace
from optimizer.execution.gate import HOLD, Gate, HeldError, networks
from optimizer.execution.unit import units_in
from optimizer.simulated.farm import SimulatedFarm
from optimizer.simulated.firmware import FIRMWARE
from tools.trial_farm import BEGAN, PASSWORD, bodies_of, farm_of, group_of, handed_out, inventory_of

NOW = Callable[[Callable[[], Any]], Any]
ALL = dict.fromkeys(map(group_of, FIRMWARE), 2)
NONE = dict.fromkeys(map(group_of, FIRMWARE), 0)


class Site:
    """Eight machines under an executor; ``document`` is what stands in the file. For use within simulated time."""

    def __init__(self, folder: Path, allow: str = "127.0.0.0/8", live: bool = True, **more: Any) -> None:
        self.folder, self.entries, self.said = folder, inventory_of(8), []
        self.bodies = tuple(bodies_of(self.entries))
        self.farm = SimulatedFarm(self.bodies, self.wall)
        self.document: SetPoints | None = None
        gate = Gate(networks([allow]), live, folder / HOLD, self.farm.open_connection)
        logins = Credentials({}, {name: Login(password=SecretStr(PASSWORD)) for name in FIRMWARE})
        self.audit = Audit(folder / AUDIT)
        self.executor = Executor(
            units_in(self.entries, farm_of(8), gate, logins),
            gate,
            self.audit,
            lambda: self.document,
            self.wall,
            say=self.said.append,
            **more,
        )

    def wall(self) -> float:
        """Seconds since 1970."""
        return BEGAN.timestamp() + asyncio.get_running_loop().time()

    def hand_out(self, on: dict[str, int], sequence: int, farm: str = "simulated") -> None:
        """Write set-points."""
        document = handed_out(on, self.wall(), sequence)
        self.document = document.model_copy(update={"farm": document.farm.model_copy(update={"id": farm})})

    async def go_on(self, seconds: float) -> int:
        """Let the loop go on; how many machines run then."""
        self.executor.stopped = False
        await self.executor.run(self.wall() + seconds)
        return sum(body.runs for body in self.bodies)


def test_only_set_points_of_this_farm_that_are_not_older_count(simulated_time: NOW, tmp_path: Path) -> None:
    async def whole() -> None:
        site = Site(tmp_path)
        site.hand_out(NONE, 5)
        assert await site.go_on(60.0) == 0
        site.hand_out(ALL, 4)
        assert await site.go_on(60.0) == 0
        site.hand_out(ALL, 6, farm="another")
        assert await site.go_on(60.0) == 0
        assert [line[:20] for line in site.said] == ["set-points [1, 4] ar", "set-points of anothe"]
        site.hand_out(ALL, 6)
        assert await site.go_on(60.0) == 8

    simulated_time(whole)


@pytest.mark.parametrize(("stay", "run"), [(False, 0), (True, 8)])
def test_past_valid_until_machines_sleep_or_stay(simulated_time: NOW, tmp_path: Path, stay: bool, run: int) -> None:
    async def whole() -> None:
        site = Site(tmp_path, stay_when_stale=stay)
        site.hand_out(ALL, 1)
        assert await site.go_on(14 * 60.0) == 8
        site.document = None  # the file is gone: the last one holds as long as it promised
        assert await site.go_on(30.0) == 8
        assert await site.go_on(120.0) == run
        assert any("ran out" in line for line in site.said)

    simulated_time(whole)


def test_without_set_points_nothing_is_told(simulated_time: NOW, tmp_path: Path) -> None:
    async def whole() -> None:
        site = Site(tmp_path)
        assert await site.go_on(300.0) == 8
        assert site.audit.commands() == []

    simulated_time(whole)


def test_a_hold_stops_sending_at_once_and_reading_goes_on(simulated_time: NOW, tmp_path: Path) -> None:
    async def whole() -> None:
        site = Site(tmp_path)
        site.hand_out(ALL, 1)
        await site.go_on(60.0)
        (tmp_path / HOLD).touch()
        site.hand_out(NONE, 2)
        before = len(site.farm.contacted)
        assert await site.go_on(120.0) == 8
        assert len(site.farm.contacted) > before
        assert site.executor.status()["held"]
        (tmp_path / HOLD).unlink()
        assert await site.go_on(60.0) == 0

    simulated_time(whole)


def test_a_dry_run_says_what_it_would_send_and_contacts_nobody(simulated_time: NOW, tmp_path: Path) -> None:
    async def whole() -> None:
        site = Site(tmp_path, live=False)
        site.hand_out(NONE, 1)
        assert await site.go_on(120.0) == 8
        assert site.farm.contacted == []
        assert site.said[0] == "dry run: Hall luxos: sleep to 2 machines (event): m00000, m00004"
        assert site.audit.commands() == []

    simulated_time(whole)


def test_no_address_outside_the_list_is_ever_contacted(simulated_time: NOW, tmp_path: Path) -> None:
    """Seven machines stand at addresses that are not on the list."""

    async def whole() -> None:
        site = Site(tmp_path, allow="127.1.0.2")
        site.hand_out(NONE, 1)
        assert await site.go_on(300.0) == 7
        assert {address for address, _ in site.farm.contacted} == {"127.1.0.2"}
        assert {unit.trouble for unit in site.executor.units if unit.trouble} == {
            f"127.1.0.{k} is not on the list of allowed addresses" for k in (1, 3, 4, 5, 6, 7, 8)
        }

    simulated_time(whole)


def test_a_listening_trap_hears_nothing() -> None:
    """Really on loopback: a name, another network and a dry run lead to no connection; an allowed address does."""
    heard = []

    async def whole() -> None:
        async def trap(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            heard.append(writer.get_extra_info("peername"))
            writer.close()

        server = await asyncio.start_server(trap, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        for address, allow, live in (
            ("localhost", "127.0.0.0/8", True),
            ("127.0.0.1", "127.0.0.2", True),
            ("127.0.0.1", "127.0.0.0/8", False),
        ):
            with pytest.raises(HeldError):
                await Gate(networks([allow]), live).open(address, port)
        await asyncio.sleep(0.05)
        assert heard == []
        _, writer = await Gate(networks(["127.0.0.0/8"]), True).open("127.0.0.1", port)
        writer.close()
        await asyncio.sleep(0.05)
        assert len(heard) == 1
        server.close()

    asyncio.run(whole())


def test_least_efficient_machines_sleep_first_and_a_stuck_one_is_replaced(simulated_time: NOW, tmp_path: Path) -> None:
    from dataclasses import replace

    async def whole() -> None:
        site = Site(tmp_path)
        site.hand_out(ALL, 1)
        await site.go_on(60.0)
        one = dict.fromkeys(ALL, 1)
        site.bodies[4].faults = replace(site.bodies[4].faults, refuses=True)  # the worse of two LuxOS machines
        site.hand_out(one, 2)
        await site.go_on(60.0)
        assert [body.name for body in site.bodies if body.runs] == ["m00000", "m00001", "m00002", "m00003", "m00004"]
        await site.go_on(180.0)
        assert [body.name for body in site.bodies if body.runs] == ["m00001", "m00002", "m00003", "m00004"]
        states = site.executor.status()["groups"][group_of("luxos")]["states"]
        assert states == {"CONFIRMED": 1, "RELEASED": 1}
        assert not any(body.log[-1].what == "start" for body in site.bodies if body.log)

    simulated_time(whole)


def test_starts_keep_their_pace_over_a_restart(simulated_time: NOW, tmp_path: Path) -> None:
    async def whole() -> None:
        site = Site(tmp_path, pace=Pace(starts=2, every_s=600.0))
        site.hand_out(NONE, 1)
        assert await site.go_on(60.0) == 0
        site.hand_out(ALL, 2)
        assert await site.go_on(60.0) == 2
        site.audit.close()
        again = Site(tmp_path, pace=Pace(starts=2, every_s=600.0))
        again.bodies, again.farm._at = site.bodies, site.farm._at  # the same machines
        again.document = site.document
        assert await again.go_on(120.0) == 2
        again.hand_out(ALL, 3)
        assert await again.go_on(600.0) == 4

    simulated_time(whole)


def test_planned_against_drawn_is_explained(simulated_time: NOW, tmp_path: Path) -> None:
    """An hour in which one of two LuxOS machines cannot be stopped, and each draws a tenth more than its nameplate."""
    from dataclasses import replace

    from optimizer.execution.metered import drawn_lines

    async def whole() -> tuple[str, ...]:
        site = Site(tmp_path)
        for body in site.bodies:
            body.watts *= 1.1
        site.bodies[0].faults = replace(site.bodies[0].faults, refuses=True)
        for quarter in range(4):
            site.hand_out(ALL | {group_of("luxos"): 0, group_of("braiins"): 1}, quarter + 1)
            await site.go_on(900.0)
        return drawn_lines(tmp_path, site.wall())

    luxos, braiins, *_ = simulated_time(whole)
    assert luxos == (
        "Hall luxos: machines drew 0.004 MWh in 1.0 h where 0.000 were planned: "
        "+0.004 awake though to sleep, +0.000 not up though to run, +0.000 other than at nameplate"
    )
    assert braiins == (
        "Hall braiins: machines drew 0.004 MWh in 1.0 h where 0.004 were planned: "
        "+0.000 awake though to sleep, +0.000 not up though to run, +0.000 other than at nameplate"
    )
    audit = Audit(tmp_path / AUDIT)
    planned, drawn = next(row[2:4] for row in audit.drawn(0.0) if row[0] == group_of("braiins"))
    audit.close()
    assert (planned, drawn) == pytest.approx((0.0035, 0.00385), abs=5e-5 + 0.00385 / 60)


def test_a_clock_that_goes_back_keeps_nobody_waiting(simulated_time: NOW, tmp_path: Path) -> None:
    async def whole() -> None:
        site = Site(tmp_path)
        site.hand_out(ALL, 1)
        await site.go_on(60.0)
        true = site.executor.wall
        site.executor.wall = lambda: true() - 7200.0
        document = handed_out(NONE, true() - 7200.0, 2)
        site.document = document
        await asyncio.gather(site.executor.run(true() - 7200.0 + 60.0))
        assert not any(body.runs for body in site.bodies)
        assert any("the clock went back by" in line for line in site.said)

    simulated_time(whole)


def test_a_machine_with_a_dead_board_is_not_restarted_for_it(simulated_time: NOW, tmp_path: Path) -> None:
    async def whole() -> None:
        site = Site(tmp_path)
        for body in site.bodies:
            body.hashrate_th *= 0.6
        site.hand_out(ALL, 1)
        await site.go_on(600.0)
        assert site.audit.commands() == []

    simulated_time(whole)


def test_a_machine_that_does_not_come_back_is_told_ever_more_seldom(simulated_time: NOW, tmp_path: Path) -> None:
    async def whole() -> None:
        site = Site(tmp_path)
        site.hand_out(NONE, 1)
        await site.go_on(60.0)
        for body in site.bodies:
            body.hashrate_th = 0.0
        began = site.wall()
        for quarter in range(8):
            site.hand_out(ALL, 2 + quarter)
            await site.go_on(900.0)
        told = [row["at"] - began for row in site.audit.commands("m00000") if row["target"] == "normal"]
        assert told == pytest.approx([0.0, 360.0, 1080.0, 2520.0, 5400.0], abs=30.0)
        assert site.executor.status()["groups"][group_of("luxos")]["states"] == {"RESTORE_FAILED": 2}

    simulated_time(whole)


def test_a_mode_that_the_farm_file_does_not_have_is_told(simulated_time: NOW, tmp_path: Path) -> None:
    async def whole() -> None:
        site = Site(tmp_path)
        site.hand_out(ALL, 1)
        text = site.document.text().replace('"mode": "normal"', '"mode": "turbo"')
        site.document = SetPoints.model_validate_json(text)
        assert await site.go_on(60.0) == 8
        assert sum("has no mode 'turbo'" in line for line in site.said) == len(FIRMWARE)

    simulated_time(whole)


def test_every_command_is_in_the_audit_with_why_and_when_it_was_verified(simulated_time: NOW, tmp_path: Path) -> None:
    async def whole() -> None:
        site = Site(tmp_path)
        site.hand_out(NONE, 1)
        await site.go_on(120.0)
        rows = site.audit.commands()
        assert len(rows) == 8
        for row in rows:
            assert (row["target"], row["why"], row["plan"], row["outcome"]) == ("sleep", "event", "run", "accepted")
            assert row["at"] <= row["answered_at"] <= row["verified_at"] <= row["at"] + 20.0
            assert (row["watts"] or 0.0) <= 25.0

    simulated_time(whole)


def test_no_secret_is_in_any_file_or_word(simulated_time: NOW, tmp_path: Path) -> None:
    async def whole() -> None:
        site = Site(tmp_path)
        site.hand_out(NONE, 1)
        await site.go_on(120.0)
        site.audit.close()
        told = "\n".join(site.said) + repr(site.executor.units) + repr(site.executor.status())
        for file in tmp_path.iterdir():
            assert PASSWORD.encode() not in file.read_bytes()
        assert PASSWORD not in told
        assert (tmp_path / AUDIT).stat().st_size > 0

    simulated_time(whole)


@pytest.mark.parametrize(
    ("mode", "text", "told"),
    [
        (0o644, "braiins: {password: hunter2}\n", "others may read it .mode 644.; run: chmod 600"),
        (0o600, "braiins: {pass: hunter2}\n", "must be as in"),
        (0o600, "braiins: [hunter2\n", "must be as in"),
        (0o600, "hunter2\n", "must be as in"),
    ],
)
def test_a_file_of_credentials_is_refused_without_showing_it(tmp_path: Path, mode: int, text: str, told: str) -> None:
    file = tmp_path / "logins.yaml"
    file.write_text(text)
    file.chmod(mode)
    with pytest.raises(InputError, match=told) as caught:
        credentials_in(file)
    assert "hunter2" not in str(caught.value)


def test_credentials_are_read_and_never_shown(tmp_path: Path) -> None:
    file = tmp_path / "logins.yaml"
    file.write_text("braiins: {user: ops, password: hunter2}\n")
    file.chmod(0o600)
    found = credentials_in(file)
    assert found.of("braiins").password.get_secret_value() == "hunter2"
    assert "hunter2" not in repr(found)
    assert "hunter2" not in repr(found.of("braiins"))
