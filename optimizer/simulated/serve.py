"""A simulated farm on loopback: a socket for each port, whatever the number of addresses, and a meter by HTTP."""

from __future__ import annotations

import asyncio
import ipaddress
import socket
from contextlib import suppress

from optimizer.errors import CurtailError, InputError
from optimizer.simulated.farm import SimulatedFarm

METER = ("127.0.0.1", 8099)
_LOOPBACK = ipaddress.ip_network("127.0.0.0/8")
_BACKLOG = 2048


def refuse_elsewhere(farm: SimulatedFarm) -> None:
    """Raise InputError where a machine is not on loopback: another one may stand there."""
    for body in farm.bodies:
        if ipaddress.ip_address(body.address) not in _LOOPBACK:
            raise InputError(
                f"{body.name}: {body.address} is not on loopback (127.x.x.x), where simulated machines are"
            )


async def listening(farm: SimulatedFarm, meter: tuple[str, int] = METER) -> list[asyncio.Server]:
    """Servers for all machines and the meter. Raises CurtailError where a port cannot be had."""
    refuse_elsewhere(farm)

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        address, port = writer.get_extra_info("sockname")[:2]
        body = farm.body_at(address, port)
        with suppress(ConnectionError):
            if body is None:
                writer.close()
            else:
                await farm.serve(body, reader, writer)

    async def metered(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            await reader.readuntil(b"\r\n\r\n")
            writer.write(farm.metered())
            await writer.drain()
        writer.close()

    servers = []
    try:
        for port in sorted({body.port for body in farm.bodies}):
            addresses = sorted({body.address for body in farm.bodies if body.port == port})
            for bound in _bound(addresses, port):
                servers.append(await asyncio.start_server(answer, sock=bound, backlog=_BACKLOG))
        servers.append(await asyncio.start_server(metered, *meter))
    except OSError as error:
        for server in servers:
            server.close()
        raise CurtailError(f"a port of the simulated farm cannot be had: {error.strerror or error}") from None
    return servers


def _bound(addresses: list[str], port: int) -> list[socket.socket]:
    """One socket that only loopback reaches, where the system lets it be bound to that; else one for each address."""
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.setsockopt(socket.SOL_SOCKET, getattr(socket, "SO_BINDTODEVICE", 25), b"lo")
    except OSError:
        listener.close()
        return [_of(address, port) for address in addresses]
    try:
        listener.bind(("", port))
    except OSError:
        listener.close()
        raise
    return [listener]


def _of(address: str, port: int) -> socket.socket:
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind((address, port))
    return listener
