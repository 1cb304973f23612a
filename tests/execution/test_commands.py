"""The commands: what is refused, a dry run, a hold; machines on loopback really told."""

from __future__ import annotations

import asyncio
import socket
import time
from pathlib import Path

import pytest

from optimizer.config.load import load_farm
from optimizer.execution.audit import AUDIT, Audit
from optimizer.execution.credentials import Credentials
from optimizer.execution.executor import Executor
from optimizer.execution.gate import Gate, networks
from optimizer.execution.inventory import inventory_text, read_inventory
from optimizer.execution.service import Measured, SetPointsFile, measured, serve
from optimizer.execution.survey import findings, survey
from optimizer.execution.unit import units_in
from optimizer.simulated.made import inventory_of, shares_of, simulated
from optimizer.simulated.serve import listening
from tests.commands.running import curtail
from tools.trial_farm import handed_out

FARM = """name: Small
timezone: UTC
site: {import_limit_mw: 1}
fleet:
  - {name: A, units: 3, standby_w: 25, machine: {model: a, hashrate_th: 100, power_w: 3000, cooling: air, source: made up, confidence: low}}
  - {name: B, units: 3, standby_w: 25, machine: {model: b, hashrate_th: 200, power_w: 3500, cooling: air, source: made up, confidence: low}}
revenue: {hashprice_usd_per_ph_day: 33}
energy: {price_usd_per_mwh: 40}
horizon: {hours: 12, intervals: [{minutes: 60}]}
"""  # noqa: E501


@pytest.fixture
def farm(tmp_path: Path) -> Path:
    (tmp_path / "farm.yaml").write_text(FARM)
    (tmp_path / "machines.csv").write_text(inventory_text(inventory_of(load_farm(tmp_path / "farm.yaml"))))
    (tmp_path / "state").mkdir()
    return tmp_path / "farm.yaml"


def hand_out(farm: Path, on: int, sequence: int) -> None:
    text = handed_out({"A": on, "B": on}, time.time(), sequence).text()
    (farm.parent / "state" / "setpoints.json").write_text(text)


def dispatched(farm: Path, *more: str) -> tuple[int, str]:
    state, machines = farm.parent / "state", farm.parent / "machines.csv"
    done = curtail("dispatch", farm, "--state", state, "--inventory", machines, *more)
    return done.returncode, done.stderr


def test_without_live_nothing_is_sent_and_it_is_said_what_would_be(farm: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise AssertionError("something was contacted")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    hand_out(farm, 1, 1)
    code, said = dispatched(farm)
    assert code == 0
    assert "dry run: A: sleep to 2 machines (event): A 2, A 3" in said
    assert "nothing was sent" in said
    assert not (farm.parent / "state" / AUDIT).exists()


def test_what_is_missing_is_told(farm: Path) -> None:
    code, said = dispatched(farm)
    assert (code, "there are no set-points" in said) == (2, True)
    hand_out(farm, 1, 1)
    code, said = dispatched(farm, "--live")
    assert (code, "--live needs --allow" in said) == (2, True)
    code, said = dispatched(farm, "--live", "--allow", "farm.example")
    assert (code, "must be an address or a network" in said) == (2, True)


def test_a_hold_is_set_and_ended(farm: Path) -> None:
    hold = farm.parent / "state" / "hold"
    assert "on hold" in dispatched(farm, "--hold")[1]
    assert hold.exists()
    assert "released" in dispatched(farm, "--release")[1]
    assert not hold.exists()


def test_an_inventory_is_compared_and_imported(farm: Path) -> None:
    machines = farm.parent / "machines.csv"
    assert curtail("inventory", "check", farm, "--inventory", machines).returncode == 0
    machines.write_text(machines.read_text().replace("A 3,A,", "A 3,B,"))
    done = curtail("inventory", "check", farm, "--inventory", machines)
    assert done.returncode == 2
    assert "A: 2 machines in the inventory, 3 in the farm file; add them, or lower `units`" in done.stdout
    export = farm.parent / "export.csv"
    export.write_text("Host,IP\nx,10.0.0.1\n")
    given = ("--column", "name=Host", "--column", "address=IP", "--set", "driver=luxos", "--set", "group=A")
    out = farm.parent / "new.csv"
    assert curtail("inventory", "import", export, *given, "--out", out).returncode == 0
    assert read_inventory(out)[0].name == "x"
    assert curtail("inventory", "import", export, "--column", "nmae=Host").returncode == 2


def test_machines_on_loopback_are_read_and_told(farm: Path) -> None:
    """Really through sockets, on ports of their own: six machines behind two ports."""
    loaded, state = load_farm(farm), farm.parent / "state"
    entries = [
        one.model_copy(update={"port": 14028 if one.group == "A" else 18080})
        for one in read_inventory(farm.parent / "machines.csv")
    ]
    begun = time.monotonic()
    site = simulated(
        entries, loaded, Credentials({}), shares_of(["nameplate_error=0.05"]), 3, lambda: time.monotonic() - begun
    )
    said: list[str] = []

    async def whole() -> Measured | None:
        servers = await listening(site, ("127.0.0.1", 18099))
        gate = Gate(networks(["127.0.0.0/8"]), True)
        units = units_in(entries, loaded, gate, Credentials({}))
        await survey(units, time.time())
        said.extend(findings(units))
        hand_out(farm, 0, 1)
        executor = Executor(units, gate, Audit(state / AUDIT), SetPointsFile(state), time.time, say=said.append)
        seen = measured(executor)
        await serve(executor, state, time.time() + 2.5, None, said.append)
        reader, writer = await asyncio.open_connection("127.0.0.1", 18099)
        writer.write(b"GET / HTTP/1.1\r\n\r\n")
        assert b'"mw":' in await reader.read()
        writer.close()
        for server in servers:
            server.close()
        return seen

    assert asyncio.run(whole()) == {"A": {"normal": 3}, "B": {"normal": 3}}
    assert [body.runs for body in site.bodies] == [False] * 6
    assert said[0] == "A: 3 of 3 machines answer, 3 mine"
    watts = sorted(body.watts for body in site.bodies[:3])[1]
    assert f"A: {watts:,.0f} W measured (median of 3), 3,000 W in the farm file" in said[1]
    assert (state / "machines.json").exists()
