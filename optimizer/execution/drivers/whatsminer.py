"""Whatsminer with API v2: JSON over TCP 4028; what changes something is sealed with AES under a token's key."""

from __future__ import annotations

import base64
import hashlib
import json
from typing import Any, ClassVar

from optimizer.execution.drivers.base import Driver, number_at, scaled, text_at
from optimizer.execution.gate import UnansweredError
from optimizer.execution.md5crypt import md5crypt
from optimizer.execution.target import MachineReading, Target
from optimizer.execution.wire import ask_json


class Whatsminer(Driver):
    """The admin password must have been changed from its first one, or the machine takes no commands."""

    PORT = 4028
    STEPS = True
    STOPS_IN_S: ClassVar[float] = 30.0

    async def read(self, now: float) -> MachineReading:
        """Watts and TH/s of its summary."""
        summary = await self._ask({"cmd": "summary"})
        return MachineReading(
            now, number_at(summary, "SUMMARY", 0, "Power"), scaled(number_at(summary, "SUMMARY", 0, "HS RT"), 1e-6)
        )

    async def mac(self) -> str | None:
        """As its own description has it."""
        return text_at(await self._ask({"cmd": "get_miner_info", "info": "mac"}), "Msg", "mac")

    async def tell(self, target: Target) -> None:
        """Power off, answered before it is done, or on."""
        if target.step:
            await self._change({"cmd": "adjust_power_limit", "power_limit": f"{target.watts:.0f}"})
        await self._change({"cmd": "power_on"} if target.runs else {"cmd": "power_off", "respbefore": "true"})

    async def _change(self, command: dict[str, str]) -> None:
        self.gate.refuse_held()
        given = await self._ask({"cmd": "get_token"})
        time, salt, new = (text_at(given, "Msg", key) for key in ("time", "salt", "newsalt"))
        key = md5crypt(self.login.password.get_secret_value(), salt)
        sealed = seal(key, command | {"token": md5crypt(key + time[-4:], new)})
        self.gate.refuse_held()
        answer = await self._ask({"enc": 1, "data": sealed})
        unsealed = unseal(key, text_at(answer, "enc"))
        if unsealed.get("STATUS") != "S":
            raise UnansweredError(f"refused {command['cmd']}")

    async def _ask(self, request: dict[str, Any]) -> dict[str, Any]:
        answer = await ask_json(self.gate, self.address, self.port, request)
        if answer.get("STATUS") == "E":
            raise UnansweredError("refused: wrong password, or it was never changed")
        return answer


def seal(key: str, command: dict[str, str]) -> str:
    """A command under AES-256 in ECB mode, padded with NUL, in base64.

    >>> unseal("k", seal("k", {"cmd": "power_on"}))
    {'cmd': 'power_on'}
    """
    data = json.dumps(command).encode()
    encryptor = _cipher(key).encryptor()
    sealed = encryptor.update(data + b"\0" * (-len(data) % 16)) + encryptor.finalize()
    return base64.b64encode(sealed).decode()


def unseal(key: str, sealed: str) -> dict[str, Any]:
    """What was sealed. Raises UnansweredError."""
    try:
        decryptor = _cipher(key).decryptor()
        data = decryptor.update(base64.b64decode(sealed)) + decryptor.finalize()
        content = json.loads(data.rstrip(b"\0"))
    except ValueError:
        raise UnansweredError("answered what cannot be opened") from None
    return content if isinstance(content, dict) else {}


def _cipher(key: str) -> Any:
    from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

    return Cipher(algorithms.AES(hashlib.sha256(key.encode()).digest()), modes.ECB())  # noqa: S305 - as machines have it
