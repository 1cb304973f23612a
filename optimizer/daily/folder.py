"""The state folder: a folder for each run, and ``latest``, which points to the schedule in force.

``latest`` is replaced by a rename, so that at every moment it points to one whole run or to the one before.
"""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from optimizer.daily.aside import set_aside
from optimizer.daily.log_file import HISTORY
from optimizer.daily.record import Record, record_of
from optimizer.errors import CurtailError
from optimizer.files.outputs import sync, write_folder

RECORD, INPUTS, MEASURED = "record.json", "inputs.json", "state.yaml"
MOST_BYTES = 64_000_000  # of a record
_RUN = re.compile(r"\d{4}-\d{2}-\d{2}T\d{4}[+-]\d{4}(-safe|-kept)?")


@dataclass(frozen=True)
class StateFolder:
    """The places in a state folder. Only whoever holds its lock may write."""

    path: Path

    @property
    def runs(self) -> Path:
        """The folders of runs, by the start of their schedule."""
        return self.path / "runs"

    @property
    def latest(self) -> Path:
        """The link to the run in force."""
        return self.path / "latest"

    @property
    def history(self) -> Path:
        """The SQLite file."""
        return self.path / HISTORY

    @property
    def measured(self) -> Path:
        """The state an operator may hand over."""
        return self.path / MEASURED

    def prepare(self) -> tuple[str, ...]:
        """Make what is missing, and clear what killed runs left; what was in the way. Raises CurtailError."""
        messages: tuple[str, ...] = ()
        try:
            if os.path.lexists(self.runs) and not self.runs.is_dir():
                messages = (set_aside(self.runs, "is no folder, or a link to one that is not there"),)
            self.runs.mkdir(exist_ok=True)
            for entry in self.runs.iterdir():
                if entry.name.startswith(".") and entry.is_dir() and not entry.is_symlink():
                    shutil.rmtree(entry, ignore_errors=True)
            for link in self.path.glob(".latest.new-*"):
                link.unlink()
        except OSError as error:
            raise self._cannot(error) from None
        return messages

    def _cannot(self, error: OSError) -> CurtailError:
        return CurtailError(
            f"cannot write the state folder {self.path}: {error.strerror or error}; the schedule there stays in force"
        )

    def in_force(self) -> tuple[Record, str] | None:
        """The record of the run in force, and its text. Raises CurtailError where it cannot be read."""
        if not os.path.lexists(self.latest):
            return None
        if not self.latest.is_symlink():
            raise CurtailError(f"{self.latest} is no link to a run")
        return record_in(self.latest)

    def publish(self, name: str, files: Mapping[str, str]) -> Path:
        """Write a run's folder, then let ``latest`` point to it. Raises CurtailError; what was in force stays so."""
        write_folder(self.runs / name, files)
        self.point_to(name)
        return self.runs / name

    def point_to(self, name: str) -> None:
        """Let ``latest`` point to a run. Raises CurtailError; what was in force stays so."""
        fresh = self.path / f".latest.new-{os.getpid()}"
        try:
            fresh.unlink(missing_ok=True)
            fresh.symlink_to(Path("runs") / name)
            os.replace(fresh, self.latest)
            sync(self.path)
        except OSError as error:
            raise self._cannot(error) from None

    def kept(self) -> list[Path]:
        """The folders of runs, by the start of their schedule."""
        return sorted(entry for entry in self.runs.iterdir() if _RUN.fullmatch(entry.name) and entry.is_dir())

    def newest(self) -> Record | None:
        """The schedule in force, else the newest that can be read; None where there is none."""
        runs = reversed(self.kept()) if self.runs.is_dir() else ()
        for run in (self.latest, *runs):
            with suppress(CurtailError):
                return record_in(run)[0]
        return None

    def forget(self, keep: int) -> None:
        """Delete the oldest runs beyond so many, never the one in force; what cannot be deleted stays."""
        there = self.kept()
        in_force = os.path.realpath(self.latest)
        for folder in there[: max(len(there) - keep, 0)]:
            if os.path.realpath(folder) != in_force:
                gone = folder.with_name(f".{folder.name}.gone")
                try:
                    os.replace(folder, gone)
                except OSError:
                    continue
                shutil.rmtree(gone, ignore_errors=True)


def record_in(folder: Path) -> tuple[Record, str]:
    """The record in a run's folder, and its text. Raises CurtailError where it cannot be read."""
    file = folder / RECORD
    try:
        if not file.is_file():  # opening a pipe may wait without end
            raise CurtailError(f"{file}: there is no such file")
        if file.stat().st_size > MOST_BYTES:
            raise CurtailError(f"{file}: is larger than any record")
        text = file.read_text(encoding="utf-8")
    except (OSError, ValueError) as error:
        raise CurtailError(f"{file}: cannot be read: {error}") from None
    return record_of(text, file), text
