"""`curtail watch`: new prices, changed files, bad rows, jumping clocks, full disks, restarts."""

from __future__ import annotations

import csv
import json
import os
import signal
import subprocess
import time
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from optimizer.daily.feed import FolderFeed
from optimizer.daily.history import History
from optimizer.daily.record import Record
from optimizer.daily.watch import Watch
from tests.commands.running import COMMAND, beside, fill, mounted
from tests.daily.farms import write_farm, write_prices

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
        return dict(json.loads((self.state / "setpoints.json").read_text()))

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
    assert [row["until"] for row in rows] == [point["until"] for point in points["setpoints"]]
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
    assert points["message"][-1] == "2 rows or answers of the feed were skipped"
    assert [line for line in site.said if line.startswith("skipped")] == [
        "skipped: now.csv: line 3: has no price",
        "skipped: now.csv: line 4: has more cells than columns",
    ]


def test_a_clock_that_goes_back_is_believed_at_once(site: Site) -> None:
    """A schedule that begins later than now is none; what has come since is planned on now, a call most of all."""
    site.step()
    site.feed("now.csv", "2026-02-11T04:00-06:00,300")
    first = site.step(minutes=4 * 60)
    assert first["plan"] == "2026-02-11T0400-0600"
    call = "events: [{name: cut, start: 2026-02-11 02:00, end: 2026-02-11 09:00, cut: {form: full_stop}}]"
    site.farm.write_text(site.farm.read_text() + call)
    points = site.step(minutes=-55)
    assert "the clock went back by 3300 s" in site.said
    assert (points["plan"], points["status"]) == ("2026-02-11T0300-0600", "planned")
    assert on(points, "Old") == on(points, "New") == 0
    assert (points["epoch"], points["sequence"]) == (first["epoch"], first["sequence"] + 1)


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
    with mounted(tmp_path / "disk", "400k") as disk:
        site = Site(tmp_path)
        site.state = disk / "state"
        site.state.mkdir()
        site.watch = site.started()
        before = site.step()
        assert not list(disk.rglob("report.html"))  # set-points need the room
        fill(disk / "filler")
        site.feed("now.csv", "2026-02-11T01:00-06:00,300")
        assert site.step(minutes=60) == before
        assert "No space left on device" in site.said[-1] or "make room on the disk" in site.said[-1]
        (disk / "filler").unlink()
        assert on(site.step(minutes=1), "New") == 0


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
    assert (kept["plan"], kept["status"], kept["stale"]) == ("2026-02-11T0000-0600", "kept", True)
    safe = site.step(minutes=12 * 60)
    assert (safe["plan"], safe["status"]) == ("2026-02-11T1300-0600-safe", "safe")
    assert on(safe, "New") == on(safe, "Old") == 0


class Clock:
    """A wall clock and the monotonic one, which go on only while the loop sleeps."""

    def __init__(self, site: Site) -> None:
        self.site, self.ticks, self.slept = site, 0.0, list[float]()
        self.looks: list[datetime] = []
        self.jump: tuple[float, timedelta] | None = None  # of the wall clock alone, once, at a tick

    def started(self, watch: type[Watch] = Watch, **more: Any) -> Watch:
        """A watch by this clock that notes when it has looked."""
        site, clock = self.site, self

        class Noted(watch):  # type: ignore[misc,valid-type]
            def step(self) -> None:
                clock.looks.append(site.now)
                assert len(clock.looks) < 1000
                super().step()

        return Noted(
            site.farm, site.state, FolderFeed(site.inbox), say=site.said.append, wall=lambda: site.now,
            ticks=lambda: self.ticks, sleep=self.sleep, **more,
        )  # fmt: skip

    def sleep(self, seconds: float) -> None:
        """Let both clocks go on."""
        assert seconds > 0
        self.slept.append(seconds)
        self.ticks += seconds
        self.site.now += timedelta(seconds=seconds)
        if self.jump is not None and self.ticks >= self.jump[0]:
            self.site.now += self.jump[1]
            self.jump = None


def after_midnight(moments: list[datetime]) -> list[float]:
    """Minutes."""
    return [(moment - MIDNIGHT) / timedelta(minutes=1) for moment in moments]


def test_the_loop_wakes_for_a_change_and_renews_what_runs_out(site: Site) -> None:
    """Looks every two hours, set-points that hold 40 minutes: renewed after 20, and at the change of 07:00 itself."""
    site.step()
    site.farm.write_text(site.farm.read_text() + "daily: {setpoints_valid_minutes: 40}")
    site.now = MIDNIGHT + timedelta(hours=6, minutes=10)
    clock = Clock(site)
    made = []
    watch = clock.started()
    real = watch._hand_out

    def noted(now: datetime) -> None:
        real(now)
        made.append((now, on(site.points(), "New")))

    watch._hand_out = noted  # type: ignore[method-assign]
    watch.loop(7200.0, MIDNIGHT + timedelta(hours=7, minutes=15))
    minutes = after_midnight([now for now, _ in made])
    assert minutes[0] == 370
    assert 420 in minutes
    assert max(later - earlier for earlier, later in pairwise([*minutes, 435.0])) <= 20
    assert len(minutes) <= 10
    machines = dict(zip(minutes, [count for _, count in made], strict=True))
    assert {count for minute, count in machines.items() if minute < 420} == {2000}
    assert {count for minute, count in machines.items() if minute >= 420} == {0}


def test_set_points_are_renewed_in_the_hour_that_comes_again(site: Site) -> None:
    """At 01:50, ten minutes before the clock is put back, they hold 20 minutes: they are renewed after 10."""
    site.farm.write_text(site.farm.read_text() + "daily: {setpoints_valid_minutes: 20}")
    write_prices(site.farm.parent / "prices.csv", [30.0] * 72, datetime(2026, 10, 31))
    (site.state / "state.yaml").write_text('at: "2026-11-01 01:50-05:00"\nbill: {peaks_mw: {Any time: 6}}\n')
    site.now = begun = datetime(2026, 11, 1, 6, 50, tzinfo=UTC)
    clock = Clock(site)
    clock.started().loop(7200.0, begun + timedelta(minutes=35))
    assert [(look - begun) / timedelta(minutes=1) for look in clock.looks] == pytest.approx([0, 10, 20, 30])


def test_without_a_change_the_loop_looks_as_often_as_it_was_told(site: Site) -> None:
    clock = Clock(site)
    clock.started().loop(60.0, MIDNIGHT + timedelta(minutes=23, seconds=30))
    assert {round(minute, 3) for minute in after_midnight(clock.looks)} == set(range(24))


def test_a_clock_that_goes_back_wakes_the_loop(site: Site) -> None:
    """The loop would sleep for hours; half a minute after its look the clock goes back by two of them."""
    site.step()
    site.now = MIDNIGHT + timedelta(hours=4)
    clock = Clock(site)
    clock.jump = (30.0, -timedelta(hours=2))
    watch = clock.started()
    real = watch.step
    watch.step = lambda: watch.stop() if len(clock.looks) == 2 else real()  # type: ignore[method-assign]
    watch.loop(86_400.0)
    assert site.said[-2] == "the clock went back by 7170 s"
    assert site.points()["plan"] == "2026-02-11T0200-0600"
    assert 120 < after_midnight(clock.looks)[1] < 121


def test_a_call_wakes_the_loop(site: Site) -> None:
    """Told by telephone or written into the farm file ten minutes after a look, with an hour to the next."""
    call = "events: [{name: cut, start: 2026-02-11 00:10, end: 2026-02-11 06:00, cut: {form: full_stop}}]\n"
    for name in ("calls.yaml", "farm.yaml"):
        file = site.state / name if name == "calls.yaml" else site.farm
        before, site.now, clock = file.read_text() if file.exists() else "", MIDNIGHT, Clock(site)

        def sleep(seconds: float, clock: Clock = clock, file: Path = file, text: str = before + call) -> None:
            Clock.sleep(clock, seconds)
            if clock.ticks >= 600 > clock.ticks - seconds:
                file.write_text(text)

        clock.sleep = sleep  # type: ignore[method-assign]
        clock.started().loop(3600.0, MIDNIGHT + timedelta(minutes=11))
        assert on(site.points(), "New") == on(site.points(), "Old") == 0, name
        file.write_text(before)


def test_what_cannot_be_written_does_not_make_the_loop_spin(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """The disk is full as the change of 07:00 comes; tried again at each look, and slept between."""
    site.step()
    site.now = MIDNIGHT + timedelta(hours=6, minutes=58)
    clock, real = Clock(site), os.fsync

    def full(handle: int) -> None:
        if site.now >= MIDNIGHT + timedelta(hours=7):
            raise OSError(28, "No space left on device")
        real(handle)

    monkeypatch.setattr("os.fsync", full)
    clock.started().loop(60.0, MIDNIGHT + timedelta(hours=7, minutes=10))
    assert 10 <= len(clock.looks) <= 16
    assert sum("No space left" in line for line in site.said) <= 3


SILENT = "daily: {feed: {silent_minutes: 30}, safe_posture: {all_off: true}}"


def broken(*_: object, **__: object) -> None:
    raise ZeroDivisionError("by zero")


def test_a_feed_that_is_silent_brings_the_posture(tmp_path: Path) -> None:
    """Its newest price began at 00:15. Half an hour later that will do, a minute more will not; a new one ends it."""
    site = Site(tmp_path, SILENT)
    site.feed("now.csv", "2026-02-11T00:00-06:00,20", "2026-02-11T00:15-06:00,20", "2026-02-11T03:00-06:00,20")
    site.step()
    points = site.step(minutes=45)
    assert (points["status"], points["stale"], points["price_age_minutes"]) == ("planned", False, 30.0)
    points = site.step(minutes=1)
    assert (points["status"], points["source"], points["stale"]) == ("safe", "posture", True)
    assert points["price_age_minutes"] == 31.0
    assert on(points, "New") == on(points, "Old") == 0
    assert any("daily.feed.silent_minutes" in line for line in points["message"])
    site.feed("more.csv", "2026-02-11T00:45-06:00,20")
    points = site.step(minutes=1)
    assert (points["status"], points["source"], points["stale"]) == ("planned", "plan", False)
    assert on(points, "New") == 2000


def test_a_feed_that_never_said_a_word_is_silent_from_the_beginning_on(tmp_path: Path) -> None:
    site = Site(tmp_path, SILENT)
    clock = Clock(site)
    watch = clock.started()
    for minutes, status in ((0, "planned"), (29, "planned"), (2, "safe")):
        site.now += timedelta(minutes=minutes)
        clock.ticks += 60.0 * minutes
        watch.step()
        assert site.points()["status"] == status


def test_a_feed_that_cannot_even_be_asked_is_silent_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    site = Site(tmp_path, SILENT)
    site.feed("now.csv", "2026-02-11T00:00-06:00,20")
    site.step()
    monkeypatch.setattr(FolderFeed, "read", broken)
    points = site.step(minutes=31)
    assert (points["status"], points["price_age_minutes"]) == ("safe", 31.0)


def test_a_damaged_history_or_record_is_mended_on_the_way(site: Site) -> None:
    """Nothing else has changed: no price, no file. The schedule is planned anew from what can be read."""
    site.step()
    for file in site.state.glob("history.sqlite*"):
        file.write_bytes(b"no history" * 500)
    (site.state / "latest" / "record.json").write_text("{")
    assert site.step(minutes=1)["status"] == "planned"
    told = "\n".join(site.said)
    assert "history.sqlite: the history cannot be used" in told
    assert "record.json.damaged" in told


def test_a_silent_feed_without_a_posture_leaves_the_schedule(tmp_path: Path) -> None:
    site = Site(tmp_path, "daily: {feed: {silent_minutes: 30}}")
    site.feed("now.csv", "2026-02-11T00:00-06:00,20")
    first = site.step()
    points = site.step(minutes=31)
    assert (points["plan"], points["source"]) == (first["plan"], "plan")
    assert (points["status"], points["stale"]) == ("kept", True)


def test_whatever_fails_the_loop_goes_on_and_calls_are_obeyed(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each part of a look by itself, with a fault of the program."""
    before = site.step()
    for name in ("feed.read", "feed_of"):
        with monkeypatch.context() as patched:
            if name == "feed.read":
                patched.setattr(FolderFeed, "read", broken)
            else:
                patched.setattr("optimizer.daily.watch.load_farm", broken)
            call = "events: [{name: cut, start: 2026-02-11 00:00, end: 2026-02-11 23:00, cut: {form: full_stop}}]\n"
            (site.state / "calls.yaml").write_text(call)
            points = site.step(minutes=15)
            assert on(points, "New") == on(points, "Old") == 0, name
            (site.state / "calls.yaml").write_text("events: []\n")  # as `curtail call --cancel` leaves it
        assert on(site.step(minutes=15), "New") == 2000
    with monkeypatch.context() as patched:
        patched.setattr("optimizer.daily.watch.run", broken)
        site.farm.write_text(site.farm.read_text() + "# touched\n")
        points = site.step(minutes=1)
        assert (points["status"], points["stale"], points["plan"]) == ("kept", True, "2026-02-11T0100-0600")
        assert points["sequence"] > before["sequence"]
    told = [line for line in site.said if line.startswith("unexpected: ZeroDivisionError: by zero; please report it")]
    assert len(told) == 2
    assert site.step(minutes=1)["status"] == "planned"
    with monkeypatch.context() as patched:
        patched.setattr(FolderFeed, "read", broken)
        patched.setenv("CURTAIL_DEBUG", "1")
        with pytest.raises(ZeroDivisionError):
            site.watch.step()


def test_nobody_listens(site: Site) -> None:
    """The terminal that the watch was begun in is gone."""

    def gone(_: str) -> None:
        raise BrokenPipeError(32, "Broken pipe")

    site.watch = Watch(site.farm, site.state, FolderFeed(site.inbox), say=gone, wall=lambda: site.now)
    assert site.step()["status"] == "planned"


def test_set_points_that_make_no_sense_are_written_anew(site: Site) -> None:
    """A time without an offset, as an earlier version wrote none; the loop neither dies nor believes it."""
    points = site.step()
    points["setpoints"][0]["since"] = "2026-02-11T00:00:00"
    (site.state / "setpoints.json").write_text(json.dumps(points))
    again = site.step(minutes=1)
    assert again["epoch"] > points["epoch"]
    assert again["setpoints"][0]["since"] == "2026-02-11T00:00:00-06:00"


@pytest.mark.parametrize("damage", ["deep", "a pipe"])
def test_a_note_of_whose_folder_it_is_that_is_damaged(site: Site, damage: str) -> None:
    """It is written anew, and the set-points are those of the same farm."""
    first, note = site.step(), site.state / "farm.json"
    note.unlink()
    if damage == "deep":
        note.write_text("[" * 50_000)
    else:
        os.mkfifo(note)
    later = site.step(minutes=1)
    assert (later["farm"], later["sequence"]) == (first["farm"], first["sequence"] + 1)
    site.farm.write_text(site.farm.read_text() + "# touched\n")
    points = site.step(minutes=1)
    assert (points["farm"], points["epoch"], points["status"]) == (first["farm"], first["epoch"], "planned")
    assert json.loads(note.read_text())["id"] == first["farm"]["id"]


def test_a_schedule_of_a_year_to_come_is_not_in_force(site: Site) -> None:
    """A clock of 2030 has planned on a file of then; set right, the file is broken and there is no other schedule."""
    without_bill(site.farm)
    now, text = site.now, (site.farm.parent / "prices.csv").read_text()
    site.now = datetime(2030, 2, 11, 6, tzinfo=UTC)
    (site.farm.parent / "prices.csv").write_text(text.replace("2026-", "2030-"))
    assert site.step()["plan"] == "2030-02-11T0000-0600"
    site.now = now
    (site.farm.parent / "prices.csv").write_text("interval_start")
    points = site.step()
    assert points["stale"]
    assert datetime.fromisoformat(points["valid_until"]) <= datetime.fromisoformat(points["made_at"])
    (site.farm.parent / "prices.csv").write_text(text)
    points = site.step(minutes=1)
    assert (points["plan"], points["status"]) == ("2026-02-11T0000-0600", "planned")


def test_an_edit_that_keeps_size_and_time_is_seen(site: Site) -> None:
    call = "events: [{name: cut, start: 2026-02-11 00:00, end: 2026-02-11 06:00, cut: {form: to_level, mw: 9.0}}]"
    site.farm.write_text(site.farm.read_text() + call)
    before, state = on(site.step(), "New"), site.farm.stat()
    time.sleep(0.02)  # so that the change of the file has another time, if its content has not
    site.farm.write_text(site.farm.read_text().replace("9.0", "2.0"))
    os.utime(site.farm, ns=(state.st_atime_ns, state.st_mtime_ns))
    assert on(site.step(minutes=15), "New") < before


def watching(site: Site, *more: str) -> subprocess.Popen[str]:
    options = ("--state", site.state, "--prices", site.inbox, "--every", 0.05, *more)
    return beside(*COMMAND, "watch", site.farm, *options, stderr=subprocess.PIPE)


def today(site: Site) -> None:
    """Prices of now, for a real clock."""
    hour = datetime.now(UTC).replace(minute=0, second=0, microsecond=0) - timedelta(hours=3)
    rows = [f"{(hour + timedelta(hours=i)).isoformat()},{20 + i % 5}" for i in range(48)]
    (site.farm.parent / "prices.csv").write_text("\n".join(["interval_start,price", *rows]) + "\n")
    without_bill(site.farm)


def without_bill(farm: Path) -> None:
    """Take the demand charge and the state out of a farm file, so that a plan may begin at any time."""
    lines = farm.read_text().splitlines()
    gone = ("state", "  demand", "    - {name: Any")
    farm.write_text("\n".join(line for line in lines if not line.startswith(gone)) + "\n")


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
    assert site.points()["made_at"].startswith("2026-02-11T00:1")


def test_a_clock_cannot_begin_at_a_time_that_never_was(site: Site) -> None:
    loop = watching(site, "--at", "2026-03-08 02:30")
    _, said = loop.communicate(timeout=60)
    assert loop.returncode == 2, said
    assert "--at 2026-03-08 02:30: " in said
    assert "does not exist" in said


def test_the_state_of_another_farm_is_refused(site: Site, tmp_path: Path) -> None:
    site.step()
    before = site.points()
    other = write_farm(tmp_path / "other")
    other.write_text(other.read_text().replace("name: Daily", "name: Other").replace("- name: ", "- name: X"))
    site.farm = other
    loop = watching(site, "--until", "2026-01-01")
    _, said = loop.communicate(timeout=60)
    assert loop.returncode == 2, said
    assert "belongs to farm 'Daily'" in said
    assert site.points() == before


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
    assert beside("-c", SIGNALS).communicate(timeout=100)[0] == "ended\n"


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


def test_a_call_that_ends_within_a_long_interval_is_over_when_it_ends(tmp_path: Path) -> None:
    """By hand: planned at 00:00 in quarters until 01:00, then in hours: a stop from 01:00 until 02:20 keeps machines
    off until 03:00. At 02:21 the loop plans again, and they run from 02:30 on.
    """
    call = "events: [{name: cut, start: 2026-02-11 01:00, end: 2026-02-11 02:20, cut: {form: full_stop}}]"
    site = Site(tmp_path, call)
    assert on(site.step(), "New") > 0
    assert on(site.step(minutes=130), "New") == 0
    site.step(minutes=11)
    assert site.logged() == ["planned", "planned"]
    assert on(site.step(minutes=10), "New") > 0
    assert site.logged() == ["planned", "planned"]
