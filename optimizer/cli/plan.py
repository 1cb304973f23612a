"""`plan`, and the program it solves as a file: `export`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from optimizer.cli.shared import (
    Extend,
    FarmFile,
    Hours,
    Json,
    PriceFile,
    ScenarioFiles,
    Start,
    Units,
    farm_shown,
    option_time,
    progress_shown,
    say,
    show,
)
from optimizer.errors import CurtailError, InputError
from optimizer.extension import common_extension, extend_with

if TYPE_CHECKING:
    from rich.console import Console


def plan(
    farm: FarmFile,
    start: Start = None,
    hours: Hours = None,
    market: PriceFile = None,
    scenario: ScenarioFiles = None,
    out: Annotated[Path, typer.Option("--out", help="Folder for the results.")] = Path("out"),
    whole_units: Annotated[Units, typer.Option(help="exact: whole containers by branch and bound.")] = Units.rounded,
    extend: Extend = None,
    time_limit: Annotated[
        float | None,
        typer.Option(min=0.1, help="Seconds for a search for whole units, in place of a bound on its work."),
    ] = None,
    report: Annotated[bool, typer.Option(help="Write report.html.")] = True,
    as_json: Json = False,
) -> None:
    """Plan a farm: which machines run when. Writes schedule, shutdowns, strikes, settlement and a report."""
    from optimizer.files.outputs import write_folder
    from optimizer.plan.planning import plan_farm
    from optimizer.report.plan.actions import todo_of
    from optimizer.report.plan.files import plan_files, settlement
    from optimizer.through_time.worth import worth_of

    if scenario:
        from optimizer.scenario.load import load_scenario  # with the whole language of changes
    with progress_shown(as_json) as progress:
        loaded = farm_shown(farm)
        extend_with(extend)
        try:
            made = plan_farm(
                loaded,
                farm.parent,
                start=option_time(start),
                hours=hours,
                price_file=market,
                units=whole_units.value,
                time_limit=time_limit,
                progress=progress,
                scenarios=[load_scenario(file, loaded) for file in scenario or ()],
            )
        except CurtailError as error:
            from optimizer.plan.checking import in_place

            raise in_place(farm, error) from None
        worth = worth_of(made.conditions, made.settled)
        progress("writing")
        todo = todo_of(made)
        files = plan_files(made, worth, todo)
        if report:
            from optimizer.plan.terms import contract_terms
            from optimizer.report.plan.page import render_plan

            files["report.html"] = render_plan(made, contract_terms(made), worth, todo)
        write_folder(out, files)

    def printed(console: Console) -> None:
        from optimizer.report.plan.summary import print_summary

        print_summary(made, console, worth, todo)

    show(as_json, lambda: settlement(made, worth), printed)
    if not as_json:
        say(f"{'report.html, ' if report else ''}actions.csv and {len(files) - 1 - report} more written to\n{out}")
    if not made.proved:
        say(f"{made.cut_short}: this schedule keeps every rule but is not proved best")
        raise typer.Exit(4)


def export(
    farm: FarmFile,
    model: Annotated[Path, typer.Argument(metavar="MODEL", help="model.lp or model.mps", show_default=False)],
    start: Start = None,
    hours: Hours = None,
    market: PriceFile = None,
    whole_units: Annotated[Units, typer.Option(help="exact: with integer variables.")] = Units.rounded,
    extend: Extend = None,
) -> None:
    """Write the linear program, in its Pyomo reading, as .lp or .mps."""
    if model.suffix not in (".lp", ".mps"):
        raise InputError(f"{model}: the name must end in .lp or .mps")
    from dataclasses import replace

    from optimizer.engine.pyomo_model import write_model
    from optimizer.files.outputs import write_file
    from optimizer.market.grid import grid_of
    from optimizer.plan.formulation import build_problem
    from optimizer.plan.reading import conditions_of
    from optimizer.plan.tail import to_the_end

    loaded = farm_shown(farm)
    extend_with(extend)
    grid = grid_of(loaded, option_time(start), hours)
    with progress_shown(quiet=False) as progress:
        progress("reading market data")
        conditions = conditions_of(loaded, farm.parent, grid, market, progress)
        progress("building the program")
        problem = build_problem(replace(to_the_end(conditions), whole=whole_units is Units.exact))
        progress("writing")
        write_file(model, lambda path: write_model(problem, path, common_extension()))
    say(f"written to {model}")
