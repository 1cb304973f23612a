"""Files that would be read without end, and texts that would write on the terminal."""

from __future__ import annotations

import errno
import os
import threading
from pathlib import Path

import pytest

from optimizer.errors import Fault
from optimizer.outside import NoFileError, TooLargeError, open_regular, printable, read_regular


def no_files(folder: Path) -> list[Path]:
    """A pipe nobody writes to, a link to it, a device without end, a folder."""
    os.mkfifo(folder / "pipe")
    (folder / "link").symlink_to("pipe")
    return [folder / "pipe", folder / "link", Path("/dev/zero"), folder]


def test_only_regular_files_are_read(tmp_path: Path) -> None:
    for path in no_files(tmp_path):
        with pytest.raises(NoFileError, match="pipe or a device" if path != tmp_path else "folder"):
            read_regular(path, 10)


def test_a_file_exchanged_for_a_pipe_after_it_was_looked_at(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What stat saw was a file; what was opened is a pipe."""
    file, pipe = tmp_path / "file", tmp_path / "pipe"
    file.write_text("x")
    seen = file.stat()
    os.mkfifo(pipe)
    monkeypatch.setattr(Path, "stat", lambda *_, **__: seen)
    opening = threading.Thread(target=lambda: pytest.raises(NoFileError, open_regular, pipe), daemon=True)
    opening.start()
    opening.join(10)
    assert not opening.is_alive()


def test_no_more_is_read_than_asked_for(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_bytes(b"12345")
    assert read_regular(file, 5) == b"12345"
    with pytest.raises(TooLargeError) as caught:
        read_regular(file, 4)
    assert caught.value.errno == errno.EFBIG
    os.truncate(file, 1 << 40)  # a hole of a terabyte
    with pytest.raises(TooLargeError):
        read_regular(file, 1_000_000)


def test_what_was_quoted_stays_in_its_line() -> None:
    assert printable("Hall Ä, 40 €") == "Hall Ä, 40 €"
    assert printable("a\r\nb\x1b]0;x\x07\u200f\udcff\U000e0041") == r"a\r\nb\x1b]0;x\x07\u200f\udcff\U000e0041"
    assert str(Fault("a\nb.yaml", 1, 1, "", "no \x1b[31m")) == r"a\nb.yaml:1:1: no \x1b[31m"
