"""Machines read once: who answers, and what they draw against what the farm file has them draw."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from statistics import median

from optimizer.execution.gate import HeldError, UnansweredError
from optimizer.execution.inventory import MachineEntry
from optimizer.execution.target import HASHES_SHARE
from optimizer.execution.unit import Unit

_AT_ONCE = 256
_NOTABLE = 0.02  # between measured watts and nameplate


async def survey(units: Sequence[Unit], now: float) -> None:
    """Read each machine once; what it said, or why it did not, stands in the unit. Raises HeldError at the gate."""
    slots = asyncio.Semaphore(_AT_ONCE)

    async def read(unit: Unit) -> None:
        async with slots:
            try:
                unit.reading = await unit.driver.read(now)
            except UnansweredError as error:
                unit.trouble = str(error)
            except HeldError:
                raise
            except Exception as error:  # whatever a machine answers
                unit.trouble = f"unexpected: {type(error).__name__}"

    await asyncio.gather(*map(read, units))


def running(unit: Unit) -> bool:
    """Whether a machine made about the hash rate of one of its modes when it was read."""
    least = min(target.hashrate_th for target in unit.kind.targets.values())
    return unit.reading is not None and (unit.reading.hashrate_th or 0.0) >= HASHES_SHARE * least


def findings(units: Sequence[Unit]) -> tuple[str, ...]:
    """What the reading of machines came to, by group, with what to change in the farm file."""
    lines = []
    groups: dict[str, list[Unit]] = {}
    for unit in units:
        groups.setdefault(unit.entry.group, []).append(unit)
    for group, those in groups.items():
        silent = [unit for unit in those if unit.reading is None]
        on = [unit for unit in those if running(unit)]
        lines.append(f"{group}: {len(those) - len(silent):,} of {len(those):,} machines answer, {len(on):,} mine")
        if silent:
            lines.append(f"{group}: {silent[0].entry.name} at {silent[0].entry.address}: {silent[0].trouble}")
        watts = [unit.reading.watts for unit in on if unit.reading is not None and unit.reading.watts is not None]
        if not watts:
            lines.append(f"{group}: no machine that mines tells its watts; measure the group at its feeder")
            continue
        real, plate = median(watts), those[0].kind.nameplate_w
        off = real / plate - 1.0
        if abs(off) >= _NOTABLE and len(those[0].kind.targets) == 1:
            lines.append(
                f"{group}: {real:,.0f} W measured (median of {len(watts):,}), {plate:,.0f} W in the farm file "
                f"({off:+.1%}); give the group a `machine` with power_w: {real:.0f}"
            )
        elif len(those[0].kind.targets) > 1:
            lines.append(f"{group}: {measured_curve(on)}")
    return tuple(lines)


def measured_curve(units: Sequence[Unit]) -> str:
    """The operating points at which machines really run, as `modes` of a machine: by mode the nearest in TH/s."""
    points: dict[str, list[tuple[float, float]]] = {}
    for unit in units:
        reading = unit.reading
        if reading is None or reading.watts is None or reading.hashrate_th is None:
            continue
        made = reading.hashrate_th
        mode = min(unit.kind.targets, key=lambda name: abs(unit.kind.targets[name].hashrate_th - made))
        points.setdefault(mode, []).append((made, reading.watts))
    shown = (
        f"{mode}: {{hashrate_th: {median(th for th, _ in of):.1f}, power_w: {median(w for _, w in of):.0f}}}"
        for mode, of in points.items()
    )
    return "measured " + ", ".join(shown)


def ranked(units: Sequence[Unit]) -> tuple[MachineEntry, ...]:
    """The inventory with the J/TH that each machine showed; those that did not mine keep what they had."""

    def measured(unit: Unit) -> MachineEntry:
        reading = unit.reading
        if not running(unit) or reading is None or reading.watts is None or not reading.hashrate_th:
            return unit.entry
        return unit.entry.model_copy(update={"j_per_th": round(reading.watts / reading.hashrate_th, 3)})

    return tuple(measured(unit) for unit in units)
