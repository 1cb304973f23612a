"""Whatever else pyasic-rs knows: VNish, Avalon, ePIC, Auradine, SealMiner, Proto, Whatsminer v3 (extra `dispatch`)."""

from __future__ import annotations

import asyncio
from typing import Any, ClassVar

from optimizer.execution.drivers.base import Driver, number_at
from optimizer.execution.gate import HeldError, UnansweredError
from optimizer.execution.target import MachineReading, Target

_TIMEOUT_S = 12.0  # it waits ten for a machine that is silent


class AsicRs(Driver):
    """`pause` and `resume` mean that a command was accepted; what it did is read from watts and hash rate.

    The library opens connections of its own: the address is judged before it is handed over, and on its usual ports.
    """

    PORT = 80
    STEPS = True
    STOPS_IN_S: ClassVar[float] = 60.0
    _device: Any = None

    async def read(self, now: float) -> MachineReading:
        """Watts and TH/s as the library has them."""
        miner = await self._miner()
        watts, hashrate = await self._bounded(miner.get_wattage()), await self._bounded(miner.get_hashrate())
        return MachineReading(now, number_at(watts), number_at(_terahashes(hashrate)))

    async def mac(self) -> str | None:
        """As the library has it."""
        miner = await self._miner()
        address = await self._bounded(miner.get_mac())
        return None if address is None else str(address)

    async def tell(self, target: Target) -> None:
        """Pause or resume, and a power limit where the machine has one."""
        self.gate.refuse_held()
        miner = await self._miner()
        if target.step and miner.supports_set_power_limit:
            await self._bounded(miner.set_power_limit(target.watts))
        self.gate.refuse_held()
        if not await self._bounded(miner.resume() if target.runs else miner.pause()):
            raise UnansweredError("refused")

    async def _miner(self) -> Any:
        if not self.gate.live or not self.gate.allows(self.address):
            raise HeldError(f"{self.address} may not be contacted")
        if self._device is None:
            try:
                from pyasic_rs import MinerFactory
            except ImportError:
                raise UnansweredError("needs pyasic-rs: pip install 'curtail[dispatch]'") from None
            self._device = await self._bounded(MinerFactory().get_miner(self.address))
            if self._device is None:
                raise UnansweredError("is no machine that pyasic-rs knows")
            if self.login.password.get_secret_value():
                self._device.set_auth(self.login.user or self.USER, self.login.password.get_secret_value())
        return self._device

    async def _bounded(self, asked: Any) -> Any:
        try:
            return await asyncio.wait_for(asked, _TIMEOUT_S)
        except (UnansweredError, HeldError):
            raise
        except TimeoutError:
            raise UnansweredError(f"silent for {_TIMEOUT_S:g} s") from None
        except Exception as error:  # the library's own errors are of many kinds
            raise UnansweredError(f"refused ({type(error).__name__})") from None


def _terahashes(hashrate: Any) -> float | None:
    """TH/s of the library's hash rate, which has a unit of its own; None where there is none."""
    if hashrate is None:
        return None
    from pyasic_rs.data import HashRateUnit

    return float(hashrate.as_unit(HashRateUnit.TeraHash).value)
