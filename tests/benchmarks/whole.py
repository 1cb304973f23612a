"""Whole processes: a year's plan against raw HiGHS, and a cold plan of two days against its bare imports."""

from __future__ import annotations

from pathlib import Path
from statistics import median
from typing import Any

from tests.benchmarks.instance import write_instance
from tests.benchmarks.processes import Finished, run, save_program

IMPORTS = "import numpy, pandas, highspy, pydantic, typer, jinja2"


def long_plan(folder: Path, hours: int, groups: int, rounds: int) -> dict[str, Any]:
    """``curtail plan`` from YAML to files without the report, against raw HiGHS on the finished matrix."""
    farm = write_instance(folder, hours, groups)
    save_program(folder)
    plan = ("-m", "optimizer.cli", "plan", str(farm), "--out", str(folder / "out"))
    plan += ("--no-report", "--hours", str(hours))
    raw = ("-m", "tests.benchmarks.routes.raw", str(folder))
    return _compared("plan", plan, "raw HiGHS", raw, rounds) | {"hours": hours, "groups": groups}


def cold_plan(folder: Path, hours: int, groups: int, rounds: int) -> dict[str, Any]:
    """``curtail plan`` with its report, against the time that its libraries take to import."""
    farm = write_instance(folder, hours, groups)
    plan = ("-m", "optimizer.cli", "plan", str(farm), "--out", str(folder / "out"), "--hours", str(hours))
    run(*plan)  # leaves compiled files and a warm disk cache behind, as every run but the first finds them
    run("-c", IMPORTS)
    return _compared("plan", plan, "imports", ("-c", IMPORTS), rounds) | {"hours": hours, "groups": groups}


def _compared(
    ours: str, our_command: tuple[str, ...], theirs: str, their_command: tuple[str, ...], rounds: int
) -> dict[str, Any]:
    """Medians of both, run in turn, and the ratios of ours to theirs."""
    finished: dict[str, list[Finished]] = {ours: [], theirs: []}
    for _ in range(rounds):
        finished[ours].append(run(*our_command))
        finished[theirs].append(run(*their_command))
    result: dict[str, Any] = {
        name: {"seconds": median(f.seconds for f in runs), "mb": median(f.mb for f in runs), "runs": len(runs)}
        for name, runs in finished.items()
    }
    result["time_ratio"] = result[ours]["seconds"] / result[theirs]["seconds"]
    result["memory_ratio"] = result[ours]["mb"] / result[theirs]["mb"]
    return result
