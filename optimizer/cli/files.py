"""What files say before anything is planned: `check`, `schema`, `breakeven`, `tariff import`."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from optimizer.cli.shared import (
    FarmFile,
    Hours,
    Json,
    Start,
    farm_shown,
    option_time,
    say,
)
from optimizer.errors import Absent, Fault, InputError, MissingDataError
from optimizer.money import keyed


def breakeven(farm: FarmFile, start: Start = None, hours: Hours = None, as_json: Json = False) -> None:
    """Show at which power price, BTC price and difficulty each group pays, and what a bitcoin costs it."""
    from optimizer.market.grid import grid_of
    from optimizer.plan.breakeven import breakeven as figures

    loaded = farm_shown(farm)
    at_breakeven = figures(loaded, farm.parent, grid_of(loaded, option_time(start), hours))
    if as_json:
        typer.echo(json.dumps(keyed(asdict(at_breakeven)), allow_nan=False))
        return
    from rich.console import Console

    from optimizer.report.breakeven import print_breakeven

    print_breakeven(at_breakeven, Console(width=None if sys.stdout.isatty() else 100))


def check(
    files: Annotated[list[Path], typer.Argument(metavar="FILE...", show_default=False)], as_json: Json = False
) -> None:
    """Check files of every kind that there is a schema for, and the series they name; print all faults."""
    faults: list[Fault] = []
    remarks: list[Fault] = []
    for file in files:
        given, remarked = _checked(file)
        faults, remarks = faults + given, remarks + remarked
    faults = list(dict.fromkeys(faults))
    if as_json:
        typer.echo(json.dumps([asdict(fault) for fault in faults]))
    elif faults:
        say("\n".join(map(str, sorted(faults))))
    else:
        for remark in remarks:
            say(f"remark: {remark}")
        besides = f", {len(remarks)} remark{'s' * (len(remarks) > 1)}" if remarks else ""
        say(f"{len(files)} file{'s' if len(files) > 1 else ''} checked: nothing wrong{besides}")
    if faults:
        absent = all(isinstance(fault, Absent) for fault in faults)
        raise typer.Exit(MissingDataError.exit_code if absent else InputError.exit_code)


def _checked(file: Path) -> tuple[list[Fault], list[Fault]]:
    """Faults and remarks of a file of any kind; of one with a fleet nothing else is asked."""
    from optimizer.config.check import has_fleet
    from optimizer.plan.checking import checked

    if not has_fleet(file):
        from optimizer.conversion.files.load import faults_of_conversion
        from optimizer.ensemble.load import faults_of_ensemble
        from optimizer.portfolio.load import faults_of_portfolio

        for faults_of in (faults_of_ensemble, faults_of_conversion, faults_of_portfolio):
            if (given := faults_of(file)) is not None:
                return given, []
    return checked(file)


def schema(
    kind: Annotated[
        str, typer.Argument(help="farm, catalogue, contract, scenario, ensemble, offer, study, portfolio or setpoints")
    ],
) -> None:
    """Print the JSON Schema of a kind of file, for editors, or of the set-points, for controllers."""
    from optimizer.config.schema import KINDS, schema_of
    from optimizer.conversion.files.offer import Offer
    from optimizer.conversion.files.study import Study
    from optimizer.daily.document import SetPoints
    from optimizer.ensemble.language import Ensemble
    from optimizer.portfolio.language import Portfolio
    from optimizer.scenario.language import ScenarioFile

    kinds = KINDS | {
        "scenario": (ScenarioFile, "A scenario of curtail"),
        "ensemble": (Ensemble, "An ensemble of curtail"),
        "offer": (Offer, "An offer to host AI, for curtail"),
        "study": (Study, "A conversion study of curtail"),
        "portfolio": (Portfolio, "A portfolio of curtail"),
        "setpoints": (SetPoints, "Set-points of curtail"),
    }
    if kind not in kinds:
        raise InputError(f"no schema for {kind!r}; there is one for {', '.join(sorted(kinds))}")
    typer.echo(json.dumps(schema_of(*kinds[kind]), indent=2))


tariff = typer.Typer(no_args_is_help=True, rich_markup_mode=None, help="Contracts from published tariffs.")


@tariff.command("import")
def import_tariff(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="URDB rate or response (JSON).", show_default=False)],
    item: Annotated[int | None, typer.Option(metavar="N", min=1, help="Which of several rates, from 1.")] = None,
    leave_out: Annotated[
        list[str] | None, typer.Option(metavar="KEY", help="Do without what the rate says under this key.")
    ] = None,
    holidays: Annotated[
        str | None, typer.Option(metavar="CALENDAR", help="Bill these as the weekend: nerc, or such as US-FL.")
    ] = None,
    out: Annotated[Path | None, typer.Option(metavar="FILE", help="Contract file; standard output if absent.")] = None,
) -> None:
    """Turn a rate of the Utility Rate Database into a contract file for `contract:` in a farm file."""
    from optimizer.files.outputs import write_file
    from optimizer.tariff.urdb import contract_text

    text = contract_text(file, item, leave_out or (), holidays)
    if out is None:
        typer.echo(text, nl=False)
        return
    write_file(out, text)
    say(f"written to {out}; name it in a farm file as `contract:`, in place of `energy:`")
