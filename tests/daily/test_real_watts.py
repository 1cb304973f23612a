"""What machines were measured to draw for a day takes the place of their nameplate, and the plan says so."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest

from optimizer.daily.files import Done
from optimizer.daily.real_watts import REAL_WATTS
from tests.daily.farms import files_in, run

AT = "2026-02-10T22:00:00-06:00"


def measure(state: Path, watts: float, hours: float = 30.0, at: str = AT) -> None:
    state.mkdir(exist_ok=True)
    modes = {"normal": {"watts": watts, "hours": hours, "machines": 1990.0}}
    (state / REAL_WATTS).write_text(json.dumps({"at": at, "groups": {"New": modes}}))


def watts_of_new(done: Done, state: Path) -> float:
    """W of a machine of New in the first interval: what the farm draws less the machines of Old at 3,100 W."""
    assert done.record is not None
    units = {name: float(on[0]) for (name, _), on in done.record.dispatch.units_on.items()}
    with (state / "latest" / "power.csv").open(encoding="utf-8", newline="") as file:
        load_mw = float(next(csv.DictReader(file))["load_mw"])
    return (load_mw * 1e6 - units["Old"] * 3100.0) / units["New"]


def test_a_day_of_real_watts_is_planned_with_and_told(farm: Path, state: Path) -> None:
    measure(state, 3600.0)
    done = run(farm, state)
    assert [line for line in done.messages if "machines draw" in line] == [
        "New, normal: machines draw 3,600 W (mean of 30 h and about 1,990 machines), +2.9% of the 3,500 W of the farm "
        "file: planned with what they draw"
    ]
    assert watts_of_new(done, state) == pytest.approx(3600.0)
    assert f"(state folder)/{REAL_WATTS}" in files_in(state / "latest")["inputs.json"].decode()


@pytest.mark.parametrize(
    ("watts", "hours", "at", "told"),
    [
        (3600.0, 23.0, AT, []),
        (3503.0, 30.0, AT, []),
        (5000.0, 30.0, AT, ["too far off to be planned with"]),
        (3600.0, 30.0, "2026-02-01T00:00:00Z", ["is of 2026-02-01: machines are planned at their nameplate"]),
        (-1.0, 30.0, AT, ["cannot be read: machines are planned at their nameplate"]),
    ],
)
def test_what_is_too_short_too_old_or_too_far_off_is_not(
    farm: Path, state: Path, watts: float, hours: float, at: str, told: list[str]
) -> None:
    measure(state, watts, hours, at)
    done = run(farm, state)
    assert watts_of_new(done, state) == pytest.approx(3500.0)
    assert [part in line for part in told for line in done.messages if REAL_WATTS in line or "New, normal" in line] == [
        True for _ in told
    ]
