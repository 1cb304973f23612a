"""Two jobs at once, full disks and folders that cannot be written."""

from __future__ import annotations

import resource
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from optimizer.daily.history import History
from optimizer.daily.lock import locked
from optimizer.errors import CurtailError
from tests.commands.running import COMMAND, beside, fill, mounted
from tests.daily.farms import daily, files_in, write_farm
from tests.sampling import number

RACER = """
import sys
from datetime import datetime
from pathlib import Path
from optimizer.daily.job import run_once
from optimizer.errors import CurtailError
import optimizer.report.plan.page, optimizer.plan.terms
print("ready", flush=True)
sys.stdin.readline()
try:
    print(run_once(Path(sys.argv[1]), Path(sys.argv[2]), datetime.fromisoformat(sys.argv[3])).exit_code)
except CurtailError as error:
    print(error)
"""


def test_of_two_jobs_at_once_one_does_nothing(tmp_path: Path) -> None:
    """Started together: at least one plans, the other says who is at work; no run is logged by both."""
    farm, state, refused = write_farm(tmp_path / "farm"), tmp_path / "state", 0
    planned, rounds = 0, number(3, 5)
    for hour in range(rounds):
        racers = [beside("-c", RACER, farm, state, f"2026-02-11T{hour:02d}:00") for _ in range(2)]
        for racer in racers:
            racer.stdout.readline()
        for racer in racers:
            racer.stdin.write("go\n")
            racer.stdin.flush()
        told = [racer.communicate()[0].strip() for racer in racers]
        assert "0" in told
        other = next((text for text in told if text != "0"), None)
        if other is not None:
            refused += 1
            assert f"another job is at work on {state} (process " in other
        with History(state / "history.sqlite") as history:
            planned += sum(text == "0" for text in told)
            assert len(history.runs()) == planned
    assert refused >= rounds // 2


def test_the_lock_goes_with_its_process(tmp_path: Path) -> None:
    holder = beside(
        "-c",
        "import sys, time; from pathlib import Path; from optimizer.daily.lock import locked\n"
        "with locked(Path(sys.argv[1])): print('held', flush=True); time.sleep(60)",
        tmp_path / "state",
    )
    holder.stdout.readline()
    with pytest.raises(CurtailError, match=f"process {holder.pid}"), locked(tmp_path / "state"):
        pass
    holder.send_signal(signal.SIGKILL)
    holder.communicate()
    with locked(tmp_path / "state"):
        pass


@pytest.mark.parametrize("of", ["", "calls.yaml"])
@pytest.mark.parametrize("damage", ["folder", "full folder", "dangling link", "link to itself"])
def test_what_stands_in_place_of_the_lock_is_set_aside(tmp_path: Path, damage: str, of: str) -> None:
    path = tmp_path / ("calls.yaml.lock" if of else "lock")
    if "folder" in damage:
        path.mkdir()
        if damage == "full folder":
            (path / "kept").write_text("")
    else:
        path.symlink_to("lock" if damage == "link to itself" and not of else "nowhere/at all")
    with locked(tmp_path, of) as said:
        assert [line for line in said if "is no file; set aside as" in line] == list(said) != []
        with pytest.raises(CurtailError, match="another job is at work"), locked(tmp_path, of):
            pass
    with locked(tmp_path, of) as said:
        assert said == ()


def test_a_run_tells_what_stood_in_place_of_the_lock(farm: Path, state: Path) -> None:
    (state / "lock").mkdir(parents=True)
    done = daily(farm, state, "2026-02-11 00:00")
    assert done.returncode == 0
    assert "lock: is no file; set aside as lock.damaged-" in done.stderr
    with History(state / "history.sqlite") as history:
        assert "set aside as lock.damaged-" in history.runs()[0].message


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 700 kB; skipped, visibly, where none may be mounted."""
    with mounted(tmp_path / "disk", "700k") as disk:
        yield disk


def test_a_full_disk_keeps_the_schedule_and_says_so(tmp_path: Path, small_disk: Path) -> None:
    farm, state = write_farm(tmp_path / "farm"), small_disk / "state"
    assert daily(farm, state, "2026-02-11 00:00").returncode == 0
    before = files_in(state / "latest")
    filler = small_disk / "filler"
    fill(filler)
    done = daily(farm, state, "2026-02-11 03:00")
    assert done.returncode == 1
    assert "No space left on device" in done.stderr or "make room on the disk" in done.stderr
    assert "Traceback" not in done.stderr
    assert files_in(state / "latest") == before
    filler.unlink()
    assert daily(farm, state, "2026-02-11 03:00").returncode == 0


@pytest.mark.parametrize("limit", [0, 1_000, 20_000, 60_000, 120_000])
def test_files_that_may_not_grow_are_a_full_disk(farm: Path, state: Path, limit: int) -> None:
    """RLIMIT_FSIZE as the disk: whichever file is the first that cannot be written, the old schedule stays."""
    assert daily(farm, state, "2026-02-11 00:00").returncode == 0
    before = files_in(state / "latest")

    def small() -> None:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))

    done = beside(
        *COMMAND, "daily", farm, "--state", state, "--at", "2026-02-11 03:00",
        env={"PYTHONDONTWRITEBYTECODE": "1"}, stderr=subprocess.PIPE, preexec_fn=small,
    )  # fmt: skip
    _, said = done.communicate()
    assert "Traceback" not in said
    after = files_in(state / "latest")
    if limit < 100_000:
        assert done.returncode == 1, said
        assert "File too large" in said or "make room on the disk" in said
        assert after == before
    assert set(after) == set(before)
    assert daily(farm, state, "2026-02-11 03:00").returncode == 0


def test_a_folder_that_cannot_be_written(tmp_path: Path) -> None:
    farm = write_farm(tmp_path / "farm")
    done = daily(farm, Path("/proc/state"), "2026-02-11 00:00")
    assert done.returncode == 1
    assert "cannot write the state folder /proc/state" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_read_only_disk(farm: Path, state: Path) -> None:
    """The state folder was written once and is read-only now; skipped, visibly, where nothing may be mounted."""
    assert daily(farm, state, "2026-02-11 00:00").returncode == 0
    bound = ["mount", "--bind", str(state), str(state)]
    if subprocess.run(bound, capture_output=True).returncode:
        pytest.skip("nothing may be mounted here")
    try:
        subprocess.run(["mount", "-o", "remount,ro,bind", str(state)], check=True)
        done = daily(farm, state, "2026-02-11 03:00")
    finally:
        subprocess.run(["umount", str(state)], check=True)
    assert done.returncode == 1
    assert "cannot write the state folder" in done.stderr
    assert "Read-only file system" in done.stderr


def test_a_history_that_is_none(farm: Path, state: Path) -> None:
    assert daily(farm, state, "2026-02-11 00:00").returncode == 0
    for name in ("history.sqlite-wal", "history.sqlite-shm"):
        (state / name).unlink(missing_ok=True)
    (state / "history.sqlite").write_bytes(b"no database" * 1000)
    done = daily(farm, state, "2026-02-11 03:00")
    assert done.returncode == 0
    assert "the history cannot be used: file is not a database; set aside as history.sqlite.damaged-" in done.stderr
    assert (state / "latest").readlink() == Path("runs/2026-02-11T0300-0600")
