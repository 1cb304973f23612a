"""What a run hands out: the files of its folder, and what it came to."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np

from optimizer.config.daily import SafePosture
from optimizer.daily.inputs import text_of
from optimizer.daily.prices import Prices
from optimizer.daily.record import Record
from optimizer.money import keyed, shown_in
from optimizer.plan.planning import Plan
from optimizer.report.kit.power import power_text
from optimizer.report.kit.schedule import schedule_text
from optimizer.report.plan.actions import ToDo
from optimizer.report.plan.files import plan_files, settlement
from optimizer.through_time.worth import Worth

NOT_WATCHING = "Not worked out while watching; `curtail plan` and `curtail daily` tell."
Status = Literal["planned", "stopped early", "nearest", "kept", "safe", "nothing"]


@dataclass(frozen=True)
class Done:
    """What a run came to. ``messages`` are for the operator; ``record`` is the schedule in force after it, if any.

    ``worth`` is that of a plan against rules, ``todo`` what it has one do.
    """

    status: Status
    exit_code: int
    messages: tuple[str, ...]
    folder: Path | None
    record: Record | None
    plan: Plan | None = None
    worth: Worth | None = None
    todo: ToDo | None = None


def files_of_plan(done: Done, plan: Plan, inputs: dict[str, Any]) -> dict[str, str]:
    """The files of a plan, with what it was made from in its account too."""
    account = settlement(plan, done.worth) | {"inputs": inputs["files"]}
    return plan_files(plan, done.worth, done.todo) | {"settlement.json": text_of(account)}


def page_of_plan(done: Done, plan: Plan, *, terms: bool) -> dict[str, str]:
    """The page of a plan. ``terms``: it says what each term of the contract does, which takes solving."""
    from optimizer.plan.terms import contract_terms, unmeasured
    from optimizer.report.plan.page import render_plan

    effects = contract_terms(plan) if terms else unmeasured(plan) or NOT_WATCHING
    return {"report.html": render_plan(plan, effects, done.worth, done.todo)}


def kept_files(record: Record, because: tuple[str, ...], posture: SafePosture | None) -> dict[str, str]:
    """The files of a schedule that is no new plan: its machines, and why it is in force."""
    c = record.conditions
    data: dict[str, Any] = {"source": record.source, "because": "\n".join(because)}
    if posture is not None:
        data["posture"] = posture.model_dump(exclude_none=True, exclude={"hours"})
    with shown_in(record.farm.currency):
        return {
            "schedule.csv": schedule_text(c, record.dispatch, np.array(record.reasons, dtype=object)),
            "power.csv": power_text(c, record.dispatch),
            "kept.json" if posture is None else "posture.json": text_of(keyed(data)),
        }


def page_of_kept(record: Record, because: tuple[str, ...], posture: SafePosture | None) -> dict[str, str]:
    """Its page, and what to do as files."""
    from optimizer.report.plan.kept import kept_page_files

    called = "the safe posture" if posture is not None else "a schedule of before"
    with shown_in(record.farm.currency):
        return kept_page_files(record.conditions, record.dispatch, record.reasons, called, because)


def rows_of(prices: Prices) -> list[list[float]]:
    """Observed prices as rows of a JSON file: start and end in seconds since 1970, USD/MWh."""
    rows = zip(prices.starts.tolist(), prices.ends.tolist(), prices.usd_per_mwh.tolist(), strict=True)
    return [list(row) for row in rows]


def summary_of(done: Done) -> dict[str, Any]:
    """A run as plain data, for ``--json``."""
    record = done.record
    begins, ends = ("", "")
    if record is not None:
        begins, ends = (t.tz_convert(record.farm.timezone).isoformat() for t in (record.start, record.end))
    return {
        "status": done.status,
        "exit_code": done.exit_code,
        "said": list(done.messages),
        "run": None if record is None else record.name,
        "schedule_start": begins or None,
        "schedule_end": ends or None,
        "planned_usd": None if record is None or record.planned_usd is None else round(record.planned_usd, 2),
        "settlement": None if done.plan is None else settlement(done.plan, done.worth),
    }
