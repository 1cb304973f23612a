"""What runs by the set-points, where every newer record is lost."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from optimizer.daily.files import Done
from optimizer.daily.job import run_once
from tests.daily.farms import write_farm

STOP = "events: [{name: C, start: 2026-02-11 02:00, end: 2026-02-11 05:00, cut: {form: full_stop}}]"


def test_machines_that_a_call_has_stopped_stay_off_when_the_records_of_it_are_lost(tmp_path: Path) -> None:
    """By hand: at midnight 12 MW run all night; the stop of 02:00 is known from 00:15 on, at 16 MW an hour.

    At 02:15 only the record of midnight is left, by which 12 MW run: from there 8 would be the least. The set-points
    say that nothing runs, and so it stays.
    """
    farm, state = tmp_path / "farm" / "farm.yaml", tmp_path / "state"

    def run(hour: int, minute: int) -> Done:
        return run_once(farm, state, datetime(2026, 2, 11, hour, minute), report=False)

    write_farm(farm.parent)
    slow = farm.read_text().replace("ramp_down_mw_per_hour: 60", "ramp_down_mw_per_hour: 16")
    farm.write_text(slow)
    run(0, 0)
    farm.write_text(f"{slow}\n{STOP}\n")
    run(0, 15)
    assert run(2, 0).status == "planned"
    (state / "history.sqlite").write_bytes(b"lost")
    for folder in sorted((state / "runs").iterdir())[1:]:
        (folder / "record.json").write_text("lost")
    found = run(2, 15)
    assert (found.status, found.exit_code) == ("planned", 0)
    assert "machines are taken to run as these have them" in " ".join(found.said)
    assert all(units[0] == 0 for units in found.record.dispatch.units_on.values())
