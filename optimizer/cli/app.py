"""The commands, each read when it is asked for: start-up matters to what runs every few minutes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from importlib import import_module
from typing import Annotated, Any

import typer
from typer.core import TyperGroup
from typer.main import get_command, get_group

COMMANDS = {
    "new": "new",
    "plan": "plan",
    "daily": "daily",
    "watch": "daily",
    "call": "call",
    "history": "daily",
    "compare": "scenarios",
    "montecarlo": "scenarios",
    "portfolio": "portfolio",
    "backtest": "backtest",
    "convert": "convert",
    "breakeven": "files",
    "check": "files",
    "schema": "files",
    "export": "plan",
    "run": "run",
    "dispatch": "machines",
    "hand-to": "machines",
    "signals": "signals",
    "fetch": "fetch",
    "simulate": "machines",
    "tariff": "files",
    "inventory": "inventory",
}
"""The module of this folder that has a command, or commands, of the name."""


class _Read(Mapping[str, Any]):
    """The commands by name."""

    def __iter__(self) -> Iterator[str]:
        return iter(COMMANDS)

    def __len__(self) -> int:
        return len(COMMANDS)

    def __getitem__(self, name: str) -> Any:
        written = getattr(import_module(f"optimizer.cli.{COMMANDS[name]}"), name.replace("-", "_"))
        if isinstance(written, typer.Typer):
            return get_group(written)
        alone = typer.Typer(add_completion=False, rich_markup_mode=None)
        alone.command()(written)
        return get_command(alone)


def _version(asked: bool) -> None:
    if asked:
        from importlib.metadata import version

        typer.echo(f"curtail {version('curtail')}")
        raise typer.Exit


class Commands(TyperGroup):
    """The commands; what is wrong with an option says what was given."""

    def __init__(self, **given: Any) -> None:
        super().__init__(**given)
        self.commands = _Read()  # type: ignore[assignment]  # nothing is added to them

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """The words of the command line are kept for messages."""
        ctx.meta["words"] = list(args)
        return super().parse_args(ctx, args)

    def invoke(self, ctx: Any) -> Any:
        """Run the command."""
        try:
            return super().invoke(ctx)
        except typer.BadParameter as error:
            given = _given(getattr(error.param, "opts", ()), ctx.meta["words"])
            if given is not None and repr(given) not in error.message:
                error.message = f"{error.message.rstrip('.')} (got {given!r})"
            raise


def _given(options: Sequence[str], words: Sequence[str]) -> str | None:
    """What stands behind an option on a command line.

    >>> _given(["--hours"], ["plan", "farm.yaml", "--hours", "abc"]), _given(["--hours"], ["plan", "--hours=x"])
    ('abc', 'x')
    """
    for word, following in zip(words, [*words[1:], None], strict=True):
        name, equals, value = word.partition("=")
        if name in options:
            return value if equals else following
    return None


app = typer.Typer(
    cls=Commands,
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    help="Which Bitcoin-mining machines run in which interval, why, and what it earns.",
)


@app.callback()
def options(
    _: Annotated[bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version.")] = False,
) -> None:
    """Which Bitcoin-mining machines run in which interval, why, and what it earns."""
