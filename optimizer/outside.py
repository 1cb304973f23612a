"""What comes from outside: files that are opened only where reading them ends, texts made fit to be shown."""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path
from typing import BinaryIO

FOLDER = "this is a folder, not a file"
NO_FILE = "this is a pipe or a device; save its content as a file and name that"


class NoFileError(OSError):
    """Something else than a regular file; ``strerror`` says what it is."""


class TooLargeError(OSError):
    """A file of more bytes than asked for."""


def open_regular(path: Path) -> BinaryIO:
    """A regular file, open for reading. Raises NoFileError for whatever could be read without end, or OSError.

    It is looked at before it is opened, because opening a device may do something, and again afterwards, because it may
    have been exchanged meanwhile.
    """
    _refuse_no_file(path.stat().st_mode)
    handle = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)  # a pipe opens without waiting for its writer
    try:
        _refuse_no_file(os.fstat(handle).st_mode)
        return os.fdopen(handle, "rb")
    except BaseException:
        os.close(handle)
        raise


def _refuse_no_file(mode: int) -> None:
    if stat.S_ISDIR(mode):
        raise NoFileError(errno.EISDIR, FOLDER)
    if not stat.S_ISREG(mode):
        raise NoFileError(errno.EINVAL, NO_FILE)


def read_regular(path: Path, most_bytes: int) -> bytes:
    """The bytes of a regular file. Raises TooLargeError beyond so many, before they are read where the size is told."""
    with open_regular(path) as file:
        size = os.fstat(file.fileno()).st_size
        content = b"" if size > most_bytes else file.read(most_bytes + 1)
    if size > most_bytes or len(content) > most_bytes:
        raise TooLargeError(errno.EFBIG, f"is larger than {most_bytes / 1e6:g} MB")
    return content


def printable(text: str) -> str:
    r"""A text in one line without what a terminal would obey or hide: controls, line ends, bidi marks, broken UTF-8.

    >>> printable("HB_WEST\x1b[2J\n\u202e7")
    'HB_WEST\\x1b[2J\\n\\u202e7'
    """
    if text.isprintable():
        return text
    return "".join(sign if sign.isprintable() else ascii(sign)[1:-1] for sign in text)
