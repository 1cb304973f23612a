"""A search is bounded by its work: the same plan on a core that others keep busy is the same, byte for byte."""

from __future__ import annotations

import os
import random
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

FARM = """
name: Boxes of four kinds
timezone: UTC
site: {import_limit_mw: 23.37, ramp_up_mw_per_hour: 2.3, ramp_down_mw_per_hour: 2.9, auxiliary_load_mw: 0.37}
fleet:
  - {name: A, units: 2400, units_switched_together: 240, minimum_on_hours: 3, restart_minutes: 15, machine: MACHINE}
  - {name: B, units: 2400, units_switched_together: 144, minimum_off_hours: 2, machine: MACHINE}
  - {name: C, units: 1900, units_switched_together: 168, minimum_off_hours: 2, minimum_on_hours: 2, machine: MACHINE}
  - {name: D, units: 900, minimum_off_hours: 2, machine: MACHINE}
revenue: {hashprice_usd_per_ph_day: 40}
energy: {price_usd_per_mwh: {file: prices.csv, time_column: start, value_column: usd}}
horizon: {start: 2026-02-11 00:00, hours: HOURS}
"""
MACHINES = ((104, 3068), (200, 3550), (120, 3320), (110, 3110))
BUSY = "while True: pass"
FEW = (
    "import optimizer.engine.choices as c; c._WORK, c._LEAST = 0, 1; "
    "import optimizer.schedule.search as s; s.PROVED_SHARE = s.PROVED_USD = 0.0; "
)
RUN = "import sys; from optimizer.cli import app; app(sys.argv[1:])"


def written(folder: Path, hours: int) -> Path:
    """A farm whose whole machines have to be searched for, and its prices."""
    text = FARM.replace("HOURS", str(hours))
    for th, watts in MACHINES:
        machine = f"{{model: X, hashrate_th: {th}, power_w: {watts}, cooling: air, source: made up, confidence: low}}"
        text = text.replace("MACHINE", machine, 1)
    dice = random.Random(4)
    rows = (f"2026-02-11T{h:02d}:00Z,{dice.choice([20, 35, 42, 48, 55, 60, 80, 90]) + dice.random():.2f}"
            for h in range(24))  # fmt: skip
    (folder / "prices.csv").write_text("start,usd\n" + "\n".join(rows) + "\n")
    (folder / "farm.yaml").write_text(text)
    return folder / "farm.yaml"


@contextmanager
def busy(core: int, processes: int) -> Iterator[None]:
    """So many processes that never rest on a core."""
    others = [subprocess.Popen([sys.executable, "-c", BUSY]) for _ in range(processes)]
    try:
        for other in others:
            os.sched_setaffinity(other.pid, {core})
        yield
    finally:
        for other in others:
            other.kill()
            other.wait()


def planned(farm: Path, out: Path, before: str, core: int) -> tuple[int, dict[str, bytes]]:
    """The exit code of `curtail plan` on a core, and the files it writes."""
    command = [sys.executable, "-c", before + RUN, "plan", str(farm), "--out", str(out)]
    ended = subprocess.run(
        command, preexec_fn=lambda: os.sched_setaffinity(0, {core}), capture_output=True, check=False
    )
    return ended.returncode, {path.name: path.read_bytes() for path in sorted(out.iterdir())}


@pytest.mark.skipif(not hasattr(os, "sched_setaffinity"), reason="no way to hold a process to a core here")
@pytest.mark.parametrize(("before", "hours", "code"), [("", 12, 0), (FEW, 16, 4)])
def test_a_slowed_core_changes_no_byte(tmp_path: Path, before: str, hours: int, code: int) -> None:
    """Whether the search goes to its end or, with one branch allowed and nothing forgiven, is ended: exit code 4."""
    farm, core = written(tmp_path, hours), min(os.sched_getaffinity(0))
    fast = planned(farm, tmp_path / "fast", before, core)
    with busy(core, 3):
        slow = planned(farm, tmp_path / "slow", before, core)
    assert fast[0] == slow[0] == code
    assert fast[1] == slow[1]
