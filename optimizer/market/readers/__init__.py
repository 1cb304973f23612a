"""Readers that know a file by its content.

``KINDS`` is a table of recognisers, tried in order: what sort of bytes a file holds. Most hold a table, which
`tabular` reads, and `layouts` says what publishers' tables do not say themselves.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from zoneinfo import ZoneInfo

from optimizer.market.readers import archive, entsoe, json_table, tabular, workbook
from optimizer.market.readers.content import PARQUET, content_of
from optimizer.market.readers.raw import Ask, RawSeries
from optimizer.market.readers.sizes import ADVICE
from optimizer.market.readers.table import csv_table, parquet_table


def _anything(_: object) -> bool:
    """The last row of a table of recognisers."""
    return True


KINDS: tuple[tuple[Callable[[bytes], bool], Callable[[bytes, Ask], RawSeries]], ...] = (
    (lambda content: content.startswith(PARQUET), lambda content, ask: tabular.read(parquet_table(content, ask), ask)),
    (workbook.recognises, lambda content, ask: tabular.read(workbook.book_table(content, ask), ask)),
    (archive.recognises, lambda content, ask: archive.read(content, ask, read_content)),
    (entsoe.recognises, entsoe.read),
    (json_table.recognises, lambda content, ask: tabular.read(json_table.json_table(content, ask), ask)),
    (_anything, lambda content, ask: tabular.read(csv_table(content, ask), ask)),
)


def read_content(content: bytes, ask: Ask) -> RawSeries:
    """The rows of a file's bytes, by the first reader that knows them."""
    return next(read(content, ask) for recognises, read in KINDS if recognises(content))


def read_raw(path: Path, ask: Ask) -> RawSeries:
    """The rows of a file. Raises located InputErrors."""
    try:
        ZoneInfo(ask.zone)
    except (ValueError, OSError, KeyError):
        raise ask.error(f"its timezone {ask.zone!r} is none, such as America/Chicago") from None
    try:
        return read_content(content_of(path, ask), ask)
    except MemoryError:
        raise ask.error(f"takes more memory than there is; {ADVICE}") from None
