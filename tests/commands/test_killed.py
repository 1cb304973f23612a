"""Killed at any moment, an output folder holds all of the old files or all of the new ones."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

from tests.commands.running import CONFIGS, ROOT, beside
from tests.sampling import number

WRITER = """
import itertools, os, sys
from pathlib import Path
from optimizer.files.outputs import write_folder
names = ("schedule.csv", "power.csv", "shutdowns.csv", "strikes.csv", "settlement.json", "report.html")
print("ready", flush=True)
for generation in itertools.count():
    write_folder(Path(sys.argv[1]), {name: f"{os.getpid()}-{generation}\\n" * 2000 for name in names})
"""


def test_two_hundred_kills_never_tear_a_folder(tmp_path: Path) -> None:
    draw, out, seen = random.Random(7), tmp_path / "out", set()
    for _ in range(25):
        writer = beside("-c", WRITER, out)
        writer.stdout.readline()
        for _ in range(8):  # eight moments of each life: paused, looked at, let go on; the last one is the kill
            time.sleep(draw.uniform(0.0, 0.04))
            writer.send_signal(signal.SIGSTOP)
            os.waitpid(writer.pid, os.WUNTRACED)  # until it stands still
            if out.exists():
                seen.add(the_generation(out))
            writer.send_signal(signal.SIGCONT)
        writer.kill()
        writer.communicate()
        if out.exists():
            seen.add(the_generation(out))
    assert len(seen) >= 50
    leftovers = [entry for entry in tmp_path.iterdir() if entry != out]
    assert len(leftovers) <= 1  # the last life's, cleared by the next run


def the_generation(out: Path) -> str:
    """The one generation that all six whole files are of."""
    texts = {path.read_text() for path in out.iterdir()}
    assert len(list(out.iterdir())) == 6
    assert len(texts) == 1, "files of two runs stand side by side"
    (text,) = texts
    lines = text.splitlines()
    assert len(lines) == 2000
    return lines[0]


def test_a_killed_plan_leaves_the_old_outputs(tmp_path: Path) -> None:
    """The real command, killed at moments spread over its life, over outputs of an earlier plan."""
    out = tmp_path / "out"
    command = [
        sys.executable,
        "-m",
        "optimizer.cli",
        "plan",
        str(CONFIGS / "west_texas.yaml"),
        "--out",
        str(out),
    ]
    old = [*command, "--hours", "6"]
    assert subprocess.run(old, cwd=ROOT, capture_output=True).returncode == 0
    before = {path.name: path.read_bytes() for path in out.iterdir()}
    started = time.monotonic()
    assert subprocess.run(command, cwd=ROOT, capture_output=True).returncode == 0
    life = time.monotonic() - started
    after = {path.name: path.read_bytes() for path in out.iterdir()}
    assert subprocess.run(old, cwd=ROOT, capture_output=True).returncode == 0
    draw = random.Random(11)
    for _ in range(number(3, 10)):
        running = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        time.sleep(draw.uniform(0.2, 1.05) * life)
        running.kill()
        running.wait()
        found = {path.name: path.read_bytes() for path in out.iterdir()}
        assert found in (before, after)


def test_an_interrupt_while_the_program_is_read_ends_in_a_sentence() -> None:
    code = (
        "import sys\n"
        "class Impatient:\n"
        "    def find_spec(self, name, *_):\n"
        "        if name == 'optimizer.cli.plan': raise KeyboardInterrupt\n"
        "sys.meta_path.insert(0, Impatient())\n"
        "from optimizer.cli import main; main()"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert done.stderr == "interrupted; what stood in the output folder is untouched\n"
