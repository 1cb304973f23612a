"""What a variant of the study may decide, and which decisions are the same on all paths."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from optimizer.arrays import Int
from optimizer.conversion.case import Case


@dataclass(frozen=True)
class VariantRules:
    """What a variant of the study may do.

    ``converted`` fixes the critical MW of some offers, by position, taken up at once in the first period; the others
    are then left out. Conversions begin in periods ``first`` and later. Decisions of the first ``shared`` periods are
    the same on all paths; those to convert, of the first ``shared_conversions`` periods.
    """

    converted: dict[int, float] | None = None
    first: int = 0
    shared: int = 0
    shared_conversions: int = 0


@dataclass(frozen=True, eq=False)
class Choices:
    """Where decisions stand: ``node_of`` (periods, paths), ``choice_of`` (vintages, paths)."""

    nodes: tuple[str, ...]
    node_of: Int
    period_of_node: Int
    choices: tuple[str, ...]
    choice_of: Int
    vintage_of_choice: Int


def choices_of(case: Case, rules: VariantRules) -> Choices:
    """Nodes of the tree of decisions, a period's beside each other."""
    labels, paths = case.timeline.labels, case.paths.names

    def places(shared: list[bool], names: list[str]) -> tuple[list[str], Int, Int]:
        node_labels: list[str] = []
        at, owner = [], []
        for i, (common, name) in enumerate(zip(shared, names, strict=True)):
            first = len(node_labels)
            node_labels += [name] if common or len(paths) == 1 else [f"{name}, {path}" for path in paths]
            at.append([first] * len(paths) if common else list(range(first, first + len(paths))))
            owner += [i] * (len(node_labels) - first)
        return node_labels, np.array(at, dtype=np.int64).reshape(-1, len(paths)), np.array(owner, dtype=np.int64)

    nodes, node_of, period = places([q < rules.shared for q in range(len(labels))], list(labels))
    starts = case.vintages.start.tolist()
    vintages = [f"{case.offers[o].name}, {labels[p]}" for o, p in zip(case.vintages.offer, starts, strict=True)]
    choices, choice_of, vintage = places([p < rules.shared_conversions for p in starts], vintages)
    return Choices(tuple(nodes), node_of, period, tuple(choices), choice_of, vintage)
