"""One simulated machine: what it draws and makes over time, and what goes wrong with it."""

from __future__ import annotations

from dataclasses import dataclass, field

_RAMP_S = 10.0  # from standby to full power and back
_WARM_C, _HOT_C = 25.0, 70.0  # of chips asleep, and at nameplate


@dataclass(frozen=True)
class Faults:
    """What goes wrong with a machine. Times are seconds of the simulation.

    ``deaf``: stretches in which it answers nothing. ``wakes``: moments at which it starts by itself. ``reboots``:
    moments at which it forgets that it was asleep. ``lies``: it calls itself asleep when it mines and the reverse, and
    takes the first command of each kind without doing anything. ``gone_from``: it answers nothing from then on, and
    runs on as it did.
    """

    deaf: tuple[tuple[float, float], ...] = ()
    slow_s: float = 0.0
    refuses: bool = False
    lies: bool = False
    wakes: tuple[float, ...] = ()
    reboots: tuple[float, ...] = ()
    gone_from: float = float("inf")

    def silent(self, now: float) -> bool:
        """Whether it answers nothing now."""
        return now >= self.gone_from or any(begins <= now < ends for begins, ends in self.deaf)


@dataclass(frozen=True)
class LogLine:
    """A line of a machine's own log: ``asked`` by a command, or by itself."""

    at: float
    what: str
    asked: bool


@dataclass
class Body:
    """A machine of so many W and TH/s really, at an address and behind a firmware. Watts move in straight lines."""

    name: str
    address: str
    port: int
    firmware: str
    watts: float
    hashrate_th: float
    standby_w: float = 25.0
    restart_s: float = 300.0
    password: str = "admin"  # noqa: S105 - of a machine that is not there
    mac: str = "02:00:00:00:00:01"
    faults: Faults = field(default_factory=Faults)
    log: list[LogLine] = field(default_factory=list)
    session: dict[str, object] = field(default_factory=dict)  # what its firmware remembers of connections
    runs: bool = True
    share: float = 1.0  # of its watts, as a power step sets
    _since: float = float("-inf")
    _from_w: float = 0.0
    _done: int = 0  # faults of a moment that have happened
    _ignored: bool | None = None

    def power_w(self, now: float) -> float:
        """What it draws."""
        self.settle(now)
        aim = self.watts * self.share if self.runs else self.standby_w
        done = min((now - self._since) / _RAMP_S, 1.0)
        return aim if done >= 1.0 else self._from_w + (aim - self._from_w) * max(done, 0.0)

    def hashes_th(self, now: float) -> float:
        """What it makes: nothing until its restart is over."""
        self.settle(now)
        return self.hashrate_th * self.share if self.runs and now - self._since >= self.restart_s else 0.0

    def temperature_c(self, now: float) -> float:
        """Of its chips, as its watts have it."""
        return _WARM_C + (_HOT_C - _WARM_C) * self.power_w(now) / self.watts

    def calls_itself_running(self, now: float) -> bool:
        """What it says when asked whether it mines."""
        self.settle(now)
        return self.runs != self.faults.lies

    def ask(self, runs: bool, now: float) -> bool:
        """A command to run or to sleep; whether it is accepted, whatever then happens."""
        self.settle(now)
        if self.faults.refuses:
            return False
        if self.faults.lies and self._ignored != runs and self.runs != runs:
            self._ignored = runs
            return True
        self._change(runs, now, asked=True)
        return True

    def step(self, watts: float, now: float) -> None:
        """A power step; the machine restarts where it runs."""
        share = min(max(watts / self.watts, 0.2), 1.2)
        if abs(share - self.share) < 0.005:
            return
        before, self.share = self.power_w(now), share
        if self.runs:
            self._from_w, self._since = before, now
            self.log.append(LogLine(now, f"{watts:.0f} W", asked=True))

    def changes(self, now: float) -> bool:
        """Whether it makes no hash because its watts were set anew."""
        self.settle(now)
        stepped = bool(self.log) and self.log[-1].what not in ("start", "stop")
        return stepped and self.runs and now - self._since < self.restart_s

    def settle(self, now: float) -> None:
        """Let happen what has happened by itself until now."""
        happens = sorted((*self.faults.wakes, *self.faults.reboots))
        while self._done < len(happens) and happens[self._done] <= now:
            moment = happens[self._done]
            self._done += 1
            self._change(True, moment, asked=False)

    def _change(self, runs: bool, now: float, asked: bool) -> None:
        if runs == self.runs:
            return
        done = min(max((now - self._since) / _RAMP_S, 0.0), 1.0)
        aim = self.watts * self.share if self.runs else self.standby_w
        self._from_w = self._from_w + (aim - self._from_w) * done if done < 1.0 else aim
        self.runs, self._since = runs, now
        self.log.append(LogLine(now, "start" if runs else "stop", asked))
