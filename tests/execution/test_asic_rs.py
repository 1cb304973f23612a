"""The driver over pyasic-rs, with the library's own hash rates and machines that are made up."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from pydantic import SecretStr

from optimizer.execution.credentials import Login
from optimizer.execution.drivers import driver
from optimizer.execution.drivers.base import Driver
from optimizer.execution.gate import Gate, HeldError, UnansweredError, networks
from optimizer.execution.target import MachineReading, Target

pyasic_rs = pytest.importorskip("pyasic_rs")
data = pytest.importorskip("pyasic_rs.data")


class Made:
    """A machine that says yes to everything; ``does`` whether it does it, ``limits`` whether it takes a power limit."""

    def __init__(self, does: bool = True, limits: bool = True, answers: bool = True) -> None:
        self.does, self.supports_set_power_limit, self.answers = does, limits, answers
        self.runs, self.watts, self.told = True, 3500.0, []

    def set_auth(self, user: str, password: str) -> None:
        """Take credentials."""
        self.told.append((user, password))

    async def get_wattage(self) -> float:
        """W."""
        return self.watts if self.runs else 30.0

    async def get_hashrate(self) -> Any:
        """In GH/s, as some machines have it."""
        return data.HashRate(200_000.0 if self.runs else 0.0, data.HashRateUnit.GigaHash)

    async def set_power_limit(self, watts: float) -> bool:
        """Take a limit."""
        self.watts = watts
        return True

    async def pause(self) -> bool:
        """Accept, whatever happens."""
        self.runs = self.runs and not self.does
        return self.answers

    async def resume(self) -> bool:
        """Accept."""
        self.runs = True
        return self.answers


def at(monkeypatch: pytest.MonkeyPatch, made: Made | None, allow: str = "10.0.0.0/8", password: str = "x") -> Driver:
    class Factory:
        """Finds the machine."""

        async def get_miner(self, address: str) -> Made | None:
            """At any address."""
            return made

    monkeypatch.setattr(pyasic_rs, "MinerFactory", Factory)
    return driver("asic_rs")(Gate(networks([allow]), True), "10.0.0.1", None, Login(password=SecretStr(password)))


def test_it_is_read_in_watts_and_terahashes_and_told(monkeypatch: pytest.MonkeyPatch) -> None:
    made = Made()
    how = at(monkeypatch, made)

    async def whole() -> list[MachineReading]:
        found = [await how.read(0.0)]
        for target in (Target.sleep(), Target("eco", 1900.0, 120.0, step=True)):
            await how.tell(target)
            found.append(await how.read(0.0))
        return found

    runs, sleeps, eco = asyncio.run(whole())
    assert (runs.watts, runs.hashrate_th) == (3500.0, 200.0)
    assert sleeps.meets(Target.sleep(), 3500.0)
    assert eco.watts == 1900.0
    assert made.told == [("root", "x")]


@pytest.mark.parametrize("does", [True, False])
def test_yes_is_not_taken_for_done(monkeypatch: pytest.MonkeyPatch, does: bool) -> None:
    how = at(monkeypatch, Made(does=does))

    async def whole() -> MachineReading:
        await how.tell(Target.sleep())
        return await how.read(0.0)

    assert asyncio.run(whole()).meets(Target.sleep(), 3500.0) is does


def test_what_cannot_be_had_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(UnansweredError, match="is no machine that pyasic-rs knows"):
        asyncio.run(at(monkeypatch, None).read(0.0))
    with pytest.raises(UnansweredError, match="refused"):
        asyncio.run(at(monkeypatch, Made(answers=False)).tell(Target.sleep()))
    with pytest.raises(HeldError, match="may not be contacted"):
        asyncio.run(at(monkeypatch, Made(), allow="10.0.0.2").read(0.0))


def test_a_scan_stays_within_what_is_allowed(monkeypatch: pytest.MonkeyPatch) -> None:
    from types import SimpleNamespace

    from optimizer.errors import InputError
    from optimizer.execution.scan import scan

    asked = []

    class Factory:
        """Finds two machines in any network."""

        @staticmethod
        def from_subnet(subnet: str) -> Factory:
            """Note what is scanned."""
            asked.append(subnet)
            return Factory()

        async def scan(self) -> list[Any]:
            """Two machines."""
            kinds = (("10.1.0.7", "WhatsMiner", "Stock"), ("10.1.0.5", "AntMiner", "LuxOS"))
            return [SimpleNamespace(ip=ip, make=make, firmware=firmware) for ip, make, firmware in kinds]

    monkeypatch.setattr(pyasic_rs, "MinerFactory", Factory)
    for gate, told in (
        (Gate(networks(["10.1.0.0/24"])), "--live"),
        (Gate(networks(["10.0.0.0/8"]), True), "more than"),
    ):
        with pytest.raises(InputError, match=told):
            asyncio.run(scan(gate, "A"))
    assert asked == []
    found = asyncio.run(scan(Gate(networks(["10.1.0.0/24"]), True), "A"))
    assert asked == ["10.1.0.0/24"]
    assert [(one.address, one.driver, one.group) for one in found] == [
        ("10.1.0.5", "luxos", "A"),
        ("10.1.0.7", "asic_rs", "A"),
    ]
