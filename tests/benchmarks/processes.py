"""Processes, measured from outside: wall time and peak memory of each.

Linux gives a new process the peak memory of the one it was forked from as its own beginning, so the process that starts
the measurements must stay smaller than what it measures: it imports neither NumPy nor this project.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter
from typing import Any

ROOT = Path(__file__).parents[2]


class MeasurementError(Exception):
    """A measured process failed; the text is the end of what it said."""


@dataclass(frozen=True)
class Finished:
    """What a process took: seconds of wall time, peak memory in MB, and what it printed."""

    seconds: float
    mb: float
    output: str


def run(*command: str) -> Finished:
    """Run a Python command (what follows ``python``) from the project's root and measure it.

    Raises MeasurementError when it does not exit with 0.
    """
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        started = perf_counter()
        kept = {**os.environ, "PYTHONDONTWRITEBYTECODE": ""}  # what is compiled is kept, as for a user
        process = subprocess.Popen([sys.executable, *command], cwd=ROOT, env=kept, stdout=out, stderr=err)
        _, status, usage = os.wait4(process.pid, 0)
        seconds = perf_counter() - started
        process.returncode = os.waitstatus_to_exitcode(status)
        for stream in (out, err):
            stream.seek(0)
        if process.returncode != 0:
            said = err.read().decode(errors="replace").strip()
            raise MeasurementError(f"exit {process.returncode} of {' '.join(command[:3])}: {said[-400:]}")
        return Finished(seconds, usage.ru_maxrss / 1024, out.read().decode())


def route(name: str, folder: Path, warm_up: Path, solve_within: float | None) -> dict[str, Any]:
    """One measurement of one route, in its own process."""
    command = ["-m", "tests.benchmarks.measure", name, str(folder), str(warm_up)]
    if solve_within is not None:
        command += ["--solve", str(solve_within)]
    return _result(run(*command).output)


def _result(output: str) -> dict[str, Any]:
    """The line of JSON in what a process printed; a peer's solver may chat around it."""
    return dict(json.loads(next(line for line in output.splitlines() if line.startswith("{"))))


def save_program(folder: Path) -> dict[str, Any]:
    """Write the finished arrays for the raw route, in its own process; returns rows, columns and entries."""
    code = "import sys, json; from pathlib import Path; from tests.benchmarks.routes import curtail, raw; "
    code += "folder = Path(sys.argv[1]); print(json.dumps(curtail.save(folder, raw.prepare(folder))))"
    return _result(run("-c", code, str(folder)).output)
