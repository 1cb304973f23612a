"""`curtail backtest`: every way to run a farm, settled on the prices that came."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Annotated

import typer

from optimizer.cli.shared import Extend, FarmFile, Json, counted_shown, farm_shown, option_time, option_utc, say, show
from optimizer.errors import CurtailError, InputError
from optimizer.extension import extend_with


def backtest(
    farm: FarmFile,
    begin: Annotated[str, typer.Option("--from", metavar="DAY", help='First day, such as "2023-01-01".')],
    end: Annotated[str, typer.Option("--to", metavar="DAY", help="The day after the last.")],
    data: Annotated[
        Path | None,
        typer.Option("--data", metavar="FOLDER", help="Folder that series files are relative to; the farm file's."),
    ] = None,
    policies: Annotated[
        str | None, typer.Option("--policies", metavar="A,B", help="Rungs of the ladder; all when absent.")
    ] = None,
    lag: Annotated[
        int | None, typer.Option("--lag", min=0, max=96, help="price_lag_intervals in place of the farm file's.")
    ] = None,
    out: Annotated[Path, typer.Option("--out", help="Folder for the results.")] = Path("out-backtest"),
    workers: Annotated[int, typer.Option("--workers", min=1, max=256, help="Processes to plan on.")] = 1,
    extend: Extend = None,
    as_json: Json = False,
) -> None:
    """Replay a stretch of history: the ladder from always on over re-planning to perfect foresight.

    What is made is kept in <out>.partial as it is made: the same command goes on where an interrupted one has ended. A
    ladder that --policies leaves rungs out of keeps it, for the others; one that is whole and written removes it.
    """
    from optimizer.files.outputs import write_folder
    from optimizer.report.backtest.files import NAMES, backtest_files
    from optimizer.report.backtest.summary import print_ladder
    from optimizer.through_time.backtest.outcomes import ladder, ladder_json
    from optimizer.through_time.backtest.rungs import RUNGS, rungs_of
    from optimizer.through_time.backtest.running import schedules
    from optimizer.through_time.backtest.store import forget
    from optimizer.through_time.history import read_history

    extend_with(extend)
    loaded = farm_shown(farm)
    keys = rungs_of(loaded)
    chosen = _chosen(policies, keys, tuple(RUNGS))
    if loaded.replanning is None:
        raise InputError(
            f"{farm}: replanning: the section is missing; a backtest needs it to tell what was known of prices when, "
            "such as replanning: {forecast: {kind: persistence}}"
        )
    if lag is not None:
        update = {"replanning": loaded.replanning.model_copy(update={"price_lag_intervals": lag})}
        loaded = loaded.model_copy(update=update)
    first, stop = option_time(begin, "--from"), option_time(end, "--to")
    assert first is not None
    assert stop is not None
    zone = loaded.timezone
    hours = (option_utc(stop, zone, "--to") - option_utc(first, zone, "--from")) / timedelta(hours=1)
    if hours <= 0:
        raise InputError(f"--to {end} must lie after --from {begin}")
    say("reading history")
    known = read_history(loaded, farm.parent if data is None else data, first, hours)
    results = out.with_name(out.name + ".partial") / "pieces.sqlite"
    try:
        with counted_shown(as_json, "intervals") as progress:
            made = schedules(known, loaded.backtest, chosen, results, workers, progress)
    except KeyboardInterrupt:
        raise CurtailError(
            f"interrupted; what is made is kept in {results.parent}, the same command goes on from there"
        ) from None
    rungs = ladder(known, made)
    files = backtest_files(known, made, rungs)
    write_folder(out, files, NAMES)
    if chosen == keys:
        forget(results)
    show(as_json, lambda: ladder_json(rungs), lambda console: print_ladder(rungs, console), wide=120)
    if not as_json:
        say(f"{', '.join(files)} written to\n{out}")
        if chosen != keys:
            say(f"{results.parent} is kept: with other --policies the same command makes what is not there yet")


def _chosen(policies: str | None, keys: tuple[str, ...], every: tuple[str, ...]) -> tuple[str, ...]:
    """The rungs asked for, else ``keys``, in the order of the ladder. Raises InputError."""
    if policies is None:
        return keys
    wanted = [name.strip() for name in policies.split(",")]
    unknown = [name for name in wanted if name not in every]
    if unknown:
        raise InputError(f"--policies: {unknown[0]!r} is no rung of the ladder; give some of {', '.join(every)}")
    return tuple(key for key in every if key in wanted)
