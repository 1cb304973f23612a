"""Antminer with its maker's firmware: HTTP with digest. It tells no watts, and restarts in the background."""

from __future__ import annotations

from typing import Any, ClassVar

from optimizer.execution.drivers.base import Driver, number_at, scaled, text_at
from optimizer.execution.target import MachineReading, Target
from optimizer.execution.wire import ask_http

_SLEEP, _NORMAL = 1, 0
_MODES = ("bitmain-work-mode", "miner-mode")  # as it is read, and as pages of the machine send it


class Antminer(Driver):
    """Verified by hash rate, for want of watts."""

    PORT = 80
    STOPS_IN_S: ClassVar[float] = 60.0

    async def read(self, now: float) -> MachineReading:
        """TH/s of the last five seconds."""
        stats = await self._ask("GET", "stats.cgi")
        return MachineReading(now, None, scaled(number_at(stats, "STATS", 0, "rate_5s"), 1e-3))

    async def mac(self) -> str | None:
        """As its description of the system has it."""
        return text_at(await self._ask("GET", "get_system_info.cgi"), "macaddr")

    async def tell(self, target: Target) -> None:
        """Put the configuration back as it is, with another work mode: pools and fans stay."""
        self.gate.refuse_held()
        conf = await self._ask("GET", "get_miner_conf.cgi")
        self.gate.refuse_held()
        mode = _NORMAL if target.runs else _SLEEP
        await self._ask("POST", "set_miner_conf.cgi", conf | dict.fromkeys(_MODES, mode))

    async def _ask(self, method: str, page: str, body: Any = None) -> dict[str, Any]:
        user = self.login.user or self.USER, self.login.password.get_secret_value()
        return await ask_http(self.gate, self.address, self.port, method, f"/cgi-bin/{page}", body, digest=user)
