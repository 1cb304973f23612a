"""Try the execution of set-points on a simulated farm: a call met, machines named. In simulated time.

``python -m tools.closed_loop --machines 1000 --seeds 100`` prints what was measured. `tools.killed_loop` kills.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import statistics
import tempfile
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from pydantic import SecretStr

from optimizer.daily.document import SetPoints
from optimizer.execution.audit import AUDIT, Audit
from optimizer.execution.credentials import Credentials, Login
from optimizer.execution.executor import Executor, Pace
from optimizer.execution.gate import HOLD, Gate, Opener, networks
from optimizer.execution.unit import units_in
from optimizer.simulated.clock import SimulatedTime
from optimizer.simulated.farm import FaultShares, SimulatedFarm, drawn
from optimizer.simulated.firmware import FIRMWARE
from tools.trial_farm import BEGAN, PASSWORD, WATTS, bodies_of, farm_of, group_of, handed_out, inventory_of

CALL_S, RESPOND_S, ENDS_S, AFTER_S = 300.0, 600.0, 2100.0, 1500.0  # a call of half an hour
MARGIN = 0.015  # of the load, that the call keeps for machines that cannot be stopped or wake by themselves
PACE = Pace(starts=50, every_s=60.0)
SAMPLE_S = 10.0


@dataclass
class Outcome:
    """What a run came to."""

    seed: int
    worst_mw_above: float  # of the meter above the call's limit, from its response time on
    begun_s: float  # from the set-point to the first command that a machine got
    met_s: float  # from the set-point until the meter is at the limit for good
    dead: int
    silent: int  # others that did not answer when they were asked
    woke: int
    lied: int
    named_in_time: bool  # every machine that cannot be stopped, before the deadline
    named_mw: float
    held_mw: float  # what those really draw
    starts_in_call: int  # that were asked for
    most_starts: int  # asked for in any stretch of the pace
    astray: int  # machines that answer and are not where they are to be, at the end
    kills: int
    commands: int
    left_open: int  # of them in the log, without an outcome
    cpu_s: float
    messages: list[str] = field(default_factory=list, repr=False)


class Trial:
    """A call on a simulated farm: all groups but the first sleep, half of that goes on. Times are seconds."""

    def __init__(self, seed: int, machines: int, folder: Path, faults: FaultShares | None = None) -> None:
        self.entries, self.farm, self.folder, self.seed = inventory_of(machines), farm_of(machines), folder, seed
        self.bodies = drawn(bodies_of(self.entries), faults or FaultShares(over_s=ENDS_S), seed)
        self.site = SimulatedFarm(self.bodies, self.passed)
        self.credentials = Credentials({}, {firmware: Login(password=SecretStr(PASSWORD)) for firmware in FIRMWARE})
        each = machines // len(FIRMWARE)
        self.all_on = {group_of(firmware): each for firmware in FIRMWARE}
        self.in_call = dict.fromkeys(self.all_on, 0) | {group_of(FIRMWARE[0]): each // 2}
        running = sum(self.in_call.values())
        self.limit_mw = (running * WATTS + (machines - running) * 25.0 + MARGIN * machines * WATTS) / 1e6
        self.messages: list[str] = []
        self.metered: list[tuple[float, float]] = []
        self.named: set[str] = set()
        self.named_mw = 0.0
        self._document: tuple[int, SetPoints] | None = None

    def passed(self) -> float:
        """Of the simulation."""
        return asyncio.get_event_loop().time()

    def wall(self) -> float:
        """Seconds since 1970, of the simulation."""
        return BEGAN.timestamp() + self.passed()

    def source(self) -> SetPoints:
        """The set-points of the moment, written anew every minute."""
        minute = int(self.passed() // 60)
        called = CALL_S <= self.passed() < ENDS_S
        key = 2 * minute + called
        if self._document is None or self._document[0] != key:
            on = self.in_call if called else self.all_on
            self._document = key, handed_out(on, BEGAN.timestamp() + minute * 60.0, minute * 3 + called + 1)
        return self._document[1]

    def executor(self, opener: Opener) -> Executor:
        """A process that begins."""
        gate = Gate(networks(["127.0.0.0/8"]), True, self.folder / HOLD, opener)
        units = units_in(self.entries, self.farm, gate, self.credentials)
        audit = Audit(self.folder / AUDIT)
        return Executor(units, gate, audit, self.source, self.wall, pace=PACE, say=self.messages.append)

    def sample(self, now: float) -> None:
        """Read the meter."""
        self.metered.append((now, sum(body.power_w(now) for body in self.bodies) / 1e6))

    def note_named(self, now: float, status: Mapping[str, Any]) -> None:
        """Note who is named as one that cannot be stopped before the deadline."""
        if CALL_S < now < CALL_S + RESPOND_S:
            self.named |= {one["machine"] for one in status["cannot_stop"]}
            self.named_mw = status["cannot_stop_mw"]

    async def run(self) -> None:
        """The whole run in this process."""
        executor = self.executor(self.site.open_connection)
        loop = asyncio.create_task(executor.run(BEGAN.timestamp() + ENDS_S + AFTER_S))
        while not loop.done():
            self.sample(self.passed())
            self.note_named(self.passed(), executor.status())
            await asyncio.wait([loop], timeout=SAMPLE_S)
        executor.audit.close()

    def outcome(self, cpu_s: float, kills: int = 0) -> Outcome:
        """What was seen, by the simulated machines' own log and the meter alone."""
        counted = [mw for at, mw in self.metered if CALL_S + RESPOND_S <= at < ENDS_S]
        above = [at for at, mw in self.metered if CALL_S <= at < ENDS_S and mw > self.limit_mw]
        lines = [line for body in self.bodies for line in body.log]
        starts = sorted(line.at for line in lines if line.asked and line.what == "start")
        stops = [line.at for line in lines if line.asked and line.what == "stop" and line.at >= CALL_S]
        dead = [body for body in self.bodies if body.faults.gone_from == 0.0]
        stuck = [body for body in dead if self.in_call[group_of(body.firmware)] == 0]
        audit = Audit(self.folder / AUDIT)
        commands = audit.commands()
        audit.close()
        return Outcome(
            seed=self.seed,
            worst_mw_above=max(counted) - self.limit_mw,
            begun_s=min(stops, default=float("inf")) - CALL_S,
            met_s=(max(above) + SAMPLE_S - CALL_S) if above else 0.0,
            dead=len(dead),
            silent=len(self.site.unanswered) - len(dead),
            woke=sum(not line.asked for line in lines),
            lied=sum(body.faults.lies for body in self.bodies),
            named_in_time={body.name for body in stuck} <= self.named,
            named_mw=self.named_mw,
            held_mw=sum(body.watts for body in stuck) / 1e6,
            starts_in_call=sum(CALL_S + 2.0 < at < ENDS_S for at in starts),
            most_starts=max((sum(at <= other < at + PACE.every_s for other in starts) for at in starts), default=0),
            astray=sum(not body.runs for body in self.bodies if body.faults.gone_from),
            kills=kills,
            commands=len(commands),
            left_open=sum(row["outcome"] is None for row in commands),
            cpu_s=cpu_s,
            messages=self.messages,
        )


def trial(seed: int, machines: int = 1000, faults: FaultShares | None = None) -> Outcome:
    """One seeded run, in simulated time."""
    with tempfile.TemporaryDirectory() as folder, asyncio.Runner(loop_factory=SimulatedTime) as runner:
        begun = time.process_time()
        tried = Trial(seed, machines, Path(folder), faults)
        runner.run(tried.run())
        return tried.outcome(time.process_time() - begun)


def summary(found: Sequence[Outcome]) -> str:
    """What runs have in common."""
    met = [one for one in found if one.worst_mw_above <= 0.0]
    return (
        f"{len(met)} of {len(found)} calls met at the meter; at the limit for good after "
        f"{statistics.median(one.met_s for one in found):.0f} s (median), "
        f"{max(one.met_s for one in found):.0f} s (most); "
        f"begun within {max(one.begun_s for one in found):.1f} s; "
        f"all named in time in {sum(one.named_in_time for one in found)}; "
        f"{sum(one.starts_in_call for one in found)} starts in calls; "
        f"{sum(one.astray for one in found)} machines astray; "
        f"most starts in {PACE.every_s:.0f} s: {max(one.most_starts for one in found)}; "
        f"dead {sum(one.dead for one in found)}, silent for a while {sum(one.silent for one in found)}, "
        f"woke by themselves {sum(one.woke for one in found)}, lied {sum(one.lied for one in found)}; "
        f"{sum(one.kills for one in found)} kills; {sum(one.cpu_s for one in found):.0f} s of processor"
    )


def printed(found: Iterable[Outcome]) -> None:
    """A line of JSON for each run as it ends, then what they have in common."""
    done = []
    for one in found:
        done.append(one)
        shown: dict[str, Any] = asdict(one)
        shown.pop("messages")
        print(json.dumps(shown), flush=True)
    print(summary(done))


def main() -> None:
    """Runs one after another."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--machines", type=int, default=1000)
    parser.add_argument("--seeds", type=int, default=100)
    parser.add_argument("--first", type=int, default=0)
    given = parser.parse_args()
    printed(trial(seed, given.machines) for seed in range(given.first, given.first + given.seeds))


if __name__ == "__main__":
    main()
