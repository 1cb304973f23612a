"""The command line: parse, call one function, print, exit code. Prose goes to stderr, data to stdout."""

from __future__ import annotations

import atexit
import gc
import os
import sys
from typing import Annotated

import typer

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
from optimizer.cli.shared import say
from optimizer.cli.signals import signals
from optimizer.errors import CurtailError


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
    simulate,
):
    app.command()(command)
tariff = typer.Typer(no_args_is_help=True, rich_markup_mode=None, help="Contracts from published tariffs.")
tariff.command("import")(import_tariff)
app.add_typer(tariff, name="tariff")
app.add_typer(inventory, name="inventory")

_YOUNG = 50_000  # objects between looks for garbage, of which a command makes little: of the time of a short plan, 8%
_INTERRUPTED = 130  # what typer makes of a KeyboardInterrupt, without a word


def main() -> None:
    """Run the command line; every failure ends in a sentence and an exit code."""
    gc.set_threshold(_YOUNG)
    atexit.register(gc.freeze)  # what is left when a command has ended, the system takes back at once
    try:
        app(standalone_mode=True)
    except CurtailError as error:
        say(str(error))
        sys.exit(error.exit_code)
    except MemoryError:
        say("there is not enough memory for this: plan fewer or longer intervals, or keep fewer rows in its files")
        sys.exit(1)
    except SystemExit as ended:
        if ended.code != _INTERRUPTED:
            raise
        say("interrupted; what stood in the output folder is untouched")
        sys.exit(1)
    except Exception as error:
        if os.environ.get("CURTAIL_DEBUG"):
            raise
        say(f"unexpected: {type(error).__name__}: {error}. Set CURTAIL_DEBUG=1 for the traceback, and please report it")
        sys.exit(1)
