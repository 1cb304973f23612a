"""One job at a time on a state folder. The kernel lets go of the lock when its process ends, however it ends."""

from __future__ import annotations

import errno
import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from optimizer.errors import CurtailError

_HELD = (errno.EACCES, errno.EAGAIN)


@contextmanager
def locked(folder: Path, of: str = "") -> Iterator[None]:
    """Hold the lock of a state folder, which is made where it is missing; or that ``of`` one of its files.

    Raises CurtailError where another process holds it, or where the folder cannot be written.
    """
    path = folder / f"{of}.lock".removeprefix(".")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
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
        yield
    finally:
        os.close(handle)


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
