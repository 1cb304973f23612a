"""The job as a loop: plan again when prices, the farm file or its inputs change, and keep the set-points current.

Labels go by the wall clock, waiting by the monotonic one: a clock that jumps neither stops nor hurries the loop.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pandas as pd

from optimizer.config.farm import Farm
from optimizer.config.load import load_farm
from optimizer.daily.feed import Feed
from optimizer.daily.feed_rows import Batch, joined
from optimizer.daily.files import Done
from optimizer.daily.folder import StateFolder
from optimizer.daily.history import History, Rank
from optimizer.daily.inputs import files_of
from optimizer.daily.job import run
from optimizer.daily.mend import in_force_mended
from optimizer.daily.record import Record
from optimizer.daily.series import with_newest
from optimizer.daily.setpoints import setpoints, write, written
from optimizer.errors import CurtailError

WAITED_OUT = timedelta(hours=1)  # a clock that goes back by less is waited for; by more, it is taken to be right
RETRY_S = 60.0  # after a run that could not plan, unless something changes before
_DOZE_S = 0.5  # so soon the loop notices that it is to end
_MINUTES = 5.0  # length of a lone row of a feed while the farm cannot be read
Marks = tuple[tuple[str, int, int], ...]


def clock_from(begin: datetime | None = None) -> Callable[[], datetime]:
    """The wall clock, UTC, or one that goes on from another moment."""
    begun = time.monotonic()
    if begin is None:
        return lambda: datetime.now(UTC)
    return lambda: begin + timedelta(seconds=time.monotonic() - begun)


class Watch:
    """A watch over a farm by whoever holds the lock of its state folder.

    ``say`` tells the operator; ``wall`` is the clock that labels. Nothing is thrown but what is wrong with the program.
    """

    def __init__(
        self,
        farm_file: Path,
        state: Path,
        feed: Feed | None,
        *,
        report: bool = False,
        say: Callable[[str], None] = print,
        wall: Callable[[], datetime] | None = None,
    ) -> None:
        self.farm_file, self.folder, self.feed = farm_file, StateFolder(state), feed
        self.report, self.say, self.wall = report, say, wall or clock_from()
        self.stopped = False
        self.skipped = 0  # rows of the feed
        self._marks: Marks = ()
        self._unkept = joined([])  # rows that could not be kept yet
        self._due = True
        self._retry_at = 0.0
        self._out = ""  # the schedule that has run out, once that has been met
        self._last: datetime | None = None
        self._told = ""

    def loop(self, every: float, until: datetime | None = None) -> None:
        """Look around every so many seconds until a moment, or until it is stopped after the write under way."""
        while not self.stopped:
            if until is not None and self.wall() >= until:
                return
            begun = time.monotonic()
            self.step()
            while not self.stopped and (left := begun + every - time.monotonic()) > 0:
                time.sleep(min(left, _DOZE_S))

    def stop(self) -> None:
        """End the loop after the write under way. No lock is taken: a signal handler may call this at any moment."""
        self.stopped = True

    def step(self) -> None:
        """Look around once. What cannot be written now is tried again the next time."""
        now = self.wall()
        self._notice_jumps(now)
        try:
            self.folder.prepare()
            found = in_force_mended(self.folder, self.say)
            in_force = None if found is None else found[0]
            self._look(now, in_force)
            waiting = in_force is not None and timedelta(0) < in_force.start - pd.Timestamp(now) <= WAITED_OUT
            if not waiting and (self._due or self._must_plan(in_force, now)):
                in_force = self._plan(now).record
            if in_force is not None:
                self._hand_out(in_force, now)
        except CurtailError as error:
            self._due = True
            self._tell(f"{error}; tried again soon")

    def _notice_jumps(self, now: datetime) -> None:
        if self._last is not None and now < self._last:
            self.say(f"the clock went back by {(self._last - now).total_seconds():.0f} s")
        self._last = now

    def _look(self, now: datetime, in_force: Record | None) -> None:
        """Take in what has come: rows of the feed, and changes of files."""
        farm = self._farm() or (None if in_force is None else in_force.farm)
        marks = self._marks_of(farm)
        if marks != self._marks:
            self._marks, self._due = marks, True
        if self.feed is None:
            return
        zone = "UTC" if farm is None else farm.timezone
        minutes = _MINUTES if farm is None else float(farm.horizon.intervals[0].minutes)
        batch = self.feed.read(zone, now, minutes)
        self._count(batch)
        self._unkept = joined([self._unkept, Batch(batch.rows, (), 0)])
        if self._unkept.rows:
            self._due = self._keep(self._unkept) or self._due
            self._unkept = joined([])

    def _farm(self) -> Farm | None:
        try:
            return with_newest(load_farm(self.farm_file), self.farm_file.parent)
        except CurtailError:
            return None  # the run will say why

    def _marks_of(self, farm: Farm | None) -> Marks:
        """What shows that a file has changed: its name, time and size."""
        files = {"": self.farm_file} if farm is None else files_of(self.farm_file, farm, self.folder.path)
        marks = []
        for path in files.values():
            try:
                state = path.stat()
                marks.append((str(path), state.st_mtime_ns, state.st_size))
            except OSError:
                marks.append((str(path), 0, -1))
        return tuple(marks)

    def _count(self, batch: Batch) -> None:
        self.skipped += batch.bad
        for line in batch.told:
            self.say(f"skipped: {line}")
        if batch.bad > len(batch.told):
            self.say(f"skipped: {batch.bad - len(batch.told)} more")

    def _keep(self, batch: Batch) -> bool:
        """Keep the rows of a feed; whether any of them is news."""
        with History(self.folder.history) as history:
            known = history.prices(batch.rows[0].start, batch.rows[-1].end, least=Rank.FED)
            values = zip(known.ends.tolist(), known.usd_per_mwh.tolist(), strict=True)
            old = dict(zip(known.starts.tolist(), values, strict=True))
            news = [row for row in batch.rows if old.get(row.start) != (row.end, row.usd_per_mwh)]
            if news:
                history.note_prices(((row.start, row.end, row.usd_per_mwh) for row in news), Rank.FED)
        return bool(news)

    def _must_plan(self, in_force: Record | None, now: datetime) -> bool:
        """Whether the schedule in force does not reach far enough, and it is time to try."""
        if in_force is not None and in_force.end <= pd.Timestamp(now) and self._out != in_force.name:
            self._out = in_force.name
            return True
        if time.monotonic() < self._retry_at:
            return False
        if in_force is None or in_force.source == "posture":
            return True
        if in_force.farm.replanning is not None and in_force.market.grid.ends[0] <= pd.Timestamp(now):
            return True
        length = in_force.end - in_force.start
        return bool(in_force.end - pd.Timestamp(now) < length / 2 or in_force.start - pd.Timestamp(now) > WAITED_OUT)

    def _plan(self, now: datetime) -> Done:
        done = run(
            self.farm_file,
            self.folder,
            now,
            report=self.report,
            fed=True,
        )
        self._due = done.exit_code == CurtailError.exit_code  # what could not be written is tried at the next look
        if done.plan is None:
            self._retry_at = time.monotonic() + RETRY_S
        told = f"{done.status}: " + ("" if done.record is None else f"{done.record.name} ") + " ".join(done.said)
        self._tell(told.strip())
        return done

    def _tell(self, line: str) -> None:
        """Say something once, not at every look."""
        if line != self._told:
            self.say(line)
        self._told = line

    def _hand_out(self, record: Record, now: datetime) -> None:
        moment = pd.Timestamp(now)
        status = {"plan": "planned", "posture": "safe"}.get(record.source, record.source)
        points = setpoints(record, moment, written(self.folder.path))
        write(
            self.folder.path,
            points,
            at=moment.tz_convert(record.farm.timezone).isoformat(timespec="seconds"),
            status="run out" if moment >= record.end else status,
            plan=record.name,
            feed_rows_skipped=self.skipped,
        )
