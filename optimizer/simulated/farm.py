"""A simulated farm: machines by address, drawn from a seed with their faults, the meter, and connections in memory."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from optimizer.execution.gate import Writer
from optimizer.simulated.body import Body, Faults
from optimizer.simulated.firmware import HTTP, answer_of
from optimizer.simulated.firmware.http import response

METER = "/meter"


@dataclass(frozen=True)
class FaultShares:
    """Which share of the machines has a fault, over a stretch of so many seconds."""

    deaf: float = 0.05
    wakes: float = 0.02
    lies: float = 0.01
    dead: float = 0.005
    slow: float = 0.01
    refuses: float = 0.0
    reboots: float = 0.0
    over_s: float = 3600.0
    nameplate_error: float = 0.03

    def drawn(self, draw: random.Random) -> Faults:
        """The faults of one machine."""

        def moment() -> float:
            return draw.uniform(0.0, self.over_s)

        begins = moment()
        deaf = ((begins, begins + draw.uniform(60.0, 300.0)),) if draw.random() < self.deaf else ()
        return Faults(
            deaf=deaf,
            slow_s=draw.uniform(1.0, 4.0) if draw.random() < self.slow else 0.0,
            refuses=draw.random() < self.refuses,
            lies=draw.random() < self.lies,
            wakes=(moment(),) if draw.random() < self.wakes else (),
            reboots=(moment(),) if draw.random() < self.reboots else (),
            gone_from=0.0 if draw.random() < self.dead else float("inf"),
        )


@dataclass
class SimulatedFarm:
    """Machines by address and port; ``clock`` gives seconds of the simulation."""

    bodies: tuple[Body, ...]
    clock: Callable[[], float]
    auxiliary_w: float = 0.0
    contacted: list[tuple[str, int]] = field(default_factory=list)  # all that was tried, also what is not there
    unanswered: set[str] = field(default_factory=set)  # machines that were silent when asked

    def __post_init__(self) -> None:
        self._at = {(body.address, body.port): body for body in self.bodies}

    def meter_mw(self) -> float:
        """What the site draws now, MW."""
        now = self.clock()
        return (sum(body.power_w(now) for body in self.bodies) + self.auxiliary_w) / 1e6

    def body_at(self, address: str, port: int) -> Body | None:
        """The machine that listens there."""
        return self._at.get((address, port))

    async def open_connection(self, address: str, port: int) -> tuple[asyncio.StreamReader, Writer]:
        """As asyncio.open_connection, in memory. Raises ConnectionRefusedError."""
        self.contacted.append((address, port))
        body = self.body_at(address, port)
        if body is None:
            raise ConnectionRefusedError(111, "Connection refused")
        reader = asyncio.StreamReader()
        return reader, InMemory(lambda request: self.answer(body, request, self.clock()), reader)

    def answer(self, body: Body, request: bytes, now: float) -> tuple[bytes | None, float]:
        """What a machine answers, and after how many seconds; None where it is silent."""
        if body.faults.silent(now):
            self.unanswered.add(body.name)
            return None, 0.0
        return answer_of(body.firmware)(body, request, now), body.faults.slow_s

    async def serve(self, body: Body, reader: asyncio.StreamReader, writer: Writer) -> None:
        """Answer one request, or nothing for as long as the caller waits."""
        try:
            request = await _request(reader, body.firmware in HTTP)
            answer, after_s = self.answer(body, request, self.clock())
            if answer is None:
                await reader.read()
                return
            await asyncio.sleep(after_s)
            writer.write(answer)
            await writer.drain()
        except (OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            return
        finally:
            writer.close()

    def metered(self) -> bytes:
        """The meter's answer to an HTTP request."""
        return response(200, {"mw": round(self.meter_mw(), 6), "at": self.clock()})


async def _request(reader: asyncio.StreamReader, http: bool) -> bytes:
    if not http:
        return await reader.readline()
    head = await reader.readuntil(b"\r\n\r\n")
    length = next((int(line[15:]) for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")), 0)
    return head + await reader.readexactly(length)


class InMemory:
    """The caller's end of a connection in memory: what it writes is one request.

    ``asked`` says what is answered to it, and after how many seconds; None for no answer.
    """

    def __init__(self, asked: Callable[[bytes], tuple[bytes | None, float]], reader: asyncio.StreamReader) -> None:
        self._asked, self._reader, self._closed = asked, reader, False

    def write(self, data: bytes) -> None:
        """Ask; the answer comes when it would."""
        answer, after_s = self._asked(data)
        if answer is not None and after_s:
            asyncio.get_running_loop().call_later(after_s, self._feed, answer)
        elif answer is not None:
            self._feed(answer)

    def _feed(self, answer: bytes) -> None:
        if not self._closed:
            self._reader.feed_data(answer)
            self._reader.feed_eof()

    async def drain(self) -> None:
        """Nothing waits."""

    def close(self) -> None:
        """What is answered from now on reaches nobody."""
        self._closed = True


def drawn(bodies: Iterable[Body], shares: FaultShares, seed: int) -> tuple[Body, ...]:
    """The same machines with faults and an error of their nameplates, by seed."""
    draw = random.Random(seed)  # noqa: S311 - a simulation that can be repeated
    bodies_drawn = []
    for body in bodies:
        real = 1.0 + draw.uniform(-shares.nameplate_error, shares.nameplate_error)
        body.watts *= real
        body.faults = shares.drawn(draw)
        bodies_drawn.append(body)
    return tuple(bodies_drawn)
