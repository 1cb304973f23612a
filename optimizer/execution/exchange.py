"""What is said to machines and what they answer, many at once."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine

from optimizer.execution.audit import Audit
from optimizer.execution.drivers.base import same_mac
from optimizer.execution.gate import HeldError, UnansweredError
from optimizer.execution.unit import Unit

_AT_ONCE = 256  # connections, for commands and for readings


class Exchange:
    """Commands on their way and readings on theirs. ``wall`` gives seconds since 1970."""

    def __init__(self, audit: Audit, wall: Callable[[], float]) -> None:
        self.audit, self.wall = audit, wall
        self._to_tell, self._to_read = asyncio.Semaphore(_AT_ONCE), asyncio.Semaphore(_AT_ONCE)
        self._jobs: set[asyncio.Task[None]] = set()

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
            async with self._to_tell:
                if unit.target is not target:
                    outcome = "another target came before it was sent"
                else:
                    unit.sent = target
                    await unit.driver.tell(target)
        except (UnansweredError, HeldError) as error:
            outcome = str(error)
        except Exception as error:  # what a machine answers must not end the loop
            outcome = f"unexpected: {type(error).__name__}"
        finally:
            unit.busy = False
        now = self.wall()
        self.audit.answered(number, now, outcome or "accepted")
        if unit.target is target:
            unit.commanded(outcome, now)

    async def _reading(self, unit: Unit) -> None:
        try:
            async with self._to_read:
                await self._know(unit)
                reading = await unit.driver.read(self.wall())
            if unit.heard(reading, self.wall()):
                self.audit.verified(unit.entry.name, unit.number, self.wall(), reading.watts, reading.hashrate_th)
        except (UnansweredError, HeldError) as error:
            unit.unheard(str(error), self.wall())
        except Exception as error:  # see above
            unit.unheard(f"unexpected: {type(error).__name__}", self.wall())
        finally:
            unit.busy = False

    async def _know(self, unit: Unit) -> None:
        """Raise UnansweredError where another machine answers there: it is taken for silent, and told nothing."""
        if unit.known or unit.entry.mac is None:
            return
        mac = await unit.driver.mac()
        if mac is not None and not same_mac(mac, unit.entry.mac):
            raise UnansweredError(f"another machine answers there, {mac[:20]}; correct its address in the inventory")
        unit.known = True

    def close(self) -> None:
        """Drop what is on its way."""
        for job in self._jobs:
            job.cancel()
