"""The commands for machines: `dispatch`, `hand-to` and `simulate`."""

from __future__ import annotations

import asyncio
import time
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from optimizer.cli.shared import FarmFile, option_time, option_utc, say
from optimizer.errors import CurtailError, InputError

if TYPE_CHECKING:
    from optimizer.execution.gate import Gate

InventoryFile = Annotated[
    Path, typer.Option("--inventory", metavar="FILE", help="Machines: a CSV row each.", show_default=False)
]
Allow = Annotated[
    list[str] | None,
    typer.Option(
        metavar="NETWORK", envvar="CURTAIL_ALLOW", help="Addresses that may be contacted, such as 10.1.0.0/16."
    ),
]
Logins = Annotated[
    Path | None, typer.Option("--credentials", metavar="FILE", help="Users and passwords by driver; mode 600.")
]
Live = Annotated[bool, typer.Option("--live", help="Contact machines. Without it nothing leaves this computer.")]
MeterUrl = Annotated[
    str | None, typer.Option(metavar="URL", help="The site's meter, for --measure: JSON with `mw`, of --allow.")
]
_MOST_BYTES = 5_000_000


class FleetInterface(StrEnum):
    """What set-points can be handed to."""

    proto_fleet = "proto-fleet"
    webhook = "webhook"
    mqtt = "mqtt"
    foreman = "foreman"


def gate_of(allow: list[str] | None, live: bool, hold: Path | None = None) -> Gate:
    """The way out to machines. Raises InputError."""
    from optimizer.execution.gate import Gate, networks

    allowed = networks(allow or ())
    if live and not allowed:
        raise InputError("--live needs --allow: the networks whose machines may be contacted, such as 10.1.0.0/16")
    return Gate(allowed, live, hold)


def dispatch(
    farm: FarmFile,
    state: Annotated[Path, typer.Option("--state", metavar="DIR", help="The farm's state folder.", show_default=False)],
    inventory: InventoryFile,
    allow: Allow = None,
    credentials: Logins = None,
    live: Live = False,
    hold: Annotated[bool, typer.Option("--hold", help="Stop sending at once, also in a loop under way.")] = False,
    release: Annotated[bool, typer.Option("--release", help="End the hold.")] = False,
    starts: Annotated[int, typer.Option(min=1, help="Machines started at once, at most.")] = 50,
    starts_every: Annotated[float, typer.Option(min=1.0, help="Seconds between such batches.")] = 60.0,
    stay_when_stale: Annotated[
        bool, typer.Option("--stay-when-stale", help="Past valid_until leave machines as they are, not asleep.")
    ] = False,
    measure: Annotated[
        bool, typer.Option("--measure", help="Write what runs to state.yaml, for the next plan.")
    ] = False,
    meter: MeterUrl = None,
    until: Annotated[str | None, typer.Option(metavar="TIME", help="End then, on the farm's clock.")] = None,
) -> None:
    """Carry set-points out: tell machines, verify by watts or hash rate. A dry run unless --live. Ctrl-C ends it."""
    import signal

    from optimizer.config.load import load_farm
    from optimizer.daily.lock import locked
    from optimizer.execution.audit import AUDIT, Audit
    from optimizer.execution.credentials import credentials_in
    from optimizer.execution.executor import Executor, Pace
    from optimizer.execution.gate import HOLD
    from optimizer.execution.inventory import differences, read_inventory
    from optimizer.execution.meter import Meter
    from optimizer.execution.service import SetPointsFile, serve
    from optimizer.execution.unit import units_in

    if hold or release:
        _set_hold(state / HOLD, hold)
        return
    loaded, entries = load_farm(farm), read_inventory(inventory)
    for line in differences(entries, loaded):
        say(line)
    gate = gate_of(allow, live, state / HOLD)
    units = units_in(entries, loaded, gate, credentials_in(credentials))
    metered = None if meter is None else Meter(gate, meter)
    ends = option_time(until, "--until")
    stop = None if ends is None else option_utc(ends, loaded.timezone, "--until").timestamp()
    source = SetPointsFile(state)
    if source() is None:
        raise InputError(f"{source.file}: there are no set-points; run `curtail daily {farm} --state {state}` first")
    with locked(state, "machines"):
        audit = Audit(state / AUDIT if live else Path(":memory:"))
        pace = Pace(starts, starts_every)
        executor = Executor(units, gate, audit, source, time.time, pace=pace, stay_when_stale=stay_when_stale, say=say)
        if not live:
            executor.step()
            say("a dry run: nothing was sent, no address contacted; --live sends")
            return
        for ended in (signal.SIGINT, signal.SIGTERM):
            signal.signal(ended, lambda *_: setattr(executor, "stopped", True))
        say(f"{len(units):,} machines; on hold" if gate.held else f"{len(units):,} machines")
        interval_s = loaded.horizon.intervals[0].minutes * 60.0
        asyncio.run(serve(executor, state, stop, interval_s if measure else None, say, metered))
        audit.close()
    say("ended; machines stay as they are")


def _set_hold(file: Path, held: bool) -> None:
    try:
        if held:
            file.touch()
        else:
            file.unlink(missing_ok=True)
    except OSError as error:
        raise CurtailError(f"cannot write {file}: {error.strerror}") from None
    say("on hold: nothing is sent until `curtail dispatch ... --release`" if held else "released")


def simulate(
    farm: FarmFile,
    inventory: Annotated[
        Path, typer.Option("--inventory", metavar="FILE", help="Machines on 127.x addresses; made where it is missing.")
    ] = Path("machines.csv"),
    fault: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME=SHARE", help="Machines that are deaf, wake, lie, are dead...: deaf=0.05."),
    ] = None,
    seed: Annotated[int, typer.Option(help="Of the faults.")] = 1,
    credentials: Logins = None,
    minutes: Annotated[float | None, typer.Option(min=0.01, help="End after so long.")] = None,
) -> None:
    """Serve a simulated farm on loopback: machines to be dispatched that are not there, and a meter."""
    from optimizer.config.load import load_farm
    from optimizer.execution.credentials import credentials_in
    from optimizer.execution.inventory import inventory_text, read_inventory
    from optimizer.files.outputs import write_file
    from optimizer.simulated.made import inventory_of, shares_of, simulated
    from optimizer.simulated.serve import METER, listening

    loaded = load_farm(farm)
    if not inventory.exists():
        write_file(inventory, inventory_text(inventory_of(loaded)))
        say(f"written to {inventory}")
    entries = read_inventory(inventory)
    begun = time.monotonic()
    site = simulated(
        entries, loaded, credentials_in(credentials), shares_of(fault or ()), seed, lambda: time.monotonic() - begun
    )

    async def serving() -> None:
        servers = await listening(site)
        say(f"{len(entries):,} machines; the meter: http://{METER[0]}:{METER[1]}; Ctrl-C ends it")
        say(f"curtail dispatch {farm} --state state --inventory {inventory} --allow 127.0.0.0/8 --live")
        try:
            await asyncio.sleep(1e9 if minutes is None else minutes * 60.0)
        finally:
            for server in servers:
                server.close()

    asyncio.run(serving())


def hand_to(
    kind: Annotated[FleetInterface, typer.Argument(metavar="proto-fleet|webhook|mqtt|foreman", help="What is there.")],
    address: Annotated[
        str, typer.Argument(metavar="URL|FILE", help="Where; for foreman a CSV file.", show_default=False)
    ],
    farm: FarmFile,
    credentials: Logins = None,
    live: Live = False,
) -> None:
    """Hand set-points, JSON on standard input, to what controls machines; for --on-change. Dry unless --live."""
    import sys
    from datetime import UTC, datetime

    from optimizer.config.load import load_farm
    from optimizer.daily.document import SetPoints
    from optimizer.execution.credentials import credentials_in
    from optimizer.execution.fleets import cut_kw
    from optimizer.execution.handing import hand_over
    from optimizer.execution.wanted import wanted_at

    try:
        document = SetPoints.model_validate_json(sys.stdin.buffer.read(_MOST_BYTES))
    except ValueError:
        raise InputError("standard input holds no set-points") from None
    loaded, now, login = load_farm(farm), datetime.now(UTC), credentials_in(credentials).of(kind.name)
    if not live:
        wanted = wanted_at(document, now)
        kw = "nothing is promised any more" if wanted is None else f"{cut_kw(wanted, loaded):,.1f} kW are to be cut"
        say(f"a dry run: {kw}; nothing was sent, --live sends")
        return
    say(hand_over(kind, address, document, loaded, login, now))
