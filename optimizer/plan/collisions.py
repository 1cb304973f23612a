"""The optimum of a plan's program, or which limits collide, in words."""

from __future__ import annotations

from dataclasses import replace

from optimizer.accounts.conditions import Conditions
from optimizer.engine.choices import optimum
from optimizer.engine.conflict import CollidingRow, Conflict, in_words
from optimizer.engine.program import LinearProgram, compile_program
from optimizer.engine.solution import Solution
from optimizer.errors import InfeasibleError, SolverError
from optimizer.mechanisms.calls.config import Event
from optimizer.plan.formulation import build_problem


def solved(c: Conditions, program: LinearProgram) -> Solution:
    """The optimum of a plan's program. Raises InfeasibleError with the limits that collide, and SolverError."""
    try:
        return optimum(program)
    except InfeasibleError:
        raise InfeasibleError(f"no schedule meets every limit:\n{_why(c)}") from None
    except SolverError as error:  # numbers beyond what a solver can tell apart are likelier than a fault of its own
        remarks = "".join(f"\n- {remark}" for remark in c.warnings)
        raise SolverError(f"{error}" + (f"; what looks wrong in the data:{remarks}" if remarks else "")) from None


def _why(c: Conditions) -> str:
    """The limits that collide, by the clock, and the load that nothing can turn off.

    A choice never collides: a voluntary call can be declined, a kept block filled first.
    """
    owed = tuple(event for event in c.farm.sections(Event) if not event.voluntary)
    problem = build_problem(replace(c, farm=c.farm.model_copy(update={Event.KEY: owed}), tail=None))

    def when(row: CollidingRow) -> str:
        if "INTERVALS" not in row.at:
            return ""
        begin, end = (times[row.at["INTERVALS"]].tz_convert(c.farm.timezone) for times in (c.grid.starts, c.grid.ends))
        return f"{begin:%Y-%m-%d %H:%M} to {end:%H:%M}: "

    def load(conflict: Conflict) -> list[str]:
        at = [row.at["INTERVALS"] for row in conflict.rows if row.family.name == "balance"][:1]
        return [f"the site draws {c.idle_load_mw[t]:.4g} MW with every machine off" for t in at]

    return in_words(problem, compile_program(problem), when, load)
