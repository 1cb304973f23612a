"""One job at a time on a state folder. The kernel lets go of the lock when its process ends, however it ends."""

from __future__ import annotations

import errno
import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from optimizer.daily.aside import set_aside
from optimizer.errors import CurtailError

_HELD = (errno.EACCES, errno.EAGAIN)
_OPENING = os.O_RDWR | os.O_CREAT | os.O_CLOEXEC


@contextmanager
def locked(folder: Path, of: str = "") -> Iterator[tuple[str, ...]]:
    """Hold the lock of a state folder, which is made where it is missing; or that ``of`` one of its files.

    What stood in its place and was set aside is told. Raises CurtailError where another process holds it, or where the
    folder cannot be written.
    """
    path = folder / f"{of}.lock".removeprefix(".")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        handle, in_the_way = _opened(path)
    except OSError as error:
        raise CurtailError(f"cannot write the state folder {folder}: {error.strerror}") from None
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            if error.errno not in _HELD:
                raise CurtailError(f"cannot lock {path}: {error.strerror}; put --state on a local disk") from None
            raise CurtailError(
                f"another job is at work on {folder} (process {_holder(handle)}); nothing done"
            ) from None
        _sign(handle)
        yield in_the_way
    finally:
        os.close(handle)


def _opened(path: Path) -> tuple[int, tuple[str, ...]]:
    """The lock's file, open; a folder or a link to nothing in its place is set aside. Raises OSError."""
    try:
        return os.open(path, _OPENING, 0o644), ()
    except OSError:
        if not _is_in_the_way(path):
            raise
    guard = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        fcntl.flock(guard, fcntl.LOCK_EX)  # one job at a time, so that none sets aside what another has made
        messages = (set_aside(path, "is no file"),) if _is_in_the_way(path) else ()
        return os.open(path, _OPENING, 0o644), messages
    finally:
        os.close(guard)


def _is_in_the_way(path: Path) -> bool:
    return os.path.lexists(path) and not path.is_file()


def _holder(handle: int) -> str:
    try:
        return os.pread(handle, 20, 0).decode("ascii", "replace").strip() or "unknown"
    except OSError:
        return "unknown"


def _sign(handle: int) -> None:
    """Leave the process number for whoever finds the lock held; on a full disk it stays unknown."""
    try:
        os.ftruncate(handle, 0)
        os.pwrite(handle, f"{os.getpid()}\n".encode("ascii"), 0)
    except OSError:
        return
