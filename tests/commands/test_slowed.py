"""A search is bounded by its work: a plan whose process is held up again and again is the same, byte for byte."""

from __future__ import annotations

import random
import signal
import subprocess
import time
from pathlib import Path

import pytest

from tests.commands.running import beside

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
PAUSE = 0.03  # seconds, as long as it may go on in between
FEW = (
    "import optimizer.engine.choices as c; c._WORK, c._LEAST = 0, 1; "
    "import optimizer.plan.search as s; s.PROVED_SHARE = s.PROVED_USD = 0.0; "
)
RUN = "import sys; from optimizer.cli.app import app; app(sys.argv[1:])"


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


def planned(farm: Path, out: Path, before: str, *, slowed: bool) -> tuple[int, dict[str, bytes]]:
    """The exit code of `curtail plan`, and the files it writes; slowed, it stands still half of the time."""
    command = ["-c", before + RUN, "plan", farm, "--out", out]
    with beside(*command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as running:
        while slowed and running.poll() is None:
            for order in (signal.SIGSTOP, signal.SIGCONT):
                running.send_signal(order)
                time.sleep(PAUSE)
    return running.returncode, {path.name: path.read_bytes() for path in sorted(out.iterdir())}


@pytest.mark.parametrize(("before", "hours", "code"), [("", 12, 0), (FEW, 16, 4)])
def test_a_slowed_process_changes_no_byte(tmp_path: Path, before: str, hours: int, code: int) -> None:
    """Whether the search goes to its end or, with one branch allowed and nothing forgiven, is ended: exit code 4."""
    farm = written(tmp_path, hours)
    fast, slow = (planned(farm, tmp_path / str(slowed), before, slowed=slowed) for slowed in (False, True))
    assert fast[0] == slow[0] == code
    assert fast[1] == slow[1]
