"""The job as a loop: plan again when prices, the farm file or its inputs change, and keep the set-points current.

Labels go by the wall clock, waiting by the monotonic one: a clock that jumps neither stops nor hurries the loop.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pandas as pd

from optimizer.config.farm import Farm
from optimizer.config.load import load_farm
from optimizer.daily.age import age_of_feed, price_age
from optimizer.daily.document import Status
from optimizer.daily.feed import Feed
from optimizer.daily.feed_rows import ANY_ROW, Batch, joined
from optimizer.daily.folder import StateFolder
from optimizer.daily.history import History, Rank
from optimizer.daily.identity import identity_in
from optimizer.daily.inputs import files_of
from optimizer.daily.job import run
from optimizer.daily.record import Record
from optimizer.daily.series import with_newest
from optimizer.daily.setpoints import Listener, hand_out
from optimizer.errors import CurtailError, MissingDataError

RETRY_S = 60.0  # after a run that could not plan, unless something changes before
VALID_MINUTES, VALID_LOOKS = 15.0, 3  # how long set-points hold: whichever is longer
_DOZE_S = 0.5  # so soon the loop notices that it is to end
_MINUTES = 5.0  # length of a lone row of a feed while the farm cannot be read
_STATUS: dict[str, Status] = {"plan": "planned", "posture": "safe", "kept": "kept", "nearest": "nearest"}
Marks = tuple[tuple[str, int, int, int], ...]


def clock_from(begin: datetime | None = None) -> Callable[[], datetime]:
    """The wall clock, UTC, or one that goes on from another moment."""
    begun = time.monotonic()
    if begin is None:
        return lambda: datetime.now(UTC)
    return lambda: begin + timedelta(seconds=time.monotonic() - begun)


class Watch:
    """A watch over a farm by whoever holds the lock of its state folder.

    ``say`` tells the operator, ``on_change`` is told of new set-points. ``wall`` is the clock that labels; waiting goes
    by ``ticks`` and ``sleep``. Whatever fails is told and tried again.
    """

    def __init__(
        self,
        farm_file: Path,
        state: Path,
        feed: Feed | None,
        *,
        report: bool = False,
        say: Callable[[str], None] = print,
        on_change: Listener | None = None,
        wall: Callable[[], datetime] | None = None,
        ticks: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self.farm_file, self.folder, self.feed = farm_file, StateFolder(state), feed
        self.report, self.say, self.on_change = report, say, on_change
        self.wall, self.ticks, self.sleep = wall or clock_from(), ticks, sleep
        self.stopped = False
        self.skipped = 0  # rows of the feed
        self.every = RETRY_S
        self._begun = ticks()
        self._farm: Farm | None = None  # as its file was last readable
        self._in_force: Record | None = None
        self._came_to: tuple[Status, tuple[str, ...]] | None = None  # the last run
        self._silent: MissingDataError | None = None
        self._marks: Marks = ()
        self._unkept = joined([])  # rows that could not be kept yet
        self._due = True
        self._retry_at = 0.0
        self._uncovered = ""  # the schedule that does not cover now, once that has been met
        self._last: datetime | None = None
        self._change: datetime | None = None  # when the set-points change next
        self._hold_s = 0.0  # so long they hold
        self._told: dict[str, str] = {}

    def loop(self, every: float, until: datetime | None = None) -> None:
        """Look around every so many seconds until a moment, or until it is stopped after the write under way.

        And as soon as the set-points change, half of their validity is over, or the wall clock goes back.
        """
        self.every = every
        while not self.stopped and (until is None or self.wall() < until):
            begun = self.ticks()
            self.step()
            rest = min(every, self._hold_s / 2) if self._hold_s > 0 else every
            while not self.stopped and (left := min(begun + rest - self.ticks(), self._awaited(until))) > 0:
                self.sleep(min(left, _DOZE_S))

    def _awaited(self, until: datetime | None) -> float:
        """Seconds by the wall clock until something is to be done at a certain time; 0 where it has gone back."""
        now = self.wall()
        if self._last is not None and now < self._last:
            return 0.0
        ahead = [moment for moment in (self._change, until) if moment is not None]
        return min((moment - now).total_seconds() for moment in ahead) if ahead else float("inf")

    def stop(self) -> None:
        """End the loop after the write under way. No lock is taken: a signal handler may call this at any moment."""
        self.stopped = True

    def step(self) -> None:
        """Look around once: at files, at the feed; plan where that is due; hand out. Each is tried whatever fails."""
        self._notice_jumps()
        for part in (self._prepare, self._look_at_files, self._look_at_feed, self._plan, self._hand_out):
            if self.stopped and part == self._plan:
                return
            try:
                part(self.wall())
                self._told.pop(part.__name__, None)
            except CurtailError as error:
                self._tell(part.__name__, f"{error}; tried again soon")
            except Exception as error:  # whatever it is, the loop goes on
                if os.environ.get("CURTAIL_DEBUG"):
                    raise
                told = f"unexpected: {type(error).__name__}: {error}"
                self._tell(part.__name__, f"{told}; please report it; tried again soon")

    def _notice_jumps(self) -> None:
        now = self.wall()
        if self._last is not None and now < self._last:
            self._say(f"the clock went back by {(self._last - now).total_seconds():.0f} s")
        self._last = now

    def _prepare(self, _: datetime) -> None:
        self.folder.prepare()
        found = self.folder.in_force()
        self._in_force = None if found is None else found[0]

    def _look_at_files(self, _: datetime) -> None:
        """Whether the farm file, what it names, or what operators hand over has changed."""
        try:
            farm = with_newest(load_farm(self.farm_file), self.farm_file.parent)
        except CurtailError:
            farm = None  # the run will say why
        self._farm = farm or self._farm or (None if self._in_force is None else self._in_force.farm)
        marks = self._marks_of(farm)
        if marks != self._marks:
            self._marks, self._due = marks, True

    def _marks_of(self, farm: Farm | None) -> Marks:
        """What shows that a file has changed: its name, times and size."""
        files = {"": self.farm_file} if farm is None else files_of(self.farm_file, farm, self.folder.path)
        marks = []
        for path in (*files.values(), self.folder.path / "calls.yaml"):
            try:
                state = path.stat()
                marks.append((str(path), state.st_mtime_ns, state.st_ctime_ns, state.st_size))
            except OSError:
                marks.append((str(path), 0, 0, -1))
        return tuple(marks)

    def _look_at_feed(self, now: datetime) -> None:
        """Take in the rows that have come, and see whether the feed has gone silent."""
        if self.feed is None:
            return
        farm = self._farm
        zone = "UTC" if farm is None else farm.timezone
        minutes = _MINUTES if farm is None else float(farm.horizon.intervals[0].minutes)
        rules = ANY_ROW if farm is None else farm.daily.feed
        batch = self.feed.read(zone, now, minutes, rules, lambda: self.stopped)
        self._count(batch)
        self._unkept = joined([self._unkept, Batch(batch.rows, (), 0)])
        if self._unkept.rows:
            self._due = self._keep(self._unkept) or self._due
            self._unkept = joined([])
        silent = self._silence(now)
        self._due = self._due or (silent is None) != (self._silent is None)
        self._silent = silent

    def _silence(self, now: datetime) -> MissingDataError | None:
        """Why the feed is silent, if it is. One that never said a word is so from the beginning of the watch on."""
        most = None if self._farm is None else self._farm.daily.feed.silent_minutes
        if most is None:
            return None
        age = age_of_feed(self.folder.history, now)
        if age is None:
            age = (self.ticks() - self._begun) / 60.0
        if age <= most:
            return None
        return MissingDataError(
            f"the feed is silent: its newest price began {age:.0f} minutes ago, and may be {most:g} minutes old "
            "(daily.feed.silent_minutes)"
        )

    def _count(self, batch: Batch) -> None:
        self.skipped += batch.bad
        for line in batch.told:
            self._say(f"skipped: {line}")
        if batch.bad > len(batch.told):
            self._say(f"skipped: {batch.bad - len(batch.told)} more")

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

    def _plan(self, now: datetime) -> None:
        if not (self._due or self._must_plan(now)):
            return
        self._due = True
        try:
            done = run(self.farm_file, self.folder, now, report=self.report, fed=True, silent=self._silent)
        except Exception as error:
            self._came_to = "nothing" if self._in_force is None else "kept", (str(error),)
            raise
        self._in_force, self._came_to = done.record, (done.status, done.said)
        self._due = done.exit_code == CurtailError.exit_code  # what could not be written is tried at the next look
        if done.plan is None:
            self._retry_at = self.ticks() + RETRY_S
        told = f"{done.status}: " + ("" if done.record is None else f"{done.record.name} ") + " ".join(done.said)
        self._tell("planned", told.strip())

    def _must_plan(self, now: datetime) -> bool:
        """Whether the schedule in force does not reach far enough, and it is time to try."""
        in_force, moment = self._in_force, pd.Timestamp(now)
        covers = in_force is not None and in_force.start <= moment < in_force.end
        if in_force is not None and not covers and self._uncovered != in_force.name:
            self._uncovered = in_force.name
            return True
        if self.ticks() < self._retry_at:
            return False
        if in_force is None or not covers or in_force.source == "posture":
            return True
        if in_force.farm.replanning is not None and in_force.market.grid.ends[0] <= moment:
            return True
        return bool(in_force.end - moment < (in_force.end - in_force.start) / 2)

    def _tell(self, what: str, line: str) -> None:
        """Say something once, not at every look."""
        if line != self._told.get(what):
            self._say(line)
        self._told[what] = line

    def _say(self, line: str) -> None:
        with suppress(OSError):  # nobody listens any more
            self.say(line)

    def _hand_out(self, now: datetime) -> None:
        record, self._change = self._in_force, None
        status, said = self._came_to or ("nothing" if record is None else _STATUS[record.source], ())
        skipped = (f"{self.skipped} rows of the feed were skipped",) if self.skipped else ()
        farm = self._farm or (None if record is None else record.farm)
        fed, identity = None if self.feed is None else self.folder.history, identity_in(self.folder.path)
        document = hand_out(
            self.folder,
            "" if identity is None else identity.id,
            record,
            now,
            status=status,
            message=(*said, *skipped),
            price_age_minutes=None if farm is None else price_age(farm, self.farm_file.parent, fed, now),
            valid_minutes=max(VALID_MINUTES, VALID_LOOKS * self.every / 60.0),
            silent=self._silent is not None,
            on_change=self.on_change,
        )
        self._hold_s = (document.valid_until - document.made_at).total_seconds()
        changes = [point.next.at for point in document.setpoints if point.next is not None]
        if record is not None:
            changes += [record.end.to_pydatetime()]
            changes += [record.market.grid.ends[0].to_pydatetime()] if record.farm.replanning is not None else []
        self._change = min((change for change in changes if change > now), default=None)
