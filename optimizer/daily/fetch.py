"""A request over HTTP with one deadline for all of it, which can be ended at any moment.

Neither the standard library nor the usual clients (requests, httpx) bound a request as a whole: their time limits are
those of a single connect or read, names are resolved beyond them, and a thread that waits there cannot be ended. So the
request is made by the standard library in a process of its own, and that is ended.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from optimizer.daily.fetch_alone import WHOLE

_SLICE_S = 0.1  # so soon it is noticed that nobody waits any more
_ALONE = str(Path(__file__).with_name("fetch_alone.py"))


class StoppedError(Exception):
    """Nobody waits for the answer any more."""


@dataclass(frozen=True)
class Reply:
    """The bytes of an answer, and whether it told its own length and kept to it."""

    body: bytes
    whole: bool


def fetch(
    address: str, headers: dict[str, str], most_bytes: int, deadline_s: float, stopped: Callable[[], bool]
) -> Reply:
    """What an address answers within a deadline in seconds. Raises OSError with the reason, and StoppedError."""
    asked = {"address": address, "headers": headers, "most_bytes": most_bytes, "deadline_s": deadline_s}
    ends = time.monotonic() + deadline_s
    with subprocess.Popen(  # noqa: S603  # our own file, and no shell
        [sys.executable, "-I", "-S", _ALONE],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        start_new_session=True,  # Ctrl-C is for the job
    ) as process:
        try:
            reply = _waited_for(process, json.dumps(asked).encode(), ends, stopped)
        finally:
            process.kill()
    if process.returncode == 0:
        first, _, body = reply.partition(b"\n")
        return Reply(body, first + b"\n" == WHOLE)
    if time.monotonic() > ends or process.returncode != 1:
        raise TimeoutError(f"there was no whole answer within {deadline_s:g} s")
    raise OSError(reply.decode("utf-8", "replace") or "the request failed")


def _waited_for(process: subprocess.Popen[bytes], asked: bytes, ends: float, stopped: Callable[[], bool]) -> bytes:
    request: bytes | None = asked
    while time.monotonic() <= ends:
        try:
            return process.communicate(request, timeout=_SLICE_S)[0]
        except subprocess.TimeoutExpired:
            request = None  # it is sent
        if stopped():
            raise StoppedError
    return b""
