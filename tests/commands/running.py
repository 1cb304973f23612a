"""Running the real command: in the process of the test, or in one of its own where that is what is tested."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import chdir, contextmanager, redirect_stderr, redirect_stdout, suppress
from contextvars import copy_context
from io import StringIO
from pathlib import Path
from typing import Any

import pytest

from optimizer.cli import main

ROOT = Path(__file__).parents[2]
COMMAND = ("-W", "error", "-m", "optimizer.cli")  # of `curtail`, with every warning an error
CONFIGS = ROOT / "configs"
WEST_TEXAS = CONFIGS / "west_texas.yaml"
HALL = """name: Hall of 14 MW
timezone: America/Chicago
site: {import_limit_mw: 18}
fleet:
  - name: Hall
    units: 4000
    machine: {model: m, hashrate_th: 200, power_w: 3500, cooling: air, source: made up for a test, confidence: low}
revenue: {hashprice_usd_per_ph_day: 33}
"""  # what a farm file needs besides its energy


def curtail(*arguments: object, cwd: Path = ROOT) -> subprocess.CompletedProcess[str]:
    """Run ``curtail`` with these arguments in this process, which has the imports behind it."""
    words, code, out, err = ["curtail", *map(str, arguments)], 0, StringIO(), StringIO()
    with pytest.MonkeyPatch.context() as patched, chdir(cwd), redirect_stdout(out), redirect_stderr(err):
        patched.setattr(sys, "argv", words)
        patched.setattr(sys, "path", [*sys.path])  # which --extend lengthens
        patched.setenv("CURTAIL_EXTEND", "")  # and this is where it stands for workers
        try:
            copy_context().run(main)  # the currency that is shown is this command's
        except SystemExit as ended:
            code = int(ended.code or 0)
    return subprocess.CompletedProcess(words, code, out.getvalue(), err.getvalue())


def process(*arguments: object, cwd: Path | None = None, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run ``curtail`` with these arguments in a process of its own, as a shell does, and wait for it."""
    return subprocess.run(
        [sys.executable, *COMMAND, *map(str, arguments)],
        cwd=cwd or ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT), **environment},
        capture_output=True,
        text=True,
        timeout=120,
    )


def beside(*arguments: object, **more: Any) -> subprocess.Popen[str]:
    """A Python process of this checkout that goes on beside the test, which may write to it and read what it prints."""
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    environment = {**os.environ, "PYTHONPATH": str(ROOT), **more.pop("env", {})}
    return subprocess.Popen([sys.executable, *map(str, arguments)], cwd=ROOT, env=environment, **{**pipes, **more})


@contextmanager
def mounted(disk: Path, size: str) -> Iterator[Path]:
    """A disk of so many bytes; skipped, visibly, where none may be mounted."""
    disk.mkdir()
    words = ("mount", "-t", "tmpfs", "-o", f"size={size}", "none", str(disk))
    if subprocess.run(words, capture_output=True).returncode:
        pytest.skip("no disk may be mounted here")
    try:
        yield disk
    finally:
        subprocess.run(["umount", str(disk)], check=True)


def fill(file: Path) -> None:
    """Write to a file until its disk is full."""
    with file.open("wb", buffering=0) as stream, suppress(OSError):
        while True:
            stream.write(b"x" * 4096)
