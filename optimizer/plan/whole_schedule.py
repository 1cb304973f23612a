"""The whole schedule of a plan: rounded down where that is as good as any, else searched for, wider and wider."""

from __future__ import annotations

from optimizer.accounts.breach import Breach
from optimizer.accounts.conditions import Conditions
from optimizer.engine.program import LinearProgram
from optimizer.engine.solution import Solution
from optimizer.errors import InfeasibleError, StoppedEarlyError
from optimizer.plan.rounded import Rounded
from optimizer.plan.search import Search


def whole_schedule(
    c: Conditions, program: LinearProgram, solution: Solution, *, time_limit: float | None = None
) -> Rounded:
    """A whole schedule as near to the continuous optimum as the work allowed finds, that breaks no rule.

    Of a plan and its tail in one the plan is whole, and the tail does its best around it.

    ``time_limit``, in seconds, bounds each search in place of work. Raises InfeasibleError where no whole schedule
    keeps every limit, StoppedEarlyError where none was found.
    """
    search = Search(c, program, solution, time_limit)
    breaches = search.keep("rounded down", search.rounded)
    if search.proved:
        return search.in_steps()
    single = any(group.units_switched_together == 1 for group in c.farm.fleet)
    for seek in (search.around, search.near, search.throughout) if single else (search.near, search.throughout):
        try:
            seek(breaches)
        except StoppedEarlyError:
            search.ended = "work" if time_limit is None else "clock"
        except InfeasibleError:
            if seek == search.throughout and not search.candidates:
                raise _no_whole_schedule(breaches) from None
        if search.proved:
            return search.in_steps()
    if not search.candidates:
        allowed = "the work that a search may do" if time_limit is None else f"{time_limit:g} s"
        first = f"; the first rule in the way: {breaches[0]}" if breaches else ""
        raise StoppedEarlyError(
            f"no whole-unit schedule was found within {allowed}{first}. Give it longer with --time-limit"
        )
    return search.in_steps()


def exact_schedule(
    c: Conditions, program: LinearProgram, solution: Solution, *, time_limit: float | None = None
) -> Rounded:
    """The best schedule of whole containers, by branch and bound from the rounded one. Raises as `whole_schedule`."""
    search = Search(c, program, solution, time_limit)
    breaches = search.keep("rounded down", search.rounded)
    try:
        search.exact()
    except InfeasibleError:
        raise _no_whole_schedule(breaches) from None
    return search.in_steps()


def _no_whole_schedule(breaches: list[Breach]) -> InfeasibleError:
    first = f"; the first limit in the way: {breaches[0]}" if breaches else ""
    return InfeasibleError(
        "with fractions of a container every limit could be met, with whole containers it cannot" + first
    )
