"""Simulated machines for a farm file: an inventory on loopback where there is none, bodies with faults from a seed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import fields, replace

from optimizer.config.farm import Farm
from optimizer.errors import InputError
from optimizer.execution.credentials import Credentials
from optimizer.execution.drivers import driver
from optimizer.execution.inventory import MachineEntry
from optimizer.simulated.body import Body
from optimizer.simulated.farm import FaultShares, SimulatedFarm, drawn
from optimizer.simulated.firmware import FIRMWARE, HTTP

_PER_BREAKER, _PER_NET, _HTTP_PORT = 40, 250, 8080
_NONE = FaultShares(**dict.fromkeys(("deaf", "wakes", "lies", "dead", "slow", "nameplate_error"), 0.0))
_W_PER_MW = 1e6


def inventory_of(farm: Farm) -> tuple[MachineEntry, ...]:
    """An entry for every machine of a farm, on 127.x addresses; each group has one firmware, in turn.

    Groups of several modes get one whose watts can be set.
    """
    entries: list[MachineEntry] = []
    stepping = [name for name in FIRMWARE if driver(name).STEPS]
    for g, group in enumerate(farm.fleet):
        choice = stepping if len(group.modes) > 1 else FIRMWARE
        firmware = choice[g % len(choice)]
        for k in range(group.units):
            i = len(entries)
            entries.append(
                MachineEntry(
                    name=f"{group.name} {k + 1}",
                    group=group.name,
                    driver=firmware,
                    address=f"127.{1 + i // (_PER_NET * 250)}.{i // _PER_NET % 250}.{1 + i % _PER_NET}",
                    port=_HTTP_PORT if firmware in HTTP else None,
                    breaker=f"{group.name}/{k // _PER_BREAKER + 1}",
                )
            )
    return tuple(entries)


def shares_of(texts: Sequence[str]) -> FaultShares:
    """Shares of faults as given, such as ``deaf=0.05``. Raises InputError.

    >>> shares_of(["deaf=0.05"]).deaf, shares_of([]).lies
    (0.05, 0.0)
    """
    known = [field.name for field in fields(FaultShares)]
    shares = _NONE
    for text in texts:
        name, _, value = text.partition("=")
        try:
            share = float(value)
        except ValueError:
            share = -1.0
        if name not in known or share < 0.0 or (share > 1.0 and name != "over_s"):
            raise InputError(f"--fault {text!r}: must be one of {', '.join(known)} with a share, such as deaf=0.05")
        shares = replace(shares, **{name: share})
    return shares


def simulated(
    entries: Sequence[MachineEntry],
    farm: Farm,
    credentials: Credentials,
    shares: FaultShares,
    seed: int,
    clock: Callable[[], float],
) -> SimulatedFarm:
    """The machines of an inventory, at their nameplate but for its error, and the farm's own load at the meter."""
    groups = {group.name: group for group in farm.fleet}
    bodies = []
    for entry in entries:
        group = groups.get(entry.group)
        if group is None or entry.driver not in FIRMWARE:
            raise InputError(
                f"{entry.name}: only machines of the farm's groups with {', '.join(FIRMWARE)} are simulated"
            )
        at = max(group.points.values(), key=lambda point: point.power_w)
        bodies.append(
            Body(
                entry.name,
                entry.address,
                entry.port or driver(entry.driver).PORT,
                entry.driver,
                at.power_w,
                at.hashrate_th,
                standby_w=group.standby_w,
                restart_s=group.restart_minutes * 60.0,
                mac=entry.mac or "02:00:00:00:00:01",
                password=credentials.of(entry.driver).password.get_secret_value(),
            )
        )
    own = farm.site.auxiliary_load_mw
    return SimulatedFarm(drawn(bodies, shares, seed), clock, (own if isinstance(own, float) else 0.0) * _W_PER_MW)
