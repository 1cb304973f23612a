"""Samples of what is slow, drawn by a seed, and the whole: `make test SEED=7`, `make test-all`."""

from __future__ import annotations

import os
import random
from collections.abc import Iterable
from typing import TypeVar

from hypothesis import settings

SEED = os.environ.get("CURTAIL_SEED", "1")
WHOLE = bool(os.environ.get("CURTAIL_WHOLE"))

T = TypeVar("T")


def sample(cases: Iterable[T], count: int) -> list[T]:
    """So many of the cases in their order, or all of them in a whole run.

    >>> sample("abc", 3), len(sample(range(100), 4)) in (4, 100)
    (['a', 'b', 'c'], True)
    """
    every = list(cases)
    if WHOLE or count >= len(every):
        return every
    return [every[i] for i in sorted(random.Random(f"{SEED} of {len(every)}").sample(range(len(every)), count))]


def number(few: int, whole: int, name: str = "") -> int:
    """How many cases are made: what a variable of the environment says, else few, or the whole in a whole run."""
    return int(os.environ.get(name, whole if WHOLE else few))


def examples(whole: int) -> settings:
    """So many examples of a property in a whole run, a third of them else."""
    return settings(max_examples=number(-(-whole // 3), whole))
