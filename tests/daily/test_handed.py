"""What runs by the set-points, where every newer record is lost."""

from __future__ import annotations

from pathlib import Path

from tests.daily.farms import run

STOP = "events: [{name: C, start: 2026-02-11 02:00, end: 2026-02-11 05:00, cut: {form: full_stop}}]"


def test_machines_that_a_call_has_stopped_stay_off_when_the_records_of_it_are_lost(farm: Path, state: Path) -> None:
    """By hand: at midnight 12 MW run all night; the stop of 02:00 is known from 00:15 on, at 16 MW an hour.

    At 02:15 only the record of midnight is left, by which 12 MW run: from there 8 would be the least. The set-points
    say that nothing runs, and so it stays.
    """
    slow = farm.read_text().replace("ramp_down_mw_per_hour: 60", "ramp_down_mw_per_hour: 16")
    farm.write_text(slow)
    run(farm, state, 0)
    farm.write_text(f"{slow}\n{STOP}\n")
    run(farm, state, 0.25)
    assert run(farm, state, 2).status == "planned"
    (state / "history.sqlite").write_bytes(b"lost")
    for folder in sorted((state / "runs").iterdir())[1:]:
        (folder / "record.json").write_text("lost")
    found = run(farm, state, 2.25)
    assert (found.status, found.exit_code) == ("planned", 0)
    assert "machines are taken to run as these have them" in " ".join(found.messages)
    assert all(units[0] == 0 for units in found.record.dispatch.units_on.values())
