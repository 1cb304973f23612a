"""`curtail convert`: mine, host AI, or both."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer

from optimizer.cli.shared import FarmFile, Json, counted_shown, farm_shown, say, show
from optimizer.errors import InputError


def convert(
    farm: FarmFile,
    offers: Annotated[list[Path], typer.Argument(metavar="OFFER...", help="Offer files (YAML).", show_default=False)],
    study: Annotated[
        Path, typer.Option("--study", metavar="FILE", help="Study file (YAML): years, bitcoin, power, money.")
    ],
    out: Annotated[Path, typer.Option("--out", help="Folder for the results.")] = Path("out-convert"),
    workers: Annotated[int | None, typer.Option("--workers", min=1, help="Processes; all cores if absent.")] = None,
    as_json: Json = False,
) -> None:
    """Mine on, host AI, or both: each offer in part and in full, the best plan, and where the decision flips."""
    from optimizer.conversion.answer import answer
    from optimizer.conversion.files.load import read_study
    from optimizer.conversion.pages.figures import convert_files, study_figures
    from optimizer.conversion.pages.page import render_study
    from optimizer.conversion.pages.summary import print_study
    from optimizer.files.outputs import write_folder

    loaded = farm_shown(farm)
    if loaded.currency != "USD":
        raise InputError(f"{farm}: currency: convert reckons in USD, as offers are made (got {loaded.currency})")
    read = read_study(loaded, farm.parent, offers, study)
    with counted_shown(as_json, "parts") as progress:
        answered = answer(read, workers=workers or os.cpu_count() or 1, progress=progress)
    files = {"convert.html": render_study(answered), **convert_files(answered)}
    write_folder(out, files)
    show(as_json, lambda: study_figures(answered), lambda console: print_study(answered, console))
    if not as_json:
        say(f"{', '.join(files)} written to\n{out}")
