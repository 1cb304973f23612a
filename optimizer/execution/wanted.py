"""What set-points want of each group now, and which machines are to do it: the least efficient sleep first."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from optimizer.daily.document import SetPoints

Counts = Mapping[str, Mapping[str, int]]  # machines by group and mode


@dataclass(frozen=True)
class Wanted:
    """Machines by group and mode, why others are off, and whose word it is."""

    counts: Counts
    why: Mapping[str, str]
    plan: str
    sequence: int

    def running(self, group: str) -> int:
        """Machines of a group that are to run."""
        return sum(self.counts.get(group, {}).values())


def wanted_at(document: SetPoints, now: datetime) -> Wanted | None:
    """What a document wants at a moment; None from its ``valid_until`` on, where it promises nothing."""
    if now >= document.valid_until:
        return None
    counts: dict[str, dict[str, int]] = {}
    why: dict[str, str] = {}
    for point in document.setpoints:
        follows = point.next
        on, reason = point.machines_on, point.reason
        if follows is not None and follows.at <= now:
            on, reason = follows.machines_on, follows.reason
        counts.setdefault(point.group, {})[point.mode] = on
        why[point.group] = reason or why.get(point.group, "")
    return Wanted(counts, why, document.plan or "", document.sequence)


def none_runs(groups: Iterable[str], why: str) -> Wanted:
    """The safe state: every machine sleeps."""
    return Wanted({group: {} for group in groups}, dict.fromkeys(groups, why), "", 0)


@dataclass(frozen=True)
class Ranked:
    """A machine in its group. ``released``: it could not be stopped, and another sleeps in its place."""

    name: str
    j_per_th: float
    released: bool = False


def machine_modes(counts: Mapping[str, int], machines: Sequence[Ranked]) -> dict[str, str | None]:
    """The mode of each machine of a group; None sleeps. Counts beyond the machines there are run what there is.

    >>> machine_modes({"normal": 1}, [Ranked("old", 30.0), Ranked("new", 20.0)])
    {'new': 'normal', 'old': None}
    >>> machine_modes({"normal": 1}, [Ranked("old", 30.0, released=True), Ranked("new", 20.0)])
    {'old': 'normal', 'new': None}
    """
    order = sorted(machines, key=lambda one: (not one.released, one.j_per_th, one.name))
    modes: list[str | None] = [mode for mode, n in counts.items() for _ in range(n)]
    modes += [None] * (len(order) - len(modes))
    return {one.name: mode for one, mode in zip(order, modes, strict=False)}


def over_breakers(names: Sequence[str], breaker: Mapping[str, str]) -> list[str]:
    """Machines in their order, but those of one breaker as far apart as can be.

    >>> over_breakers(["a1", "a2", "b1"], {"a1": "A", "a2": "A", "b1": "B"})
    ['a1', 'b1', 'a2']
    """
    queues: dict[str, list[str]] = {}
    for name in names:
        queues.setdefault(breaker.get(name, ""), []).append(name)
    turns = [(turn, k, name) for k, queue in enumerate(queues.values()) for turn, name in enumerate(queue)]
    return [name for _, _, name in sorted(turns)]
