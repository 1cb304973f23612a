"""What a driver is: it reads a machine, and tells it a target, which changes nothing when told again."""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from typing import Any, ClassVar

from optimizer.execution.credentials import Login
from optimizer.execution.gate import Gate, UnansweredError
from optimizer.execution.target import MachineReading, Target

_HEX = re.compile(r"[^0-9A-Fa-f]")


class Driver(ABC):
    """One machine at an address. Everything it asks goes through the gate."""

    PORT: ClassVar[int]
    USER: ClassVar[str] = "root"  # where credentials give none
    STEPS: ClassVar[bool] = False  # whether watts can be set
    STOPS_IN_S: ClassVar[float] = 30.0  # its own time until it draws no more than standby

    def __init__(self, gate: Gate, address: str, port: int | None, login: Login) -> None:
        self.gate, self.address, self.port, self.login = gate, address, port or self.PORT, login

    @abstractmethod
    async def read(self, now: float) -> MachineReading:
        """What it draws and makes. Raises UnansweredError, HeldError."""

    async def mac(self) -> str | None:
        """The MAC address that it tells; None where it tells none. Raises UnansweredError, HeldError."""
        return None

    @abstractmethod
    async def tell(self, target: Target) -> None:
        """Set a target; to return means that it was accepted, not done. Raises UnansweredError, HeldError."""


def number_at(answer: Any, *path: str | int) -> float | None:
    """A number in an answer; None where there is none, or where it is no quantity.

    >>> number_at({"POWER": [{"Watts": 3200}]}, "POWER", 0, "Watts"), number_at({"POWER": []}, "POWER", 0, "Watts")
    (3200.0, None)
    """
    for key in path:
        try:
            answer = answer[key]
        except (KeyError, IndexError, TypeError):
            return None
    if isinstance(answer, bool):
        return None
    try:
        value = float(answer)
    except (TypeError, ValueError):
        return None
    return value if 0.0 <= value < 1e9 else None


def scaled(value: float | None, by: float) -> float | None:
    """A number in another unit, where there is one."""
    return None if value is None else value * by


def same_mac(one: str, other: str) -> bool:
    """Whether two MAC addresses are the same, however they are written.

    >>> same_mac("02:AB:00:00:00:01", "02ab-0000-0001")
    True
    """
    return _HEX.sub("", one).lower() == _HEX.sub("", other).lower()


def text_at(answer: Any, *path: str | int) -> str:
    """A text in an answer. Raises UnansweredError."""
    for key in path:
        try:
            answer = answer[key]
        except (KeyError, IndexError, TypeError):
            raise UnansweredError(f"gave no {path[-1]}") from None
    return str(answer)
