"""Worker processes: they leave an interrupt to the client and do not outlive it."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from multiprocessing import get_context, parent_process
from typing import Any


@contextmanager
def worker_pool(
    workers: int, begin: Callable[..., None] | None = None, *begin_with: Any
) -> Iterator[ProcessPoolExecutor]:
    """A pool of processes, ended in whatever way the block ends; each calls ``begin_worker``, or ``begin``, first.

    They are spawned: a fork would copy the solver's threads. When a worker dies, CPython ends those it knows of; one
    that was being started meanwhile would be waited for for ever, so all of a broken pool are ended here.
    """
    pool = ProcessPoolExecutor(workers, get_context("spawn"), begin or begin_worker, begin_with)
    try:
        yield pool
    finally:
        if getattr(pool, "_broken", False):
            for process in list((getattr(pool, "_processes", None) or {}).values()):
                process.kill()
        pool.shutdown(cancel_futures=True)


def begin_worker() -> None:
    """To be called first in a worker. The client ends its workers; should it be killed, they end by themselves.

    A pool's worker waits for work on a pipe that it holds open itself, so that without this it would wait for ever.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_client, daemon=True).start()


def _end_with_client() -> None:
    client = parent_process()
    if client is not None:
        client.join()
        os._exit(1)
