"""Each driver against its simulated firmware, and against what is no answer."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
from pydantic import SecretStr

from optimizer.errors import InputError
from optimizer.execution.credentials import Login
from optimizer.execution.drivers import driver, driver_names
from optimizer.execution.drivers.base import Driver
from optimizer.execution.gate import Gate, HeldError, UnansweredError, networks
from optimizer.execution.target import MachineReading, Target
from optimizer.simulated.body import Body, Faults
from optimizer.simulated.farm import SimulatedFarm
from optimizer.simulated.firmware import FIRMWARE

RUN = Target("normal", 3000.0, 100.0)
NOW = Callable[[Callable[[], Any]], Any]


def machine(firmware: str, **more: Any) -> Body:
    return Body("m", "127.0.0.9", 4000, firmware, 3000.0, 100.0, restart_s=60.0, password="right", **more)


def at(body: Body, password: str = "right", live: bool = True) -> tuple[Driver, SimulatedFarm]:
    site = SimulatedFarm((body,), lambda: asyncio.get_running_loop().time())
    gate = Gate(networks(["127.0.0.0/8"]), live, opener=site.open_connection)
    return driver(body.firmware)(gate, body.address, body.port, Login(password=SecretStr(password))), site


@pytest.mark.parametrize("firmware", FIRMWARE)
def test_a_machine_sleeps_and_runs_again(simulated_time: NOW, firmware: str) -> None:
    async def whole() -> list[MachineReading]:
        how, site = at(machine(firmware))
        found = [await how.read(0.0)]
        for target, wait in ((Target.sleep(), how.STOPS_IN_S), (RUN, 30.0), (RUN, 60.0)):
            await how.tell(target)
            await asyncio.sleep(wait)
            found.append(await how.read(0.0))
        assert [one.what for one in site.bodies[0].log] == ["stop", "start"]  # told again, nothing happened
        return found

    runs, sleeps, starting, again = simulated_time(whole)
    assert [one.meets(RUN, 3000.0) for one in (runs, sleeps, starting, again)] == [True, False, False, True]
    assert [one.meets(Target.sleep(), 3000.0) for one in (runs, sleeps)] == [False, True]
    if runs.watts is not None:
        assert (sleeps.watts, starting.watts) == (25.0, 3000.0)  # draws before it hashes
    else:
        assert firmware == "antminer"


@pytest.mark.parametrize("firmware", [name for name in FIRMWARE if driver(name).STEPS])
def test_a_power_step_is_seen_in_watts(simulated_time: NOW, firmware: str) -> None:
    eco = Target("eco", 1905.0, 63.0, step=True)

    async def whole() -> MachineReading:
        how, _ = at(machine(firmware))
        await how.tell(eco)
        await asyncio.sleep(120.0)
        return await how.read(0.0)

    found = simulated_time(whole)
    assert found.watts == pytest.approx(1905.0, abs=1)
    assert found.meets(eco, 3000.0)
    assert not found.meets(Target("normal", 3000.0, 100.0, step=True), 3000.0)


@pytest.mark.parametrize("firmware", ["braiins", "antminer", "whatsminer"])
def test_a_wrong_password_is_told_without_it(simulated_time: NOW, firmware: str) -> None:
    async def whole() -> str:
        how, site = at(machine(firmware), password="wrong-secret")
        with pytest.raises(UnansweredError) as caught:
            await how.tell(Target.sleep())
        assert site.bodies[0].log == []
        return str(caught.value)

    told = simulated_time(whole)
    assert "refused" in told
    assert "wrong-secret" not in told


@pytest.mark.parametrize("firmware", FIRMWARE)
@pytest.mark.parametrize("fault", ["deaf", "refuses", "lies"])
def test_what_is_accepted_is_not_taken_for_done(simulated_time: NOW, firmware: str, fault: str) -> None:
    faults = {
        "deaf": Faults(deaf=((0.0, 90.0),)),
        "refuses": Faults(refuses=True),
        "lies": Faults(lies=True),
    }[fault]

    async def whole() -> None:
        how, site = at(machine(firmware, faults=faults))
        if fault == "lies":
            await how.tell(Target.sleep())  # accepted
        else:
            with pytest.raises(UnansweredError, match="silent for 5 s" if fault == "deaf" else "refused"):
                await how.tell(Target.sleep())
        await asyncio.sleep(90.0)
        assert not (await how.read(0.0)).meets(Target.sleep(), 3000.0)
        assert site.bodies[0].runs

    simulated_time(whole)


@pytest.mark.parametrize("firmware", FIRMWARE)
def test_a_dry_run_opens_no_connection(simulated_time: NOW, firmware: str) -> None:
    async def whole() -> None:
        how, site = at(machine(firmware), live=False)
        for asked in (how.read(0.0), how.tell(RUN)):
            with pytest.raises(HeldError):
                await asked
        assert site.contacted == []

    simulated_time(whole)


HOSTILE = [
    b"",
    b"\0",
    b"null\0",
    b"[1, 2]\0",
    b"<html>moved</html>",
    b"HTTP/1.1 302 Found\r\nLocation: http://10.0.0.1/\r\nContent-Length: 0\r\n\r\n",
    b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{]",
    b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n{}",
    b"\xff\xfe\x00\x01" * 100,
    b'{"STATUS":' + b"[" * 50_000 + b"\0",
    b"x" * 1_100_000,
]
VALUES = ["NaN", "-1", '"many"', "1e999", "{}", "null", "true"]


class Fixed:
    """Answers every request with the same bytes."""

    def __init__(self, answer: bytes) -> None:
        self.answer = answer

    async def open_connection(self, address: str, port: int) -> Any:
        """A connection on which all has been said."""
        reader = asyncio.StreamReader(limit=2**22)
        reader.feed_data(self.answer)
        reader.feed_eof()
        return reader, self

    def write(self, data: bytes) -> None:
        """Take whatever is asked."""

    async def drain(self) -> None:
        """Nothing waits."""

    def close(self) -> None:
        """Nothing is open."""


@pytest.mark.parametrize("firmware", FIRMWARE)
@pytest.mark.parametrize("answer", HOSTILE, ids=range(len(HOSTILE)))
def test_what_is_no_answer_is_told_and_never_a_reading(simulated_time: NOW, firmware: str, answer: bytes) -> None:
    gate = Gate(networks(["127.0.0.0/8"]), True, opener=Fixed(answer).open_connection)
    how = driver(firmware)(gate, "127.0.0.1", None, Login())

    async def whole() -> None:
        for asked in (how.read(0.0), how.tell(Target.sleep())):
            with pytest.raises(UnansweredError):
                await asked

    simulated_time(whole)


@pytest.mark.parametrize("value", VALUES)
def test_numbers_that_are_no_quantities_verify_nothing(simulated_time: NOW, value: str) -> None:
    told = f'{{"POWER": [{{"Watts": {value}}}], "SUMMARY": [{{"GHS 5s": {value}}}]}}\0'.encode()
    gate = Gate(networks(["127.0.0.0/8"]), True, opener=Fixed(told).open_connection)

    async def whole() -> MachineReading:
        return await driver("luxos")(gate, "127.0.0.1", None, Login()).read(0.0)

    found = simulated_time(whole)
    assert not found.meets(Target.sleep(), 3000.0)
    assert not found.meets(RUN, 3000.0)


def test_a_driver_that_is_not_there_is_told_with_those_that_are() -> None:
    assert {*FIRMWARE, "asic_rs"} <= set(driver_names())
    with pytest.raises(InputError, match=r"there are: .*luxos"):
        driver("lux")
