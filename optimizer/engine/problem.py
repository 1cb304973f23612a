"""The validated numbers one run needs: sets and float64 arrays; no YAML, no timestamps, no pandas.

This is the last place that judges data: whatever passes here is finite and has the right shape.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, ClassVar, Self

import numpy as np

from optimizer.arrays import Int
from optimizer.engine.language import Float, Formulation, LabelSet, Map, RangeSet, Sets, Subset


@dataclass(frozen=True, eq=False)
class Problem:
    """Sets and parameters of one run, for the rules of its ``formulation``.

    ``sets`` holds every set by name; ``parameters`` one float64 array per declared parameter, shaped by its sets.
    Raises ValueError where a parameter is missing, has another shape, or is not finite.
    """

    formulation: ClassVar[Formulation]
    sets: Sets
    parameters: Mapping[str, Float]

    def __post_init__(self) -> None:
        declared = {parameter.name for parameter in self.formulation.parameters}
        if unknown := sorted(set(self.parameters) - declared):
            raise ValueError(f"undeclared parameters: {', '.join(unknown)}")
        for parameter in self.formulation.parameters:
            if parameter.name not in self.parameters:
                raise ValueError(f"{parameter.name}: missing")
            values = self.parameters[parameter.name]
            shape = tuple([self._sizes[name] for name in parameter.over])
            if values.dtype != np.float64 or values.shape != shape:
                raise ValueError(
                    f"{parameter.name}: {values.dtype} of shape {values.shape}, expected float64 of {shape}"
                )
            if not values.size:
                continue
            fine = ~np.isnan(values) if parameter.open_ended else np.isfinite(values)
            if not fine.all():
                raise ValueError(f"{parameter.name}: {np.count_nonzero(~fine)} value(s) are not finite")
        for name, members in self.sets.items():
            self._judge_positions(name, members)

    def _judge_positions(self, name: str, members: LabelSet | Subset | RangeSet | Map) -> None:
        if isinstance(members, LabelSet):
            return
        most = self.size(members.of)  # in a map, one past the last means "none"
        lists: tuple[Int, ...]
        if isinstance(members, Subset):
            lists, most = (members.positions,), most - 1
        else:
            lists = (members.position,) if isinstance(members, Map) else (members.start, members.stop)
        for positions in lists:
            if positions.size and (positions.min() < 0 or positions.max() > most):
                raise ValueError(f"{name}: a position outside {members.of}")

    def size(self, name: str) -> int:
        """Number of members of a plain set or a subset."""
        if name not in self._sizes:
            raise TypeError(f"{name} is not a set of members")
        return self._sizes[name]

    @cached_property
    def _sizes(self) -> dict[str, int]:
        return {name: len(members) for name, members in self.sets.items() if isinstance(members, LabelSet | Subset)}

    def __getattr__(self, name: str) -> Float:
        """A parameter, by name."""
        if name.startswith("__") or name in {"sets", "parameters"}:
            raise AttributeError(name)
        try:
            return self.parameters[name]
        except KeyError:
            raise AttributeError(name) from None

    def labels(self, name: str) -> tuple[Any, ...]:
        """Labels of a plain set, or of a subset through the set it belongs to."""
        members = self.sets[name]
        if isinstance(members, Subset):
            parent = self.labels(members.of)
            return tuple(parent[i] for i in members.positions)
        assert isinstance(members, LabelSet)
        return members.labels

    def with_(self, **parameters: Float) -> Self:
        """The same problem with some parameters replaced."""
        return replace(self, parameters={**self.parameters, **parameters})
