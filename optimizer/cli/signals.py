"""The command for signals: calls of programs and grids, by network or from a folder."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from optimizer.cli.shared import say


def signals(
    sources: Annotated[Path, typer.Argument(metavar="SOURCES", help="Sources of signals (YAML).", show_default=False)],
    state: Annotated[Path, typer.Option("--state", metavar="DIR", help="The farm's state folder.", show_default=False)],
    credentials: Annotated[
        Path | None, typer.Option("--credentials", metavar="FILE", help="Users and passwords by kind; mode 600.")
    ] = None,
    opt_out: Annotated[
        str | None,
        typer.Option("--opt-out", metavar="CALL", help="Opt out of a call, by its name in `curtail call --list`."),
    ] = None,
    once: Annotated[bool, typer.Option("--once", help="Look once and end.")] = False,
) -> None:
    """Turn signals into calls: OpenADR, Voltus, MQTT, a folder. `watch` plans under them. Ctrl-C ends it."""
    from optimizer.config.clock import to_utc
    from optimizer.daily.lock import locked
    from optimizer.daily.orders import telephone_calls
    from optimizer.daily.whose import whose
    from optimizer.execution.credentials import credentials_in
    from optimizer.signals.book import Book
    from optimizer.signals.listen import Listening, listen
    from optimizer.signals.opting import ask_to_opt_out
    from optimizer.signals.sources import load_sources

    listed, farm, logins = load_sources(sources), whose(state), credentials_in(credentials)

    def wall() -> datetime:
        return datetime.now(UTC)

    if opt_out is not None:
        calls, _ = telephone_calls(state, farm.timezone)
        standing = [call.name for call in calls if to_utc(call.end, farm.timezone) > wall()]
        ask_to_opt_out(state, listed, opt_out, standing)
        say(f"{opt_out} is opted out of once signals are looked at again")
        return
    with locked(state, "signals"):
        listening = [
            Listening(one, Book(one, state, farm.timezone, say), logins, wall, sources.parent) for one in listed
        ]
        with suppress(KeyboardInterrupt):
            asyncio.run(listen(listening, once))
    say("calls stand as they are; `curtail call --list` shows them")
