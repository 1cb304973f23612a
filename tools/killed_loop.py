"""Kill the process that sends, by SIGKILL, at random moments of a call on a simulated farm, and begin it anew.

``python -m tools.killed_loop --machines 200 --seeds 10 --kills 100``: machines and meter are in a process of their own
and go on; the sender is forked from it, has the same simulated time, and dies between two of its instructions: before
a machine got a command, before the answer came, or at any moment after.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import random
import signal
import tempfile
import time
from collections.abc import Callable
from functools import partial
from multiprocessing import Pipe
from multiprocessing.connection import Connection
from pathlib import Path

from optimizer.execution.gate import Writer
from optimizer.simulated.clock import SimulatedTime
from optimizer.simulated.farm import InMemory
from tools.closed_loop import AFTER_S, ENDS_S, SAMPLE_S, Outcome, Trial, printed
from tools.trial_farm import BEGAN

_DOWN_S = (1.0, 20.0)  # from a kill until the next process begins
_INSTRUCTIONS_S = 0.004  # real seconds within which a process dies


def sending(tried: Trial, pipe: Connection) -> Callable[[], object]:
    """What the forked process does: carry set-points out, and tell whom it names."""

    async def opened(address: str, port: int) -> tuple[asyncio.StreamReader, Writer]:
        def asked(request: bytes) -> tuple[bytes | None, float]:
            pipe.send(("ask", asyncio.get_running_loop().time(), address, port, request))
            answer: tuple[bytes | None, float] = pipe.recv()
            return answer

        reader = asyncio.StreamReader()
        return reader, InMemory(asked, reader)

    async def whole() -> None:
        executor = tried.executor(opened)
        loop = asyncio.create_task(executor.run(BEGAN.timestamp() + ENDS_S + AFTER_S))
        while not loop.done():
            pipe.send(("named", tried.passed(), executor.status()))
            await asyncio.wait([loop], timeout=SAMPLE_S)
        await loop

    return whole


class Killed:
    """A trial whose sender is killed at random moments."""

    def __init__(self, tried: Trial, kills: int) -> None:
        self.tried = tried
        self.draw = random.Random(tried.seed * 7 + 1)  # noqa: S311 - moments that can be repeated
        self.moments = sorted(self.draw.uniform(0.0, ENDS_S + AFTER_S / 2) for _ in range(kills))
        self.kills = 0
        self._sampled = 0.0

    def run(self) -> None:
        """From the beginning to the end, one process after another."""
        begins = 0.0
        for dies_at in [*self.moments, float("inf")]:
            if dies_at >= begins:
                begins = self._life(begins, dies_at) + self.draw.uniform(*_DOWN_S)

    def _life(self, begins: float, dies_at: float) -> float:
        """One process, from its fork to its kill or its end; when that was."""
        here, there = Pipe()
        process = os.fork()
        if process == 0:
            here.close()
            with asyncio.Runner(loop_factory=partial(SimulatedTime, begins)) as runner:
                runner.run(sending(self.tried, there)())  # type: ignore[arg-type]
            os._exit(0)
        there.close()
        now = begins
        try:
            while now < dies_at:
                now = self._answer(here, dies_at)
            time.sleep(self.draw.uniform(0.0, _INSTRUCTIONS_S))
            os.kill(process, signal.SIGKILL)
            self.kills += 1
        except EOFError:
            pass
        finally:
            here.close()
            _, status = os.waitpid(process, 0)
        if status not in (0, signal.SIGKILL):
            raise RuntimeError(f"the sender ended by itself ({status})")
        return now

    def _answer(self, pipe: Connection, dies_at: float) -> float:
        """Serve one message of the sender; one in three of its last reaches no machine, or is not answered."""
        kind, now, *rest = pipe.recv()
        while self._sampled <= now:
            self.tried.sample(self._sampled)
            self._sampled += SAMPLE_S
        if kind == "named":
            self.tried.note_named(now, rest[0])
            return float(now)
        lost = self.draw.choice(("before", "after", "")) if now >= dies_at else ""
        body = self.tried.site.body_at(rest[0], rest[1])
        if body is not None and lost != "before":
            answer = self.tried.site.answer(body, rest[2], now)
            if lost != "after":
                pipe.send(answer)
        return float(now)


def trial(seed: int, machines: int = 200, kills: int = 100) -> Outcome:
    """One seeded run with its kills."""
    with tempfile.TemporaryDirectory() as folder:
        tried = Trial(seed, machines, Path(folder))
        killed, before = Killed(tried, kills), _cpu()
        killed.run()
        return tried.outcome(_cpu() - before, killed.kills)


def _cpu() -> float:
    """Seconds of processor, of this process and of those that have ended."""
    used = os.times()
    return used.user + used.system + used.children_user + used.children_system


def main() -> None:
    """Runs one after another."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--machines", type=int, default=200)
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--kills", type=int, default=100)
    given = parser.parse_args()
    seeds = range(given.first, given.first + given.seeds)
    printed(trial(seed, given.machines, given.kills) for seed in seeds)


if __name__ == "__main__":
    main()
