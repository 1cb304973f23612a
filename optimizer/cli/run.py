"""The command that is all in one process: `run`."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Coroutine
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from optimizer.cli.machines import Allow, InventoryFile, Live, Logins, gate_of
from optimizer.cli.shared import Extend, FarmFile, say
from optimizer.errors import CurtailError
from optimizer.extension import extend_with

if TYPE_CHECKING:
    from optimizer.daily.watch import Watch
    from optimizer.execution.executor import Executor
    from optimizer.execution.health import Health


def run(
    farm: FarmFile,
    state: Annotated[Path, typer.Option("--state", metavar="DIR", help="The farm's state folder.", show_default=False)],
    inventory: InventoryFile,
    allow: Allow = None,
    credentials: Logins = None,
    live: Live = False,
    prices: Annotated[
        str | None, typer.Option(metavar="FOLDER|URL", envvar="CURTAIL_PRICES", help="Where prices arrive.")
    ] = None,
    sources: Annotated[Path | None, typer.Option(metavar="FILE", help="Sources of signals.")] = None,
    publishers: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Addresses of price files, fetched on a schedule.")
    ] = None,
    every: Annotated[float, typer.Option(min=0.05, max=86_400.0, help="Seconds between looks of the plan.")] = 60.0,
    starts: Annotated[int, typer.Option(min=1, help="Machines started at once, at most.")] = 50,
    starts_every: Annotated[float, typer.Option(min=1.0, help="Seconds between such batches.")] = 60.0,
    port: Annotated[int, typer.Option(min=0, max=65_535, help="Of /health and /metrics on loopback; 0: none.")] = 9108,
    on_alert: Annotated[
        str | None, typer.Option(metavar="COMMAND", help="A program that is handed alerts, JSON on its input.")
    ] = None,
    extend: Extend = None,
    log_json: Annotated[bool, typer.Option("--log-json", help="Say everything as a line of JSON.")] = False,
) -> None:
    """Prices, signals, plan and machines in one process, with health, metrics and alerts. A dry run unless --live."""
    from optimizer.config.load import load_farm
    from optimizer.daily.feed import feed_of
    from optimizer.daily.folder import StateFolder
    from optimizer.daily.identity import damage_set_aside
    from optimizer.daily.job import loaded
    from optimizer.daily.lock import locked
    from optimizer.daily.on_change import command_of, handed_to
    from optimizer.daily.watch import Watch
    from optimizer.execution.audit import AUDIT, Audit
    from optimizer.execution.credentials import credentials_in
    from optimizer.execution.executor import Executor, Pace
    from optimizer.execution.gate import HOLD
    from optimizer.execution.health import Health
    from optimizer.execution.inventory import differences, read_inventory
    from optimizer.execution.service import SetPointsFile
    from optimizer.execution.unit import units_in
    from optimizer.signals.book import Book
    from optimizer.signals.collecting import Collecting, collect
    from optimizer.signals.listen import Listening, listen
    from optimizer.signals.publishers import load_publishers
    from optimizer.signals.sources import load_sources

    extend_with(extend)

    def wall() -> datetime:
        return datetime.now(UTC)

    def tell(line: str) -> None:
        if log_json:
            typer.echo(json.dumps({"at": wall().isoformat(timespec="milliseconds"), "said": line}), err=True)
        else:
            say(line)

    words = None if on_alert is None else command_of(on_alert, "--on-alert")
    handing: set[asyncio.Task[Any]] = set()

    def alert(kind: str, sentence: str) -> None:
        tell(f"alert: {kind}: {sentence}")
        if words is not None:
            text = json.dumps({"kind": kind, "sentence": sentence, "at": wall().isoformat()}) + "\n"
            task = asyncio.create_task(handed(words, text))
            handing.add(task)
            task.add_done_callback(handing.discard)

    async def handed(words: list[str], text: str) -> None:
        fault = await asyncio.to_thread(handed_to, words, text)
        if fault is not None:
            tell(f"--on-alert {words[0]}: {fault}")

    farm_now, entries, logins = load_farm(farm), read_inventory(inventory), credentials_in(credentials)
    gate = gate_of(allow, live, state / HOLD)
    heard = () if sources is None else load_sources(sources)
    published = () if publishers is None else load_publishers(publishers)
    feed = None if prices is None else feed_of(prices)
    with locked(state) as in_the_way, locked(state, "machines"), locked(state, "signals"):
        for line in (*in_the_way, *damage_set_aside(state), *differences(entries, farm_now)):
            tell(line)
        loaded(farm, StateFolder(state))
        watching = Watch(farm, state, feed, say=tell)
        document = SetPointsFile(state)
        audit = Audit(state / AUDIT if live else Path(":memory:"))
        executor = Executor(
            units_in(entries, farm_now, gate, logins),
            gate,
            audit,
            document,
            time.time,
            pace=Pace(starts, starts_every),
            say=tell,
        )
        listening = [
            Listening(one, Book(one, state, farm_now.timezone, tell), logins, wall, sources.parent)
            for one in heard
            if sources is not None
        ]
        collecting = [
            Collecting(one, publishers.parent, logins, wall, tell) for one in published if publishers is not None
        ]

        def status() -> dict[str, Any]:
            silent = [one.source.name for one in listening if one.silent]
            return executor.status() | {"silent": silent + [one.publisher.name for one in collecting if one.silent]}

        async def hearing() -> None:
            await asyncio.gather(listen(listening, once=False), collect(collecting, once=False))

        health = Health(status, document, time.time, alert)
        interval_s = farm_now.horizon.intervals[0].minutes * 60.0
        asyncio.run(_together(watching, executor, health, state, every, interval_s, port, hearing()))
        audit.close()
    tell("ended; machines and calls stay as they are")


async def _together(
    watching: Watch,
    executor: Executor,
    health: Health,
    state: Path,
    every: float,
    measure_s: float,
    port: int,
    hearing: Coroutine[Any, Any, None],
) -> None:
    """Everything side by side, until one ends or a signal comes; the write under way is finished."""
    import signal

    from optimizer.execution.health import notify
    from optimizer.execution.service import serve

    def end() -> None:
        watching.stop()
        executor.stopped = True

    for ended in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(ended, end)
    try:
        server = await asyncio.start_server(health.serve, "127.0.0.1", port) if port else None
    except OSError as error:
        hearing.close()
        raise CurtailError(f"--port {port}: {error.strerror or error}; give another, or 0 for none") from None
    planning = asyncio.create_task(asyncio.to_thread(watching.loop, every))
    acting = asyncio.create_task(serve(executor, state, None, measure_s, watching.say))
    listening = asyncio.create_task(hearing)
    notify("READY=1")
    while not (planning.done() or acting.done() or (listening.done() and listening.exception() is not None)):
        health.look()
        await asyncio.wait([planning, acting], timeout=5.0, return_when=asyncio.FIRST_COMPLETED)
    end()
    listening.cancel()
    await asyncio.gather(planning, acting)
    if server is not None:
        server.close()
    with suppress(asyncio.CancelledError):
        await listening
