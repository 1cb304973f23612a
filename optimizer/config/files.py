"""Files to text: what can be wrong with a file before its content matters, told with a place."""

from __future__ import annotations

from pathlib import Path

from optimizer.config.amounts import in_money
from optimizer.config.currency import FarmCurrency, money_of
from optimizer.config.document import Document
from optimizer.config.patterns import fitting, is_pattern
from optimizer.config.yaml12 import parse
from optimizer.errors import Fault, InputError
from optimizer.outside import NoFileError, TooLargeError, open_regular, read_regular

MOST_BYTES = 2_000_000

NO_FILE = "there is no such file"


def read_document(path: Path, money: FarmCurrency | None = None) -> Document:
    """Read one YAML file, its amounts in a farm's ``money``, the file's own when None.

    Raises InputError with the place where reading ended.

    >>> read_document(Path("no such farm.yaml"))
    Traceback (most recent call last):
    optimizer.errors.InputError: no such farm.yaml:1:1: there is no such file
    """
    document = plain_document(path)
    return in_money(document, money_of(document.data) if money is None else money)


def plain_document(path: Path) -> Document:
    """Read one YAML file as it stands. Raises InputError with the place where reading ended."""
    return parse(read_text(path), str(path))


def read_text(path: Path) -> str:
    """The text of one YAML file. Raises InputError with the place where reading ended."""
    file = str(path)
    try:
        data = read_regular(path, MOST_BYTES)
    except TooLargeError as error:
        message = f"{error.strerror}; name the files of long series instead of including them"
        raise InputError([Fault(file, 1, 1, "", message)]) from None
    except (OSError, ValueError) as error:
        raise InputError([Fault(file, 1, 1, "", why_unreadable(error))]) from None
    return _text(data, file)


def why_unreadable(error: OSError | ValueError) -> str:
    """A failed opening in words."""
    if isinstance(error, FileNotFoundError):
        return NO_FILE
    if isinstance(error, PermissionError):
        return "you may not read this file"
    if isinstance(error, NoFileError):
        return str(error.strerror)
    reason = error.strerror if isinstance(error, OSError) and error.errno else "not a file name"
    return f"the file cannot be read: {reason}"


def fault_of_file(path: Path) -> str | None:
    """What keeps a file, or every file of a pattern, from being read, or None."""
    if is_pattern(path):
        return None if fitting(path) else "no file fits this pattern"
    try:
        open_regular(path).close()
    except (OSError, ValueError) as error:
        return why_unreadable(error)
    return None


def _text(data: bytes, file: str) -> str:
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise InputError([Fault(file, 1, 1, "", "the file is UTF-16; save it as UTF-8")])
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        before = error.object[: error.start]
        line = before.count(b"\n") + 1
        column = len(before[before.rfind(b"\n") + 1 :].decode("utf-8", "replace")) + 1
        byte = error.object[error.start]
        message = f"the byte 0x{byte:02X} is not UTF-8; save the file as UTF-8"
        raise InputError([Fault(file, line, column, "", message)]) from None
