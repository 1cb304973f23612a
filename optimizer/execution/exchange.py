"""What is said to machines and what they answer, many at once; answers are written down in one transaction."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine

from optimizer.execution.audit import Audit
from optimizer.execution.gate import HeldError, UnansweredError
from optimizer.execution.unit import Unit

_AT_ONCE = 256  # connections


class Exchange:
    """Commands on their way and readings on theirs. ``wall`` gives seconds since 1970."""

    def __init__(self, audit: Audit, wall: Callable[[], float]) -> None:
        self.audit, self.wall = audit, wall
        self._slots = asyncio.Semaphore(_AT_ONCE)
        self._jobs: set[asyncio.Task[None]] = set()
        self._answers: list[tuple[int, float, str]] = []
        self._seen: list[tuple[str, int | None, float, float | None, float | None]] = []

    def command(self, unit: Unit, number: int) -> None:
        """Begin to send a machine its target, under the number of the audit's row."""
        self._begin(unit, self._commanding(unit, number))

    def read(self, unit: Unit) -> None:
        """Begin to look at a machine."""
        self._begin(unit, self._reading(unit))

    def _begin(self, unit: Unit, job: Coroutine[None, None, None]) -> None:
        unit.busy = True
        task = asyncio.get_running_loop().create_task(job)
        self._jobs.add(task)
        task.add_done_callback(self._jobs.discard)

    async def _commanding(self, unit: Unit, number: int) -> None:
        target, outcome = unit.target, None
        assert target is not None
        try:
            async with self._slots:
                if unit.target is not target:
                    outcome = "another target came before it was sent"
                else:
                    await unit.driver.tell(target)
        except (UnansweredError, HeldError) as error:
            outcome = str(error)
        except Exception as error:  # what a machine answers must not end the loop
            outcome = f"unexpected: {type(error).__name__}"
        finally:
            unit.busy = False
        now = self.wall()
        self._answers.append((number, now, outcome or "accepted"))
        if unit.target is target:
            unit.commanded(outcome, now)

    async def _reading(self, unit: Unit) -> None:
        try:
            async with self._slots:
                reading = await unit.driver.read(self.wall())
            if unit.heard(reading, self.wall()):
                seen = unit.entry.name, unit.number, self.wall(), reading.watts, reading.hashrate_th
                self._seen.append(seen)
        except (UnansweredError, HeldError) as error:
            unit.unheard(str(error), self.wall())
        except Exception as error:  # see above
            unit.unheard(f"unexpected: {type(error).__name__}", self.wall())
        finally:
            unit.busy = False

    def write_down(self) -> None:
        """What came back, in one transaction."""
        if not (self._answers or self._seen):
            return
        with self.audit.writing():
            for answer in self._answers:
                self.audit.answered(*answer)
            for seen in self._seen:
                self.audit.verified(*seen)
        self._answers, self._seen = [], []

    def close(self) -> None:
        """Drop what is on its way, keep what came back."""
        for job in self._jobs:
            job.cancel()
        self.write_down()
