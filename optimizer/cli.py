"""The command line: parse, call one function, print, exit code. Prose goes to stderr, data to stdout."""

from __future__ import annotations

import json
import os
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from optimizer import cli_call, cli_daily
from optimizer.cli_backtest import backtest
from optimizer.cli_convert import convert
from optimizer.cli_parts import (
    FarmFile,
    Hours,
    Json,
    PriceFile,
    ScenarioFiles,
    Start,
    Units,
    counted_shown,
    extension_named,
    progress_shown,
    say,
    time_of,
)
from optimizer.errors import CurtailError, Fault, InputError

app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    help="Which Bitcoin-mining machines run in which interval, why, and what it earns.",
)

tariff = typer.Typer(no_args_is_help=True, rich_markup_mode=None, help="Contracts from published tariffs.")
app.add_typer(tariff, name="tariff")
app.command()(backtest)
cli_daily.register(app)
cli_call.register(app)
app.command()(convert)


@app.command()
def plan(
    farm: FarmFile,
    start: Start = None,
    hours: Hours = None,
    market: PriceFile = None,
    scenario: ScenarioFiles = None,
    out: Annotated[Path, typer.Option("--out", help="Folder for the results.")] = Path("out"),
    whole_units: Annotated[Units, typer.Option(help="exact: whole containers by branch and bound.")] = Units.rounded,
    extend: Annotated[
        str | None,
        typer.Option(metavar="MODULE:FUNCTION", help="Your function may add constraints to the Pyomo model."),
    ] = None,
    time_limit: Annotated[
        float | None,
        typer.Option(min=0.1, help="Seconds for a search for whole units, in place of a bound on its work."),
    ] = None,
    report: Annotated[bool, typer.Option(help="Write report.html.")] = True,
    as_json: Json = False,
) -> None:
    """Plan a farm: which machines run when. Writes schedule, shutdowns, strikes, settlement and a report."""
    from optimizer.config.load import load_farm
    from optimizer.outputs import write_folder
    from optimizer.planning import plan_farm
    from optimizer.report.files import plan_files, settlement
    from optimizer.scenario.load import load_scenario

    with progress_shown(as_json) as progress:
        made = plan_farm(
            load_farm(farm),
            farm.parent,
            start=time_of(start),
            hours=hours,
            price_file=market,
            units=whole_units.value,
            extend=extension_named(extend),
            time_limit=time_limit,
            progress=progress,
            scenarios=[load_scenario(file) for file in scenario or ()],
        )
        progress("writing")
        files = plan_files(made)
        if report:
            from optimizer.report.page import render_page

            files["report.html"] = render_page(made)
        write_folder(out, files)
    if as_json:
        typer.echo(json.dumps(settlement(made), allow_nan=False))
    else:
        from rich.console import Console

        from optimizer.report.summary import print_summary

        print_summary(made, Console(stderr=True, width=None if sys.stderr.isatty() else 100))
        say(f"{', '.join(files)} written to\n{out}")
    if not made.proved:
        say(f"{made.cut_short}: this schedule keeps every rule but is not proved best")
        raise typer.Exit(4)


@app.command()
def compare(
    farm: FarmFile,
    scenarios: Annotated[
        list[Path], typer.Argument(metavar="SCENARIO...", help="Scenario files (YAML).", show_default=False)
    ],
    start: Start = None,
    hours: Hours = None,
    market: PriceFile = None,
    out: Annotated[Path, typer.Option("--out", help="Folder for the results.")] = Path("out-compare"),
    workers: Annotated[int, typer.Option("--workers", min=1, max=256, help="Processes to plan on.")] = 1,
    as_json: Json = False,
) -> None:
    """Compare scenarios: each planned knowing it and as notice arrives, against simple rules and no scenario."""
    from optimizer.compare.files import scenarios_of
    from optimizer.compare.running import Case
    from optimizer.compare.running import compare as compare_scenarios
    from optimizer.config.load import load_farm
    from optimizer.outputs import write_folder
    from optimizer.report.compare_files import compare_files, compare_json

    case = Case(load_farm(farm), farm.parent, time_of(start), hours, market)
    loaded = scenarios_of(scenarios)
    with counted_shown(as_json) as progress:
        found = compare_scenarios(case, loaded, workers=workers, progress=progress)
    files = compare_files(found)
    write_folder(out, files)
    if as_json:
        typer.echo(json.dumps(compare_json(found), allow_nan=False, default=str))
    else:
        from rich.console import Console

        from optimizer.report.compare_summary import print_comparison

        print_comparison(found, Console(stderr=True, width=None if sys.stderr.isatty() else 100))
        say(f"{', '.join(files)} written to\n{out}")
    if found.exit_code:
        raise typer.Exit(found.exit_code)


@app.command()
def breakeven(farm: FarmFile, start: Start = None, hours: Hours = None, as_json: Json = False) -> None:
    """Show at which power price, BTC price and difficulty each group pays, and what a bitcoin costs it."""
    from optimizer.breakeven import breakeven as figures
    from optimizer.config.load import load_farm
    from optimizer.market.grid import grid_of

    loaded = load_farm(farm)
    found = figures(loaded, farm.parent, grid_of(loaded, time_of(start), hours))
    if as_json:
        typer.echo(json.dumps(asdict(found), allow_nan=False))
        return
    from rich.console import Console

    from optimizer.report.breakeven import print_breakeven

    print_breakeven(found, Console(width=None if sys.stdout.isatty() else 100))


@app.command()
def check(
    files: Annotated[list[Path], typer.Argument(metavar="FILE...", show_default=False)], as_json: Json = False
) -> None:
    """Check farm, catalogue, contract, scenario, ensemble, offer and study files, and series; print all faults."""
    from optimizer.checking import check_file_and_series
    from optimizer.conversion.load import faults_of_conversion
    from optimizer.ensemble.load import faults_of_ensemble

    faults: list[Fault] = []
    for file in files:
        kinds = (faults_of_ensemble, faults_of_conversion)
        found = next((told for faults_of in kinds if (told := faults_of(file)) is not None), None)
        faults += check_file_and_series(file) if found is None else found
    faults = list(dict.fromkeys(faults))
    if as_json:
        typer.echo(json.dumps([asdict(fault) for fault in faults]))
    elif faults:
        raise InputError(faults)
    else:
        say(f"{len(files)} file{'s' if len(files) > 1 else ''} checked: nothing wrong")
    if faults:
        raise typer.Exit(2)


@app.command()
def schema(
    kind: Annotated[
        str, typer.Argument(help="farm, catalogue, contract, scenario, ensemble, offer, study or setpoints")
    ],
) -> None:
    """Print the JSON Schema of a kind of file, for editors, or of the set-points, for controllers."""
    from optimizer.config.hosting import Offer
    from optimizer.config.schema import KINDS, schema_of
    from optimizer.config.study import Study
    from optimizer.daily.document import SetPoints
    from optimizer.ensemble.language import Ensemble
    from optimizer.scenario.language import ScenarioFile

    kinds = KINDS | {
        "scenario": (ScenarioFile, "A scenario of curtail"),
        "ensemble": (Ensemble, "An ensemble of curtail"),
        "offer": (Offer, "An offer to host AI, for curtail"),
        "study": (Study, "A conversion study of curtail"),
        "setpoints": (SetPoints, "Set-points of curtail"),
    }
    if kind not in kinds:
        raise InputError(f"no schema for {kind!r}; there is one for {', '.join(sorted(kinds))}")
    typer.echo(json.dumps(schema_of(*kinds[kind]), indent=2))


@app.command()
def export(
    farm: FarmFile,
    model: Annotated[Path, typer.Argument(metavar="MODEL", help="model.lp or model.mps", show_default=False)],
    start: Start = None,
    hours: Hours = None,
    market: PriceFile = None,
    whole_units: Annotated[Units, typer.Option(help="exact: with integer variables.")] = Units.rounded,
) -> None:
    """Write the linear program, in its Pyomo reading, as .lp or .mps."""
    if model.suffix not in (".lp", ".mps"):
        raise InputError(f"{model}: the name must end in .lp or .mps")
    from optimizer.assembly import build_problem
    from optimizer.config.load import load_farm
    from optimizer.engine.pyomo_model import write_model
    from optimizer.market.grid import grid_of
    from optimizer.outputs import write_file
    from optimizer.planning import conditions_of
    from optimizer.tail import to_the_end

    loaded = load_farm(farm)
    grid = grid_of(loaded, time_of(start), hours)
    with progress_shown(quiet=False) as progress:
        progress("reading market data")
        conditions = conditions_of(loaded, farm.parent, grid, market, progress)
        progress("building the program")
        problem = build_problem(to_the_end(conditions), whole=whole_units is Units.exact)
        progress("writing")
        write_file(model, lambda path: write_model(problem, path))
    say(f"written to {model}")


@app.command()
def montecarlo(
    farm: FarmFile,
    ensemble: Annotated[Path, typer.Argument(metavar="ENSEMBLE", help="Ensemble file (YAML).", show_default=False)],
    scenarios: Annotated[int | None, typer.Option(min=1, help="How many, in place of the file's.")] = None,
    workers: Annotated[int | None, typer.Option(min=1, help="Processes on this machine; all cores if absent.")] = None,
    dask: Annotated[
        str | None, typer.Option(metavar="ADDRESS", help="A Dask scheduler, in place of --workers.")
    ] = None,
    out: Annotated[Path, typer.Option("--out", help="Folder for the results.")] = Path("out-ensemble"),
    as_json: Json = False,
) -> None:
    """Plan a farm in thousands of scenarios drawn from a seed: distribution of profit, its tail, when groups run.

    Results are written beside the folder, into <out>.sqlite, as they arrive; the same command goes on after a crash.
    """
    from optimizer.config.load import load_farm
    from optimizer.ensemble.load import load_ensemble
    from optimizer.ensemble.run import run
    from optimizer.ensemble.study import make_study
    from optimizer.outputs import write_folder
    from optimizer.report.ensemble import ensemble_files, summary

    loaded = load_farm(farm)
    study = make_study(loaded, farm.parent, load_ensemble(ensemble, loaded), ensemble.parent)
    file = out.with_name(out.name + ".sqlite")
    with counted_shown(as_json) as counted:
        found = run(
            study,
            file,
            scenarios=scenarios,
            workers=workers or os.cpu_count() or 1,
            dask=dask,
            counted=counted,
        )
    write_folder(out, ensemble_files(study, found))
    if as_json:
        typer.echo(json.dumps(summary(study, found), allow_nan=False))
    else:
        from rich.console import Console

        from optimizer.report.ensemble_summary import print_ensemble

        print_ensemble(summary(study, found), Console(stderr=True, width=None if sys.stderr.isatty() else 100))
        say(f"ensemble.html, scenarios.csv, running.csv, summary.json written to\n{out}")


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
    from optimizer.outputs import write_file
    from optimizer.tariff.urdb import contract_text

    text = contract_text(file, item, leave_out or (), holidays)
    if out is None:
        typer.echo(text, nl=False)
        return
    write_file(out, lambda path: _write(path, text))
    say(f"written to {out}; name it in a farm file as `contract:`, in place of `energy:`")


def _write(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8")


_INTERRUPTED = 130  # what typer makes of a KeyboardInterrupt, without a word


def main() -> None:
    """Run the command line; every failure ends in a sentence and an exit code."""
    try:
        app(standalone_mode=True)
    except CurtailError as error:
        say(str(error))
        sys.exit(error.exit_code)
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


if __name__ == "__main__":
    main()
