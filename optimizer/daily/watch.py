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
from optimizer.daily.age import age_of_file
from optimizer.daily.document import Status
from optimizer.daily.feed import Feed
from optimizer.daily.folder import StateFolder
from optimizer.daily.identity import identity_in
from optimizer.daily.inputs import files_of
from optimizer.daily.intake import Intake
from optimizer.daily.job import run
from optimizer.daily.marks import FileMarks, marks_on_disk
from optimizer.daily.mend import in_force_mended
from optimizer.daily.orders import CALLS
from optimizer.daily.record import Record
from optimizer.daily.series import with_newest
from optimizer.daily.setpoints import Listener, hand_out
from optimizer.errors import CurtailError

RETRY_S = 60.0  # after a run that could not plan, unless something changes before
VALID_MINUTES, VALID_LOOKS = 15.0, 3  # how long set-points hold: whichever is longer
_DOZE_S = 0.5  # so soon the loop notices that it is to end
_STATUS: dict[str, Status] = {"plan": "planned", "posture": "safe", "kept": "kept", "nearest": "nearest"}


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
        report: bool = True,
        say: Callable[[str], None] = print,
        on_change: Listener | None = None,
        wall: Callable[[], datetime] | None = None,
        ticks: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self.farm_file, self.folder = farm_file, StateFolder(state)
        self.report, self.say, self.on_change = report, say, on_change
        self.wall, self.ticks, self.sleep = wall or clock_from(), ticks, sleep
        self.intake = None if feed is None else Intake(feed, self.folder.history, self._say, ticks)
        self.stopped = False
        self.every = RETRY_S
        self._farm: Farm | None = None  # as its file was last readable
        self._in_force: Record | None = None
        self._came_to: tuple[Status, tuple[str, ...]] | None = None  # the last run
        self._ordering = (farm_file, self.folder.path / CALLS)  # where calls come in
        self._orders: FileMarks = ()
        self._marks: FileMarks = ()
        self._due = True
        self._retry_at = 0.0
        self._uncovered = ""  # the schedule that does not cover now, once that has been met
        self._last: datetime | None = None
        self._change: datetime | None = None  # when the set-points change next
        self._hold_s = 0.0  # so long they hold
        self._last_lines: dict[str, str] = {}

    def loop(self, every: float, until: datetime | None = None) -> None:
        """Look around every so many seconds until a moment, or until it is stopped after the write under way.

        And as soon as the set-points change, half of their validity is over, calls come, or the wall clock goes back.
        """
        self.every = every
        while not self.stopped and (until is None or self.wall() < until):
            begun = self.ticks()
            self.step()
            rest = min(every, self._hold_s / 2) if self._hold_s > 0 else every
            while not self.stopped and (left := min(begun + rest - self.ticks(), self._awaited(until))) > 0:
                self.sleep(min(left, _DOZE_S))

    def _awaited(self, until: datetime | None) -> float:
        """Seconds by the wall clock until something is to be done; 0 where it has gone back, or calls have come."""
        now = self.wall()
        if self._last is not None and (now < self._last or self._orders != marks_on_disk(self._ordering)):
            return 0.0
        ahead = [moment for moment in (self._change, until) if moment is not None]
        return min((moment - now).total_seconds() for moment in ahead) if ahead else float("inf")

    def stop(self) -> None:
        """End the loop after the write under way. No lock is taken: a signal handler may call this at any moment."""
        self.stopped = True

    def step(self) -> None:
        """Look around once: at files, at the feed; plan where that is due; hand out. Each is tried whatever fails."""
        self._notice_jumps()
        parts = (self._prepare, self._look_at_files, self._look_at_feed, self._listen, self._plan, self._hand_out)
        for part in parts:
            if self.stopped and part == self._plan:
                return
            try:
                part(self.wall())
                self._last_lines.pop(part.__name__, None)
            except CurtailError as error:
                self._tell(part.__name__, f"{error}; tried again soon")
            except Exception as error:  # whatever it is, the loop goes on
                if os.environ.get("CURTAIL_DEBUG"):
                    raise
                message = f"unexpected: {type(error).__name__}: {error}"
                self._tell(part.__name__, f"{message}; please report it; tried again soon")

    def _notice_jumps(self) -> None:
        now = self.wall()
        if self._last is not None and now < self._last:
            self._say(f"the clock went back by {(self._last - now).total_seconds():.0f} s")
        self._last = now

    def _prepare(self, _: datetime) -> None:
        self.folder.prepare()
        try:
            schedule = self.folder.in_force()
        except CurtailError:
            self._due = True
            schedule = in_force_mended(self.folder, self._say)
        self._in_force = None if schedule is None else schedule[0]

    def _look_at_files(self, _: datetime) -> None:
        """Whether the farm file, what it names, or what operators hand over has changed."""
        try:
            farm = with_newest(load_farm(self.farm_file), self.farm_file.parent)
        except Exception:
            farm = None  # the run will say why
        self._farm = farm or self._farm or (None if self._in_force is None else self._in_force.farm)
        files = {} if self._farm is None else files_of(self.farm_file, self._farm, self.folder.path)
        self._orders = marks_on_disk(self._ordering)
        marks = marks_on_disk([*self._ordering, *files.values()])
        if marks != self._marks:
            self._marks, self._due = marks, True

    def _look_at_feed(self, now: datetime) -> None:
        if self.intake is not None and self.intake.take(self._farm, now, lambda: self.stopped):
            self._due = True

    def _listen(self, now: datetime) -> None:
        if self.intake is not None and self.intake.listen(self._farm, now):
            self._due = True

    def _plan(self, now: datetime) -> None:
        if not (self._due or self._must_plan(now)):
            return
        self._due = True
        silent = None if self.intake is None else self.intake.silent
        try:
            done = run(self.farm_file, self.folder, now, report=self.report, fed=True, silent=silent)
        except Exception as error:
            self._came_to = "nothing" if self._in_force is None else "kept", (str(error),)
            raise
        self._in_force, self._came_to = done.record, (done.status, done.messages)
        self._due = done.exit_code == CurtailError.exit_code  # what could not be written is tried at the next look
        if done.plan is None:
            self._retry_at = self.ticks() + RETRY_S
        message = f"{done.status}: " + ("" if done.record is None else f"{done.record.name} ") + " ".join(done.messages)
        self._tell("planned", message.strip())

    def _must_plan(self, now: datetime) -> bool:
        """Whether the schedule in force does not reach far enough, and it is time to try."""
        in_force, moment = self._in_force, pd.Timestamp(now)
        covers = in_force is not None and in_force.start <= moment < in_force.end
        if in_force is not None and not covers and self._uncovered != in_force.name:
            self._uncovered = in_force.name
            return True
        if self.ticks() < self._retry_at:
            return False
        if in_force is None or not covers or in_force.source in ("posture", "kept"):
            return True
        again = in_force.farm.replanning is not None and in_force.market.grid.ends[0] <= moment
        if again or in_force.outlasts_a_call(moment):
            return True
        return bool(in_force.end - moment < (in_force.end - in_force.start) / 2)

    def _tell(self, what: str, line: str) -> None:
        """Say something once, not at every look."""
        if line != self._last_lines.get(what):
            self._say(line)
        self._last_lines[what] = line

    def _say(self, line: str) -> None:
        with suppress(OSError):  # nobody listens any more
            self.say(line)

    def _hand_out(self, now: datetime) -> None:
        record, self._change = self._in_force, None
        status, messages = self._came_to or ("nothing" if record is None else _STATUS[record.source], ())
        farm = self._farm or (None if record is None else record.farm)
        identity, age, silent = identity_in(self.folder.path), None, False
        if self.intake is not None:
            age, silent = self.intake.age, self.intake.silent is not None
            messages += (
                (f"{self.intake.skipped} rows or answers of the feed were skipped",) if self.intake.skipped else ()
            )
        if age is None and farm is not None:
            age = age_of_file(farm, self.farm_file.parent, now)
        document = hand_out(
            self.folder,
            None if identity is None else identity.id,
            record,
            now,
            status=status,
            message=messages,
            price_age_minutes=age,
            valid_minutes=max(VALID_MINUTES, VALID_LOOKS * self.every / 60.0),
            silent=silent,
            on_change=self.on_change,
        )
        self._hold_s = document.valid_until.timestamp() - document.made_at.timestamp()
        changes = [point.next.at for point in document.setpoints if point.next is not None]
        if record is not None:
            changes += [record.end.to_pydatetime()]
            changes += [record.market.grid.ends[0].to_pydatetime()] if record.farm.replanning is not None else []
        self._change = min((change.astimezone(UTC) for change in changes if change > now), default=None)
