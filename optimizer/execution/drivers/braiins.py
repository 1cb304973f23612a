"""Braiins OS: REST under /api/v1 with a bearer token from auth/login."""

from __future__ import annotations

from typing import Any, ClassVar

from optimizer.execution.drivers.base import Driver, number_at, scaled, text_at
from optimizer.execution.gate import UnansweredError
from optimizer.execution.target import MachineReading, Target
from optimizer.execution.wire import ask_http


class Braiins(Driver):
    """The token is kept as long as the machine takes it."""

    PORT = 80
    STEPS = True
    STOPS_IN_S: ClassVar[float] = 15.0
    _token: str | None = None

    async def read(self, now: float) -> MachineReading:
        """Its own estimate of watts, and TH/s of the last five seconds."""
        stats = await self._ask("GET", "miner/stats")
        watts = number_at(stats, "power_stats", "approximated_consumption", "watt")
        gigahashes = number_at(stats, "miner_stats", "real_hashrate", "last_5s", "gigahash_per_second")
        return MachineReading(now, watts, scaled(gigahashes, 1e-3))

    async def mac(self) -> str | None:
        """As its details have it."""
        return text_at(await self._ask("GET", "miner/details"), "mac_address")

    async def tell(self, target: Target) -> None:
        """Pause, or resume; a power step first, so that nothing starts above it."""
        self.gate.refuse_held()
        if target.step:
            await self._ask("PUT", "performance/power-target", {"watt": round(target.watts)})
            self.gate.refuse_held()
        await self._ask("PUT", "actions/resume" if target.runs else "actions/pause")

    async def _ask(self, method: str, path: str, body: Any = None) -> dict[str, Any]:
        fresh = self._token is None
        if self._token is None:
            login = {"username": self.login.user or self.USER, "password": self.login.password.get_secret_value()}
            answer = await ask_http(self.gate, self.address, self.port, "POST", "/api/v1/auth/login", login)
            self._token = text_at(answer, "token")
        try:
            return await ask_http(
                self.gate, self.address, self.port, method, f"/api/v1/{path}", body, bearer=self._token
            )
        except UnansweredError:
            self._token = None
            if fresh:
                raise
        return await self._ask(method, path, body)
