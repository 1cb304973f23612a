"""Runs of the job that are killed: a process that has imported everything makes one after another by forking.

Each life is that of a run that starts warm, so that kills fall on its work and not on imports.
"""

from __future__ import annotations

from pathlib import Path

from tests.commands.running import beside

DRIVER = """
import os, signal, sys, time
from datetime import datetime
from pathlib import Path
from optimizer.daily.job import run_once
import optimizer.plan.planning, optimizer.report.plan.page, optimizer.plan.terms, jinja2, highspy

farm, state = Path(sys.argv[1]), Path(sys.argv[2])
print("ready", flush=True)
for line in sys.stdin:
    at, delay = line.split()
    begun = time.monotonic()
    child = os.fork()
    if child == 0:
        code = 99
        try:
            code = run_once(farm, state, datetime.fromisoformat(at)).exit_code
        finally:
            sys.stderr.flush()
            os._exit(code)
    if float(delay) >= 0:
        time.sleep(float(delay))
        os.kill(child, signal.SIGKILL)
    _, status = os.waitpid(child, 0)
    print("killed" if os.WIFSIGNALED(status) else os.WEXITSTATUS(status), time.monotonic() - begun, flush=True)
"""


class Runs:
    """A driver of runs on one farm and state; to be closed."""

    def __init__(self, farm: Path, state: Path) -> None:
        self._process = beside("-c", DRIVER, farm, state)
        assert self._answer() == ["ready"]

    def _answer(self) -> list[str]:
        return self._process.stdout.readline().split()

    def run(self, at: str, kill_after: float = -1.0) -> tuple[str, float]:
        """One run for a moment, killed after so many seconds if it still runs: "killed" or its code, and its life."""
        self._process.stdin.write(f"{at} {kill_after}\n")
        self._process.stdin.flush()
        how, life = self._answer()
        return how, float(life)

    def close(self) -> None:
        """End the driver."""
        self._process.stdin.close()
        self._process.wait()
        self._process.stdout.close()
