"""The only way out to machines: addresses that are allowed, live or not at all, and a hold that stops all sending."""

from __future__ import annotations

import asyncio
import ipaddress
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Protocol

from optimizer.errors import CurtailError, InputError

HOLD = "hold"  # in the state folder: as long as it is there, nothing is sent
MOST_BYTES = 1_000_000  # of an answer
Network = ipaddress.IPv4Network | ipaddress.IPv6Network


class UnansweredError(CurtailError):
    """A machine that cannot be reached, is silent, refuses, or answers what cannot be read."""


class HeldError(CurtailError):
    """Something that was not sent: by hold, or since this is a dry run."""


class Writer(Protocol):
    """The part of asyncio.StreamWriter that is used."""

    def write(self, data: bytes) -> None:
        """Send bytes."""

    async def drain(self) -> None:
        """Wait until they are on their way."""

    def close(self) -> None:
        """End the connection."""


Opener = Callable[[str, int], Awaitable[tuple[asyncio.StreamReader, Writer]]]


def networks(texts: Iterable[str]) -> tuple[Network, ...]:
    """Addresses and networks that may be contacted. Raises InputError.

    >>> [str(one) for one in networks(["10.1.0.0/16", "192.168.7.20"])]
    ['10.1.0.0/16', '192.168.7.20/32']
    """
    allowed = []
    for text in texts:
        try:
            allowed.append(ipaddress.ip_network(text.strip()))
        except ValueError as error:
            raise InputError(
                f"--allow {text!r}: must be an address or a network such as 10.1.0.0/16 ({error})"
            ) from None
    return tuple(allowed)


@lru_cache(maxsize=100_000)
def _within(address: str, allowed: tuple[Network, ...]) -> bool:
    try:
        ip = ipaddress.ip_address(address)
    except ValueError:
        return False
    return any(ip in network for network in allowed)


@dataclass(frozen=True)
class Gate:
    """Opens connections to allowed addresses, when ``live``; ``held`` where the file ``hold`` is there.

    >>> Gate(networks(["10.1.0.0/16"])).allows("10.2.0.1")
    False
    """

    allowed: tuple[Network, ...]
    live: bool = False
    hold: Path | None = None
    opener: Opener = asyncio.open_connection

    def allows(self, address: str) -> bool:
        """Whether an address is on the list; a name never is, for it may lead anywhere."""
        return _within(address, self.allowed)

    @property
    def held(self) -> bool:
        """Whether nothing may be sent now."""
        return not self.live or (self.hold is not None and self.hold.exists())

    def refuse_held(self) -> None:
        """Raise HeldError where nothing may be sent now. What changes a machine asks this first."""
        if self.held:
            raise HeldError("on hold" if self.live else "a dry run")

    async def open(self, address: str, port: int) -> tuple[asyncio.StreamReader, Writer]:
        """A connection. Raises HeldError, UnansweredError."""
        if not self.live:
            raise HeldError("a dry run")
        if not self.allows(address):
            raise HeldError(f"{address} is not on the list of allowed addresses")
        try:
            return await self.opener(address, port)
        except OSError as error:
            raise UnansweredError(f"cannot be reached ({error.strerror or type(error).__name__})") from None
