"""A damaged history, record, link or measured state is set aside and told; the next plan is as if nothing had been."""

from __future__ import annotations

import os
import shutil
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from optimizer.daily.folder import StateFolder
from optimizer.daily.history import History
from optimizer.daily.log_file import FORM
from tests.daily.farms import files_in, run, write_farm

Spoil = Callable[[Path], None]


@pytest.fixture(scope="module")
def farm(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_farm(tmp_path_factory.mktemp("farm"))


@pytest.fixture(scope="module")
def twice(farm: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A state folder after runs at midnight and at two."""
    state = tmp_path_factory.mktemp("twice") / "state"
    run(farm, state, 0)
    run(farm, state, 2)
    return state


@pytest.fixture(scope="module")
def undisturbed(farm: Path, twice: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """What the run at five leaves when nothing is damaged."""
    state = copied(twice, tmp_path_factory.mktemp("undisturbed"))
    run(farm, state, 5)
    return files_in(state / "latest")


@pytest.fixture
def state(twice: Path, tmp_path: Path) -> Path:
    return copied(twice, tmp_path)


def copied(state: Path, folder: Path) -> Path:
    return Path(shutil.copytree(state, folder / "state", symlinks=True))


def spoiled(file: Path, *statements: str) -> None:
    with closing(sqlite3.connect(file)) as history:
        for statement in statements:
            history.execute(statement)
        history.commit()


def text(file: Path) -> None:
    file.write_text("this is no database, and was never one\n" * 40)


def cut(file: Path) -> None:
    file.write_bytes(file.read_bytes()[: file.stat().st_size // 2])


def binary(file: Path) -> None:
    file.write_bytes(bytes(range(256)) * 8)


def folder(file: Path) -> None:
    file.unlink()
    file.mkdir()


def pipe(file: Path) -> None:
    file.unlink()
    os.mkfifo(file)


def dangling(file: Path) -> None:
    file.unlink()
    file.symlink_to("nowhere/at/all")


def overwritten(file: Path) -> None:
    """Whole pages of the file are zeros, its head is sound."""
    data = file.read_bytes()
    file.write_bytes(data[:4096] + bytes(len(data) - 4096))


def rotten_words(file: Path) -> None:
    """What SQLite says of it is no text."""
    file.write_bytes(file.read_bytes().replace(b"CREATE TABLE", b"CREATE \x82ABLE", 1))


def other_columns(file: Path) -> None:
    spoiled(file, "DROP TABLE runs", "CREATE TABLE runs (number INTEGER PRIMARY KEY, start INTEGER)")


def of_the_future(file: Path) -> None:
    spoiled(file, f"PRAGMA user_version = {FORM + 1}")


def of_something_else(file: Path) -> None:
    file.unlink()
    spoiled(file, "CREATE TABLE songs (title TEXT)")


def log_beside_it(file: Path) -> None:
    file.with_name(file.name + "-wal").mkdir()


HISTORIES: tuple[Spoil, ...] = (
    text, cut, binary, folder, pipe, dangling, overwritten, rotten_words, other_columns, of_the_future,
    of_something_else, log_beside_it,
)  # fmt: skip


@pytest.mark.parametrize("spoil", HISTORIES, ids=lambda spoil: spoil.__name__)
def test_a_damaged_history_is_begun_anew_from_the_runs(
    farm: Path, state: Path, undisturbed: dict[str, bytes], spoil: Spoil
) -> None:
    """The plan has the bytes it would have had; the runs whose folders are there are logged again."""
    spoil(state / "history.sqlite")
    done = run(farm, state, 5)
    assert (done.status, done.exit_code) == ("planned", 0)
    assert files_in(state / "latest") == undisturbed
    (aside,) = [line for line in done.messages if "set aside as history.sqlite" in line]
    assert (state / aside.rpartition(" ")[2]).is_symlink() or (state / aside.rpartition(" ")[2]).exists()
    assert logged(state) == ["2026-02-11T0000-0600", "2026-02-11T0200-0600", "2026-02-11T0500-0600"]
    assert not any("history" in line for line in run(farm, state, 6).messages)


def test_an_empty_file_is_a_history_begun_anew(farm: Path, state: Path, undisturbed: dict[str, bytes]) -> None:
    (state / "history.sqlite").write_bytes(b"")
    assert run(farm, state, 5).exit_code == 0
    assert files_in(state / "latest") == undisturbed
    assert len(logged(state)) == 3


def logged(state: Path) -> list[str | None]:
    with History(state / "history.sqlite", reading=True) as history:
        return [entry.run for entry in history.runs()]


def record(state: Path) -> Path:
    return state / "latest" / "record.json"


def another_number(file: Path) -> None:
    """One digit is another: it could still be read, were it not for its digest."""
    data = file.read_text()
    before = '["units_on",[[["Old","normal"],['
    at = data.index(before) + len(before)
    file.write_text(data[:at] + ("2" if data[at] != "2" else "1") + data[at + 1 :])


def leading_to_itself(link: Path) -> None:
    link.unlink()
    link.symlink_to(link.name)


def in_its_place(link: Path) -> None:
    link.unlink()
    text(link)


LATEST: dict[str, Spoil] = {
    "cut": lambda state: cut(record(state)),
    "binary": lambda state: binary(record(state)),
    "text": lambda state: text(record(state)),
    "pipe": lambda state: pipe(record(state)),
    "folder": lambda state: folder(record(state)),
    "another number": lambda state: another_number(record(state)),
    "gone": lambda state: record(state).unlink(),
    "dangling": lambda state: dangling(state / "latest"),
    "a loop": lambda state: leading_to_itself(state / "latest"),
    "its run gone": lambda state: shutil.rmtree((state / "latest").resolve()),
    "a file": lambda state: in_its_place(state / "latest"),
    "a folder": lambda state: folder(state / "latest"),
}


@pytest.mark.parametrize("spoil", LATEST.values(), ids=LATEST)
def test_a_damaged_schedule_in_force_is_that_of_the_history(
    farm: Path, state: Path, undisturbed: dict[str, bytes], spoil: Spoil
) -> None:
    spoil(state)
    done = run(farm, state, 5)
    assert (done.status, done.exit_code) == ("planned", 0)
    assert any("the schedule of 2026-02-11 02:00-06:00, the newest that can be read, is in force" in line
               for line in done.messages)  # fmt: skip
    assert files_in(state / "latest") == undisturbed
    assert logged(state) == ["2026-02-11T0000-0600", "2026-02-11T0200-0600", "2026-02-11T0500-0600"]


@pytest.mark.parametrize("spoil", LATEST.values(), ids=LATEST)
def test_what_is_in_force_can_be_kept_after_damage(farm: Path, state: Path, tmp_path: Path, spoil: Spoil) -> None:
    """No plan can be made in the run that finds the damage: the schedule of two o'clock stays in force."""
    spoil(state)
    elsewhere = Path(shutil.copytree(farm.parent, tmp_path / "moved")) / farm.name
    (elsewhere.parent / "prices.csv").unlink()
    done = run(elsewhere, state, 5)
    assert (done.status, done.exit_code) == ("kept", 5)
    found = StateFolder(state).in_force()
    assert found[0].name == "2026-02-11T0200-0600"


def test_without_a_history_the_newest_run_that_can_be_read_is_in_force(farm: Path, state: Path) -> None:
    text(state / "history.sqlite")
    cut(record(state))
    done = run(farm, state, 5)
    assert (done.status, done.exit_code) == ("planned", 0)
    assert any("the schedule of 2026-02-11 00:00-06:00, the newest that can be read" in line for line in done.messages)
    assert done.record.state.bill.peaks_mw["Any time"] > 6  # of the first schedule, followed to five
    assert logged(state) == ["2026-02-11T0000-0600", "2026-02-11T0500-0600"]


def test_with_nothing_left_to_read_it_is_said_that_there_is_nothing(farm: Path, state: Path) -> None:
    text(state / "history.sqlite")
    for file in state.glob("runs/*/record.json"):
        cut(file)
    done = run(farm, state, 5)
    assert "no schedule before this one can be read" in done.messages
    (state / "state.yaml").write_text("at: 2026-02-11 06:00\nbill: {peaks_mw: {Any time: 7}}\n")
    assert run(farm, state, 6).exit_code == 0


def test_damage_is_set_aside_once(farm: Path, state: Path) -> None:
    cut(record(state))
    text(state / "history.sqlite")
    for hour in (5, 6, 7):
        run(farm, state, hour)
    aside = sorted(path.name.partition(".damaged-")[0] for path in state.iterdir() if ".damaged-" in path.name)
    assert aside == ["history.sqlite", "record.json"]


@contextmanager
def held(file: Path) -> Iterator[None]:
    """Somebody holds the history for as long as they like."""
    with closing(sqlite3.connect(file, isolation_level=None)) as other:
        other.execute("PRAGMA locking_mode = EXCLUSIVE")
        other.execute("BEGIN EXCLUSIVE")
        yield
        other.execute("ROLLBACK")


def test_a_history_that_is_held_for_ever_costs_seconds_and_an_entry(
    farm: Path, state: Path, undisturbed: dict[str, bytes]
) -> None:
    """The run plans as ever, says that it is not logged, and the next one logs it."""
    with held(state / "history.sqlite"):
        begun = time.monotonic()
        done = run(farm, state, 5)
        assert time.monotonic() - begun < 20
    assert (done.status, done.exit_code) == ("planned", 0)
    assert files_in(state / "latest") == undisturbed
    assert any("this run plans without writing it" in line for line in done.messages)
    assert run(farm, state, 6).exit_code == 0
    assert len(logged(state)) == 4
    assert not list(state.glob("*.damaged-*"))


def test_a_log_that_fails_as_it_is_written_hides_no_schedule(
    farm: Path, state: Path, undisturbed: dict[str, bytes]
) -> None:
    spoiled(
        state / "history.sqlite",
        "CREATE TRIGGER full BEFORE INSERT ON runs BEGIN SELECT RAISE(ABORT, 'database or disk is full'); END",
    )
    done = run(farm, state, 5)
    assert (done.status, done.exit_code) == ("planned", 0)
    assert files_in(state / "latest") == undisturbed
    assert any("database or disk is full" in line for line in done.messages)
    assert len(logged(state)) == 2


STATES: dict[str, Spoil] = {
    "text": text,
    "binary": binary,
    "folder": lambda file: file.mkdir(),
    "pipe": lambda file: os.mkfifo(file),
    "dangling": lambda file: file.symlink_to("nowhere"),
    "large": lambda file: file.write_bytes(b"#" * 3_000_000) and None,
    "empty": lambda file: file.write_text("") and None,
    "of another farm": lambda file: file.write_text("at: 2026-02-11 05:00\ngroups: {Hall: {running: 1}}\n") and None,
    "absurd": lambda file: file.write_text("at: 2026-02-11 05:00\ngroups: {Old: {running: 1e300}}\n") and None,
    "not finite": lambda file: file.write_text("at: 2026-02-11 05:00\ngrid_import_mw: .nan\n") and None,
}


@pytest.mark.parametrize("spoil", STATES.values(), ids=STATES)
def test_a_measured_state_that_is_wrong_is_told_at_every_run_and_stays_where_it_is(
    farm: Path, state: Path, spoil: Spoil
) -> None:
    spoil(state / "state.yaml")
    for hour in (5, 6):
        done = run(farm, state, hour)
        assert (done.status, done.exit_code) == ("planned", 0)
        assert any(line.startswith("state.yaml is ") and "the carried state is used" in line for line in done.messages)
        assert done.record.state.bill.peaks_mw["Any time"] > 6
    assert os.path.lexists(state / "state.yaml")
    assert not list(state.glob("*.damaged-*"))
