"""The shutdowns of a plan as a list for people."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from optimizer.accounts.reasons import Reason
from optimizer.plan.tables import Shutdown, shutdown_blocks
from optimizer.report.kit.text import Clock, label

if TYPE_CHECKING:  # at run time it would bring the solver with it
    from optimizer.plan.planning import Plan


@dataclass(frozen=True)
class Block:
    """A shutdown, with its times on the farm's clock. Where only the reason changes on the way, it has several."""

    group: str
    start: str
    end: str
    hours: float
    units: float
    mw: float
    reasons: tuple[Reason, ...]
    meaning: str


def shutdown_rows(plan: Plan) -> tuple[Block, ...]:
    """The shutdowns of a plan by their start."""
    clock = Clock(plan.grid)
    return tuple(_block(plan, clock, run) for run in merged(shutdown_blocks(plan.conditions, plan.explanation)))


def merged(blocks: Sequence[Shutdown]) -> list[list[Shutdown]]:
    """Shutdowns that follow one another with as many machines of one group off, whatever the reasons; by their start.

    blocks: sorted by start.
    """
    runs: list[list[Shutdown]] = []
    open_runs: dict[tuple[int, float, int], list[Shutdown]] = {}
    for block in blocks:
        run = open_runs.pop((block.group, block.units, block.first), None)
        if run is None:
            run = []
            runs.append(run)
        run.append(block)
        open_runs[block.group, block.units, block.end] = run
    return runs


def _block(plan: Plan, clock: Clock, run: Sequence[Shutdown]) -> Block:
    hours = [float(plan.grid.hours[block.first : block.end].sum()) for block in run]
    reasons = tuple(dict.fromkeys(block.reason for block in run))
    return Block(
        group=plan.farm.fleet[run[0].group].name,
        start=clock.start(run[0].first),
        end=clock.end(run[-1].end - 1),
        hours=sum(hours),
        units=run[0].units,
        mw=float(np.average([block.mw for block in run], weights=hours)),
        reasons=reasons,
        meaning=reasons[0].meaning if len(reasons) == 1 else ", then ".join(map(label, reasons)),
    )
