"""Calls by telephone: what a time means, damaged files, a command that works while little else does."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pandas as pd
import pytest
from typer.testing import CliRunner, Result

from optimizer.cli.app import app
from optimizer.daily.orders import telephone_calls
from optimizer.daily.telephone import span_of
from optimizer.errors import InputError
from tests.daily.test_obeys import POSTURE, SITE, imported, obeying, run, write

ZONE = "America/Chicago"
Call = Callable[..., Result]


@pytest.fixture
def farm(tmp_path: Path) -> Path:
    """A farm that draws 16.3 MW all day, planned at 11:00."""
    return obeying(tmp_path / "farm", f"{SITE}, auxiliary_load_mw: 0.3")


@pytest.fixture
def call(farm: Path, state: Path) -> Call:
    """`curtail call` at 12:00, if no other time is given."""

    def called(*options: str, at: str = "2026-02-11 12:00") -> Result:
        return CliRunner().invoke(app, ["call", "--state", str(state), "--at", at, *options])

    return called


def told(done: Result) -> str:
    """All that a command said, with the error that it ended with."""
    return f"{done.output}{done.exception or ''}"


def in_file(state: Path) -> list[str]:
    """The calls that stand in the file, by name."""
    calls, said = telephone_calls(state, ZONE)
    assert said == ()
    return [one.name for one in calls]


def aside(state: Path, name: str) -> list[str]:
    """What was set aside of a file."""
    return [path.read_text() for path in state.glob(f"{name}.damaged-*")]


def test_a_call_that_ends_before_it_starts_on_the_night_of_two_hours_is_refused(state: Path, call: Call) -> None:
    """From 07:50 until 06:55 UTC."""
    ends = ("--from", "2026-11-01 01:50-06:00", "--until", "2026-11-01 01:55-05:00")
    done = call("--to", "stop", *ends, at="2026-11-01 00:50-05:00")
    assert isinstance(done.exception, InputError)
    assert "ends (2026-11-01 01:55:00-05:00) before it starts (2026-11-01 01:50:00-06:00)" in told(done)
    assert in_file(state) == []


def test_a_call_into_the_hour_that_comes_again_is_a_call(state: Path, call: Call) -> None:
    """From 06:50 until 07:45 UTC."""
    done = call("--to", "stop", "--until", "2026-11-01 01:45-06:00", at="2026-11-01 01:50-05:00")
    assert done.exit_code == 0, told(done)
    ((one,), _) = telephone_calls(state, ZONE)
    assert (one.start, one.end) == (datetime(2026, 11, 1, 6, 50, tzinfo=UTC), datetime(2026, 11, 1, 7, 45, tzinfo=UTC))


def test_a_call_is_cancelled_in_the_hour_that_comes_again(state: Path, call: Call) -> None:
    call("--to", "stop", "--until", "2026-11-01 03:00", at="2026-11-01 01:50-05:00")
    assert call("--cancel", at="2026-11-01 01:10-06:00").exit_code == 0
    ((one,), _) = telephone_calls(state, ZONE)
    assert one.end == datetime(2026, 11, 1, 7, 10, tzinfo=UTC)


def test_a_call_that_people_wrote_without_an_offset_can_be_cancelled(state: Path, call: Call) -> None:
    text = "{name: C, start: 2026-02-11 11:00, end: 2026-02-11 18:00, cut: {form: full_stop}}"
    (state / "calls.yaml").write_text(f"events: [{text}]\n")
    assert call("--cancel").exit_code == 0
    ((one,), _) = telephone_calls(state, ZONE)
    assert one.end == datetime(2026, 2, 11, 18, tzinfo=UTC)


@pytest.mark.parametrize(
    ("at", "begins", "until", "span"),
    [
        ("12 00:05", "23:50", "02:00", ["11 23:50", "12 02:00"]),
        ("12 00:01", "23:30", "00:30", ["11 23:30", "12 00:30"]),
        ("12 00:05", "23:50", "2026-02-12 02:00", ["11 23:50", "12 02:00"]),
        ("12 00:05", "00:10", "02:00", ["12 00:10", "12 02:00"]),
        ("12 00:05", "10:00", "02:00", ["12 10:00", "13 02:00"]),
        ("12 00:05", "23:50", "23:55", ["12 23:50", "12 23:55"]),
        ("11 23:55", "23:50", "02:00", ["11 23:50", "12 02:00"]),
        ("11 23:30", "23:50", "02:00", ["11 23:50", "12 02:00"]),
        ("11 18:00", "07:00", "19:00", ["11 07:00", "11 19:00"]),
    ],
)
def test_a_call_under_way_at_midnight_began_yesterday(at: str, begins: str, until: str, span: list[str]) -> None:
    now = pd.Timestamp(f"2026-02-{at}", tz=ZONE).to_pydatetime()
    assert [f"{moment:%d %H:%M}" for moment in span_of(begins, until, now, ZONE)] == span


def test_a_call_under_way_at_midnight_binds_now(farm: Path, call: Call) -> None:
    assert call("--to", "stop", "--from", "23:50", "--until", "02:00", at="2026-02-12 00:05").exit_code == 0
    load = imported(run(farm, 0.25, day=12))
    assert load["12T00:00":"12T02:00"].tolist() == pytest.approx([0.3, 0.3, 16.3])


def damage(state: Path, call: Call, farm: Path) -> str:
    """A stop that a run has read; then its file is cut."""
    call("--to", "stop", "--from", "13:00", "--until", "15:00", "--name", "First")
    run(farm, 12)
    cut = (state / "calls.yaml").read_text()[:60]
    (state / "calls.yaml").write_text(cut)
    return cut


def test_a_new_call_is_taken_though_the_file_of_calls_is_damaged(farm: Path, state: Path, call: Call) -> None:
    cut = damage(state, call, farm)
    done = call("--to", "5", "--from", "16:00", "--until", "17:00", "--name", "Second")
    assert done.exit_code == 0, told(done)
    assert "set aside as calls.yaml.damaged-" in told(done)
    assert in_file(state) == ["First", "Second"]
    assert aside(state, "calls.yaml") == [cut]
    load = imported(run(farm, 12.5))
    assert load["11T13:00":"11T16:00"].tolist() == pytest.approx([0.3, 0.3, 16.3, 5], abs=0.004)


def test_a_call_is_cancelled_though_the_file_of_calls_is_damaged(farm: Path, state: Path, call: Call) -> None:
    cut = damage(state, call, farm)
    listed = call("--list")
    assert listed.exit_code == 0
    assert "First: every machine off from 2026-02-11 13:00 until 2026-02-11 15:00" in told(listed)
    assert "stay in force" in told(listed)
    assert "First" in told(call("--cancel", "--name", "Other"))
    assert (state / "calls.yaml").read_text() == cut
    assert call("--cancel", "--name", "First").exit_code == 0
    assert (in_file(state), aside(state, "calls.yaml")) == ([], [cut])
    assert imported(run(farm, 12.5))["11T13:00"] == pytest.approx(16.3)


def test_a_call_that_makes_no_sense_sets_nothing_aside(farm: Path, state: Path, call: Call) -> None:
    cut = damage(state, call, farm)
    assert call("--to", "stop", "--until", "17:00", "--name", "a/b").exit_code != 0
    assert ((state / "calls.yaml").read_text(), aside(state, "calls.yaml")) == (cut, [])


def test_what_no_run_has_read_is_read_out_of_a_damaged_file(state: Path, call: Call) -> None:
    call("--to", "stop", "--until", "15:00", "--name", "First")
    call("--to", "stop", "--until", "16:00", "--name", "Cut")
    (state / "calls.yaml").write_text((state / "calls.yaml").read_text()[:-20])
    assert call("--to", "stop", "--until", "17:00", "--name", "Second").exit_code == 0
    assert in_file(state) == ["First", "Second"]


@pytest.mark.parametrize("damaged", ["{", None, '{"id": "x", "name": "x", "file": "x", "groups": [], "timezone": "x"}'])
def test_a_call_is_taken_though_it_is_not_said_whose_the_folder_is(
    state: Path, call: Call, damaged: str | None
) -> None:
    (state / "farm.json").unlink()
    if damaged is not None:
        (state / "farm.json").write_text(damaged)
    done = call("--to", "stop", "--until", "14:00")
    assert done.exit_code == 0, told(done)
    assert "farm.json is missing or damaged" in told(done)
    assert "from 2026-02-11 12:00 until 2026-02-11 14:00" in told(done)


def test_a_call_is_taken_though_the_schedule_in_force_is_damaged_too(farm: Path, state: Path, call: Call) -> None:
    run(farm, 12)
    (state / "farm.json").unlink()
    (state / "latest" / "record.json").write_text("{")
    done = call("--to", "3000", "--until", "14:00")
    assert done.exit_code == 0, told(done)
    assert "did you mean 3 MW?" in told(done)


def test_a_folder_without_a_schedule_is_no_state_folder(tmp_path: Path) -> None:
    done = CliRunner().invoke(app, ["call", "--state", str(tmp_path), "--list"])
    assert "is no state folder of a farm" in told(done)


@pytest.mark.parametrize(
    ("asked", "remark"),
    [
        (("--to", "3000"), "3000 MW is more than the farm draws (16.3 MW): it binds nothing; did you mean 3 MW?"),
        (("--to", "17"), "17 MW is more than the farm draws (16.3 MW): it binds nothing\n"),
        (("--by", "3000"), "3000 MW is more than the farm draws (16.3 MW): it stops every machine; did you mean 3 MW?"),
        (("--to", "16"), None),
        (("--to", "stop"), None),
    ],
)
def test_a_call_for_more_than_the_farm_draws_is_remarked(
    call: Call, asked: tuple[str, str], remark: str | None
) -> None:
    done = call(*asked, "--until", "14:00")
    assert done.exit_code == 0
    assert ("than the farm draws" in told(done)) == (remark is not None)
    assert remark is None or remark in told(done)


def test_more_than_the_import_limit_is_more_than_the_farm_draws(farm: Path, call: Call) -> None:
    write(farm.parent, POSTURE, "import_limit_mw: 12")
    run(farm, 11.5)
    assert "more than the farm draws (12 MW)" in told(call("--to", "13", "--until", "14:00"))


def test_a_bad_name_is_told_in_words(call: Call) -> None:
    done = call("--to", "stop", "--until", "14:00", "--name", "=a/b")
    assert "--name must be a name: no / or line break in it" in told(done)
    assert "^" not in told(done)
