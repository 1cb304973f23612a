"""The bytes of a file: read whole, unpacked when gzipped, refused when they are no data at all."""

from __future__ import annotations

import gzip
import zlib
from io import BytesIO
from pathlib import Path

from optimizer.config.files import NO_FILE
from optimizer.market.readers.raw import Ask
from optimizer.market.readers.sizes import ADVICE, LARGEST_BYTES, too_many_bytes
from optimizer.outside import TooLargeError, read_regular

HEAD_BYTES = 4096
GZIP, ZIP, OLE, PARQUET = b"\x1f\x8b", b"PK\x03\x04", b"\xd0\xcf\x11\xe0", b"PAR1"
_BINARY_ON_PURPOSE = (ZIP, OLE, PARQUET)


def content_of(path: Path, ask: Ask) -> bytes:
    """The file's bytes, unpacked. Raises InputError for a file that cannot be a series."""
    try:
        content = read_regular(path, LARGEST_BYTES)
    except FileNotFoundError:
        raise ask.error(f"{NO_FILE} (paths in a farm file are relative to its folder)") from None
    except TooLargeError as error:
        raise ask.error(f"{error.strerror}; {ADVICE}") from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise ask.error(f"cannot be read: {reason}") from None
    return decoded(content, ask)


def decoded(content: bytes, ask: Ask) -> bytes:
    """Bytes unpacked where they are gzipped. Raises InputError for what cannot be a series."""
    if content.startswith(GZIP):
        content = _unpacked(content, ask)
    _refuse_what_is_no_data(content, ask)
    return content


def _unpacked(content: bytes, ask: Ask) -> bytes:
    try:
        with gzip.open(BytesIO(content)) as packed:
            unpacked = packed.read(LARGEST_BYTES + 1)
    except EOFError:
        raise ask.error("is a gzip file that ends too early; copy or download it again") from None
    except (OSError, zlib.error) as error:
        raise ask.error(f"is a broken gzip file ({error}); copy or download it again") from None
    if len(unpacked) > LARGEST_BYTES:
        raise too_many_bytes(ask)
    return unpacked


def _refuse_what_is_no_data(content: bytes, ask: Ask) -> None:
    head = content[:HEAD_BYTES]
    if not content or content.isspace():
        raise ask.error("is empty")
    if head.startswith(_BINARY_ON_PURPOSE):
        return
    text = head.lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if text.startswith((b"<!doctype html", b"<html")) or b"<html" in text[:1024]:
        raise ask.error("is a web page, not data: the download failed; open it in a browser to see why")
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise ask.error("is UTF-16 text; save it as CSV UTF-8")
    if b"\0" in content:
        line = content[: content.index(b"\0")].count(b"\n") + 1
        raise ask.error("is not text: it holds a zero byte", line)
