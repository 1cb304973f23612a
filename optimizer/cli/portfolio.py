"""`curtail portfolio`: many farms, side by side or together."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer

from optimizer.cli.shared import Extend, Hours, Json, Start, counted_shown, option_time, say, show


def portfolio(
    file: Annotated[Path, typer.Argument(metavar="PORTFOLIO", help="Portfolio file (YAML).", show_default=False)],
    start: Start = None,
    hours: Hours = None,
    workers: Annotated[int | None, typer.Option(min=1, help="Processes on this machine; all cores if absent.")] = None,
    dask: Annotated[
        str | None, typer.Option(metavar="ADDRESS", help="A Dask scheduler, in place of --workers.")
    ] = None,
    out: Annotated[Path, typer.Option("--out", help="Folder for the results.")] = Path("out-portfolio"),
    replan: Annotated[
        bool, typer.Option("--replan", help="Plan every interval again, on what was known by then, and execute it.")
    ] = False,
    extend: Extend = None,
    report: Annotated[bool, typer.Option(help="Write report.html of every site.")] = True,
    as_json: Json = False,
) -> None:
    """Plan many farms: side by side, or together where they share a ceiling on import or a treasury.

    Writes for each what `plan` writes, and a table that adds up. What is made is kept in <out>.partial as it is
    made: the same command goes on where an interrupted one has ended.
    """
    from optimizer.errors import InputError
    from optimizer.extension import extend_with
    from optimizer.files.digest import digest
    from optimizer.files.outputs import write_folder
    from optimizer.money import show_in
    from optimizer.portfolio.language import RESERVED
    from optimizer.portfolio.load import load_portfolio
    from optimizer.portfolio.pages.figures import figures
    from optimizer.portfolio.pages.files import OF_A_SITE, portfolio_files
    from optimizer.portfolio.pages.summary import print_portfolio
    from optimizer.portfolio.run import run_portfolio
    from optimizer.portfolio.sites import digest_of, read_sites
    from optimizer.portfolio.store import PortfolioStore
    from optimizer.through_time.backtest.store import forget

    loaded, many = load_portfolio(file), workers or os.cpu_count() or 1
    show_in(loaded.currency)
    if extend is not None and (dask is not None or loaded.portfolio.couples):
        raise InputError(
            "--extend goes with --workers and sites that share nothing: a cluster does not have your function, and "
            "what is shared is shared out without it"
        )
    extend_with(extend)
    begin, kept = option_time(start), out.with_name(out.name + ".partial") / "sites.sqlite"
    if replan:
        from optimizer.portfolio.replaying import read_replays, replay

        replays, shared = read_replays(loaded, begin, hours)
        names, store = [one.name for one in replays], PortfolioStore(kept, digest(replays, shared))
    else:
        cases, shared = read_sites(loaded, start=begin, hours=hours)
        names, store = [case.name for case in cases], PortfolioStore(kept, digest_of(cases, shared, report))
    try:
        with counted_shown(as_json, "days of sites" if replan else "sites") as counted:
            if replan:
                outcome = replay(replays, shared, store, workers=many, dask=dask, counted=counted)
            else:
                outcome = run_portfolio(cases, shared, store, workers=many, dask=dask, report=report, counted=counted)
        beside = portfolio_files(outcome, loaded.portfolio.name, reports=report and not replan)
        folders = dict(enumerate(names))
        earlier = {*RESERVED, *(f"{name}/{file}" for name in names for file in OF_A_SITE)}
        write_folder(out, store.files(folders, beside), earlier)
    finally:
        store.close()
    forget(kept)
    result = figures(outcome, loaded.portfolio.name)
    show(as_json, lambda: result, lambda console: print_portfolio(result, console))
    if not as_json:
        say(f"{', '.join(beside)}, and a folder for each site, written to\n{out}")
    if not outcome.proved:
        say("the plans keep every rule, but not all are proved best")
        raise typer.Exit(4)
