"""The shutdowns of a plan as a list for people."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from optimizer.accounts.reasons import Reason
from optimizer.plan.tables import shutdown_blocks
from optimizer.report.kit.text import Clock, label

if TYPE_CHECKING:  # at run time it would bring the solver with it
    from optimizer.plan.planning import Plan


@dataclass(frozen=True)
class ShutdownRow:
    """A shutdown, with its times on the farm's clock. Where only the reason changes on the way, it has several."""

    group: str
    start: str
    end: str
    hours: float
    units: float
    mw: float
    reasons: tuple[Reason, ...]
    meaning: str


def shutdown_rows(plan: Plan) -> tuple[ShutdownRow, ...]:
    """The shutdowns of a plan by their start."""
    clock, hours = Clock(plan.grid), plan.grid.hours
    return tuple(
        ShutdownRow(
            group=plan.farm.fleet[block.group].name,
            start=clock.start(block.first),
            end=clock.end(block.end - 1),
            hours=float(hours[block.first : block.end].sum()),
            units=block.units,
            mw=block.mw,
            reasons=block.reasons,
            meaning=block.reasons[0].meaning if len(block.reasons) == 1 else ", then ".join(map(label, block.reasons)),
        )
        for block in shutdown_blocks(plan.conditions, plan.explanation.off)
    )
