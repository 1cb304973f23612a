"""The commands of every day: `daily`, `history`, `watch`."""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from optimizer.cli.shared import Extend, FarmFile, Json, option_time, option_utc, say
from optimizer.extension import extend_with
from optimizer.money import keyed, show_in

if TYPE_CHECKING:
    from optimizer.daily.history import History
    from optimizer.daily.prices import Prices

State = Annotated[
    Path, typer.Option("--state", metavar="DIR", help="Folder that carries state between runs.", show_default=False)
]
At = Annotated[
    str | None,
    typer.Option("--at", metavar="TIME", help='Plan as if it were this time, such as "2026-02-11 06:00".'),
]
OnChange = Annotated[
    str | None,
    typer.Option("--on-change", metavar="COMMAND", help="A program that is handed new set-points, JSON on its input."),
]


def daily(
    farm: FarmFile,
    state: State,
    at: At = None,
    report: Annotated[bool, typer.Option(help="Write report.html.")] = True,
    on_change: OnChange = None,
    extend: Extend = None,
    as_json: Json = False,
) -> None:
    """Plan from now on, for cron or systemd: carries state, keeps the last good schedule, logs every run."""
    from optimizer.daily.files import summary_of
    from optimizer.daily.job import run_once
    from optimizer.daily.on_change import OnChange

    extend_with(extend)
    program = None if on_change is None else OnChange(on_change, say)
    done = run_once(farm, state, option_time(at, "--at"), report=report, on_change=program)
    if done.record is not None:
        show_in(done.record.farm.currency)
    if as_json:
        typer.echo(json.dumps(keyed(summary_of(done)), allow_nan=False))
    elif done.plan is not None:
        from rich.console import Console

        from optimizer.report.plan.summary import print_summary

        console = Console(stderr=True, width=None if sys.stderr.isatty() else 100)
        print_summary(done.plan, console, done.worth, done.todo)
    shown = () if done.plan is None else done.plan.conditions.warnings  # by the summary
    for line in done.messages if done.exit_code or not as_json else ():
        if line not in shown:
            say(line)
    if done.folder is not None and not as_json:
        say(f"in force:\n{done.folder}")
    if done.exit_code:
        raise typer.Exit(done.exit_code)


def history(
    state: State,
    prices: Annotated[
        Path | None,
        typer.Option("--prices", metavar="FILE", help="Energy prices as they turned out, in place of those kept."),
    ] = None,
    location: Annotated[
        str | None, typer.Option(metavar="NAME", help="Hub, zone or node, where that file has several.")
    ] = None,
    page: Annotated[Path | None, typer.Option("--html", metavar="FILE", help="Write a page with charts.")] = None,
    as_json: Json = False,
) -> None:
    """List the runs: what each planned, what it came to on the prices that came, and which way the error drifts."""
    from optimizer.daily.history import History
    from optimizer.daily.log_file import HISTORY
    from optimizer.daily.review import review
    from optimizer.daily.review_figures import review_json
    from optimizer.execution.metered import drawn_lines

    with History(state / HISTORY, reading=True) as opened:
        looked_at = review(opened, None if prices is None else _read(prices, location, opened))
        for line in opened.trouble:
            say(line)
    show_in(looked_at.currency)
    if page is not None:
        from optimizer.daily.history_view import render_history
        from optimizer.files.outputs import write_file

        write_file(page, render_history(looked_at))
    if as_json:
        typer.echo(json.dumps(keyed(review_json(looked_at)), allow_nan=False))
    else:
        from rich.console import Console

        from optimizer.daily.history_view import print_history

        print_history(looked_at, Console(width=None if sys.stdout.isatty() else 100))
        for line in drawn_lines(state, time.time()):
            typer.echo(line)
    if page is not None:
        say(f"written to\n{page}")


def _read(file: Path, location: str | None, history: History) -> Prices:
    from optimizer.daily.observed import prices_in

    return prices_in(file, location, history)


def watch(
    farm: FarmFile,
    state: State,
    prices: Annotated[
        str | None,
        typer.Option(
            "--prices",
            metavar="FOLDER|URL",
            envvar="CURTAIL_PRICES",
            show_envvar=True,
            help="Where prices arrive: a folder of CSV or JSON files, or an http address.",
        ),
    ] = None,
    every: Annotated[float, typer.Option(min=0.05, max=86_400.0, help="Seconds between looks.")] = 60.0,
    at: Annotated[
        str | None,
        typer.Option("--at", metavar="TIME", help="Begin as if it were this time; the clock goes on from there."),
    ] = None,
    until: Annotated[
        str | None, typer.Option(metavar="TIME", help="End then; a time without an offset is UTC.")
    ] = None,
    report: Annotated[bool, typer.Option(help="Write report.html with every plan.")] = True,
    on_change: OnChange = None,
    extend: Extend = None,
) -> None:
    """Plan again whenever prices or files change; keeps setpoints.json and .csv current. Ctrl-C ends it cleanly."""
    import signal
    from datetime import UTC

    from optimizer.config.load import load_farm
    from optimizer.daily.feed import feed_of
    from optimizer.daily.folder import StateFolder
    from optimizer.daily.identity import damage_set_aside
    from optimizer.daily.job import loaded
    from optimizer.daily.lock import locked
    from optimizer.daily.on_change import OnChange
    from optimizer.daily.watch import Watch, clock_from

    extend_with(extend)
    begins = option_time(at, "--at")
    wall = clock_from(None if begins is None else option_utc(begins, load_farm(farm).timezone, "--at"))
    ends = option_time(until, "--until")
    if ends is not None:
        ends = ends.replace(tzinfo=ends.tzinfo or UTC)
    feed = None if prices is None else feed_of(prices)
    program = None if on_change is None else OnChange(on_change, say, lambda: watching.stopped)
    with locked(state) as in_the_way:
        for line in (*in_the_way, *damage_set_aside(state)):
            say(line)
        loaded(farm, StateFolder(state))  # refuses the state of another farm
        watching = Watch(farm, state, feed, report=report, say=say, on_change=program, wall=wall)
        for ended in (signal.SIGINT, signal.SIGTERM):
            signal.signal(ended, lambda *_: watching.stop())
        say("watching")
        watching.loop(every, ends)
    say("ended; the set-points stand as they are")
