"""Set-points: what a controller reads, and what it can rely on."""

from __future__ import annotations

import csv
import json
import os
import random
import signal
import stat
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from jsonschema import Draft202012Validator

from optimizer.daily.document import SetPoints, columns
from optimizer.daily.folder import StateFolder
from optimizer.daily.job import run_once
from optimizer.daily.record import Record
from optimizer.daily.setpoints import hand_out
from optimizer.mechanisms.calls.config import Event
from tests.commands.running import beside, curtail

MIDNIGHT = datetime(2026, 2, 11, 6, tzinfo=UTC)  # on the farm's clock
SCHEMA = json.loads(curtail("schema", "setpoints").stdout)


@pytest.fixture
def folder(tmp_path: Path) -> StateFolder:
    return StateFolder(tmp_path)


def read(folder: StateFolder) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((folder.path / "setpoints.json").read_text())
    Draft202012Validator(SCHEMA).validate(found)
    return found


def table(folder: StateFolder) -> list[dict[str, str]]:
    with (folder.path / "setpoints.csv").open(newline="") as file:
        return list(csv.DictReader(file))


def given(
    folder: StateFolder, record: Record | None, minutes: float = 0.0, farm: str | None = "f1", **more: Any
) -> SetPoints:
    more = {"status": "planned"} | more
    return hand_out(folder, farm, record, MIDNIGHT + timedelta(minutes=minutes), **more)


def of(points: dict[str, Any], group: str) -> dict[str, Any]:
    (point,) = [point for point in points["setpoints"] if point["group"] == group]
    return dict(point)


def test_what_runs_now_and_what_comes_next(folder: StateFolder, record: Record) -> None:
    """By hand: 35 USD/MWh at 05:00 pays for New, which pays to 78; 90 at 07:00 does not, 70 at 08:00 does again."""
    given(folder, record)
    new = of(read(folder), "New")
    assert (new["machines_on"], new["since"], new["reason"]) == (2000, "2026-02-11T00:00:00-06:00", "")
    assert new["until"] == "2026-02-11T07:00:00-06:00"
    assert new["next"] == {"at": new["until"], "machines_on": 0, "reason": "price"}
    given(folder, record, minutes=7 * 60)
    new = of(read(folder), "New")
    assert (new["machines_on"], new["since"], new["reason"]) == (0, "2026-02-11T07:00:00-06:00", "price")
    assert (new["next"]["at"], new["next"]["machines_on"]) == ("2026-02-11T08:00:00-06:00", 2000)
    given(folder, record, minutes=11 * 60 + 59)
    new = of(read(folder), "New")
    assert (new["until"], new["next"]) == ("2026-02-11T12:00:00-06:00", None)


def test_the_schema_refuses_what_is_no_such_document(folder: StateFolder, record: Record) -> None:
    given(folder, record)
    judge, document = Draft202012Validator(SCHEMA), read(folder)
    for key in document:
        assert not judge.is_valid({name: value for name, value in document.items() if name != key})
    assert not judge.is_valid(document | {"more": 1})
    assert not judge.is_valid(document | {"contract": 1})
    assert not judge.is_valid(document | {"status": "fine"})
    assert set(SCHEMA["required"]) == set(SCHEMA["properties"]) == set(document)


def test_the_table_says_what_the_document_says(folder: StateFolder, record: Record) -> None:
    """Every cell is that of JSON, as text: null is empty."""
    given(folder, record, minutes=30, price_age_minutes=12.34)
    points, rows = read(folder), table(folder)
    assert [(row["group"], row["mode"]) for row in rows] == [("Old", "normal"), ("New", "normal")]
    assert list(rows[0]) == list(columns())
    for row, point in zip(rows, points["setpoints"], strict=True):
        said = {key: points[key] for key in points if key not in ("farm", "message", "setpoints")}
        said |= {f"farm_{key}": value for key, value in points["farm"].items()}
        said |= {key: value for key, value in point.items() if key != "next"}
        said |= {f"next_{key}": (point["next"] or {}).get(key) for key in ("at", "machines_on", "reason")}
        as_text = {
            key: "" if value is None else value if isinstance(value, str) else json.dumps(value)
            for key, value in said.items()
        }
        assert row == as_text


def test_how_long_they_hold(folder: StateFolder, record: Record) -> None:
    """To the schedule's end, or so many minutes: those of the farm file before any other."""
    assert given(folder, record).valid_until == MIDNIGHT + timedelta(hours=12)
    assert given(folder, record, valid_minutes=15.0).valid_until == MIDNIGHT + timedelta(minutes=15)
    assert given(folder, record, minutes=715, valid_minutes=15.0).valid_until == MIDNIGHT + timedelta(hours=12)
    daily_rules = record.farm.daily.model_copy(update={"setpoints_valid_minutes": 40.0})
    farm = record.farm.model_copy(update={"daily": daily_rules})
    told = given(folder, replace(record, farm=farm), valid_minutes=15.0)
    assert told.valid_until == MIDNIGHT + timedelta(minutes=40)


def test_they_hold_no_longer_than_the_next_change_keeps_within_a_call(folder: StateFolder, record: Record) -> None:
    """By hand: New draws 7 MW, 3.5 from 01:00 on and nothing in a call to 3 MW from 02:00 to 05:00.

    At midnight only the change of 01:00 is handed out, which does not obey from 02:00 on; at 01:00 that of 02:00 is.
    """
    hours = (record.market.grid.starts - MIDNIGHT).total_seconds() / 3600
    new = np.select([hours < 1, hours < 2, hours < 5], [2000.0, 1000.0, 0.0], 2000.0)
    dispatch = record.dispatch.with_(units_on={("Old", "normal"): 0.0 * new, ("New", "normal"): new})
    cut = {"form": "to_level", "mw": 3.0}
    call = Event.model_validate({"name": "C", "start": "2026-02-11 02:00", "end": "2026-02-11 05:00", "cut": cut})
    free = replace(record, dispatch=dispatch, farm=record.farm.model_copy(update={"events": ()}))
    called = replace(free, farm=record.farm.model_copy(update={"events": (call,)}))
    assert given(folder, free).valid_until == MIDNIGHT + timedelta(hours=12)
    assert given(folder, called).valid_until == MIDNIGHT + timedelta(hours=2)
    assert given(folder, called, 59).valid_until == MIDNIGHT + timedelta(hours=2)
    assert given(folder, called, 59, valid_minutes=30.0).valid_until == MIDNIGHT + timedelta(minutes=89)
    assert given(folder, called, 60).valid_until == MIDNIGHT + timedelta(hours=12)


@pytest.mark.parametrize(("utc", "offset"), [(6, -5), (7, -6)])
def test_an_hour_that_comes_twice_is_told_by_its_offset(
    folder: StateFolder, record: Record, utc: int, offset: int
) -> None:
    made = hand_out(folder, "f1", record, datetime(2026, 11, 1, utc, 30, 7, tzinfo=UTC), status="planned").made_at
    assert (made.hour, made.minute, made.utcoffset()) == (1, 30, timedelta(hours=offset))


def test_a_schedule_that_does_not_cover_now_promises_nothing(folder: StateFolder, record: Record) -> None:
    for minutes in (12 * 60, 20 * 60, -1):
        told = given(folder, record, minutes=minutes)
        assert (told.status, told.stale) == ("run out", True)
        assert told.valid_until <= told.made_at
    assert given(folder, record, minutes=20 * 60).valid_until == record.end
    none = given(folder, None, status="nothing")
    assert (none.status, none.stale, none.plan, none.setpoints) == ("nothing", True, None, ())
    assert none.valid_until <= none.made_at
    assert none.farm.name == "Daily"  # of the set-points before


@pytest.mark.parametrize(
    ("source", "status", "silent", "stale"),
    [
        ("plan", "planned", False, False),
        ("plan", "planned", True, True),
        ("nearest", "nearest", False, False),
        ("plan", "kept", False, True),
        ("kept", "kept", False, True),
        ("posture", "safe", False, True),
    ],
)
def test_what_rests_on_old_data_says_so(
    folder: StateFolder, record: Record, source: Any, status: str, silent: bool, stale: bool
) -> None:
    short = (1.0,) * len(record.market.grid) if source == "nearest" else ()
    told = given(folder, replace(record, source=source, short_mw=short), status=status, silent=silent)
    assert (told.source, told.status, told.stale) == (source, status, stale)


def test_the_nearest_schedule_on_old_data_says_so_too(folder: StateFolder, record: Record) -> None:
    nearest = replace(record, source="nearest", planned_usd=None)
    assert given(folder, nearest, status="nearest").stale


def test_how_far_a_call_is_missed(folder: StateFolder, record: Record) -> None:
    """The first two quarters are over by 1.5 MW, the hour from 02:00 by 0.5 MW, nothing later."""
    n = len(record.market.grid)
    short = [0.0] * n
    short[0] = short[1] = 1.5
    short[5] = 0.5
    nearest = replace(record, source="nearest", short_mw=tuple(short))
    told = [given(folder, nearest, minutes, status="nearest") for minutes in (0, 29, 30, 150, 180)]
    three = MIDNIGHT + timedelta(hours=3)
    assert [(one.short_mw, one.short_until) for one in told] == [
        *((1.5, three), (1.5, three), (0.0, three), (0.5, three), (0.0, None)),
    ]
    assert [(one.status, one.source) for one in told] == [("nearest", "nearest")] * 4 + [("nearest", "plan")]


def test_since_reaches_back_where_nothing_has_changed(folder: StateFolder, record: Record) -> None:
    units = {point: units.copy() for point, units in record.dispatch.units_on.items()}
    later = replace(record, market=replace(record.market, grid=shifted(record, hours=3)))
    given(folder, record)
    assert of(read(folder), "New")["since"] == "2026-02-11T00:00:00-06:00"
    given(folder, later, minutes=180)
    assert of(read(folder), "New")["since"] == "2026-02-11T00:00:00-06:00"
    units["New", "normal"] = np.maximum(units["New", "normal"] - 1.0, 0.0)
    given(folder, replace(later, dispatch=record.dispatch.with_(units_on=units)), minutes=180)
    assert of(read(folder), "New")["since"] == "2026-02-11T03:00:00-06:00"


def shifted(record: Record, hours: float) -> Any:
    grid = record.market.grid
    return replace(grid, starts=grid.starts + timedelta(hours=hours))


def test_what_an_operator_is_told_is_escaped_and_bounded(folder: StateFolder, record: Record) -> None:
    given(folder, record, message=["a.csv: \x1b[2J\u202e\udcff bad\nnext line", *["x" * 10_000] * 100])
    told = read(folder)["message"]
    assert told[:2] == ["a.csv: \\x1b[2J\\u202e\\udcff bad", "next line"]
    assert len(told) <= 20
    assert max(map(len, told)) <= 500


def test_the_sequence_goes_on_within_an_epoch(folder: StateFolder, record: Record) -> None:
    """The clock does not matter, nor a new name of the farm."""
    first = given(folder, record)
    assert (first.epoch, first.sequence) == (int(MIDNIGHT.timestamp()), 1)
    renamed = replace(record, farm=record.farm.model_copy(update={"name": "Renamed"}))
    later = [given(folder, record, 60), given(folder, renamed, -600), given(folder, None, status="nothing")]
    assert [(one.epoch, one.sequence) for one in later] == [(first.epoch, 2), (first.epoch, 3), (first.epoch, 4)]


def test_a_farm_whose_id_is_not_known_is_the_farm_before(folder: StateFolder, record: Record) -> None:
    first = given(folder, record)
    later = given(folder, record, farm=None)
    assert (later.farm.id, later.epoch, later.sequence) == ("f1", first.epoch, 2)


Damage = Callable[[Path], object]


def changed(**keys: Any) -> Damage:
    return lambda file: file.write_text(json.dumps(json.loads(file.read_text()) | keys))


def naive(file: Path) -> None:
    data = json.loads(file.read_text())
    data["setpoints"][0]["since"] = "2026-02-11T00:00:00"
    file.write_text(json.dumps(data))


def pipe(file: Path) -> None:
    file.unlink()
    os.mkfifo(file)


DAMAGE: dict[str, Damage] = {
    "gone": Path.unlink,
    "empty": lambda file: file.write_bytes(b""),
    "cut": lambda file: file.write_bytes(file.read_bytes()[:-40]),
    "zeros": lambda file: file.write_bytes(bytes(3000)),
    "deep": lambda file: file.write_text("[" * 200_000),
    "large": lambda file: os.truncate(file, 1 << 40),
    "a pipe": pipe,
    "naive": naive,
    "another contract": changed(contract=1),
    "another farm": changed(farm={"id": "f2", "name": "Daily"}),
    "a number of 400 digits": lambda file: file.write_text(
        file.read_text().replace('"sequence": 2', f'"sequence": {"9" * 400}')
    ),
    "a sequence at its end": changed(sequence=2**53 - 1),
    "an older copy": changed(sequence=1),
}


@pytest.mark.parametrize("damage", DAMAGE.values(), ids=DAMAGE.keys())
def test_a_counter_that_is_lost_begins_anew_in_a_higher_epoch(
    folder: StateFolder, record: Record, damage: Damage
) -> None:
    """Even where the clock has gone back meanwhile: the table beside it knows the epoch too."""
    given(folder, record)
    last = given(folder, record)
    damage(folder.path / "setpoints.json")
    anew = given(folder, record, minutes=-3 * 60)
    assert (anew.epoch, anew.sequence) == (last.epoch + 1, 1)
    assert read(folder)["sequence"] == 1
    assert given(folder, record).sequence == 2


def test_folders_in_the_way_are_set_aside(folder: StateFolder, record: Record) -> None:
    given(folder, record)
    for name in ("setpoints.json", "setpoints.csv"):
        (folder.path / name).unlink()
        (folder.path / name).mkdir()
        (folder.path / name / "mine").write_text("kept")
    told = given(folder, record).message
    assert [line.rpartition(" as ")[2].startswith("setpoints.") for line in told] == [True, True]
    assert read(folder)["sequence"] == 1
    assert len(table(folder)) == 2
    assert [path.read_text() for path in folder.path.glob("*damaged*/mine")] == ["kept", "kept"]


def test_a_damaged_table_costs_nothing(folder: StateFolder, record: Record) -> None:
    for content in (b"", bytes(3000), b'epoch,sequence\n"' + b"9" * 200_000, b"epoch,sequence\n-3,1\nx,y\n,\n"):
        given(folder, record)
        (folder.path / "setpoints.csv").write_bytes(content)
        given(folder, record)
    assert read(folder)["sequence"] == 8


def test_an_absurd_since_is_not_carried_on(folder: StateFolder, record: Record) -> None:
    given(folder, record)
    file = folder.path / "setpoints.json"
    for since in ("0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00"):
        data = json.loads(file.read_text())
        data["setpoints"][1]["since"] = since
        file.write_text(json.dumps(data))
        given(folder, record)
        assert of(read(folder), "New")["since"] == "2026-02-11T00:00:00-06:00"


def test_they_are_on_the_disk_before_they_have_their_names(
    folder: StateFolder, record: Record, monkeypatch: pytest.MonkeyPatch
) -> None:
    """File, name, folder; the document, then the table."""
    done: list[str] = []
    sync, put = os.fsync, os.replace

    def fsync(handle: int) -> None:
        done.append("folder" if stat.S_ISDIR(os.fstat(handle).st_mode) else "file")
        sync(handle)

    def replaced(one: Path, other: Path) -> None:
        done.append(Path(other).name)
        put(one, other)

    monkeypatch.setattr("os.fsync", fsync)
    monkeypatch.setattr("os.replace", replaced)
    given(folder, record)
    assert done == ["file", "setpoints.json", "folder", "file", "setpoints.csv", "folder"]


WRITER = """
import os, sys
from datetime import timedelta
from pathlib import Path
from optimizer.daily.folder import StateFolder
from optimizer.daily.record import record_of
from optimizer.daily.setpoints import hand_out
folder, record = StateFolder(Path(sys.argv[1])), record_of(Path(sys.argv[2]).read_text(), "")
def write():
    hand_out(folder, "f1", record, record.start + timedelta(minutes=5), status="planned")
write()  # what is made once is made before the fork
for _ in sys.stdin:
    child = os.fork()
    while child == 0:
        write()
    print(child, flush=True)
    os.waitpid(child, 0)
    print("gone", flush=True)
"""


def test_killed_between_any_two_writes_both_files_are_whole(tmp_path: Path, record: Record) -> None:
    """Fifty writers one after the other, each killed at a random moment: the count never goes back."""
    folder, text, draw, last = StateFolder(tmp_path / "state"), tmp_path / "record.json", random.Random(7), (0, 0)
    folder.path.mkdir()
    text.write_text(record.text())
    begun = time.monotonic()
    for _ in range(10):
        given(folder, record)
    life = (time.monotonic() - begun) / 10
    with beside("-c", WRITER, folder.path, text) as driver:
        for _ in range(50):
            driver.stdin.write("\n")
            driver.stdin.flush()
            writer = int(driver.stdout.readline())
            time.sleep(draw.uniform(0.0, 4 * life))
            os.kill(writer, signal.SIGKILL)
            assert driver.stdout.readline() == "gone\n"
            points, rows = read(folder), table(folder)
            count = (points["epoch"], points["sequence"])
            assert count >= last
            assert [row["group"] for row in rows] == ["Old", "New"]
            (row,) = {(int(row["epoch"]), int(row["sequence"])) for row in rows}
            assert row <= count
            last = count
    assert last[1] > 12
    assert len(list(folder.path.iterdir())) <= 4  # of what was killed, at most one of each is left


def test_every_run_of_the_job_writes_them(farm: Path, state: Path) -> None:
    assert run_once(farm, state, MIDNIGHT, report=False).exit_code == 0
    first = read(StateFolder(state))
    assert (first["status"], first["plan"], first["stale"]) == ("planned", "2026-02-11T0000-0600", False)
    assert first["valid_until"] == "2026-02-11T12:00:00-06:00"
    assert first["price_age_minutes"] is not None
    (farm.parent / "prices.csv").unlink()
    assert run_once(farm, state, MIDNIGHT + timedelta(hours=3), report=False).exit_code == 5
    second = read(StateFolder(state))
    assert (second["status"], second["stale"]) == ("kept", True)
    assert (second["epoch"], second["sequence"]) == (first["epoch"], 2)
    assert any("prices.csv" in line for line in second["message"])
    assert second["price_age_minutes"] is None


def test_they_hold_no_longer_than_the_modes_of_a_group_are_no_more_machines_than_it_has(
    folder: StateFolder, tmp_path: Path
) -> None:
    """By hand: off, at 01:00 eco, at 03:00 normal, which eco has not as its next: it would be 200 of 100."""
    modes = "modes: {eco: {hashrate_th: 75, power_w: 2000}}"
    machine = f"{{model: m, hashrate_th: 100, power_w: 3000, cooling: air, source: x, confidence: low, {modes}}}"
    group = f"{{name: A, units: 100, modes: [eco, normal], machine: {machine}}}"
    (tmp_path / "farm.yaml").write_text(
        "name: Modes\ntimezone: America/Chicago\n"
        f"site: {{import_limit_mw: 20}}\nfleet: [{group}]\n"
        "revenue: {hashprice_usd_per_ph_day: 45}\nenergy: {price_usd_per_mwh: 20}\n"
        "horizon: {hours: 6, intervals: [{minutes: 60}]}\n"
    )
    record = run_once(tmp_path / "farm.yaml", tmp_path / "state", MIDNIGHT, report=False).record
    assert record is not None
    on = {("A", "eco"): np.array([0, 100, 100, 0, 0, 0.0]), ("A", "normal"): np.array([0, 0, 0, 100, 100, 100.0])}
    record = replace(record, dispatch=record.dispatch.with_(units_on=on))
    assert given(folder, record).valid_until == MIDNIGHT + timedelta(hours=3)
    assert given(folder, record, minutes=60).valid_until == record.end


def test_they_hold_no_longer_than_to_a_call_that_the_schedule_does_not_reckon_with(
    folder: StateFolder, record: Record
) -> None:
    """One that is known to the job and ahead of its notice: a controller that hears no more must not run through it."""
    call = {"name": "N", "start": "2026-02-11T14:00Z", "end": "2026-02-11T16:00Z", "cut": {"form": "full_stop"}}
    orders = {"events": [{**call, "respond_minutes": 10}], "programs": [], "site": {"import_limit_mw": 20}}
    (folder.path / "orders.json").write_text(json.dumps({**orders, "telephone": []}))
    assert given(folder, record).valid_until == MIDNIGHT + timedelta(hours=8, minutes=10)
    assert given(folder, record, minutes=10 * 60).valid_until == record.end


def test_nothing_runs_since_later_than_now(folder: StateFolder, record: Record) -> None:
    """The clock has gone back by a day, to before the schedule in force."""
    document = given(folder, record, minutes=-24 * 60)
    assert (document.status, document.stale) == ("run out", True)
    assert {point.since for point in document.setpoints} == {document.made_at}
