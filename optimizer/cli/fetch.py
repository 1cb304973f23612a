"""The command for price files: fetched from addresses of the user's own on a schedule."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from optimizer.cli.shared import say


def fetch(
    publishers: Annotated[
        Path, typer.Argument(metavar="PUBLISHERS", help="Addresses of price files (YAML).", show_default=False)
    ],
    credentials: Annotated[
        Path | None, typer.Option("--credentials", metavar="FILE", help="Tokens by kind; mode 600.")
    ] = None,
    once: Annotated[bool, typer.Option("--once", help="Look once and end.")] = False,
) -> None:
    """Fetch price files into folders that farm files read: ERCOT, ENTSO-E, hosted gridstatus. Ctrl-C ends it."""
    from optimizer.execution.credentials import credentials_in
    from optimizer.signals.collecting import Collecting, collect
    from optimizer.signals.publishers import load_publishers

    listed, logins = load_publishers(publishers), credentials_in(credentials)
    collecting = [Collecting(one, publishers.parent, logins, lambda: datetime.now(UTC), say) for one in listed]
    with suppress(KeyboardInterrupt):
        asyncio.run(collect(collecting, once))
