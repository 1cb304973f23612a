"""Many plans side by side: `compare`, `montecarlo`."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer

from optimizer.cli.shared import (
    Extend,
    FarmFile,
    Hours,
    Json,
    PriceFile,
    Start,
    counted_shown,
    farm_shown,
    option_time,
    say,
    show,
)
from optimizer.errors import InputError
from optimizer.extension import extend_with


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
    extend: Extend = None,
    as_json: Json = False,
) -> None:
    """Compare scenarios: each planned knowing it and as notice arrives, against simple rules and no scenario."""
    from optimizer.compare.files import scenarios_of
    from optimizer.compare.running import ComparedFarm
    from optimizer.compare.running import compare as compare_scenarios
    from optimizer.files.outputs import write_folder
    from optimizer.report.compare.files import compare_files, compare_json
    from optimizer.report.compare.summary import print_comparison

    extend_with(extend)
    case = ComparedFarm(farm_shown(farm), farm.parent, option_time(start), hours, market)
    loaded = scenarios_of(scenarios, case.farm)
    with counted_shown(as_json) as progress:
        comparison = compare_scenarios(case, loaded, workers=workers, progress=progress)
    files = compare_files(comparison)
    write_folder(out, files)
    show(as_json, lambda: compare_json(comparison), lambda console: print_comparison(comparison, console), default=str)
    if not as_json:
        say(f"{', '.join(files)} written to\n{out}")
    if comparison.exit_code:
        raise typer.Exit(comparison.exit_code)


def montecarlo(
    farm: FarmFile,
    ensemble: Annotated[Path, typer.Argument(metavar="ENSEMBLE", help="Ensemble file (YAML).", show_default=False)],
    scenarios: Annotated[int | None, typer.Option(min=1, help="How many, in place of the file's.")] = None,
    workers: Annotated[int | None, typer.Option(min=1, help="Processes on this machine; all cores if absent.")] = None,
    dask: Annotated[
        str | None, typer.Option(metavar="ADDRESS", help="A Dask scheduler, in place of --workers.")
    ] = None,
    out: Annotated[Path, typer.Option("--out", help="Folder for the results.")] = Path("out-ensemble"),
    extend: Extend = None,
    as_json: Json = False,
) -> None:
    """Plan a farm in thousands of scenarios drawn from a seed: distribution of profit, its tail, when groups run.

    Results are written beside the folder, into <out>.sqlite, as they arrive; the same command goes on after a crash.
    """
    from optimizer.ensemble.load import load_ensemble
    from optimizer.ensemble.run import run_study
    from optimizer.ensemble.study import make_study
    from optimizer.files.outputs import write_folder
    from optimizer.report.ensemble.files import ensemble_files, summary
    from optimizer.report.ensemble.summary import print_ensemble

    if extend is not None and dask is not None:
        raise InputError("--extend goes with --workers: what runs on a cluster does not have your function")
    extend_with(extend)
    loaded = farm_shown(farm)
    study = make_study(loaded, farm.parent, load_ensemble(ensemble, loaded), ensemble.parent)
    file = out.with_name(out.name + ".sqlite")
    with counted_shown(as_json) as counted:
        results = run_study(
            study,
            file,
            scenarios=scenarios,
            workers=workers or os.cpu_count() or 1,
            dask=dask,
            counted=counted,
        )
    write_folder(out, ensemble_files(study, results))
    figures = summary(study, results)
    show(as_json, lambda: figures, lambda console: print_ensemble(figures, console))
    if not as_json:
        say(f"ensemble.html, scenarios.csv, running.csv, summary.json written to\n{out}")
