"""`--on-change`: a program is handed new set-points; whatever it does, the job goes on."""

from __future__ import annotations

import json
import shlex
import sys
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from optimizer.daily.document import SetPoints
from optimizer.daily.folder import StateFolder
from optimizer.daily.on_change import HANDED_OVER, OnChange, command_of
from optimizer.daily.record import Record
from optimizer.daily.setpoints import hand_out
from optimizer.errors import InputError
from tests.commands.running import process
from tests.daily.farms import daily, write_farm

MIDNIGHT = datetime(2026, 2, 11, 6, tzinfo=UTC)
TAKES = 'import sys; sys.stdout.write("taken\\n"); open(sys.argv[1], "a").write(sys.stdin.read() + "\\0")'


class Listening:
    """A state folder and a program that keeps what it is handed."""

    def __init__(self, folder: Path, command: str | None = None) -> None:
        self.folder, self.file, self.said = StateFolder(folder), folder / "taken", list[str]()
        self.command = command or shlex.join([sys.executable, "-c", TAKES, str(self.file)])
        self.program = OnChange(self.command, self.said.append)

    def told(self) -> list[Any]:
        """The documents that the program was handed."""
        return [json.loads(text) for text in self.file.read_text().split("\0")[:-1]] if self.file.exists() else []

    def hand_out(self, record: Record, minutes: float = 0.0, **more: Any) -> SetPoints:
        """Write set-points, which the program may be told of."""
        now, more = MIDNIGHT + timedelta(minutes=minutes), {"status": "planned"} | more
        return hand_out(self.folder, "f1", record, now, on_change=self.program, **more)


def test_it_is_told_of_what_is_commanded_anew_and_of_nothing_else(tmp_path: Path, record: Record) -> None:
    """Told: at first; at 07:00, when New stops; of another source; of a shortfall. Not told: that time goes on."""
    site, n = Listening(tmp_path), len(record.market.grid)
    site.hand_out(record)
    site.hand_out(record, 2, message=["news"], price_age_minutes=3.0)
    assert [document["sequence"] for document in site.told()] == [1]
    site.hand_out(record, 7 * 60)
    site.hand_out(replace(record, source="kept"), 7 * 60)
    site.hand_out(replace(record, source="nearest", short_mw=(0.5,) * n), 7 * 60)
    site.hand_out(replace(record, source="nearest", short_mw=(0.5,) * n), 7 * 60 + 1)
    assert [document["sequence"] for document in site.told()] == [1, 3, 4, 5]
    assert site.told()[-1]["short_mw"] == 0.5
    assert site.said == []


def test_a_schedule_that_reaches_further_commands_nothing_anew(tmp_path: Path, record: Record) -> None:
    """Machines stay as they are to the end of either, for another reason."""
    site, n = Listening(tmp_path), len(record.market.grid)
    held = {point: np.full(n, 100.0) for point in record.dispatch.units_on}
    steady = replace(record, dispatch=record.dispatch.with_(units_on=held))
    site.hand_out(steady)
    grid = replace(record.market.grid, starts=record.market.grid.starts + timedelta(minutes=15))
    later = replace(steady, market=replace(record.market, grid=grid), reasons=(("event",) * n,) * 2)
    site.hand_out(later, 15)
    assert len(site.told()) == 1


def test_it_is_handed_the_document_that_is_written(tmp_path: Path, record: Record) -> None:
    site = Listening(tmp_path)
    site.hand_out(record)
    assert site.told() == [json.loads((tmp_path / "setpoints.json").read_text())]


def test_a_change_that_is_to_come_is_news(tmp_path: Path, record: Record) -> None:
    """Now nothing changes, but New is to stop an hour later than was said."""
    site, units = Listening(tmp_path), dict(record.dispatch.units_on)
    site.hand_out(record)
    new = units["New", "normal"].copy()
    first = int(np.flatnonzero(new == 0)[0])
    new[first] = 2000
    later = replace(record, dispatch=record.dispatch.with_(units_on=units | {("New", "normal"): new}))
    site.hand_out(later)
    assert len(site.told()) == 2


def test_a_restart_repeats_nothing_and_loses_nothing(tmp_path: Path, record: Record) -> None:
    """What was handed over is noted; what was written and then not handed over, for a kill, is handed over later."""
    Listening(tmp_path).hand_out(record)
    again = Listening(tmp_path)
    again.hand_out(record)
    assert len(again.told()) == 1
    hand_out(again.folder, "f1", record, MIDNIGHT + timedelta(hours=7), status="planned")  # and killed
    again.hand_out(record, 7 * 60)
    assert [document["sequence"] for document in again.told()] == [1, 4]
    (tmp_path / HANDED_OVER).unlink()
    (tmp_path / HANDED_OVER).mkdir()
    Listening(tmp_path).hand_out(record, 7 * 60)
    assert len(again.told()) == 3


@pytest.mark.parametrize(
    ("command", "told"),
    [
        ("/no/such/program", "cannot be run: No such file or directory"),
        ("/", "cannot be run: Permission denied"),
        ("false", "ended with code 1"),
        ("sh -c 'kill -9 $$'", "ended with code -9"),
    ],
)
def test_a_program_that_fails_is_told_and_tried_again_later(
    tmp_path: Path, record: Record, monkeypatch: pytest.MonkeyPatch, command: str, told: str
) -> None:
    site = Listening(tmp_path, command)
    for minutes in (0, 1, 2):
        site.hand_out(record, minutes)
    assert site.said == [f"--on-change {shlex.split(command)[0]}: {told}"]
    site.hand_out(record, 7 * 60)  # something else
    assert len(site.said) == 2
    monkeypatch.setattr("optimizer.daily.on_change.AGAIN_S", 0.0)
    other = Listening(tmp_path, command)
    for minutes in (0, 1, 2):
        other.hand_out(record, minutes)
    assert len(other.said) == 3


def test_one_that_hangs_is_ended_with_all_it_began(
    tmp_path: Path, record: Record, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It leaves a child that holds its output open, and never reads its input."""
    monkeypatch.setattr("optimizer.daily.on_change.AT_MOST_S", 0.5)
    script = f"sleep 300 & echo $! > {shlex.quote(str(tmp_path / 'child'))}; wait"
    site = Listening(tmp_path, shlex.join(["sh", "-c", script]))
    begun = time.monotonic()
    site.hand_out(record)
    assert time.monotonic() - begun < 5
    assert site.said == ["--on-change sh: took longer than 0.5 s and was ended"]
    child = int((tmp_path / "child").read_text())
    for _ in range(100):
        if not alive(child):
            return
        time.sleep(0.05)
    raise AssertionError("the child lives on")


def alive(process: int) -> bool:
    try:
        state = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state != "Z"


def test_a_loop_that_ends_waits_for_no_program(tmp_path: Path, record: Record) -> None:
    site, asked = Listening(tmp_path), iter([False, False, *[True] * 1000])
    site.program = OnChange("sleep 300", site.said.append, lambda: next(asked))
    begun = time.monotonic()
    site.hand_out(record)
    assert time.monotonic() - begun < 5
    assert site.said == ["--on-change sleep: was ended with the watch"]
    site.program = OnChange(site.command, site.said.append, lambda: True)
    site.hand_out(record)
    assert site.told() == []


def test_no_shell_has_a_part_in_it(tmp_path: Path, record: Record) -> None:
    site = Listening(tmp_path)
    site.program = OnChange(f"{site.command} ; touch {tmp_path}/shell $(touch {tmp_path}/shell)", site.said.append)
    site.hand_out(record)
    assert len(site.told()) == 1
    assert not (tmp_path / "shell").exists()
    for wrong in ("", "  ", "plc 'open", "a\0b"):
        with pytest.raises(InputError, match="--on-change"):
            command_of(wrong)


def test_the_commands_hand_over(tmp_path: Path) -> None:
    """What the program prints does not get among the data of --json; a program that fails costs no run."""
    farm, state, taken = write_farm(tmp_path / "farm"), tmp_path / "state", tmp_path / "taken"
    command = shlex.join([sys.executable, "-c", TAKES, str(taken)])
    done = process("daily", farm, "--state", state, "--at", "2026-02-11", "--json", "--on-change", command)
    assert (done.returncode, json.loads(done.stdout)["status"]) == (0, "planned"), done.stderr
    assert done.stderr == "taken\n"
    failing = daily(farm, state, "2026-02-11 07:00", "--json", "--on-change", "false")
    assert (failing.returncode, failing.stderr) == (0, "--on-change false: ended with code 1\n")
    span = ("--at", "2026-02-11 07:00:00", "--until", "2026-02-11T13:00:04Z", "--every", 1)
    watching = process("watch", farm, "--state", state, *span, "--on-change", command)
    assert watching.returncode == 0, watching.stderr
    documents = [json.loads(text) for text in taken.read_text().split("\0")[:-1]]
    assert [document["made_at"][11:16] for document in documents] == ["00:00", "07:00"]
    assert daily(farm, state, "2026-02-11 07:00", "--on-change", "plc 'open").returncode == 2
