"""The site's meter, asked by HTTP for a JSON object with its MW: what machines say of themselves is not all."""

from __future__ import annotations

import ipaddress
from urllib.parse import urlsplit

from optimizer.errors import InputError
from optimizer.execution.drivers.base import number_at
from optimizer.execution.gate import Gate, UnansweredError
from optimizer.execution.wire import ask_http


class Meter:
    """A meter at ``http://10.1.0.9/path``, an address of the allowed ones; the key ``mw`` is its import."""

    def __init__(self, gate: Gate, url: str) -> None:
        parts = urlsplit(url)
        try:
            address = str(ipaddress.ip_address(parts.hostname or ""))
        except ValueError:
            address = ""
        if parts.scheme != "http" or not address or parts.username is not None:
            raise InputError(
                f"--meter {parts.scheme}://{parts.hostname or ''}: must be as http://10.1.0.9/path, a number"
            )
        if gate.live and not gate.allows(address):
            raise InputError(f"--meter: {address} is not on the list of --allow")
        self.gate, self.address, self.port, self.path = gate, address, parts.port or 80, parts.path or "/"

    async def read(self) -> float:
        """Import, MW. Raises UnansweredError, HeldError."""
        mw = number_at(await ask_http(self.gate, self.address, self.port, "GET", self.path), "mw")
        if mw is None:
            raise UnansweredError("gave no `mw`")
        return mw
