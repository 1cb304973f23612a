"""A small MQTT 3.1.1 broker on loopback, in a thread: connect, subscribe, publish at most with QoS 1, keep the last."""

from __future__ import annotations

import asyncio
import struct
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress

_CONNECT, _PUBLISH, _SUBSCRIBE, _PING, _DISCONNECT = 1, 3, 8, 12, 14


class Broker:
    """``kept`` is the last message of each topic; ``password`` what clients must give, None for any."""

    def __init__(self, password: str | None = None) -> None:
        self.password, self.kept = password, {}
        self.port = 0
        self._ready = threading.Event()
        self._subscribed: list[tuple[bytes, asyncio.StreamWriter]] = []

    def publish(self, topic: str, message: bytes) -> None:
        """Send a message to whoever has subscribed, from the broker's side."""
        asyncio.run_coroutine_threadsafe(self._sent(topic.encode(), message), self._loop).result(5.0)

    def drop(self) -> None:
        """Break every connection off."""

        async def whole() -> None:
            for _, writer in self._subscribed:
                writer.close()
            self._subscribed = []

        asyncio.run_coroutine_threadsafe(whole(), self._loop).result(5.0)

    async def _sent(self, topic: bytes, message: bytes) -> None:
        self.kept[topic.decode()] = message
        for wanted, writer in self._subscribed:
            if wanted == topic:
                writer.write(_packet(_PUBLISH << 4, struct.pack(">H", len(topic)) + topic + message))

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(asyncio.IncompleteReadError, ConnectionError), closing(writer):
            while True:
                first = (await reader.readexactly(1))[0]
                size = shift = 0
                while True:
                    byte = (await reader.readexactly(1))[0]
                    size |= (byte & 127) << shift
                    shift += 7
                    if byte < 128:
                        break
                body = await reader.readexactly(size)
                kind = first >> 4
                if kind == _CONNECT:
                    refused = self.password is not None and not body.endswith(self.password.encode())
                    writer.write(_packet(2 << 4, bytes([0, 5 if refused else 0])))
                elif kind == _SUBSCRIBE:
                    topic = body[4 : 4 + struct.unpack(">H", body[2:4])[0]]
                    self._subscribed.append((topic, writer))
                    writer.write(_packet(9 << 4, body[:2] + b"\1"))
                elif kind == _PUBLISH:
                    size = struct.unpack(">H", body[:2])[0]
                    topic, rest = body[2 : 2 + size], body[2 + size :]
                    if first & 6:
                        writer.write(_packet(4 << 4, rest[:2]))
                        rest = rest[2:]
                    await self._sent(topic, rest)
                elif kind == _PING:
                    writer.write(_packet(13 << 4, b""))
                elif kind == _DISCONNECT:
                    break

    async def run(self) -> None:
        """Serve until it is ended."""
        self._loop, self._end = asyncio.get_running_loop(), asyncio.Event()
        async with await asyncio.start_server(self._serve, "127.0.0.1", 0) as server:
            self.port = server.sockets[0].getsockname()[1]
            self._ready.set()
            await self._end.wait()


def _packet(head: int, body: bytes) -> bytes:
    assert len(body) < 128**2
    size = bytes([len(body)]) if len(body) < 128 else bytes([len(body) & 127 | 128, len(body) >> 7])
    return bytes([head]) + size + body


@contextmanager
def broker(password: str | None = None) -> Iterator[Broker]:
    """A broker that runs."""
    one = Broker(password)
    thread = threading.Thread(target=lambda: asyncio.run(one.run()), daemon=True)
    thread.start()
    assert one._ready.wait(5.0)
    try:
        yield one
    finally:
        one._loop.call_soon_threadsafe(one._end.set)
        thread.join()
