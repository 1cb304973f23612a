"""What a schedule decides, as an open table: whatever the program marks ``decided`` is in it.

Nothing of the program or of money is known; plans, policies, records and replays hand their schedules on in this form.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import reduce
from types import MappingProxyType
from typing import Any, Self

import numpy as np

from optimizer.arrays import F, Int
from optimizer.config.fleet import Group

Table = Mapping[str, Mapping[Any, F]]
_NONE: Mapping[Any, F] = MappingProxyType({})
ONSITE, EXPORT = "on-site", "export"


@dataclass(frozen=True)
class Dispatch:
    """What is decided of a schedule: variable -> label -> series over its intervals, (intervals,).

    ``units_on`` by (group, mode), machines on, whole or not; ``source_mw`` and ``export_mw`` of power of one's own, MW;
    the rest by its name.
    """

    table: Table

    @classmethod
    def of(
        cls,
        units_on: Mapping[tuple[str, str], F],
        onsite_mw: F,
        export_mw: F,
        **more: Mapping[Any, F],
    ) -> Self:
        """A schedule of machines and power of one's own, and of what else is decided."""
        own: Table = {"source_mw": {ONSITE: onsite_mw}, "export_mw": {EXPORT: export_mw}}
        return cls(_frozen({"units_on": units_on, **own, **more}))

    def __len__(self) -> int:
        """Number of intervals."""
        return next(len(series) for rows in self.table.values() for series in rows.values())

    @property
    def units_on(self) -> Mapping[tuple[str, str], F]:
        """Machines on by group and mode, (intervals,) each."""
        return self.table["units_on"]

    def __getitem__(self, variable: str) -> Mapping[Any, F]:
        """A variable by its labels, (intervals,) each; nothing of one that is not decided."""
        return self.table.get(variable, _NONE)

    @property
    def onsite_mw(self) -> F:
        """On-site generation used or exported, MW, (intervals,)."""
        return self.total("source_mw")

    @property
    def export_mw(self) -> F:
        """Power sent out through the meter, MW, (intervals,)."""
        return self.total("export_mw")

    def total(self, variable: str) -> F:
        """The sum over a variable's labels, (intervals,); zero where it has none."""
        return reduce(np.add, self[variable].values(), np.zeros(len(self)))

    def running(self, group: Group) -> F:
        """Machines of a group running in any mode, (intervals,)."""
        return reduce(np.add, (self.units_on[group.name, mode] for mode in group.modes))

    def with_(self, **variables: Mapping[Any, F]) -> Self:
        """The same schedule with other values of some variables."""
        return replace(self, table=_frozen({**self.table, **variables}))

    def first(self, n: int) -> Self:
        """Its first ``n`` intervals."""
        return self._each(lambda series: series[:n])

    def at(self, positions: Int) -> Self:
        """On another grid: each of its intervals decides what the one at that position does."""
        return self._each(lambda series: series[positions])

    def _each(self, change: Callable[[F], F]) -> Self:
        changed = {name: {label: change(series) for label, series in rows.items()} for name, rows in self.table.items()}
        return replace(self, table=_frozen(changed))

    def to_json(self) -> list[Any]:
        """Plain data: [variable, [[label, values], ...]] each."""
        return [[name, [[label, row.tolist()] for label, row in rows.items()]] for name, rows in self.table.items()]

    @classmethod
    def from_json(cls, data: list[Any]) -> Self:
        """What `to_json` wrote."""
        return cls(_frozen({name: {_label(label): _array(row) for label, row in rows} for name, rows in data}))


def joined(pieces: Sequence[Dispatch]) -> Dispatch:
    """Schedules one after the other."""
    first = pieces[0].table
    return Dispatch(
        _frozen({n: {at: np.concatenate([p.table[n][at] for p in pieces]) for at in first[n]} for n in first})
    )


def _frozen(table: Table) -> Table:
    return MappingProxyType({name: MappingProxyType(dict(rows)) for name, rows in table.items()})


def _label(plain: Any) -> Any:
    return tuple(plain) if isinstance(plain, list) else plain


def _array(values: list[float]) -> F:
    return np.array(values, dtype=np.float64)
