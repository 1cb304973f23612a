"""The loop on a state folder: set-points read as they are written, what machines do written beside them."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from optimizer.daily.counter import standing
from optimizer.daily.document import SetPoints
from optimizer.daily.folder import MEASURED
from optimizer.daily.real_watts import REAL_WATTS, MeasuredMode, RealWatts
from optimizer.daily.setpoints import JSON_FILE
from optimizer.errors import CurtailError
from optimizer.execution.executor import Executor
from optimizer.execution.gate import HeldError, UnansweredError
from optimizer.execution.meter import Meter
from optimizer.execution.target import IDLE_SHARE
from optimizer.execution.unit import Unit
from optimizer.files.outputs import write_text

STATUS = "machines.json"
Measured = dict[str, dict[str, int]]  # machines by group and mode
_WRITE_S, _FRESH_S, _WATTS_S = 5.0, 120.0, 3600.0
_OVER_S = 7 * 86_400.0


class SetPointsFile:
    """The document that stands in a state folder, parsed again only when its file has changed."""

    def __init__(self, state: Path) -> None:
        self.file = state / JSON_FILE
        self._mark: tuple[int, int, int] | None = None
        self._document: SetPoints | None = None

    def __call__(self) -> SetPoints | None:
        """The document; None where there is none that can be read."""
        try:
            stat = self.file.stat()
        except OSError:
            self._mark = None
            return None
        mark = stat.st_mtime_ns, stat.st_size, stat.st_ino
        if mark != self._mark:
            self._mark, self._document = mark, standing(self.file)
        return self._document


async def serve(
    executor: Executor,
    state: Path,
    until: float | None,
    measure_s: float | None,
    say: Callable[[str], None],
    meter: Meter | None = None,
) -> None:
    """Run the loop, and write down what machines do every few seconds.

    With ``measure_s`` for the next plan as well, where it changes and as often as that: an older one is not begun with.
    """
    loop = asyncio.create_task(executor.run(until))
    trouble = fault = ""
    written: Measured = {}
    written_at, watts_at = 0.0, executor.wall()
    while not loop.done():
        try:
            metered = None if meter is None or not executor.gate.live else await meter.read()
            trouble = ""
        except (UnansweredError, HeldError) as error:
            metered = None
            if (line := f"the meter: {error}") != trouble:
                say(trouble := line)
        try:
            shown = executor.status() | ({} if metered is None else {"meter_mw": metered})
            write_text(state / STATUS, json.dumps(shown, indent=2) + "\n")
            now, counts = executor.wall(), None if measure_s is None else measured(executor)
            old = measure_s is not None and not 0.0 <= now - written_at < measure_s
            if counts is not None and (counts != written or old):
                write_measured(state, counts, now, metered)
                written, written_at = counts, now
            if measure_s is not None and not 0.0 <= now - watts_at < _WATTS_S:
                write_watts(state, executor, now)
                watts_at = now
        except CurtailError as error:
            if str(error) != fault:
                say(fault := str(error))
        await asyncio.wait([loop], timeout=_WRITE_S)
    await loop


def measured(executor: Executor) -> Measured | None:
    """Machines that were seen to draw power, by group and mode; None where one in a hundred was not seen lately."""
    now = executor.wall()
    seen = [unit for unit in executor.units if unit.reading is not None and now - unit.reading.at <= _FRESH_S]
    if len(seen) < 0.99 * len(executor.units):
        return None
    counts: Measured = {unit.entry.group: dict.fromkeys(unit.kind.targets, 0) for unit in executor.units}
    for unit in seen:
        if draws(unit, now):
            counts[unit.entry.group][unit.mode] += 1
    return counts


def draws(unit: Unit, now: float) -> bool:
    """Whether a machine draws more than standby, restarting or mining, as far as it tells."""
    reading = unit.reading
    if reading is None:
        return False
    if reading.watts is not None:
        return reading.watts > IDLE_SHARE * unit.kind.nameplate_w
    starting = unit.target is not None and unit.target.runs and now - unit.since <= unit.kind.restart_s
    return bool(reading.hashrate_th) or starting


def write_watts(state: Path, executor: Executor, now: float) -> None:
    """What machines of each group and mode drew in the last days, which takes the place of their nameplate."""
    groups: dict[str, dict[str, MeasuredMode]] = {}
    for group, mode, hours, machines, watts in executor.audit.ran_at(now - _OVER_S):
        groups.setdefault(group, {})[mode] = MeasuredMode(
            watts=round(watts, 1), hours=round(hours, 2), machines=round(machines, 1)
        )
    if groups:
        at = datetime.fromtimestamp(now, UTC).replace(microsecond=0)
        write_text(state / REAL_WATTS, RealWatts(at=at, groups=groups).model_dump_json(indent=2) + "\n")


def write_measured(state: Path, on: Measured, now: float, import_mw: float | None = None) -> None:
    """The measured state, which the next plan begins with, the meter's import too. Raises CurtailError."""
    at = datetime.fromtimestamp(now, UTC).isoformat(timespec="seconds")
    groups = {
        group: {"running": sum(modes.values())} | ({"modes": modes} if len(modes) > 1 else {})
        for group, modes in on.items()
    }
    metered = {} if import_mw is None else {"grid_import_mw": import_mw}
    write_text(state / MEASURED, json.dumps({"at": at, **metered, "groups": groups}, indent=2) + "\n")
