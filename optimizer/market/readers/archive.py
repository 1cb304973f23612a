"""Zip files as publishers hand them out: one file, or a file for each day."""

from __future__ import annotations

import zipfile
import zlib
from collections.abc import Callable
from dataclasses import replace
from io import BytesIO

from optimizer.errors import InputError
from optimizer.market.readers.content import ZIP, decoded
from optimizer.market.readers.joined import joined
from optimizer.market.readers.raw import Ask, RawSeries
from optimizer.market.readers.sizes import LARGEST_BYTES, too_many_bytes
from optimizer.outside import printable

_KINDS = (".csv", ".txt", ".tsv", ".xml", ".json", ".xlsx", ".parquet", ".gz", ".1")
_MOST_FILES = 1000


def recognises(content: bytes) -> bool:
    """Any zip file; workbooks are asked for before."""
    return content.startswith(ZIP)


def read(content: bytes, ask: Ask, read_content: Callable[[bytes, Ask], RawSeries]) -> RawSeries:
    """The rows of all its files, of a start in several the last. Raises InputError by the sizes that it tells."""
    try:
        with zipfile.ZipFile(BytesIO(content)) as archive:
            parts = [part for part in archive.infolist() if not part.is_dir() and not _is_hidden(part.filename)]
            known = [part for part in parts if part.filename.lower().endswith(_KINDS)]
            if not known or len(known) > _MOST_FILES:
                what = (
                    f"more than {_MOST_FILES:,} files" if known else "no file with a series (.csv, .xml, .xlsx, .json)"
                )
                raise ask.error(f"is a zip file with {what}")
            unpacked = sum(part.file_size for part in known)
            if unpacked > LARGEST_BYTES:
                raise too_many_bytes(ask, unpacked)
            raw = []
            for part in sorted(known, key=lambda one: one.filename):
                inner = replace(ask, file=f"{ask.file}/{printable(part.filename)}" if len(known) > 1 else ask.file)
                text = decoded(archive.read(part), inner)
                if text.startswith(ZIP) and part.filename.lower().endswith(".zip"):
                    raise inner.error("is a zip file within a zip file; unpack it")
                raw.append((inner.file, read_content(text, inner)))
            return joined(raw)
    except InputError:
        raise
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError, ValueError, NotImplementedError, RuntimeError) as error:
        raise ask.error(f"is a broken or locked zip file ({str(error)[:100]}); download it again") from None


def _is_hidden(name: str) -> bool:
    return name.startswith(("__MACOSX", ".")) or "/." in name
