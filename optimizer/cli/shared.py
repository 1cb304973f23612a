"""What the commands share: options and arguments, prose on stderr, progress on a terminal."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from optimizer.config.clock import to_utc
from optimizer.errors import InputError
from optimizer.money import keyed, show_in
from optimizer.outside import printable

if TYPE_CHECKING:
    from rich.console import Console

    from optimizer.config.farm import Farm

FarmFile = Annotated[Path, typer.Argument(metavar="FARM", help="Farm file (YAML).", show_default=False)]
Start = Annotated[
    str | None,
    typer.Option("--start", metavar="TIME", help='Such as "2026-02-11 06:00", on the farm\'s clock.'),
]
Hours = Annotated[float | None, typer.Option("--hours", min=0.05, help="Length of the plan.")]
PriceFile = Annotated[
    Path | None, typer.Option("--market", metavar="FILE", help="Energy prices in place of the farm file's.")
]
ScenarioFiles = Annotated[
    list[Path] | None,
    typer.Option("--scenario", metavar="FILE", help="A scenario to plan under; several are applied in their order."),
]
Extend = Annotated[
    str | None,
    typer.Option("--extend", metavar="MODULE:FUNCTION", help="Your function may add constraints to every Pyomo model."),
]
Json = Annotated[bool, typer.Option("--json", help="Print JSON to standard output.")]


class Units(StrEnum):
    """How machines are made whole."""

    rounded = "rounded"
    exact = "exact"


def farm_shown(path: Path) -> Farm:
    """The farm of a file, in whose currency the command shows money from here on."""
    from optimizer.config.load import load_farm

    farm = load_farm(path)
    show_in(farm.currency)
    return farm


def say(text: str) -> None:
    """Prose for people; of what was quoted from outside, nothing that a terminal would obey."""
    typer.echo("\n".join(map(printable, text.split("\n"))), err=True)


def option_time(text: str | None, option: str = "--start") -> datetime | None:
    """A time given with an option. Raises InputError."""
    if text is None:
        return None
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        raise InputError(f'{option} {text!r} is not a time such as "2026-02-11 06:00"') from None


def option_utc(moment: datetime, timezone: str, option: str) -> datetime:
    """A time given with an option, on the farm's clock where it has no offset, in UTC. Raises InputError."""
    try:
        return to_utc(moment, timezone)
    except (ValueError, OverflowError) as error:
        raise InputError(f"{option} {moment:%Y-%m-%d %H:%M}: {error}") from None


def _silent(_step: str) -> None:
    """Show nothing."""


@contextmanager
def progress_shown(quiet: bool) -> Iterator[Callable[[str], None]]:
    """Show the step under way and its time, on a terminal only."""
    if quiet or not sys.stderr.isatty():
        yield _silent
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    columns = (SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("starting", total=_STEPS)

        def step(name: str) -> None:
            bar.update(task, description=name, advance=1)

        yield step


_STEPS = 6


def show(
    as_json: bool, data: Callable[[], Any], printed: Callable[[Console], None], wide: int = 100, default: Any = None
) -> None:
    """What a command found: one line of JSON on stdout, or for people to read on stderr."""
    if as_json:
        typer.echo(json.dumps(keyed(data()), allow_nan=False, default=default))
        return
    from rich.console import Console

    printed(Console(stderr=True, width=None if sys.stderr.isatty() else wide))


@contextmanager
def counted_shown(quiet: bool, what: str = "scenarios") -> Iterator[Callable[[int, int], None]]:
    """Show how many of a number are done and the time that is left, on a terminal only."""
    if quiet or not sys.stderr.isatty():
        yield lambda _done, _of: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn(what), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(what, total=None)
        yield lambda done, of: bar.update(task, completed=done, total=of)
