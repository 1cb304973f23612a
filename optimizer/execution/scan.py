"""Machines found on a network by pyasic-rs, as an inventory: their driver by their firmware, a group as given."""

from __future__ import annotations

from typing import Any

from optimizer.errors import InputError
from optimizer.execution.gate import Gate
from optimizer.execution.inventory import MachineEntry

_MOST_ADDRESSES = 65_536


async def scan(gate: Gate, group: str) -> tuple[MachineEntry, ...]:
    """Every machine that answers in the allowed networks. Raises InputError where nothing may or can be scanned."""
    if not gate.live:
        raise InputError("a scan contacts every address of --allow: give --live")
    if sum(network.num_addresses for network in gate.allowed) > _MOST_ADDRESSES:
        raise InputError(f"--allow holds more than {_MOST_ADDRESSES:,} addresses; name the networks of the machines")
    try:
        from pyasic_rs import MinerFactory
    except ImportError:
        raise InputError("a scan needs pyasic-rs: pip install 'curtail[dispatch]'") from None
    miners: list[Any] = []
    for network in gate.allowed:
        miners += await MinerFactory.from_subnet(str(network)).scan()
    return tuple(
        MachineEntry(
            name=str(miner.ip),
            group=group,
            driver=driver_of(str(miner.make), str(miner.firmware)),
            address=str(miner.ip),
        )
        for miner in sorted(miners, key=lambda miner: str(miner.ip))
    )


def driver_of(make: str, firmware: str) -> str:
    """The driver for a maker and a firmware; that over pyasic-rs for all that have none of their own.

    >>> driver_of("AntMiner", "LuxOS"), driver_of("AntMiner", "Stock"), driver_of("WhatsMiner", "Stock")
    ('luxos', 'antminer', 'asic_rs')
    """
    known = {"lux": "luxos", "braiins": "braiins"}
    for part, name in known.items():
        if part in firmware.lower():
            return name
    return "antminer" if "antminer" in make.lower() and "stock" in firmware.lower() else "asic_rs"
