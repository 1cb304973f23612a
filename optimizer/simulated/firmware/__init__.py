"""How each firmware answers: a request's bytes to an answer's, a file each; none opens a connection."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from importlib import import_module

from optimizer.simulated.body import Body

Answer = Callable[[Body, bytes, float], bytes]
FIRMWARE = ("luxos", "braiins", "whatsminer", "antminer")
HTTP = ("braiins", "antminer")


@cache
def answer_of(firmware: str) -> Answer:
    """What answers for a firmware."""
    function: Answer = import_module(f"{__name__}.{firmware}").answer
    return function
