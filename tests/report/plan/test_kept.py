"""A kept schedule and a safe posture have a page: why, what to do, and the groups over time."""

from __future__ import annotations

import csv
import io
import json

import numpy as np
import pytest

from optimizer.accounts.reasons import Reason
from optimizer.plan.tables import off_of, reason_texts
from optimizer.report.plan.actions import todo_of
from optimizer.report.plan.kept import kept_page_files
from tests.report.kit.test_packing import unpacked
from tests.report.plan.test_page import Reader, text_of
from tests.report.plans import rich_plan


def test_reasons_as_text_say_all() -> None:
    plan = rich_plan()
    running = np.array([plan.dispatch.running(group) for group in plan.farm.fleet])
    idle = np.array([[float(group.units)] for group in plan.farm.fleet]) - running
    again = off_of(reason_texts(plan.explanation).tolist(), idle)
    assert {str(reason) for reason in again} == {str(reason) for reason in plan.explanation.off}
    for reason, units in plan.explanation.off.items():
        assert again[reason] == pytest.approx(units)


def test_the_page_says_why_and_what_to_do() -> None:
    plan = rich_plan()
    texts = reason_texts(plan.explanation).tolist()
    files = kept_page_files(plan.conditions, plan.dispatch, texts, "the safe posture", ["prices.csv: <b>too old"])
    page, told = files["report.html"], text_of(files["report.html"])
    assert "No new plan: the safe posture is in force" in told
    assert "prices.csv: <b>too old." in told
    for step in todo_of(plan).first:
        assert step.when in told
    posture = [[str(Reason.SAFE_POSTURE) if text else "" for text in row] for row in texts]
    lets = kept_page_files(plan.conditions, plan.dispatch, posture, "the safe posture", [])["report.html"]
    assert "The posture lets them run" in text_of(lets)
    data = json.loads(Reader(page).scripts[0])
    (chart,) = data["charts"]
    for row in chart["rows"]:
        parts = [unpacked(data["series"][key]) for key in row["parts"].values()]
        assert [sum(units) for units in zip(*parts, strict=True)] == [row["total"]] * len(plan.grid)
    rows = list(csv.DictReader(io.StringIO(files["actions.csv"])))
    assert [row["machines"] for row in rows] == [f"{a.switch.units:g}" for a in todo_of(plan).actions]
    assert {row["worth_usd"] for row in rows} == {""}, "nobody has worked that out"
    assert files["actions.ics"].startswith("BEGIN:VCALENDAR")
