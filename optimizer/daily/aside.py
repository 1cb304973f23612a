"""What cannot be read is set aside under another name: nothing is lost, and the job goes on."""

from __future__ import annotations

import os
from collections.abc import Iterable
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path


def set_aside(
    path: Path, because: str, *, where: Path | None = None, beside: Iterable[Path] = (), until_replaced: bool = False
) -> str:
    """Rename a file, link or folder to ``<name>.damaged-<UTC>``, in the folder ``where`` if that is another.

    Files ``beside`` it that belong to it go with it. A file stays under its own name too ``until_replaced``, where it
    is about to be. A sentence says what was done, or that it could not be.
    """
    stamp = datetime.now(UTC).strftime("%Y%m%dT%H%M%SZ")
    folder = path.parent if where is None else where
    new = folder / f"{path.name}.damaged-{stamp}"
    again = 1
    while os.path.lexists(new):
        again += 1
        new = folder / f"{path.name}.damaged-{stamp}-{again}"
    try:
        _move(path, new, stays=until_replaced)
    except OSError as error:
        return f"{path}: {because}; it cannot be set aside: {error.strerror or error}"
    for other in beside:
        try:
            os.rename(other, new.with_name(new.name + other.name.removeprefix(path.name)))
        except OSError:
            continue  # it is not there
    return f"{path}: {because}; set aside as {new.name}"


def _move(path: Path, new: Path, *, stays: bool) -> None:
    if stays:
        with suppress(OSError):  # a folder, or a disk that knows no second names
            os.link(path, new)
            return
    os.rename(path, new)
