"""Tests that begin an event loop of their own beside a browser that another test has opened in the same process.

The browser is driven from a loop that stays running in this thread; whoever does not look at it need not know.
"""

from __future__ import annotations

from asyncio import events
from collections.abc import Generator

import pytest


def _apart(item: pytest.Item) -> Generator[None, object, object]:
    running = None if "browser" in getattr(item, "fixturenames", ()) else events._get_running_loop()
    if running is not None:
        events._set_running_loop(None)
    try:
        return (yield)
    finally:
        if running is not None:
            events._set_running_loop(running)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_setup(item: pytest.Item) -> Generator[None, object, object]:
    return (yield from _apart(item))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, object, object]:
    return (yield from _apart(item))
