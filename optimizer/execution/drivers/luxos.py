"""LuxOS: one JSON object over TCP 4028. Whoever changes something logs on; one session at a time, for a minute."""

from __future__ import annotations

from typing import Any, ClassVar

from optimizer.execution.drivers.base import Driver, number_at, scaled, text_at
from optimizer.execution.gate import UnansweredError
from optimizer.execution.target import MachineReading, Target
from optimizer.execution.wire import ask_json


class LuxOS(Driver):
    """Sleep survives a restart of the machine; watts are set by `powertargetset` (firmware of 2026)."""

    PORT = 4028
    STEPS = True
    STOPS_IN_S: ClassVar[float] = 10.0

    async def read(self, now: float) -> MachineReading:
        """Watts and TH/s; whether it "is mining" is not asked, for that says yes always."""
        power, summary = await self._ask("power"), await self._ask("summary")
        hashrate = scaled(number_at(summary, "SUMMARY", 0, "GHS 5s"), 1e-3)
        return MachineReading(now, number_at(power, "POWER", 0, "Watts"), hashrate)

    async def mac(self) -> str | None:
        """As its configuration has it."""
        return text_at(await self._ask("config"), "CONFIG", 0, "MACAddr")

    async def tell(self, target: Target) -> None:
        """Log on, set, log off. A session of somebody else's is left to end."""
        self.gate.refuse_held()
        session = text_at(await self._ask("logon"), "SESSION", 0, "SessionID")
        try:
            if target.step:
                await self._change("powertargetset", f"{session},power={target.watts:.0f}")
            await self._change("curtail", f"{session},{'wakeup' if target.runs else 'sleep'}")
        finally:
            await self._ask("logoff", session)

    async def _change(self, command: str, parameter: str) -> None:
        self.gate.refuse_held()
        await self._ask(command, parameter)

    async def _ask(self, command: str, parameter: str | None = None) -> dict[str, Any]:
        request = {"command": command} | ({} if parameter is None else {"parameter": parameter})
        answer = await ask_json(self.gate, self.address, self.port, request)
        if (answer.get("STATUS") or [{}])[0].get("STATUS") in ("E", "F"):
            raise UnansweredError(f"refused {command}")
        return answer
