"""Worker processes: they leave an interrupt to the client and do not outlive it."""

from __future__ import annotations

import os
import signal
import threading
from multiprocessing import parent_process


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
