"""The farm of trials on simulated machines: a group for each firmware, its inventory, its machines, its set-points."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

from optimizer.config.farm import Farm
from optimizer.daily.document import FarmId, SetPoint, SetPoints
from optimizer.execution.inventory import MachineEntry
from optimizer.simulated.body import Body
from optimizer.simulated.firmware import FIRMWARE

WATTS, TERAHASHES = 3500.0, 200.0
BEGAN = datetime(2026, 2, 11, 12, tzinfo=UTC)
RESTART_S = 300.0
PASSWORD = "hunter2-of-nobody"  # noqa: S105 - of machines that are not there


def group_of(firmware: str) -> str:
    """The group that holds the machines of a firmware."""
    return f"Hall {firmware}"


def farm_of(machines: int) -> Farm:
    """A farm of one group for each firmware."""
    model = {"hashrate_th": TERAHASHES, "power_w": WATTS, "cooling": "air", "source": "made up", "confidence": "low"}
    fleet = [
        {
            "name": group_of(firmware),
            "units": machines // len(FIRMWARE),
            "standby_w": 25.0,
            "restart_minutes": RESTART_S / 60,
            "machine": model | {"model": f"Of {firmware}"},
        }
        for firmware in FIRMWARE
    ]
    written = {
        "name": "Simulated",
        "timezone": "UTC",
        "site": {"import_limit_mw": machines * 4e-3},
        "fleet": fleet,
        "revenue": {"hashprice_usd_per_ph_day": 33.0},
        "energy": {"price_usd_per_mwh": 40.0},
        "horizon": {"start": "2026-02-11 12:00", "hours": 24},
    }
    return Farm.model_validate_json(json.dumps(written))


def inventory_of(machines: int) -> tuple[MachineEntry, ...]:
    """Each machine at an address of its own, 40 behind a breaker, the later the less efficient."""
    return tuple(
        MachineEntry(
            name=f"m{i:05d}",
            group=group_of(FIRMWARE[i % len(FIRMWARE)]),
            driver=FIRMWARE[i % len(FIRMWARE)],
            address=f"127.{i // 60_000 + 1}.{i // 250 % 240}.{i % 250 + 1}",
            port=4028 if i % 2 == 0 else 8080,
            breaker=f"B{i // 40}",
            j_per_th=17.5 + i * 1e-4,
        )
        for i in range(machines)
    )


def bodies_of(entries: tuple[MachineEntry, ...]) -> list[Body]:
    """The machines themselves."""
    return [
        Body(
            one.name, one.address, one.port or 0, one.driver, WATTS, TERAHASHES, restart_s=RESTART_S, password=PASSWORD
        )
        for one in entries
    ]


def handed_out(on: dict[str, int], now: float, sequence: int) -> SetPoints:
    """Set-points as a watch would write them now, for a quarter of an hour."""
    at = datetime.fromtimestamp(now, UTC)
    points = tuple(
        SetPoint(
            group=group, mode="normal", machines_on=n, since=at, until=at + timedelta(days=1), reason="event", next=None
        )
        for group, n in on.items()
    )
    return SetPoints(
        contract=2,
        farm=FarmId(id="simulated", name="Simulated"),
        plan="run",
        epoch=1,
        sequence=sequence,
        made_at=at,
        valid_until=at + timedelta(minutes=15),
        status="planned",
        source="plan",
        stale=False,
        price_age_minutes=None,
        short_mw=0.0,
        short_until=None,
        message=(),
        setpoints=points,
    )
