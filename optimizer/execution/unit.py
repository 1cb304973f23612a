"""A machine under command: its target, what it last said, and in which state of the art of being told it is."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from optimizer.config.farm import Farm
from optimizer.execution.audit import LastCommand
from optimizer.execution.credentials import Credentials
from optimizer.execution.drivers import driver
from optimizer.execution.drivers.base import Driver
from optimizer.execution.gate import Gate
from optimizer.execution.inventory import MachineEntry
from optimizer.execution.target import STEP_SHARE, MachineReading, Target

AGAIN_S = 60.0  # a command that was accepted and not carried out is sent again after so long
RETRY_S = 10.0  # one that was refused, and a machine that is silent, is tried again after so long
LOOK_S = 5.0  # between looks at a machine that is on its way
START_LOOK_S = 10.0  # at one that restarts, which takes minutes
_MOST_DOUBLED = 12
MOST_AGAIN_S = 3600.0  # a machine that is to run and does not: each restart may be what keeps it from running
CHECK_S = 60.0  # between looks at one that is where it is to be
NAMED_AFTER_S = 120.0  # a machine that has not stopped by then is named, with what it draws


class UnitState(StrEnum):
    """As in Proto Fleet's public protocol."""

    PENDING = "PENDING"  # to be told
    DISPATCHING = "DISPATCHING"  # being told
    DISPATCHED = "DISPATCHED"  # told, not seen yet
    CONFIRMED = "CONFIRMED"  # seen asleep, or at its power step
    DRIFTED = "DRIFTED"  # was there, and is not any more
    UNAVAILABLE = "UNAVAILABLE"  # does not answer
    RESOLVED = "RESOLVED"  # seen running again
    RELEASED = "RELEASED"  # could not be stopped; another sleeps in its place
    RESTORE_FAILED = "RESTORE_FAILED"  # was to run again and does not


@dataclass(frozen=True)
class UnitKind:
    """What a group's machines are: targets by mode, nameplate watts, J/TH, seconds of a restart."""

    targets: dict[str, Target]
    nameplate_w: float
    j_per_th: float
    restart_s: float

    @classmethod
    def of(cls, farm: Farm, steps: bool) -> dict[str, UnitKind]:
        """The kinds of a farm's groups, for machines whose watts can be set or not."""
        kinds = {}
        for group in farm.fleet:
            points = group.points
            step = steps and len(points) > 1
            targets = {mode: Target(mode, at.power_w, at.hashrate_th, step) for mode, at in points.items()}
            most = max(points.values(), key=lambda at: at.power_w)
            kinds[group.name] = cls(targets, most.power_w, most.efficiency_j_per_th, group.restart_minutes * 60.0)
        return kinds


@dataclass
class Unit:
    """One machine and what is known of it. Times are seconds since 1970."""

    entry: MachineEntry
    kind: UnitKind
    driver: Driver
    target: Target | None = None
    since: float = 0.0
    why: str = ""
    state: UnitState = UnitState.PENDING
    released: bool = False
    reading: MachineReading | None = None
    silent_since: float | None = None
    trouble: str = ""
    sent: Target | None = None  # what was last sent; what it reads before it was told its target is not taken for it
    sent_at: float | None = None  # when it was first told its target
    again_at: float = 0.0
    read_at: float = 0.0
    number: int | None = None  # of the last command in the audit
    tries: int = 0  # commands that it accepted for its target
    busy: bool = False
    met: bool = False  # whether the last reading is what the target says

    def aim(self, target: Target, why: str, now: float) -> None:
        """Set another target."""
        self.target, self.why, self.since, self.state = target, why, now, UnitState.PENDING
        self.sent_at, self.again_at, self.number, self.tries = None, 0.0, None, 0
        self.met = self.reading is not None and self._meets(self.reading)
        self.read_at = min(self.read_at, now + LOOK_S)
        if self.met:
            self.state = self._there

    def resume(self, stood: LastCommand, now: float) -> None:
        """Take up what a process before this one knew, whose clock may have been ahead."""
        aims = {str(aim): aim for aim in (Target.sleep(), *self.kind.targets.values())}
        self.target, self.sent = aims.get(stood.target), aims.get(stood.sent or "")
        self.since, self.released, self.number = min(stood.since, now), stood.released, stood.number
        self.sent_at, self.tries = stood.first_at, stood.tries
        self.met = stood.verified  # until it is read again
        if stood.last_at is not None and self.target is not None:
            self.again_at = min(stood.last_at, now) + self._patience(max(stood.tries - 1, 0))

    def dispatching(self, number: int, now: float) -> None:
        """A command for its target is on its way."""
        self.number, self.state = number, UnitState.DISPATCHING
        self.sent_at = now if self.sent_at is None else self.sent_at

    def clock_went_back(self, now: float) -> None:
        """Keep nobody waiting for a time that the clock had shown."""
        self.since, self.read_at = min(self.since, now), min(self.read_at, now)
        self.sent_at = None if self.sent_at is None else min(self.sent_at, now)
        self.silent_since = None if self.silent_since is None else min(self.silent_since, now)
        self.again_at = min(self.again_at, now + AGAIN_S)

    def _meets(self, reading: MachineReading) -> bool:
        """Whether a reading shows the target, and not what comes of an earlier command.

        A machine that restarts makes no hash, as one that sleeps; one told to sleep a moment ago still does.
        """
        assert self.target is not None
        return self.sent in (None, self.target) and reading.meets(self.target, self.kind.nameplate_w)

    @property
    def _there(self) -> UnitState:
        """The state of a machine that is where it is to be."""
        if self.released:
            return UnitState.RELEASED
        return UnitState.RESOLVED if self.target is not None and self.target.runs else UnitState.CONFIRMED

    def to_be_commanded(self, now: float) -> bool:
        """Whether a command is due: the machine answers, is not where it is to be, and was not told a while ago.

        One that could not be stopped and sleeps after all stays so: it is not started for another that sleeps for it.
        """
        if self.met or self.busy or self.released or now < self.again_at:
            return False
        return self.target is not None and self.reading is not None and self.silent_since is None

    def to_be_read(self, now: float) -> bool:
        """Whether a look is due."""
        return not self.busy and now >= self.read_at

    def heard(self, reading: MachineReading, now: float) -> bool:
        """Take a reading; whether it is the first that shows the target reached."""
        was_met = self.met
        before = was_met and self.silent_since is None
        self.reading, self.silent_since, self.trouble = reading, None, ""
        if self.target is None:
            self.read_at = now + CHECK_S
            return False
        self.met = met = self._meets(reading)
        late = self.target.runs and now - self.since > 2 * self.kind.restart_s + AGAIN_S
        self.read_at = now + (CHECK_S if met or late else START_LOOK_S if self.target.runs else LOOK_S)
        if was_met and not met:
            self.sent_at, self.tries = None, 0  # what it did by itself since is no fault of a command
        if met or self.released:
            self.state = self._there
        elif before and self.state in (UnitState.CONFIRMED, UnitState.RESOLVED):
            self.state, self.again_at = UnitState.DRIFTED, min(self.again_at, now)
        elif self.state is UnitState.UNAVAILABLE:
            self.state = UnitState.PENDING
        elif late:
            self.state = UnitState.RESTORE_FAILED
        return met and not before

    def unheard(self, trouble: str, now: float) -> None:
        """It did not answer."""
        self.silent_since = now if self.silent_since is None else self.silent_since
        self.state, self.trouble, self.read_at = UnitState.UNAVAILABLE, trouble, now + RETRY_S

    def commanded(self, outcome: str | None, now: float) -> None:
        """It took a command, or did not and said so."""
        assert self.target is not None
        if outcome is None:
            self.state = UnitState.DISPATCHED
            self.again_at, self.read_at, self.trouble = now + self._patience(self.tries), now + LOOK_S, ""
            self.tries += 1
        else:
            self.state, self.again_at, self.read_at, self.trouble = (
                UnitState.PENDING,
                now + RETRY_S,
                now + LOOK_S,
                outcome,
            )

    def _patience(self, tries: int) -> float:
        """Seconds until a command that it accepted after so many others is sent again."""
        if self.target is None or not self.target.runs:
            return max(AGAIN_S, self.driver.STOPS_IN_S)
        first = self.kind.restart_s + AGAIN_S
        return max(min(first * 2.0 ** min(tries, _MOST_DOUBLED), MOST_AGAIN_S), first)

    @property
    def rises(self) -> bool:
        """Whether it is to draw more than it does: a start, or a step up."""
        return self.target is not None and self.target.runs and self.draws_w <= (1.0 + STEP_SHARE) * self.target.watts

    @property
    def mode(self) -> str:
        """The mode it is to run in; where it is to sleep, the group's strongest."""
        if self.target is not None and self.target.mode is not None:
            return self.target.mode
        return max(self.kind.targets, key=lambda mode: self.kind.targets[mode].watts)

    def cannot_stop(self, now: float) -> bool:
        """Whether it was told to sleep a while ago, or is silent since, and was not seen to."""
        if self.met or self.target is None or self.target.runs:
            return False
        tried = self.sent_at
        if self.silent_since is not None:  # before this process as well, where that has never read it
            tried = self.since if self.reading is None else self.silent_since
        return tried is not None and now - max(tried, self.since) >= NAMED_AFTER_S

    @property
    def draws_w(self) -> float:
        """What it drew when last read; its nameplate where that is not known."""
        if self.reading is None:
            return self.kind.nameplate_w
        if self.reading.watts is not None:
            return self.reading.watts
        return self.kind.nameplate_w if self.reading.hashrate_th else 0.0


def units_in(entries: Iterable[MachineEntry], farm: Farm, gate: Gate, credentials: Credentials) -> tuple[Unit, ...]:
    """The machines of an inventory that stand in groups of the farm."""
    kinds = {steps: UnitKind.of(farm, steps) for steps in (False, True)}
    made = []
    for entry in entries:
        how = driver(entry.driver)
        kind = kinds[how.STEPS].get(entry.group)
        if kind is not None:
            made.append(Unit(entry, kind, how(gate, entry.address, entry.port, credentials.of(entry.driver))))
    return tuple(made)
