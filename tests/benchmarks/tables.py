"""The results as tables for a terminal of 110 columns."""

from __future__ import annotations

from typing import Any

from rich.console import Console
from rich.table import Table

from tests.benchmarks.contract import WITH, WITHOUT
from tests.benchmarks.targets import targets

_COLUMNS = (
    ("arrays s", "arrays_s"),
    ("build s", "build_s"),
    ("load s", "load_s"),
    ("loaded s", "loaded_s"),
    ("solve s", "solve_s"),
    ("total s", "total_s"),
    ("MB loaded", "mb_loaded"),
    ("MB peak", "mb_peak"),
)


def _number(value: float | None, unit: str) -> str:
    if value is None:
        return "-"
    return f"{value:,.0f}" if unit == "MB" else f"{value:.4f}" if value < 0.1 else f"{value:.3g}"


def _table(title: str, *columns: str) -> Table:
    table = Table(title=title, title_justify="left", title_style="bold")
    for i, column in enumerate(columns):
        table.add_column(column, justify="right" if i else "left")
    return table


def show(results: dict[str, Any]) -> None:
    """Print every table."""
    console = Console(width=110)
    for size in results["sizes"]:
        console.print(_routes(size))
        for name, ratio in size["ratios"].items():
            console.print(f"  loaded, {name}: {ratio:.3g}")
        for problem in size["problems"]:
            console.print(f"  {problem}", markup=False, highlight=False)
        console.print()
    console.print(_processes(results))
    console.print(_contract(results["contract"]))
    console.print(_ensembles(results["ensemble"]))
    console.print(_steps(results["replanning"]))
    console.print(_portfolio(results["portfolio"]))
    console.print(_targets(results))
    console.print(
        "loaded = arrays + build + load; medians of several processes. Peak memory is of the whole process, imports\n"
        "included. solve is the solver's run; reading the solution back is not counted for anybody.",
        highlight=False,
    )


def _routes(size: dict[str, Any]) -> Table:
    title = f"{size['hours']:,} h x {size['groups']} groups x 3 modes: " + ", ".join(
        f"{size['program'][part]:,} {part}" for part in ("rows", "columns", "entries")
    )
    table = _table(title, "route", *(column for column, _ in _COLUMNS))
    for name, measured in size["routes"].items():
        cells = [_number(measured.get(key), column.split()[0]) for column, key in _COLUMNS]
        table.add_row(name, *cells)
    return table


def _processes(results: dict[str, Any]) -> Table:
    table = _table("whole processes", "what", "seconds", "MB", "runs")
    for key in ("long_plan", "cold_plan"):
        measured = results[key]
        if "failed" in measured:
            table.add_row(f"{key}: {measured['failed']}"[:200], "-", "-", "-")
            continue
        for name, figures in measured.items():
            if isinstance(figures, dict):
                what = f"{measured['hours']:,} h x {measured['groups']} groups: {name}"
                table.add_row(what, f"{figures['seconds']:.3f}", f"{figures['mb']:,.0f}", str(figures["runs"]))
    return table


def _contract(measured: dict[str, Any]) -> Table:
    if "failed" in measured:
        table = _table("a power contract", "failed")
        table.add_row(measured["failed"][:200])
        return table
    title = (
        f"a power contract: {measured['hours']:,} h at {measured['minutes']} minutes x {measured['groups']} groups x "
        f"{measured['modes']} modes, runs: {measured['runs']}"
    )
    table = _table(title, "", "rows", "columns", "entries", "loaded s", "solve s", "total s", "in HiGHS", "MB peak")
    for name in (WITHOUT, WITH):
        of = measured[name]
        size = (f"{of[part]:,}" for part in ("rows", "columns", "entries"))
        seconds = (_number(of[key], "s") for key in ("loaded_s", "solve_s", "total_s"))
        table.add_row(name, *size, *seconds, f"{of['solver_share']:.1%}", _number(of["mb_peak"], "MB"))
    ratios = f"{measured['time_ratio']:.3g}", "", f"{measured['memory_ratio']:.3g}"
    table.add_row(f"{WITH} / {WITHOUT}", *[""] * 5, *ratios)
    return table


def _ensembles(found: dict[str, Any]) -> Table:
    table = _table("week-long scenarios on two cores", "what", "seconds", "CPU s", "scenarios")
    for farm, figures in found.get("farms", {}).items():
        for name, what in _WAYS.items():
            if name in figures:
                one = {"scenarios": figures["scenarios"]} | figures[name]
                table.add_row(f"{farm}: {what}", f"{one['seconds']:.1f}", f"{one['cpu_s']:.1f}", str(one["scenarios"]))
        load = ", ".join(f"{figures[key][0]:.1f}" for key in ("load_before", "load_after"))
        table.add_row(f"{farm}: load of the machine before and after", load, "", "")
    if "scaling" in found:
        for workers, seconds in found["scaling"]["seconds"].items():
            table.add_row(f"Dask workers: {workers}", f"{seconds:.1f}", "-", str(found["scaling"]["scenarios"]))
    return table


def _steps(found: dict[str, Any]) -> Table:
    table = _table("re-planning every quarter of an hour", "what", "seconds", "ms each")
    if "failed" in found:
        table.add_row(found["failed"][:200], "-", "-")
        return table
    for name, key in (("curtail, all of it", "ours_s"), ("raw HiGHS run() only", "raw_s")):
        table.add_row(
            f"{found['steps']:,} steps: {name}", f"{found[key]:.0f}", f"{1e3 * found[key] / found['steps']:.2f}"
        )
    table.add_row(f"rows x columns at most: {found['rows']:,} x {found['columns']:,}", "", "")
    table.add_row("load of the machine before and after: " + ", ".join(f"{x:.1f}" for x in found["load"]), "", "")
    return table


def _portfolio(found: dict[str, Any]) -> Table:
    table = _table("a portfolio planned again every hour", "what", "seconds", "MB", "MB of a worker")
    if "failed" in found:
        table.add_row(found["failed"][:200], "-", "-", "-")
        return table
    for name in ("one", "two", "few"):
        one = found[name]
        what = f"{one['sites']} sites x {found['groups']} groups x {found['hours']} h, workers: {one['workers']}"
        worker = _number(one["mb_of_a_worker"], "MB") if one["workers"] > 1 else "-"
        table.add_row(what, f"{one['seconds']:.1f}", _number(one["mb"], "MB"), worker)
    table.add_row(f"profits of one worker and two, apart by {found['usd_apart']:.2f} USD", "", "", "")
    table.add_row("load of the machine before and after: " + ", ".join(f"{x:.1f}" for x in found["load"]), "", "", "")
    return table


_WAYS = {
    "ours": "curtail, all of it",
    "raw": "raw HiGHS run() only",
    "warm": "raw HiGHS run() only, from our basis",
    "linopy": "linopy, built anew each",
}


def _targets(results: dict[str, Any]) -> Table:
    table = _table("targets", "target", "bound", "measured", "verdict")
    for target in targets(results):
        measured = "-" if target.measured is None else f"{target.measured:.3g}"
        table.add_row(target.name, target.bound, measured, target.verdict[:60])
    return table
