"""What `plan` leaves behind, as text: what to do, the schedule, its power, shutdowns, strikes and account."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from optimizer.accounts.billing import Rest
from optimizer.files.software import versions
from optimizer.money import keyed, shown_in
from optimizer.plan.tables import reason_texts, shutdown_blocks, strike_sheet
from optimizer.plan.text import csv_text, number_texts, quoted, time_texts
from optimizer.report.kit.power import power_text
from optimizer.report.kit.schedule import schedule_text
from optimizer.report.plan.actions import ToDo, todo_of
from optimizer.report.plan.bill import bill_json
from optimizer.report.plan.calendar import calendar
from optimizer.report.plan.invoices import invoices_json
from optimizer.units import HOURS_PER_DAY

if TYPE_CHECKING:  # at run time it would bring the solver with it
    from optimizer.plan.planning import Plan
    from optimizer.through_time.worth import Against, Worth

FILES = (
    "actions.csv",
    "actions.ics",
    "schedule.csv",
    "power.csv",
    "shutdowns.csv",
    "strikes.csv",
    "settlement.json",
)


def schedule_csv(plan: Plan) -> str:
    """The schedule of a plan, as `schedule_text`."""
    e = plan.explanation
    return schedule_text(plan.conditions, plan.dispatch, reason_texts(e), e.strike, e.marginal_price)


def shutdowns_csv(plan: Plan) -> str:
    """A row per shutdown block: group, start, end, machines, MW taken off the meter, reasons as they follow."""
    blocks = shutdown_blocks(plan.conditions, plan.explanation.off)
    starts, ends = (time_texts(times, plan.grid.timezone) for times in (plan.grid.starts, plan.grid.ends))
    names = quoted(group.name for group in plan.farm.fleet)
    return csv_text(
        {
            "group": names[[block.group for block in blocks]] if blocks else names[:0],
            "start": starts[[block.first for block in blocks]] if blocks else starts[:0],
            "end": ends[[block.end - 1 for block in blocks]] if blocks else ends[:0],
            "units": number_texts(np.array([block.units for block in blocks]), 0),
            "mw": number_texts(np.array([block.mw for block in blocks]), 4),
            "reason": np.array([" ".join(block.reasons) for block in blocks], dtype=object),
        }
    )


def strikes_csv(plan: Plan) -> str:
    """The strike sheet: a row per interval, a column per group and mode with the energy price to stop above."""
    columns = {
        "interval_start": time_texts(plan.grid.starts, plan.grid.timezone),
        "interval_end": time_texts(plan.grid.ends, plan.grid.timezone),
    }
    for row in strike_sheet(plan.conditions, plan.explanation):
        (name,) = quoted([f"{row.group}/{row.mode}"]).tolist()
        columns[name] = number_texts(row.stop_above, 2)
    return csv_text(columns)


def settlement(plan: Plan, worth: Worth | None = None) -> dict[str, Any]:
    """The account as plain data, its keys naming the farm's currency.

    Money by line, worth, energy, hash, bitcoin, starts, plan objective and rounding gap.
    """
    with shown_in(plan.farm.currency):
        return {"currency": plan.farm.currency, **keyed(_settlement(plan, worth))}


def _settlement(plan: Plan, worth: Worth | None) -> dict[str, Any]:
    s, grid = plan.settled, plan.grid
    hours_off = {
        str(reason): round(float((units @ grid.hours).sum()), 4) for reason, units in plan.explanation.off.items()
    }
    start, end = (time_texts(times, grid.timezone)[i] for times, i in ((grid.starts, 0), (grid.ends, -1)))
    return {
        "farm": plan.farm.name,
        "scenarios": list(plan.scenarios),
        "start": start,
        "end": end,
        "intervals": len(grid),
        "usd": {line: round(usd, 2) + 0.0 for line, usd in s.lines.items()},
        "profit_usd": round(s.profit, 2),
        "worth": None if worth is None else [_against(one) for one in worth.against],
        "bill": bill_json(plan),
        **invoices_json(plan),
        "expected_after_plan": _rest(plan.conditions.rest),
        "energy_mwh": round(s.energy_mwh, 4),
        "hash_ph_hours": round(s.hash_ph_days * HOURS_PER_DAY, 4),
        "btc": None if s.btc is None else round(s.btc, 8),
        "machine_starts": {group: float(started.sum()) for group, started in s.starts.items()},
        "machine_hours_off": hours_off,
        "plan_objective_usd": plan.objective,
        "continuous_settlement_usd": plan.continuous.profit,
        "rounding_gap_usd": plan.rounding_gap_usd,
        "rounding_gap_share": plan.rounding_gap_share,
        "whole_units": plan.method,
        "proved_optimal": plan.proved,
        "search_ended_by": plan.ended or None,
        "gaps_filled": [
            {
                "file": Path(fill.file).name,
                "start": fill.start.isoformat(),
                "end": fill.end.isoformat(),
                "method": fill.method,
                "intervals": fill.count,
            }
            for fill in plan.market.fills
        ],
        "warnings": list(plan.conditions.warnings),
        "versions": versions("curtail", "highspy", "pandas", "numpy"),
    }


def _against(one: Against) -> dict[str, Any]:
    return {
        "rule": one.rule,
        "profit_usd": round(one.usd, 2) + 0.0,
        "gain_usd": round(one.gain_usd, 2) + 0.0,
        "gain_usd_by_cause": {cause: round(usd, 2) + 0.0 for cause, usd in one.causes.items()},
        "rules_it_breaks": list(one.breaks),
    }


def _rest(rest: Rest) -> dict[str, Any]:
    """What a tail expects the rest of the last billing period to add, by name and period; empty without a tail."""
    by_kind: dict[str, Any] = {}
    for kind, amounts in rest.expected.items():
        for (name, period), amount in amounts.items():
            of_kind = by_kind.setdefault(kind, {})
            (of_kind.setdefault(name, {}) if name else of_kind)[period] = amount
    return by_kind


def plan_files(plan: Plan, worth: Worth | None = None, todo: ToDo | None = None) -> dict[str, str]:
    """Every file of a plan but the report: name -> text.

    worth: against rules. todo: what `todo_of` says of the plan, where it is made already.
    """
    todo = todo_of(plan) if todo is None else todo
    with shown_in(plan.farm.currency):
        texts = (
            todo.csv(),
            calendar(todo),
            schedule_csv(plan),
            power_text(plan.conditions, plan.dispatch),
            shutdowns_csv(plan),
            strikes_csv(plan),
            json.dumps(settlement(plan, worth), indent=2, allow_nan=False) + "\n",
        )
    return dict(zip(FILES, texts, strict=True))
