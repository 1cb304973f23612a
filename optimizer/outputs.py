"""Output folders that are whole or not there: written beside, then exchanged in one step."""

from __future__ import annotations

import ctypes
import errno
import os
import shutil
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

from optimizer.errors import CurtailError

_AT_FDCWD = -100
_RENAME_EXCHANGE = 2  # Linux: renameat2(2)
_RENAME_SWAP = 2  # macOS: renamex_np(2)


def write_folder(folder: Path, files: Mapping[str, str]) -> None:
    """Make ``folder`` hold exactly these files. Killed at any moment, it holds all of the old ones or all of the new.

    A folder that holds anything else than an earlier run's files is refused, because it would be lost.
    Raises CurtailError with what to do about it.
    """
    folder = Path(os.path.abspath(folder))
    try:
        _refuse_other_files(folder, files)
        folder.parent.mkdir(parents=True, exist_ok=True)
        _clear_leftovers(folder)
        fresh = folder.parent / f".{folder.name}.new-{os.getpid()}"
        fresh.mkdir()
        try:
            for name, text in files.items():
                _write_durably(fresh / name, text)
            _sync(fresh)
            _put_in_place(fresh, folder)
            _sync(folder.parent)
        finally:
            shutil.rmtree(fresh, ignore_errors=True)
    except OSError as error:
        raise CurtailError(
            f"cannot write {folder}: {error.strerror or error}; what stood there before is untouched"
        ) from None


def _refuse_other_files(folder: Path, files: Mapping[str, str]) -> None:
    if folder.is_symlink() or (folder.exists() and not folder.is_dir()):
        raise CurtailError(f"{folder} is not a folder; choose another with --out")
    known = {*files, "report.html"}
    strangers = sorted(entry.name for entry in folder.iterdir() if entry.name not in known) if folder.exists() else []
    if strangers:
        raise CurtailError(
            f"{folder} holds {strangers[0]!r}, which curtail did not write and would have to delete; "
            "choose an empty or new folder with --out"
        )


def _write_durably(path: Path, text: str) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())


def _sync(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _put_in_place(fresh: Path, folder: Path) -> None:
    if not folder.exists():
        os.rename(fresh, folder)
        return
    library = ctypes.CDLL(None, use_errno=True)
    one, other = os.fsencode(fresh), os.fsencode(folder)
    if sys.platform == "darwin":
        failed = library.renamex_np(one, other, _RENAME_SWAP)
    else:
        failed = library.renameat2(_AT_FDCWD, one, _AT_FDCWD, other, _RENAME_EXCHANGE)
    if failed:
        code = ctypes.get_errno() or errno.EIO
        raise OSError(code, f"{os.strerror(code)} (this file system cannot exchange folders; use a new --out folder)")


def _clear_leftovers(folder: Path) -> None:
    """Remove what killed runs left beside the folder; a folder of a run still alive stays."""
    for leftover in folder.parent.glob(f".{folder.name}.new-*"):
        try:
            os.kill(int(leftover.name.rsplit("-", 1)[1]), 0)
        except (ProcessLookupError, ValueError):
            shutil.rmtree(leftover, ignore_errors=True)
        except PermissionError:
            continue


def write_file(path: Path, write: Callable[[Path], None]) -> None:
    """Let ``write`` fill a file beside ``path``, then put it in place in one step."""
    fresh = path.with_name(f".new-{os.getpid()}-{path.name}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write(fresh)
        os.replace(fresh, path)
    except OSError as error:
        raise CurtailError(f"cannot write {path}: {error.strerror or error}") from None
    finally:
        fresh.unlink(missing_ok=True)
