"""A backtest that is killed or interrupted: the same command goes on, and ends as one that ran through."""

from __future__ import annotations

import random
import signal
import sqlite3
import subprocess
import time
from pathlib import Path

import pytest

from tests.commands.running import COMMAND, beside, curtail
from tests.report.backtests import FIRST, LAST, write_farm
from tests.sampling import number, sample

SECONDS = 60.0


def running(farm: Path, out: Path, workers: int) -> subprocess.Popen[str]:
    days = ("--from", FIRST, "--to", LAST)
    return beside(
        *COMMAND, "backtest", farm, *days, "--out", out, "--workers", workers, "--json", stderr=subprocess.PIPE,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # a job in the background ignores it
    )  # fmt: skip


def pieces(out: Path) -> int:
    """Pieces kept so far; the file is whole, whenever it is looked at."""
    kept = out.with_name(f"{out.name}.partial") / "pieces.sqlite"
    if not kept.exists():
        return 0
    file = sqlite3.connect(kept, timeout=SECONDS)
    try:
        tables = file.execute("SELECT count(*) FROM sqlite_master WHERE name = 'pieces'").fetchone()[0]
        assert file.execute("PRAGMA integrity_check").fetchone()[0] == "ok"
        return int(file.execute("SELECT count(*) FROM pieces").fetchone()[0]) if tables else 0
    finally:
        file.close()


def some_kept(process: subprocess.Popen[str], out: Path, more_than: int) -> None:
    """Wait until pieces are kept, or the process has ended."""
    ends = time.monotonic() + SECONDS
    while process.poll() is None and pieces(out) <= more_than:
        assert time.monotonic() < ends
        time.sleep(0.01)


@pytest.fixture(scope="module")
def farm(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_farm(tmp_path_factory.mktemp("farm"))


@pytest.fixture(scope="module")
def whole(farm: Path) -> dict[str, bytes]:
    out = farm.parent / "whole"
    made = curtail("backtest", farm, "--from", FIRST, "--to", LAST, "--out", out)
    assert made.returncode == 0, made.stderr
    return {path.name: path.read_bytes() for path in out.iterdir()}


@pytest.mark.parametrize("workers", sample([1, 2], 1))
def test_killed_at_random_moments_it_goes_on(farm: Path, whole: dict[str, bytes], tmp_path: Path, workers: int) -> None:
    """Killed again and again, each time a random while after one more piece than before was kept."""
    out, chance, kept = tmp_path / "out", random.Random(workers), []
    for _ in range(number(2, 3)):
        process = running(farm, out, workers)
        some_kept(process, out, kept[-1] if kept else 0)
        time.sleep(chance.uniform(0.0, 0.1))
        process.kill()
        process.communicate(timeout=SECONDS)
        if process.returncode != -signal.SIGKILL:
            break  # it was ready before
        kept.append(pieces(out))
        assert not out.exists()
    assert kept
    assert kept == sorted(kept)
    last = running(farm, out, workers)
    _, said = last.communicate(timeout=SECONDS)
    assert last.returncode == 0, said
    assert {path.name: path.read_bytes() for path in out.iterdir()} == whole
    assert not out.with_name("out.partial").exists()


@pytest.mark.parametrize("workers", sample([1, 2], 1))
def test_interrupted_it_says_what_is_kept(farm: Path, whole: dict[str, bytes], tmp_path: Path, workers: int) -> None:
    out = tmp_path / "out"
    process = running(farm, out, workers)
    some_kept(process, out, 0)
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=SECONDS)
    assert process.returncode == 1
    kept = f"{out}.partial"
    line = f"interrupted; what is made is kept in {kept}, the same command goes on from there"
    assert said.replace("\n", "") == f"reading history{line}"
    assert pieces(out) > 0
    assert not out.exists()
    again = running(farm, out, workers)
    assert again.communicate(timeout=SECONDS)[1] == "reading history\n"
    assert {path.name: path.read_bytes() for path in out.iterdir()} == whole
