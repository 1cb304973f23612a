"""The loop: what set-points want now, told to machines, seen by watts or hash rate, told again. It can die at any time.

Nothing is remembered that cannot be read again: after a restart each machine is looked at before it is told anything.
Targets since when, commands and how fast machines start are in the audit.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from optimizer.daily.document import SetPoints
from optimizer.errors import CurtailError
from optimizer.execution.audit import Audit, Command
from optimizer.execution.exchange import Exchange
from optimizer.execution.follower import Follower
from optimizer.execution.gate import Gate
from optimizer.execution.messages import Teller, cannot_be_stopped, power, running_watts, status_of, would_send
from optimizer.execution.target import Target
from optimizer.execution.unit import Unit
from optimizer.execution.wanted import Ranked, Wanted, machine_modes, over_breakers

TICK_S = 1.0


@dataclass(frozen=True)
class Pace:
    """How fast machines start or step up: so many at once, and again after so many seconds. Less is told at once."""

    starts: int = 50
    every_s: float = 60.0


class Executor:
    """Carries out what ``source`` hands out; ``wall`` gives seconds since 1970. Whoever holds the lock runs one.

    ``stay_when_stale``: machines stay as they are when set-points have run out; otherwise every one sleeps.
    """

    def __init__(
        self,
        units: tuple[Unit, ...],
        gate: Gate,
        audit: Audit,
        source: Callable[[], SetPoints | None],
        wall: Callable[[], float],
        *,
        pace: Pace | None = None,
        stay_when_stale: bool = False,
        say: Callable[[str], None] = print,
    ) -> None:
        self.units, self.gate, self.audit, self.wall = units, gate, audit, wall
        self.pace, self.say, self.teller = pace or Pace(), say, Teller(say)
        self.exchange = Exchange(audit, wall)
        self.follower = Follower(source, audit, self.teller, stay_when_stale)
        self.stopped = False
        self.wanted: Wanted | None = None
        self._by_name = {unit.entry.name: unit for unit in units}
        self._by_group: dict[str, list[Unit]] = {}
        for unit in units:
            self._by_group.setdefault(unit.entry.group, []).append(unit)
        self._last, self._minute = 0.0, 0
        self._resume()

    def _resume(self) -> None:
        """Take up where a process before this one ended."""
        now = self.wall()
        self._starts = [min(at, now) for at in self.audit.starts_since(now - self.pace.every_s)]
        self._counts: dict[str, Any] = self.audit.noted("counts") or {}
        for name, stood in self.audit.standing(now).items():
            if name in self._by_name:
                self._by_name[name].resume(stood, now)

    async def run(self, until: float | None = None) -> None:
        """Go on until a moment, or until stopped."""
        try:
            while not self.stopped and (until is None or self.wall() < until):
                try:
                    self.step()
                    self.teller.over("step")
                except CurtailError as error:
                    self.teller.once("step", str(error))
                except Exception as error:  # whatever it is, the loop goes on
                    if os.environ.get("CURTAIL_DEBUG"):
                        raise
                    self.teller.once(
                        "step", f"unexpected: {type(error).__name__}: {error}; please report it; tried again"
                    )
                await asyncio.sleep(TICK_S)
        finally:
            self.exchange.close()
            self._write_down()

    def _write_down(self) -> bool:
        """Bring the log up to date; whether it is."""
        try:
            self.audit.write()
        except CurtailError as error:
            self.teller.once("log", str(error))
            return False
        self.teller.over("log")
        return True

    def step(self) -> None:
        """Look at the set-points, then begin what is due. Nothing is awaited here."""
        now = self.wall()
        self._notice_jumps(now)
        self._look(now)
        logged = self._write_down()
        if not self.gate.live:
            return
        if self.wanted is not None and not self.gate.held:
            elsewhere = [unit for unit in self.units if not unit.met]
            self._release(now, self.wanted, elsewhere)
            self._tell(now, self.wanted, elsewhere, logged)
        self._note_power(now)
        for unit in self.units:
            if unit.to_be_read(now):
                self.exchange.read(unit)

    def _note_power(self, now: float) -> None:
        """Once a minute, what each group draws beside what it is to draw."""
        minute = int(now // 60)
        if minute == self._minute or self.wanted is None:
            return
        self._minute = minute
        self.audit.draw(minute, ((group, *power(units)) for group, units in self._by_group.items()))
        rows = ((group, *row) for group, units in self._by_group.items() for row in running_watts(units))
        self.audit.run_at(minute, rows)

    def _notice_jumps(self, now: float) -> None:
        """A clock that went back must keep nobody waiting for the time that it had shown."""
        if now < self._last:
            self.say(f"the clock went back by {self._last - now:.0f} s")
            self._starts = [min(at, now) for at in self._starts]
            self.follower.clock_went_back(self._last - now)
            for unit in self.units:
                unit.clock_went_back(now)
        self._last = now

    def _look(self, now: float) -> None:
        """What is wanted now; targets of machines follow."""
        latest, before = self.follower.wanted(now, self._by_group), self.wanted
        if latest is None:
            return
        self.wanted = latest
        if before is None or latest.counts != before.counts:
            self._aim(now, latest)

    def _aim(self, now: float, wanted: Wanted, groups: Iterable[str] | None = None) -> None:
        """Give each machine its mode."""
        changed: list[Unit] = []
        for group in self._by_group if groups is None else groups:
            units, counts = self._by_group[group], dict(wanted.counts.get(group, {}))
            if groups is None and counts != self._counts.get(group):
                changed += [unit for unit in units if unit.released]
                for unit in changed:
                    unit.released = False
                self._counts[group] = counts
            modes = machine_modes(
                counts, [Ranked(u.entry.name, u.entry.j_per_th or u.kind.j_per_th, u.released) for u in units]
            )
            for unit in units:
                mode = modes[unit.entry.name]
                target = Target.sleep() if mode is None else unit.kind.targets.get(mode)
                if target is None:
                    self.teller.once(
                        f"mode of {group}", f"{group}: the farm file has no mode {mode!r}; begin anew when it has"
                    )
                elif target != unit.target:
                    unit.aim(target, "", now)
                    changed.append(unit)
                unit.why = wanted.why.get(group, "no set-point is for this group")
        if not self.gate.live:
            for line in would_send(changed):
                self.say(line)
            return
        self.audit.stand((u.entry.name, str(u.target), u.since, u.released, u.met) for u in changed)
        self.audit.note("counts", self._counts)

    def _release(self, now: float, wanted: Wanted, elsewhere: Iterable[Unit]) -> None:
        """Where a machine cannot be stopped and its group is to run some, it is one of them and another sleeps."""
        stuck: dict[str, list[Unit]] = {}
        for unit in elsewhere:
            if unit.cannot_stop(now):
                stuck.setdefault(unit.entry.group, []).append(unit)
        self._name(stuck)
        for group, units in stuck.items():
            room = wanted.running(group) - sum(unit.released for unit in self._by_group[group])
            for unit in units[: max(room, 0)]:
                unit.released = True
            if room > 0:
                self._aim(now, wanted, [group])

    def _name(self, stuck: Mapping[str, list[Unit]]) -> None:
        """Say which machines cannot be stopped, with the MW that they hold."""
        for group in self._by_group:
            units = stuck.get(group)
            if units:
                self.teller.once(group, cannot_be_stopped(group, units), f"{[unit.entry.name for unit in units]}")
            else:
                self.teller.over(group)

    def _tell(self, now: float, wanted: Wanted, elsewhere: Iterable[Unit], logged: bool) -> None:
        """Send what is due: less power at once, the least efficient first; more at the pace of starts, the best first.

        Only what is ``logged`` before it is sent makes anything start; machines sleep whether that can be or not.
        """
        due = [unit for unit in elsewhere if unit.to_be_commanded(now)]
        if not due:
            return
        breaker = {unit.entry.name: unit.entry.breaker for unit in due}

        def ordered(rise: bool) -> list[Unit]:
            of_kind = [unit for unit in due if unit.rises is rise]
            of_kind.sort(key=lambda unit: unit.entry.j_per_th or unit.kind.j_per_th, reverse=not rise)
            return [self._by_name[name] for name in over_breakers([unit.entry.name for unit in of_kind], breaker)]

        self._starts = [at for at in self._starts if at > now - self.pace.every_s]
        starts = ordered(True)[: max(self.pace.starts - len(self._starts), 0)] if logged else []
        units = [*ordered(False), *starts]
        plan, sequence = wanted.plan, wanted.sequence
        rows = [
            Command(now, u.entry.name, u.entry.group, u.entry.address, str(u.target), u.why, plan, sequence)
            for u in units
        ]
        numbers = self.audit.intend(rows)
        logged = self._write_down()
        self._starts += [now] * len(starts)
        for unit, number in zip(units, numbers, strict=True):
            if unit.rises and not logged:
                self.audit.answered(number, now, "not sent: the log could not be written")
                continue
            unit.dispatching(number, now)
            self.exchange.command(unit, number)

    def status(self) -> dict[str, Any]:
        """What there is to see."""
        standing = {"log of commands": self.teller.standing("log"), "loop": self.teller.standing("step")}
        faults = {kind: line for kind, line in standing.items() if line is not None}
        own = {"live": self.gate.live, "held": self.gate.held, "faults": faults}
        return own | status_of(self._by_group, self.wanted, self.wall())
