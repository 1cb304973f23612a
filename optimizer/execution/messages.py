"""What the operator is told: a thing once until it is another, names in a line, and the state of everything."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from optimizer.execution.unit import Unit
from optimizer.execution.wanted import Wanted

_SHOWN = 20  # machines named in one line


class Teller:
    """Says a thing once, until it is another thing or over."""

    def __init__(self, say: Callable[[str], None]) -> None:
        self.say = say
        self._last: dict[str, str] = {}

    def once(self, what: str, line: str, key: str | None = None) -> None:
        """Say a line about something, unless that was the last said of it; ``key`` tells lines apart that differ."""
        if self._last.get(what) != (key or line):
            self._last[what] = key or line
            self.say(line)

    def standing(self, what: str) -> str | None:
        """What was said of something last, as long as that is not over."""
        return self._last.get(what)

    def over(self, what: str) -> None:
        """What was said does not hold any more."""
        self._last.pop(what, None)


def first_names(names: Sequence[str]) -> str:
    """Names in a line, the first of many.

    >>> first_names(["a", "b"])
    'a, b'
    """
    more = f" and {len(names) - _SHOWN:,} more" if len(names) > _SHOWN else ""
    return ", ".join(names[:_SHOWN]) + more


def would_send(changed: Iterable[Unit]) -> Iterable[str]:
    """What a dry run would send, a line for each group and target."""
    by_command: dict[tuple[str, str, str], list[str]] = {}
    for unit in changed:
        by_command.setdefault((unit.entry.group, str(unit.target), unit.why), []).append(unit.entry.name)
    for (group, target, why), names in by_command.items():
        because = f" ({why})" if why else ""
        yield f"dry run: {group}: {target} to {len(names):,} machines{because}: {first_names(names)}"


def cannot_be_stopped(group: str, units: Sequence[Unit]) -> str:
    """Which machines of a group run on, and what they hold."""
    mw = sum(unit.draws_w for unit in units) / 1e6
    names = first_names([f"{unit.entry.name} ({_because(unit)})" for unit in units])
    return (
        f"{group}: {len(units)} machines cannot be stopped and hold {mw:.3f} MW: {names}; "
        "open their breakers, or take them out of the inventory"
    )


def _because(unit: Unit) -> str:
    behind = f"; breaker {unit.entry.breaker}" if unit.entry.breaker else ""
    return (unit.trouble or "accepts commands and runs on") + behind


def status_of(groups: Mapping[str, Sequence[Unit]], wanted: Wanted | None, now: float) -> dict[str, Any]:
    """Machines by state, what groups draw, who cannot be stopped."""
    stuck = [unit for units in groups.values() for unit in units if unit.cannot_stop(now)]
    return {
        "at": datetime.fromtimestamp(now, UTC).isoformat(timespec="seconds"),
        "groups": {
            group: {
                "wanted": 0 if wanted is None else wanted.running(group),
                "states": dict(Counter(str(unit.state) for unit in units)),
                "mw": round(sum(unit.draws_w for unit in units) / 1e6, 6),
            }
            for group, units in groups.items()
        },
        "cannot_stop": [
            {
                "machine": unit.entry.name,
                "address": unit.entry.address,
                "mw": round(unit.draws_w / 1e6, 6),
                "because": _because(unit),
            }
            for unit in stuck
        ],
        "cannot_stop_mw": round(sum(unit.draws_w for unit in stuck) / 1e6, 6),
    }


def running_watts(units: Iterable[Unit]) -> Iterable[tuple[str, int, float]]:
    """Of machines that run where they are to, by mode: how many tell their watts, and W of one."""
    by_mode: dict[str, list[float]] = {}
    for unit in units:
        runs = unit.met and unit.target is not None and unit.target.runs
        if runs and unit.reading is not None and unit.reading.watts is not None:
            by_mode.setdefault(unit.mode, []).append(unit.reading.watts)
    for mode, watts in by_mode.items():
        yield mode, len(watts), sum(watts) / len(watts)


def power(units: Iterable[Unit]) -> tuple[float, float, float, float]:
    """MW that machines are to draw, draw, draw though they are to sleep, and do not draw though they are to run."""
    planned = drawn = awake = away = 0.0
    for unit in units:
        target, watts = unit.target, unit.draws_w
        drawn += watts
        if target is None or not target.runs:
            awake += 0.0 if unit.met else watts
        else:
            planned += target.watts
            away += 0.0 if unit.met else max(target.watts - watts, 0.0)
    return planned / 1e6, drawn / 1e6, awake / 1e6, away / 1e6
