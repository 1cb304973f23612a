"""The commands."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from optimizer.cli.backtest import backtest
from optimizer.cli.call import call
from optimizer.cli.convert import convert
from optimizer.cli.daily import daily, history, watch
from optimizer.cli.files import breakeven, check, import_tariff, schema
from optimizer.cli.machines import dispatch, hand_to, inventory, simulate
from optimizer.cli.new import new
from optimizer.cli.plan import export, plan
from optimizer.cli.portfolio import portfolio
from optimizer.cli.run import run
from optimizer.cli.scenarios import compare, montecarlo
from optimizer.cli.signals import signals


def _version(asked: bool) -> None:
    if asked:
        from importlib.metadata import version

        typer.echo(f"curtail {version('curtail')}")
        raise typer.Exit


class Commands(TyperGroup):
    """The commands; what is wrong with an option says what was given."""

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


for command in (
    new,
    plan,
    daily,
    watch,
    call,
    history,
    compare,
    montecarlo,
    portfolio,
    backtest,
    convert,
    breakeven,
    check,
    schema,
    export,
    run,
    dispatch,
    hand_to,
    signals,
    simulate,
):
    app.command()(command)
tariff = typer.Typer(no_args_is_help=True, rich_markup_mode=None, help="Contracts from published tariffs.")
tariff.command("import")(import_tariff)
app.add_typer(tariff, name="tariff")
app.add_typer(inventory, name="inventory")
