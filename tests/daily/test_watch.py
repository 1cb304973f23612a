"""`curtail watch`: new prices, changed files, bad rows, jumping clocks, full disks, restarts."""

from __future__ import annotations

import csv
import json
import os
import signal
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from optimizer.daily.feed import FolderFeed
from optimizer.daily.history import History
from optimizer.daily.record import Record
from optimizer.daily.watch import Watch
from tests.commands.running import ROOT
from tests.daily.farms import write_farm

MIDNIGHT = datetime(2026, 2, 11, 6, tzinfo=UTC)  # on the farm's clock


class Site:
    """A farm under watch whose clock the test sets."""

    def __init__(self, folder: Path, more: str = "") -> None:
        self.farm, self.state, self.inbox = write_farm(folder / "farm", more), folder / "state", folder / "feed"
        self.inbox.mkdir()
        self.state.mkdir()
        self.now = MIDNIGHT
        self.said: list[str] = []
        self.watch = self.started()

    def started(self) -> Watch:
        """A watch that knows nothing of an earlier one."""
        return Watch(self.farm, self.state, FolderFeed(self.inbox), say=self.said.append, wall=lambda: self.now)

    def step(self, minutes: float = 0.0) -> dict[str, Any]:
        """Let the clock go on, look around once, read the set-points."""
        self.now += timedelta(minutes=minutes)
        self.watch.step()
        return self.points()

    def points(self) -> dict[str, Any]:
        """The set-points that stand there."""
        found: dict[str, Any] = json.loads((self.state / "setpoints.json").read_text())
        return found

    def feed(self, name: str, *rows: str) -> None:
        """Let a file arrive."""
        (self.inbox / name).write_text("\n".join(["start,price", *rows]) + "\n")

    def logged(self) -> list[str]:
        """What each run came to."""
        with History(self.state / "history.sqlite") as history:
            return [run.status for run in history.runs()]


def on(points: dict[str, Any], group: str) -> int:
    return sum(point["machines_on"] for point in points["setpoints"] if point["group"] == group)


@pytest.fixture
def site(tmp_path: Path) -> Site:
    return Site(tmp_path)


def test_set_points_say_what_runs_until_when_and_why(site: Site) -> None:
    """By hand: at 35 USD/MWh and 05:00 New runs, which pays to 78 USD/MWh; at 07:00 the hour costs 90."""
    points = site.step()
    assert (points["status"], points["plan"]) == ("planned", "2026-02-11T0000-0600")
    (new,) = [point for point in points["setpoints"] if point["group"] == "New"]
    assert (new["machines_on"], new["since"], new["reason"]) == (2000, "2026-02-11T00:00:00-06:00", "")
    assert new["until"] == "2026-02-11T07:00:00-06:00"
    with (site.state / "setpoints.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [{**row, "machines_on": int(row["machines_on"])} for row in rows] == points["setpoints"]
    site.step(minutes=7 * 60 + 5)
    (new,) = [point for point in site.points()["setpoints"] if point["group"] == "New"]
    assert (new["machines_on"], new["reason"]) == (0, "price")


def test_nothing_new_plans_nothing(site: Site) -> None:
    for _ in range(4):
        site.step(minutes=10)
    assert site.logged() == ["planned"]


def test_a_new_price_overrides_the_forecast_for_its_interval(site: Site) -> None:
    assert on(site.step(), "New") == 2000
    site.feed("now.csv", "2026-02-11T01:00-06:00,300", "2026-02-11T01:15-06:00,300")
    points = site.step(minutes=60)
    assert on(points, "New") == 0
    assert on(site.step(minutes=30), "New") == 2000  # the day-ahead price again
    assert site.logged() == ["planned", "planned"]
    inputs = json.loads((site.state / "latest" / "inputs.json").read_text())
    assert [row[2] for row in inputs["observed_prices"]] == [300, 300]


def test_a_farm_that_plans_again_does_so_at_every_interval(tmp_path: Path) -> None:
    """The feed tells 300 for one quarter; nobody had said so, and it holds on until another price comes."""
    site = Site(tmp_path, "replanning: {forecast: {kind: persistence}}")
    site.feed("now.csv", "2026-02-11T00:00-06:00,20")
    assert on(site.step(), "New") == 2000
    site.step(minutes=5)
    assert site.logged() == ["planned"]
    site.feed("now.csv", "2026-02-11T00:15-06:00,300", "2026-02-11T00:30-06:00,20")
    assert on(site.step(minutes=10), "New") == 0
    assert on(site.step(minutes=14), "New") == 0  # the row of 00:30 is of the future
    assert on(site.step(minutes=1), "New") == 2000
    assert [record.name[11:15] for record in records(site)] == ["0000", "0015", "0030"]
    site.step(minutes=15)  # no news
    assert [record.name[11:15] for record in records(site)][-1] == "0045"


def records(site: Site) -> list[Record]:
    with History(site.state / "history.sqlite") as history:
        return [record for _, record in history.schedules()]


def test_changed_events_and_a_broken_farm_file(site: Site) -> None:
    site.step()
    text = site.farm.read_text()
    call = "events: [{name: cut, start: 2026-02-11 00:30, end: 2026-02-11 01:30, cut: {form: to_level, mw: 3}}]"
    site.farm.write_text(text + call)
    points = site.step(minutes=30)
    assert on(points, "New") < 2000
    assert [point["reason"] for point in points["setpoints"]] == ["event", "event"]
    site.farm.write_text(text + call.replace("cut:", "ctu:"))
    before = site.points()["setpoints"]
    assert site.step(minutes=5)["setpoints"] == before
    assert any("did you mean `cut`" in line for line in site.said)
    site.farm.write_text(text + "\n# mended\n")
    assert on(site.step(minutes=15), "New") == 2000
    assert site.logged() == ["planned", "planned", "kept", "planned"]


def test_bad_rows_are_told_counted_and_skipped(site: Site) -> None:
    site.feed(
        "now.csv", "2026-02-11T00:00-06:00,300", "2026-02-11T00:15-06:00,", "what,is,this", "2026-02-11T00:30-06:00,20"
    )
    points = site.step()
    assert on(points, "New") == 0
    assert points["feed_rows_skipped"] == 2
    assert [line for line in site.said if line.startswith("skipped")] == [
        "skipped: now.csv: line 3: has no price",
        "skipped: now.csv: line 4: has more cells than columns",
    ]


def test_a_clock_that_goes_back_a_little_is_waited_for(site: Site) -> None:
    site.step()
    site.feed("now.csv", "2026-02-11T04:00-06:00,300")
    first = site.step(minutes=4 * 60)
    assert first["plan"] == "2026-02-11T0400-0600"
    site.feed("more.csv", "2026-02-11T03:45-06:00,20")
    points = site.step(minutes=-20)
    assert points["setpoints"] == first["setpoints"]
    assert "the clock went back by 1200 s" in site.said
    assert site.logged() == ["planned", "planned"]
    site.step(minutes=25)
    assert site.logged() == ["planned", "planned", "planned"]  # with the row that came meanwhile


def test_a_clock_that_goes_back_far_was_wrong(site: Site) -> None:
    site.step()
    site.feed("now.csv", "2026-02-11T23:00-06:00,20")
    assert site.step(minutes=23 * 60)["plan"] == "2026-02-11T2300-0600"
    points = site.step(minutes=-20 * 60)
    assert points["plan"] == "2026-02-11T0300-0600"


def test_a_clock_that_jumps_ahead_plans_from_there(site: Site) -> None:
    site.step()
    points = site.step(minutes=26 * 60)
    assert points["plan"] == "2026-02-12T0200-0600"
    assert any("the last schedule ran out" in line for line in site.said)


def test_a_full_disk_keeps_the_set_points_and_is_tried_again(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every write to a file fails as on a full disk; the row that came meanwhile is not lost."""
    before = site.step()
    real = os.fsync

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    site.feed("now.csv", "2026-02-11T01:00-06:00,300")
    assert site.step(minutes=60)["plan"] == before["plan"]
    assert "No space left on device" in site.said[-1]
    monkeypatch.setattr("os.fsync", real)
    assert on(site.step(minutes=1), "New") == 0


def test_damage_under_a_watch_is_mended_at_the_next_look(site: Site) -> None:
    """Record and history in one: the set-points go on as they were."""
    before = site.step()
    record = site.state / "latest" / "record.json"
    record.write_text(record.read_text()[:1000])
    site.feed("now.csv", "2026-02-11T09:00-06:00,31")
    assert site.step(minutes=5)["setpoints"] == before["setpoints"]
    assert any("record.json: is no record of a run" in line and "set aside" in line for line in site.said)
    (site.state / "history.sqlite").write_bytes(b"lost")
    site.feed("now.csv", "2026-02-11T01:00-06:00,300")
    assert on(site.step(minutes=55), "New") == 0
    assert site.logged() == ["planned", "planned"]


def test_a_disk_that_is_really_full(tmp_path: Path) -> None:
    disk = tmp_path / "disk"
    disk.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=400k", "none", str(disk)], capture_output=True).returncode:
        pytest.skip("no disk may be mounted here")
    try:
        site = Site(tmp_path)
        site.state = disk / "state"
        site.state.mkdir()
        site.watch = site.started()
        before = site.step()
        fill(disk / "filler")
        site.feed("now.csv", "2026-02-11T01:00-06:00,300")
        assert site.step(minutes=60) == before
        assert "No space left on device" in site.said[-1] or "make room on the disk" in site.said[-1]
        (disk / "filler").unlink()
        assert on(site.step(minutes=1), "New") == 0
    finally:
        subprocess.run(["umount", str(disk)], check=True)


def fill(file: Path) -> None:
    with file.open("wb", buffering=0) as stream:
        try:
            while True:
                stream.write(b"x" * 4096)
        except OSError:
            return


def test_a_restart_goes_on_where_it_was(site: Site) -> None:
    site.step()
    site.feed("now.csv", "2026-02-11T01:00-06:00,300", "2026-02-11T02:00-06:00,300")
    first = site.step(minutes=60)
    site.watch = site.started()
    again = site.step(minutes=1)
    assert again["setpoints"] == first["setpoints"]
    assert site.step(minutes=60)["setpoints"][1]["since"] == "2026-02-11T01:00:00-06:00"


def test_stale_data_and_the_safe_posture(tmp_path: Path) -> None:
    site = Site(tmp_path, "daily: {safe_posture: {all_off: true}}")
    site.step()
    (site.farm.parent / "prices.csv").unlink()
    kept = site.step(minutes=60)
    assert (kept["plan"], kept["status"]) == ("2026-02-11T0000-0600", "planned")
    safe = site.step(minutes=12 * 60)
    assert (safe["plan"], safe["status"]) == ("2026-02-11T1300-0600-safe", "safe")
    assert on(safe, "New") == on(safe, "Old") == 0


def watching(site: Site, *more: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-W", "error", "-m", "optimizer.cli", "watch", str(site.farm), "--state", str(site.state),
         "--prices", str(site.inbox), "--every", "0.05", *more],
        cwd=ROOT, env={**os.environ, "PYTHONPATH": str(ROOT)}, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip


def today(site: Site) -> None:
    """Prices of now, for a real clock."""
    hour = datetime.now(UTC).replace(minute=0, second=0, microsecond=0) - timedelta(hours=3)
    rows = [f"{(hour + timedelta(hours=i)).isoformat()},{20 + i % 5}" for i in range(48)]
    (site.farm.parent / "prices.csv").write_text("\n".join(["interval_start,price", *rows]) + "\n")
    text = site.farm.read_text()
    site.farm.write_text(
        "\n".join(line for line in text.splitlines() if not line.startswith(("state", "  demand", "    - {name: Any")))
    )


def arrived(file: Path) -> None:
    for _ in range(600):
        if file.exists():
            return
        time.sleep(0.05)
    raise AssertionError(f"{file} never came")


def test_a_clock_that_begins_at_a_given_time(site: Site) -> None:
    """The prices of the test are of February 2026, so that only a clock of then plans on them."""
    loop = watching(site, "--at", "2026-02-11 00:10")
    arrived(site.state / "setpoints.csv")
    loop.send_signal(signal.SIGTERM)
    _, said = loop.communicate(timeout=60)
    assert loop.returncode == 0, said
    assert site.points()["plan"] == "2026-02-11T0000-0600"
    assert site.points()["at"].startswith("2026-02-11T00:1")


def test_a_clock_cannot_begin_at_a_time_that_never_was(site: Site) -> None:
    loop = watching(site, "--at", "2026-03-08 02:30")
    _, said = loop.communicate(timeout=60)
    assert loop.returncode == 2, said
    assert "--at 2026-03-08 02:30: " in said
    assert "does not exist" in said


@pytest.mark.parametrize("ended_by", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it_cleanly(site: Site, ended_by: signal.Signals) -> None:
    today(site)
    loop = watching(site)
    arrived(site.state / "setpoints.csv")
    loop.send_signal(ended_by)
    _, said = loop.communicate(timeout=60)
    assert loop.returncode == 0, said
    assert said.endswith("ended; the set-points stand as they are\n")
    assert site.points()["status"] == "planned"


SIGNALS = """
import random, signal, sys
from pathlib import Path
from optimizer.daily.watch import Watch
class Idle(Watch):
    def step(self):
        pass
chance = random.Random(1)
for _ in range(1500):
    watch = Idle(Path("farm.yaml"), Path("."), None)
    signal.signal(signal.SIGALRM, lambda *_: watch.stop())
    signal.setitimer(signal.ITIMER_REAL, chance.uniform(1e-5, 2e-3))
    watch.loop(1e-6)
print("ended")
"""


def test_a_signal_at_any_moment_ends_the_loop() -> None:
    """1,500 signals at random moments of a loop that does nothing but wait; were one lost, this would hang."""
    done = subprocess.run(
        [sys.executable, "-c", SIGNALS], cwd=ROOT, env={**os.environ, "PYTHONPATH": str(ROOT)}, capture_output=True,
        text=True, timeout=100,
    )  # fmt: skip
    assert done.stdout == "ended\n", done.stderr


def test_a_second_watch_is_refused_and_a_killed_one_leaves_whole_files(site: Site) -> None:
    today(site)
    loop = watching(site)
    arrived(site.state / "setpoints.csv")
    second = watching(site)
    _, said = second.communicate(timeout=60)
    assert second.returncode == 1
    assert f"process {loop.pid}" in said
    loop.kill()
    loop.communicate()
    assert site.points()["setpoints"]
    third = watching(site, "--until", "2026-01-01")  # is over before it begins
    assert third.communicate(timeout=60)[1].endswith("stand as they are\n")
    assert third.returncode == 0
