"""A real Dask cluster on this machine: a scheduler and worker processes, started here and ended here."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path

from tests.commands.running import ROOT

ENVIRONMENT = {
    **os.environ,
    "PYTHONPATH": str(ROOT),
    "DASK_DISTRIBUTED__LOGGING__DISTRIBUTED": "error",
    "OMP_NUM_THREADS": "1",
}


class Cluster:
    """A scheduler and ``workers`` workers of one thread; ``end`` kills them."""

    def __init__(self, folder: Path, workers: int) -> None:
        where = folder / "scheduler.json"
        options = ("--host", "127.0.0.1", "--port", "0", "--no-dashboard", "--no-show", "--scheduler-file", str(where))
        self.scheduler = self._started("dask_scheduler", *options)
        deadline = time.monotonic() + 60
        while not where.exists() or not where.read_text().endswith("}"):
            assert self.scheduler.poll() is None, "the scheduler ended"
            assert time.monotonic() < deadline, "the scheduler did not say where it is"
            time.sleep(0.05)
        self.address = str(json.loads(where.read_text())["address"])
        self.workers = [self._worker() for _ in range(workers)]

    def _started(self, command: str, *options: str) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            [sys.executable, "-m", f"distributed.cli.{command}", *options],
            cwd=ROOT,
            env=ENVIRONMENT,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )

    def _worker(self) -> subprocess.Popen[bytes]:
        options = ("--nthreads", "1", "--no-nanny", "--no-dashboard", "--death-timeout", "60")
        return self._started("dask_worker", self.address, *options)

    def end(self) -> None:
        """End all of them."""
        for process in (*self.workers, self.scheduler):
            process.kill()
            process.wait()
