"""What shows that files have changed, or are no longer there."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

FileMarks = tuple[tuple[str, int, int, int], ...]


def marks_on_disk(files: Iterable[Path]) -> FileMarks:
    """What shows that a file has changed: its name, times and size."""
    marks = []
    for path in files:
        try:
            state = path.stat()
            marks.append((str(path), state.st_mtime_ns, state.st_ctime_ns, state.st_size))
        except OSError:
            marks.append((str(path), 0, 0, -1))
    return tuple(marks)
