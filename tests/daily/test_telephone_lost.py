"""Telephone calls of which what was kept is lost: those in force stay so, and it is said."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest

from optimizer.daily.orders import last_telephone, telephone_now
from optimizer.daily.telephone import add_call
from tests.daily import test_obeys
from tests.daily.test_obeys import POSTURE, imported, run, write
from tests.daily.test_telephone import aside

farm = test_obeys.farm  # draws 16 MW all day, planned at 11:00
ZONE = "America/Chicago"


def in_force(farm: Path, state: Path) -> None:
    """A run has read call K, to 5 MW from 11:30 until 16:00, and call L of the farm file, to 7 MW from 17:00."""
    late = "{name: L, start: 2026-02-11 17:00, end: 2026-02-11 18:00, cut: {form: to_level, mw: 7}}"
    write(farm.parent, f"{POSTURE}\nevents: [{late}]")
    begins, ends = (pd.Timestamp(f"2026-02-11 {hour}", tz=ZONE).to_pydatetime() for hour in ("11:30", "16:00"))
    add_call(state, ZONE, begins, {"form": "to_level", "mw": 5.0}, begins, ends, "K")
    done = run(farm, 12)
    assert imported(done)["11T12:00"] <= 5
    assert imported(done)["11T17:00"] <= 7


@pytest.mark.parametrize("damaged", ["{", "[" * 200_000, None])
@pytest.mark.parametrize("unread", ["", "blocks: 1\n"])
def test_a_telephone_call_stays_in_force_though_both_its_files_are_lost(
    farm: Path, state: Path, damaged: str | None, unread: str
) -> None:
    in_force(farm, state)
    (state / "calls.yaml").unlink()
    (state / "orders.json").unlink()
    if damaged is not None:
        (state / "orders.json").write_text(damaged)
    write(farm.parent, f"{POSTURE}\n{unread}")
    done = run(farm, 12.5)
    assert imported(done)["11T12:00":"11T16:00"].tolist() == pytest.approx([5, 5, 5, 5, 16], abs=0.004)
    assert (imported(done)["11T17:00"] == 16) == (not unread)  # L is gone where the file that lacks it can be read
    assert any("calls.yaml: there is no such file any more" in line for line in done.messages)
    assert any("orders.json" in line and "set aside" in line for line in done.messages) == (damaged is not None)
    assert aside(state, "orders.json") == ([] if damaged is None else [damaged])
    again = run(farm, 13)
    assert imported(again)["11T13:00"] <= 5
    assert not any("orders.json" in line for line in again.messages)


def test_a_telephone_call_stays_in_force_though_its_run_does_not_say_which_it_is(farm: Path, state: Path) -> None:
    in_force(farm, state)
    (state / "calls.yaml").unlink()
    (state / "orders.json").write_text("{")
    inputs = state / "latest" / "inputs.json"
    assert [one["name"] for one in json.loads(inputs.read_text())["telephone"]] == ["K"]
    inputs.unlink()
    done = run(farm, 12.5)
    assert imported(done)["11T12:00"] <= 5
    assert imported(done)["11T16:00"] == 16


def test_damaged_orders_are_said_though_every_call_can_be_read(farm: Path, state: Path) -> None:
    in_force(farm, state)
    (state / "orders.json").write_text("{")
    assert [one.name for one in telephone_now(state, ZONE, last_telephone(state))[0]] == ["K"]
    done = run(farm, 12.5)
    assert any("orders.json" in line and "set aside" in line for line in done.messages)
    assert imported(done)["11T15:00":"11T17:00"].tolist() == pytest.approx([5, 16, 7], abs=0.004)
