"""A whole schedule: its machines found somehow, everything else solved once more around them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from optimizer.accounts.dispatch import Dispatch
from optimizer.arrays import F
from optimizer.engine.choices import optimum, with_columns_fixed
from optimizer.engine.program import LinearProgram
from optimizer.engine.solution import Ended, Solution


@dataclass(frozen=True)
class Rounded:
    """A whole schedule, how it was found, and what ended the search before it was proved best; "" where it is."""

    dispatch: Dispatch
    method: str
    ended: Ended = ""

    @property
    def proved(self) -> bool:
        """Whether no whole schedule earns more, by as much as shows."""
        return not self.ended


def redispatched(program: LinearProgram, units: F) -> Solution:
    """The optimum of everything else with these machines on in the first intervals, (points, intervals of the plan).

    Raises InfeasibleError where nothing else can be done for them to keep every limit.
    """
    columns, planned = program.columns["units_on"], units.shape[1]
    held, values = np.zeros(program.shape[1]), np.zeros(program.shape[1])
    columns.of(held)[:, :planned] = 1.0
    columns.of(values)[:, :planned] = units
    return optimum(with_columns_fixed(program, held > 0, values))
