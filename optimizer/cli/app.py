"""The commands."""

from __future__ import annotations

from typing import Annotated

import typer

from optimizer.cli.backtest import backtest
from optimizer.cli.call import call
from optimizer.cli.convert import convert
from optimizer.cli.daily import daily, history, watch
from optimizer.cli.fetch import fetch
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


app = typer.Typer(
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
    fetch,
    simulate,
):
    app.command()(command)
tariff = typer.Typer(no_args_is_help=True, rich_markup_mode=None, help="Contracts from published tariffs.")
tariff.command("import")(import_tariff)
app.add_typer(tariff, name="tariff")
app.add_typer(inventory, name="inventory")
