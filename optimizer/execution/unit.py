"""A machine under command: its target, what it last said, and in which state of the art of being told it is."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from optimizer.config.farm import Farm
from optimizer.execution.credentials import Credentials
from optimizer.execution.drivers import driver
from optimizer.execution.drivers.base import Driver
from optimizer.execution.gate import Gate
from optimizer.execution.inventory import MachineEntry
from optimizer.execution.target import MachineReading, Target

AGAIN_S = 60.0  # a command that was accepted and not carried out is sent again after so long
RETRY_S = 10.0  # one that was refused, and a machine that is silent, is tried again after so long
LOOK_S = 5.0  # between looks at a machine that is on its way
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
    again_at: float = 0.0
    read_at: float = 0.0
    number: int | None = None  # of the last command in the audit
    tries: int = 0  # commands that it accepted for its target
    busy: bool = False
    met: bool = False  # whether the last reading is what the target says

    def aim(self, target: Target, why: str, now: float) -> None:
        """Set another target."""
        self.target, self.why, self.since, self.state = target, why, now, UnitState.PENDING
        self.again_at, self.number, self.tries = 0.0, None, 0
        self.met = self.reading is not None and self.reading.meets(target, self.kind.nameplate_w)
        if self.met:
            self.state = self._there
        else:
            self.read_at = min(self.read_at, now + LOOK_S)

    @property
    def _there(self) -> UnitState:
        """The state of a machine that is where it is to be."""
        if self.released:
            return UnitState.RELEASED
        return UnitState.RESOLVED if self.target is not None and self.target.runs else UnitState.CONFIRMED

    def to_be_commanded(self, now: float) -> bool:
        """Whether a command is due: the machine answers, is not where it is to be, and was not told a while ago."""
        if self.met or self.busy or now < self.again_at:
            return False
        return self.target is not None and self.reading is not None and self.silent_since is None

    def to_be_read(self, now: float) -> bool:
        """Whether a look is due."""
        return not self.busy and now >= self.read_at

    def heard(self, reading: MachineReading, now: float) -> bool:
        """Take a reading; whether it is the first that shows the target reached."""
        before = self.met and self.silent_since is None
        self.reading, self.silent_since, self.trouble = reading, None, ""
        if self.target is None:
            self.read_at = now + CHECK_S
            return False
        self.met = met = reading.meets(self.target, self.kind.nameplate_w)
        late = self.target.runs and now - self.since > 2 * self.kind.restart_s + AGAIN_S
        self.read_at = now + (CHECK_S if met or late else LOOK_S)
        if met:
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
            wait = max(AGAIN_S, self.driver.STOPS_IN_S)
            if self.target.runs:
                first = self.kind.restart_s + AGAIN_S
                wait = max(min(first * 2.0**self.tries, MOST_AGAIN_S), first)
            self.tries += 1
            self.again_at, self.read_at, self.trouble = now + wait, now + LOOK_S, ""
        else:
            self.state, self.again_at, self.read_at, self.trouble = (
                UnitState.PENDING,
                now + RETRY_S,
                now + LOOK_S,
                outcome,
            )

    @property
    def mode(self) -> str:
        """The mode it is to run in; where it is to sleep, the group's strongest."""
        if self.target is not None and self.target.mode is not None:
            return self.target.mode
        return max(self.kind.targets, key=lambda mode: self.kind.targets[mode].watts)

    def cannot_stop(self, now: float) -> bool:
        """Whether it is to sleep for a while and was not seen to."""
        unheard = self.reading is None and self.silent_since is None  # this process has not tried it yet
        if self.met or unheard or now - self.since < NAMED_AFTER_S:
            return False
        return self.target is not None and not self.target.runs

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
