"""An event loop whose time goes on only when nothing is left to do: hours of simulated waiting take moments."""

from __future__ import annotations

import asyncio
import selectors
from collections.abc import Mapping
from typing import Any


class _Selector(selectors.BaseSelector):
    """A selector that never sleeps: it lets the loop's clock jump instead."""

    def __init__(self, now: float) -> None:
        self._real = selectors.DefaultSelector()
        self.now = now

    def register(self, fileobj: Any, events: int, data: Any = None) -> selectors.SelectorKey:
        return self._real.register(fileobj, events, data)

    def unregister(self, fileobj: Any) -> selectors.SelectorKey:
        return self._real.unregister(fileobj)

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        if timeout is None:
            return self._real.select(None)
        ready = self._real.select(0) if timeout else []
        if timeout and not ready:
            self.now += timeout
        return ready

    def close(self) -> None:
        self._real.close()

    def get_map(self) -> Mapping[Any, selectors.SelectorKey]:
        return self._real.get_map()


class SimulatedTime(asyncio.SelectorEventLoop):
    """For ``asyncio.Runner(loop_factory=SimulatedTime)``.

    >>> import time
    >>> begun = time.monotonic()
    >>> with asyncio.Runner(loop_factory=SimulatedTime) as runner:
    ...     runner.run(asyncio.sleep(3600))
    >>> time.monotonic() - begun < 10
    True
    """

    def __init__(self, now: float = 0.0) -> None:
        self._jumping = _Selector(now)
        super().__init__(self._jumping)

    def time(self) -> float:
        """Simulated seconds."""
        return self._jumping.now
