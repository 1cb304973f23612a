"""Output folders: what is replaced, what is left alone, what is refused."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from optimizer.errors import CurtailError
from optimizer.files.outputs import write_folder

FILES = {"schedule.csv": "new", "settlement.json": "{}"}
NOBODY = 999_999_99  # no process has this number


def test_a_folder_is_replaced_as_a_whole(tmp_path: Path) -> None:
    out = tmp_path / "o"
    write_folder(out, {**FILES, "report.html": "old"})
    write_folder(out, FILES)
    assert {path.name: path.read_text() for path in out.iterdir()} == FILES
    assert list(tmp_path.iterdir()) == [out]


def test_bytes_stand_as_they_are_and_names_of_earlier_runs_are_known(tmp_path: Path) -> None:
    """A run that writes fewer files than one before it takes the old ones away; others it does not."""
    out = tmp_path / "o"
    write_folder(out, {**FILES, "schedule.csv.gz": b"\x1f\x8b\r\n"})
    assert (out / "schedule.csv.gz").read_bytes() == b"\x1f\x8b\r\n"
    with pytest.raises(CurtailError, match=r"holds 'schedule\.csv\.gz'"):
        write_folder(out, FILES)
    write_folder(out, FILES, ("schedule.csv.gz",))
    assert {path.name: path.read_text() for path in out.iterdir()} == FILES


def test_folders_of_others_beside_it_are_left_alone(tmp_path: Path) -> None:
    """A backup that looks like a leftover, a leftover with other files in it, and names with wildcards in them."""
    others = [
        ".o.new-backup",
        ".o.new-2026-02-11",
        ".o.new-99999999999999999999",
        f".x.new-{NOBODY}",
        f".o.new-{NOBODY}",
    ]
    for name in others:
        (tmp_path / name).mkdir()
        (tmp_path / name / "mine.txt").write_text("mine")
    write_folder(tmp_path / "o", FILES)
    write_folder(tmp_path / "*", FILES)
    assert all((tmp_path / name / "mine.txt").read_text() == "mine" for name in others)


def test_a_dead_runs_leftover_is_cleared_and_a_living_ones_is_not(tmp_path: Path) -> None:
    dead, alive = tmp_path / f".o.new-{NOBODY}", tmp_path / f".o.new-{os.getppid()}"
    for folder in (dead, alive):
        folder.mkdir()
        (folder / "schedule.csv").write_text("half")
    write_folder(tmp_path / "o", FILES)
    assert (dead.exists(), alive.exists()) == (False, True)


@pytest.mark.parametrize("name", ["letter.txt", "schedule.csv"])
def test_what_curtail_did_not_write_is_refused(tmp_path: Path, name: str) -> None:
    """A strange name, or a folder where a file should be."""
    out = tmp_path / "o"
    (out / name).mkdir(parents=True)
    with pytest.raises(CurtailError, match=name):
        write_folder(out, FILES)
    assert (out / name).is_dir()


def test_a_link_is_refused(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "o").symlink_to(tmp_path / "real")
    with pytest.raises(CurtailError, match="not a folder"):
        write_folder(tmp_path / "o", FILES)


def test_a_failed_write_leaves_the_old_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As on a full disk."""
    out = tmp_path / "o"
    write_folder(out, FILES)

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(CurtailError, match="No space left on device; what stood there before is untouched"):
        write_folder(out, {**FILES, "schedule.csv": "newer"})
    monkeypatch.undo()
    assert {path.name: path.read_text() for path in out.iterdir()} == FILES
    assert list(tmp_path.iterdir()) == [out]
