"""`inventory`: which machine stands where, checked, taken over from other programs, or asked of a network."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path
from typing import Annotated

import typer

from optimizer.cli.machines import Allow, InventoryFile, Live, Logins, gate_of
from optimizer.cli.shared import FarmFile, say
from optimizer.errors import InputError

inventory = typer.Typer(no_args_is_help=True, rich_markup_mode=None, help="Which machine stands where.")


@inventory.command()
def check(
    farm: FarmFile,
    inventory: InventoryFile,
    allow: Allow = None,
    credentials: Logins = None,
    live: Live = False,
    rank: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write the inventory with the J/TH that machines showed.")
    ] = None,
) -> None:
    """Compare an inventory with the farm file; with --live read the machines: who answers, watts against nameplate."""
    from optimizer.config.load import load_farm
    from optimizer.execution.credentials import credentials_in
    from optimizer.execution.inventory import differences, inventory_text, read_inventory
    from optimizer.execution.survey import findings, ranked, survey
    from optimizer.execution.unit import units_in
    from optimizer.files.outputs import write_file

    loaded, entries = load_farm(farm), read_inventory(inventory)
    apart = differences(entries, loaded)
    if live:
        units = units_in(entries, loaded, gate_of(allow, live), credentials_in(credentials))
        asyncio.run(survey(units, time.time()))
        for line in findings(units):
            typer.echo(line)
        if rank is not None:
            write_file(rank, inventory_text(ranked(units)))
            say(f"written to {rank}")
    for line in apart:
        typer.echo(line)
    if apart:
        raise typer.Exit(InputError.exit_code)
    say("inventory and farm file agree")


@inventory.command("import")
def import_inventory(
    export: Annotated[Path, typer.Argument(metavar="FILE", help="CSV of another program.", show_default=False)],
    column: Annotated[
        list[str] | None, typer.Option(metavar="FIELD=COLUMN", help="Which column holds a field: address=ip.")
    ] = None,
    given: Annotated[
        list[str] | None, typer.Option("--set", metavar="FIELD=VALUE", help="The same in every row: driver=luxos.")
    ] = None,
    out: Annotated[Path, typer.Option(help="The inventory.")] = Path("machines.csv"),
) -> None:
    """Make an inventory from the export of a fleet manager, column by column."""
    from optimizer.execution.inventory import COLUMNS, inventory_text, read_inventory
    from optimizer.files.outputs import write_file

    def pairs(texts: list[str] | None, option: str) -> dict[str, str]:
        by_field = {}
        for text in texts or ():
            field, there, value = text.partition("=")
            if field not in COLUMNS or not there:
                raise InputError(f"{option} {text!r}: must begin with one of {', '.join(COLUMNS)} and =")
            by_field[field] = value
        return by_field

    entries = read_inventory(export, pairs(column, "--column"), pairs(given, "--set"))
    write_file(out, inventory_text(entries))
    say(f"{len(entries):,} machines written to {out}")


@inventory.command("scan")
def scan_inventory(
    group: Annotated[str, typer.Option(metavar="NAME", help="The group that all are taken to be in.")],
    allow: Allow = None,
    live: Live = False,
    out: Annotated[Path, typer.Option(help="The inventory.")] = Path("machines.csv"),
) -> None:
    """Make an inventory of what answers in the networks of --allow, by pyasic-rs."""
    from optimizer.execution.inventory import inventory_text
    from optimizer.execution.scan import scan
    from optimizer.files.outputs import write_file

    entries = asyncio.run(scan(gate_of(allow, live), group))
    write_file(out, inventory_text(entries))
    say(f"{len(entries):,} machines written to {out}")
