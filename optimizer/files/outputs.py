"""Output folders that are whole or not there: written beside, then exchanged in one step."""

from __future__ import annotations

import ctypes
import errno
import os
import re
import shutil
import sys
from collections.abc import Callable, Collection, Mapping
from pathlib import Path

from optimizer.errors import CurtailError

_AT_FDCWD = -100
_RENAME_EXCHANGE = 2  # Linux: renameat2(2)
_RENAME_SWAP = 2  # macOS: renamex_np(2)


def write_folder(folder: Path, files: Mapping[str, str | bytes], earlier: Collection[str] = ("report.html",)) -> None:
    """Make ``folder`` hold exactly these files, those called such as ``Pecos/schedule.csv`` in folders of it, each read
    when it is written. Killed at any moment, it holds all of the old ones or all of the new.

    A folder that holds anything else than an earlier run's files, these or those called ``earlier``, is refused,
    because it would be lost. Raises CurtailError with what to do about it.
    """
    folder = Path(os.path.abspath(folder))
    try:
        known = {*files, *earlier}
        _refuse_other_files(folder, known)
        folder.parent.mkdir(parents=True, exist_ok=True)
        _clear_leftovers(folder, known)
        fresh = folder.parent / f".{folder.name}.new-{os.getpid()}"
        fresh.mkdir()
        try:
            inner = {(fresh / name).parent for name in files}
            for place in inner - {fresh}:
                place.mkdir()
            for name, content in files.items():
                _write_durably(fresh / name, content)
            for place in {*inner, fresh}:
                sync(place)
            _put_in_place(fresh, folder)
            sync(folder.parent)
        finally:
            shutil.rmtree(fresh, ignore_errors=True)
    except OSError as error:
        raise CurtailError(
            f"cannot write {folder}: {error.strerror or error}; what stood there before is untouched"
        ) from None


def _refuse_other_files(folder: Path, known: Collection[str]) -> None:
    if folder.is_symlink() or (folder.exists() and not folder.is_dir()):
        raise CurtailError(f"{folder} is not a folder; choose another with --out")
    strangers = _strangers(folder, known) if folder.exists() else []
    if strangers:
        raise CurtailError(
            f"{folder} holds {strangers[0]!r}, which curtail did not write and would have to delete; "
            "choose an empty or new folder with --out"
        )


def _write_durably(path: Path, content: str | bytes) -> None:
    with path.open("wb") as file:
        file.write(content.encode() if isinstance(content, str) else content)
        file.flush()
        os.fsync(file.fileno())


def sync(folder: Path) -> None:
    """Bring a folder's entries to the disk."""
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


def _clear_leftovers(folder: Path, known: Collection[str]) -> None:
    """Remove what killed runs left beside the folder; a folder of a run still alive, or of anybody else's, stays."""
    ours = re.compile(rf"\.{re.escape(folder.name)}\.new-(\d{{1,9}})")
    for entry in folder.parent.iterdir():
        match = ours.fullmatch(entry.name)
        if match and not entry.is_symlink() and entry.is_dir() and not _strangers(entry, known) and _is_dead(match[1]):
            shutil.rmtree(entry, ignore_errors=True)


def _is_dead(process: str) -> bool:
    try:
        os.kill(int(process), 0)
    except ProcessLookupError:
        return True
    except (PermissionError, OverflowError):
        return False
    return False


def _strangers(folder: Path, known: Collection[str]) -> list[str]:
    """What stands in a folder that a run does not write: other names, and folders or links under a known name."""
    strangers, inner = list[str](), {name.partition("/")[0] for name in known if "/" in name}
    for entry in folder.iterdir():
        if entry.name in inner and entry.is_dir() and not entry.is_symlink():
            within = {name.partition("/")[2] for name in known if name.startswith(f"{entry.name}/")}
            strangers += [f"{entry.name}/{name}" for name in _strangers(entry, within)]
        elif entry.name not in known or entry.is_symlink() or not entry.is_file():
            strangers.append(entry.name)
    return sorted(strangers)


def write_file(path: Path, content: str | Callable[[Path], None]) -> None:
    """Fill a file beside ``path`` with a text, or by what fills one, then put it in place in one step."""
    fresh = path.with_name(f".new-{os.getpid()}-{path.name}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        if isinstance(content, str):
            fresh.write_text(content, encoding="utf-8")
        else:
            content(fresh)
        os.replace(fresh, path)
    except OSError as error:
        raise CurtailError(f"cannot write {path}: {error.strerror or error}") from None
    finally:
        fresh.unlink(missing_ok=True)


def write_text(path: Path, text: str) -> None:
    """Put a text in place of a file: whole on the disk before it has the name, and the name there before this returns.

    For the one process that may write there: what it left when it was killed is written over. Raises CurtailError.
    """
    fresh = path.with_name(f".{path.name}.new")
    try:
        fresh.unlink(missing_ok=True)
        _write_durably(fresh, text)
        os.replace(fresh, path)
        sync(path.parent)
    except OSError as error:
        raise CurtailError(f"cannot write {path}: {error.strerror or error}; what stood there stays") from None
