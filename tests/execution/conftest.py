"""Machines that are not there, in simulated time."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from optimizer.simulated.clock import SimulatedTime


@pytest.fixture
def simulated_time() -> Callable[[Callable[[], Awaitable[Any]]], Any]:
    """Runs a coroutine in simulated time."""

    def run(made: Callable[[], Awaitable[Any]]) -> Any:
        with asyncio.Runner(loop_factory=SimulatedTime) as runner:
            return runner.run(made())  # type: ignore[arg-type]

    return run
