"""A schedule that is no new plan: what to do and why it is in force, as files and a page."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from optimizer.accounts.conditions import Conditions
from optimizer.accounts.dispatch import Dispatch
from optimizer.plan.actions import actions
from optimizer.plan.tables import off_of
from optimizer.report.kit.page import render
from optimizer.report.kit.text import Clock, sentence
from optimizer.report.plan.actions import ToDo, call_sentences
from optimizer.report.plan.calendar import calendar
from optimizer.report.plan.charts import describe_rows
from optimizer.report.plan.page import MOST_STEPS


def kept_page_files(
    c: Conditions, dispatch: Dispatch, reasons: Sequence[Sequence[str]], called: str, because: Sequence[str]
) -> dict[str, str]:
    """actions.csv, actions.ics and report.html. reasons: as in schedule.csv, by group and interval."""
    running = np.array([dispatch.running(group) for group in c.farm.fleet])
    off = off_of(reasons, np.array([[float(group.units)] for group in c.farm.fleet]) - running)
    todo, clock = ToDo(c, actions(c, dispatch, off)), Clock(c.grid)
    page = render(
        "optimizer.report.plan",
        "kept",
        farm=c.farm.name,
        called=called,
        span=f"{clock.start(0)} to {clock.end(len(c.grid) - 1)}, {c.grid.timezone} time",
        because=tuple(map(sentence, because)),
        calls=call_sentences(c, dispatch),
        steps=todo.first,
        later_steps=todo.later,
        most_steps=MOST_STEPS,
        charts=describe_rows(c, dispatch, off),
    )
    return {"actions.csv": todo.csv(), "actions.ics": calendar(todo), "report.html": page}
